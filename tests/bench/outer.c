/* bench/outer.c - the terminal at the outside: a PTY that is read at once. */
#include "bench/outer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <pty.h>
#else
#include <util.h>
#endif

enum { CHUNK = 1 << 16, MARKER_MAX = 64 };

/* What a terminal is asked by those that attach, and says. */
static const struct {
	const char *query, *reply;
} talk[] = {
	{ "\033[c", "\033[?62;22c" },
	{ "\033[0c", "\033[?62;22c" },
	{ "\033[>c", "\033[>1;10;0c" },
	{ "\033[>0c", "\033[>1;10;0c" },
	{ "\033[5n", "\033[0n" },
	{ "\033[6n", "\033[1;1R" },
	{ "\033[?u", "\033[?0u" },
	{ "\033[?996n", "\033[?997;1n" },
	{ "\033[16t", "\033[6;16;8t" },
	{ "\033[>q", "\033P>|bench\033\\" },
	{ "\033[>0q", "\033P>|bench\033\\" },
	{ "\033]10;?", "\033]10;rgb:cccc/cccc/cccc\033\\" },
	{ "\033]11;?", "\033]11;rgb:0000/0000/0000\033\\" },
	{ "\033]12;?", "\033]12;rgb:cccc/cccc/cccc\033\\" },
	{ "\033P+q", "\033P0+r\033\\" },
};

double
bench_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int
outer_open(struct outer *o, char *const argv[], char *const envp[])
{
	struct winsize size = { .ws_col = OUTER_COLS, .ws_row = OUTER_ROWS };

	*o = (struct outer){ .fd = -1 };
	o->started = bench_now();
	o->pid = forkpty(&o->fd, NULL, NULL, &size);
	if (o->pid < 0)
		return -errno;
	if (o->pid == 0) {
		execve(argv[0], argv, envp);
		_exit(127);
	}
	fcntl(o->fd, F_SETFD, FD_CLOEXEC);
	fcntl(o->fd, F_SETFL, O_NONBLOCK);
	return 0;
}

void
outer_close(struct outer *o)
{
	if (o->pid <= 0)
		return;
	close(o->fd);
	kill(o->pid, SIGHUP);
	for (int i = 0; waitpid(o->pid, NULL, WNOHANG) == 0; i++) {
		if (i == 2000)
			kill(o->pid, SIGKILL);
		usleep(1000);
	}
	*o = (struct outer){ .fd = -1 };
}

void
outer_type(struct outer *o, const char *keys)
{
	ssize_t n = write(o->fd, keys, strlen(keys));

	(void)n; /* a full queue loses keys here as on a real terminal */
}

/* Is what was seen a query, the beginning of one (0), or neither (< 0)? */
static int
look(const struct outer *o, const char **reply)
{
	int r = -1;

	for (size_t k = 0; k < sizeof talk / sizeof *talk; k++) {
		if (strncmp(talk[k].query, o->query, o->seen) != 0)
			continue;
		r = 0;
		if (talk[k].query[o->seen] == '\0') {
			*reply = talk[k].reply;
			return 1;
		}
	}
	return r;
}

static void
answer(struct outer *o, const char *data, size_t len)
{
	const char *reply;

	for (size_t i = 0; i < len; i++) {
		if (o->seen == 0) { /* by far the most: on to the next */
			const char *esc = memchr(data + i, '\033', len - i);
			if (esc == NULL)
				return;
			i = (size_t)(esc - data);
		} else if (data[i] == '\033') {
			o->seen = 0;
		}
		o->query[o->seen++] = data[i];
		int r = look(o, &reply);
		if (r > 0)
			outer_type(o, reply);
		if (r != 0)
			o->seen = 0;
	}
}

/* Returns how many bytes came, 0 if none within `limit`, < 0 at the end. */
static ssize_t
take(struct outer *o, char *data, size_t len, double limit)
{
	struct pollfd p = { .fd = o->fd, .events = POLLIN };
	ssize_t n = read(o->fd, data, len);

	if (n < 0 && errno == EAGAIN) {
		if (limit <= 0)
			return 0;
		int r = poll(&p, 1, (int)(limit * 1000) + 1);
		if (r <= 0)
			return r;
		n = read(o->fd, data, len);
	}
	if (n <= 0) {
		o->ended = true;
		return -1;
	}
	o->bytes += (uint64_t)n;
	if (o->keep != NULL)
		fwrite(data, 1, (size_t)n, o->keep);
	if (!o->deaf)
		answer(o, data, (size_t)n);
	return n;
}

double
outer_until(struct outer *o, const char *marker, double limit)
{
	static char data[MARKER_MAX + CHUNK];
	double end = bench_now() + limit;
	size_t want = strlen(marker), tail = 0;

	for (;;) {
		double left = end - bench_now();
		if (left <= 0)
			return -1;
		ssize_t n = take(o, data + tail, CHUNK, left);
		if (n < 0)
			return -1;
		size_t have = tail + (size_t)n;
		if (memmem(data, have, marker, want) != NULL)
			return bench_now();
		tail = have < want ? have : want - 1;
		memmove(data, data + have - tail, tail);
	}
}

double
outer_call(struct outer *o, const char *keys, const char *marker, double limit)
{
	for (double end = bench_now() + limit;
	     bench_now() < end && !o->ended;) {
		outer_type(o, keys);
		double when = outer_until(o, marker, 0.1);
		if (when > 0)
			return when;
	}
	return -1;
}

void
outer_drain(struct outer *o)
{
	char data[4096];

	while (take(o, data, sizeof data, 0) > 0)
		;
}
