/* relay/ssh.c - one try to reach a host through the system's ssh. */
#include "relay/ssh.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/spawn.h"
#include "base/str.h"
#include "base/words.h"
#include "proto/greet.h"

enum {
	NOISE_MAX = 64 << 10, /* what a shell may say before cdo does */
	SAID_MAX = 4096, /* kept of what ssh complains about */
	READ = 4096,
	TEXT_MAX = 200,
};

struct ssh {
	struct loop *loop;
	pid_t pid;
	int fd, err;
	bool ask, won;
	struct loop_fd *watch, *watch_err;
	struct loop_timer *limit;
	struct buf in, said;
	size_t noise; /* bytes that were passed over */
	const struct ssh_events *events;
	void *ctx;
};

/*
 * The far shell may be any: a word in single quotes is one in all of them, and
 * sh is everywhere.
 */
static const char remote[] =
	"exec /bin/sh -c '"
	"PATH=\"$PATH:$HOME/.local/bin:$HOME/bin:/usr/local/bin:"
	"/opt/homebrew/bin\"; export PATH; exec cdo relay --stdio'";

static char **
words(const char *host, bool ask)
{
	static const char *const fixed[] = {
		"ssh", "-T",
		"-a",  "-x",
		"-o",  "ClearAllForwardings=yes",
		"-o",  "ConnectTimeout=10",
	};
	const char *at = strrchr(host, '@');
	const char *name = at != NULL ? at + 1 : host;
	const char *colon = strrchr(name, ':');
	long port;
	char **list = NULL;

	for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
		words_add(&list, fixed[i]);
	if (!ask) {
		words_add(&list, "-o");
		words_add(&list, "BatchMode=yes");
	}
	/* HOST:PORT, but not the last part of a bare IPv6 address. */
	bool has = colon != NULL &&
		   memchr(name, ':', (size_t)(colon - name)) == NULL &&
		   str_int(colon + 1, 1, 65535, &port) == 0;
	char *user = has ? mem_strn(host, (size_t)(colon - host))
			 : mem_str(host);
	if (has) {
		words_add(&list, "-p");
		words_add(&list, colon + 1);
	}
	words_add(&list, "--");
	words_add(&list, user);
	words_add(&list, remote);
	free(user);
	return list;
}

/* The last line of what was said, for people; caller frees. */
static char *
last_line(const struct buf *b)
{
	size_t end = b->len, start;

	while (end > 0 && b->data[end - 1] <= ' ')
		end--;
	for (start = end; start > 0 && b->data[start - 1] != '\n';)
		start--;
	return end == start ? NULL
			    : str_safe((const char *)b->data + start,
				       end - start, TEXT_MAX);
}

static void
complain(struct ssh *s, const char *why)
{
	char *line = last_line(&s->said);
	bool found = s->noise > 0;

	loop_timer_stop(s->limit);
	s->events->lost(s->ctx, found, line != NULL ? line : why);
	free(line);
}

static void
give_up(void *ctx)
{
	complain(ctx, "no answer");
}

/* False at its end. */
static bool
hear_complaints(struct ssh *s)
{
	ssize_t n = io_read(s->err, buf_room(&s->said, READ), READ);

	if (n == -EAGAIN)
		return true;
	if (n <= 0)
		return false;
	if (s->ask)
		io_write_all(STDERR_FILENO, s->said.data + s->said.len,
			     (size_t)n);
	buf_grew(&s->said, (size_t)n);
	if (s->said.len > SAID_MAX)
		buf_drop(&s->said, s->said.len - SAID_MAX);
	return true;
}

/* Its end: what it says of why. */
static void
ended(struct ssh *s)
{
	int status;
	char *why;

	hear_complaints(s);
	/* Both its ends are closed: it is about to end. */
	pid_t pid = waitpid(s->pid, &status, 0);
	if (pid == s->pid)
		s->pid = -1;
	if (pid < 0 || !WIFEXITED(status))
		why = mem_str("ssh was killed");
	else if (WEXITSTATUS(status) == 127)
		why = mem_str("there is no cdo on that host's PATH");
	else
		why = str_printf("ssh ended with status %d",
				 WEXITSTATUS(status));
	complain(s, why);
	free(why);
}

static void
on_complaint(void *ctx, unsigned events)
{
	struct ssh *s = ctx;

	(void)events;
	if (hear_complaints(s))
		return;
	loop_fd_free(s->watch_err);
	s->watch_err = NULL;
}

static void
on_output(void *ctx, unsigned events)
{
	struct ssh *s = ctx;
	bool found = false;
	ssize_t n = io_read(s->fd, buf_room(&s->in, READ), READ);

	(void)events;
	if (n == -EAGAIN)
		return;
	if (n <= 0) {
		ended(s);
		return;
	}
	buf_grew(&s->in, (size_t)n);
	ssize_t used = greet_find_clear(s->in.data, s->in.len, &found);
	if (used < 0) {
		complain(s, "the cdo there is of another version");
		return;
	}
	if (!found) {
		s->noise += (size_t)used;
		/* It may say why there is none: a line on stdout. */
		buf_append(&s->said, s->in.data, (size_t)used);
		if (s->said.len > SAID_MAX)
			buf_drop(&s->said, s->said.len - SAID_MAX);
	}
	buf_drop(&s->in, (size_t)used);
	if (found) {
		int fd = s->fd;

		s->won = true;
		s->fd = -1;
		loop_fd_free(s->watch);
		s->watch = NULL;
		loop_timer_stop(s->limit);
		s->events->won(s->ctx, fd, s->in.data, s->in.len);
	} else if (s->noise > NOISE_MAX) {
		complain(s, "its shell says too much, and no cdo answers");
	}
}

struct ssh *
ssh_new(struct loop *loop, const char *host, bool ask,
	const struct ssh_events *events, void *ctx)
{
	uint8_t hello[GREET_HELLO];
	int wire[2], err[2];

	if (io_socketpair(wire) < 0)
		return NULL;
	/*
	 * It complains to us: what it says later on, when a session is on the
	 * terminal, must not get there.
	 */
	if (io_pipe(err) < 0) {
		io_close(wire[0]);
		io_close(wire[1]);
		return NULL;
	}
	char **argv = words(host, ask);
	pid_t pid = spawn_system(argv, wire[1], wire[1], err[1]);
	words_free(argv);
	io_close(wire[1]);
	io_close(err[1]);
	if (pid < 0) {
		io_close(wire[0]);
		io_close(err[0]);
		return NULL;
	}
	greet_clear(hello);
	io_write(wire[0], hello, sizeof hello);
	io_nonblock(wire[0], true);

	struct ssh *s = mem_zero(1, sizeof *s);
	s->loop = loop;
	s->pid = pid;
	s->fd = wire[0];
	s->err = err[0];
	s->ask = ask;
	s->events = events;
	s->ctx = ctx;
	s->watch = loop_fd_new(loop, s->fd, LOOP_READ, on_output, s);
	if (s->err >= 0) {
		io_nonblock(s->err, true);
		s->watch_err =
			loop_fd_new(loop, s->err, LOOP_READ, on_complaint, s);
	}
	s->limit = loop_timer_new(loop, give_up, s);
	if (!ask)
		loop_timer_start(s->limit, SSH_MS);
	return s;
}

int
ssh_pid(const struct ssh *s)
{
	return (int)s->pid;
}

void
ssh_free(struct ssh *s)
{
	if (s == NULL)
		return;
	loop_fd_free(s->watch);
	loop_fd_free(s->watch_err);
	loop_timer_free(s->limit);
	if (s->fd >= 0)
		io_close(s->fd);
	io_close(s->err);
	if (s->pid > 0 && !s->won) {
		kill(s->pid, SIGTERM);
	}
	buf_release(&s->in);
	buf_release(&s->said);
	free(s);
}
