/* relay/stdio.c - the far end of a link through ssh. */
#include "relay/stdio.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "proto/chan.h"
#include "proto/greet.h"
#include "proto/link.h"
#include "proto/local.h"
#include "proto/msg.h"
#include "proto/reach.h"
#include "relay/carry.h"

enum {
	HELLO_MS = 30000, /* for the other end to speak */
	LOOK_MS = 10000, /* a peer that is silent is asked so often ... */
	SILENT_MS = 30000, /* ... and given up */
};

struct far_end {
	struct loop *loop;
	struct loop_timer *look;
	struct carry *carry;
	char *runtime;
};

/* --- what the device asks for ------------------------------------------- */

static void
open_server(struct far_end *f, uint32_t channel)
{
	char *why;
	int fd = reach_server(f->runtime, true, &why);

	if (fd < 0)
		carry_refuse(f->carry, channel, MSG_E_UNREACHABLE, why);
	else
		carry_accept(f->carry, channel, fd);
	free(why);
}

static void
open_session(struct far_end *f, uint32_t channel, const char *id)
{
	char *name = str_printf("%s.sock", id);
	char *path = path_join(f->runtime, name);
	int fd = str_is_name(id) ? local_connect(path) : -ENOENT;

	if (fd == -ENOENT || fd == -ECONNREFUSED)
		carry_refuse(f->carry, channel, MSG_E_NO_SESSION,
			     "it does not run any more");
	else if (fd < 0)
		carry_refuse(f->carry, channel, MSG_E_UNREACHABLE,
			     io_error(fd));
	else
		carry_accept(f->carry, channel, fd);
	free(path);
	free(name);
}

static void
on_open(void *ctx, uint32_t channel, const uint8_t *target, size_t len)
{
	char *name = mem_strn((const char *)target, len);

	if (strcmp(name, "server") == 0)
		open_server(ctx, channel);
	else
		open_session(ctx, channel, name);
	free(name);
}

static void
on_gone(void *ctx, int why, unsigned bye, const uint8_t *text, size_t len)
{
	struct far_end *f = ctx;

	(void)why;
	(void)bye;
	(void)text;
	(void)len;
	loop_stop(f->loop);
}

/* --- the link ----------------------------------------------------------- */

/* Who never says goodbye: ssh may wait for days before it notices. */
static void
look(void *ctx)
{
	struct far_end *f = ctx;

	if (chan_silent(carry_chan(f->carry), loop_now(f->loop)) >= SILENT_MS)
		loop_stop(f->loop);
	else
		loop_timer_start(f->look, LOOK_MS);
}

/*
 * Takes a standard descriptor, so that nothing that is printed by mistake gets
 * between the frames.
 */
static int
take(int fd, int flags)
{
	int mine = io_check(fcntl(fd, F_DUPFD_CLOEXEC, 3));
	int null = io_open("/dev/null", flags, 0);

	if (null >= 0) {
		dup2(null, fd);
		io_close(null);
	}
	return mine;
}

static int
hello(int in, int out)
{
	uint8_t mine[GREET_HELLO], theirs[GREET_HELLO];
	size_t have = 0;

	greet_clear(mine);
	int r = io_write_all(out, mine, sizeof mine);
	while (r == 0 && have < sizeof theirs) {
		r = io_check(
			poll(&(struct pollfd){ in, POLLIN, 0 }, 1, HELLO_MS));
		if (r == 0)
			return -ETIMEDOUT;
		ssize_t n = r < 0 ? r
				  : io_read(in, theirs + have,
					    sizeof theirs - have);
		if (n <= 0)
			return n == 0 ? -EPIPE : (int)n;
		have += (size_t)n;
		r = 0;
	}
	if (r == 0 && memcmp(mine, theirs, sizeof mine) != 0)
		r = -EPROTO;
	return r;
}

static void
serve(int in, int out)
{
	static const struct carry_events events = {
		.open = on_open,
		.gone = on_gone,
	};
	struct far_end f = { .loop = loop_new(), .runtime = reach_runtime() };
	struct link link;

	link_init_clear(&link, loop_now(f.loop));
	f.carry = carry_new(f.loop, &(struct carry_options){
					    .in = in,
					    .out = out,
					    .link = &link,
					    .host = true,
					    .events = &events,
					    .ctx = &f,
				    });
	f.look = loop_timer_new(f.loop, look, &f);
	loop_timer_start(f.look, LOOK_MS);
	loop_run(f.loop);
	loop_timer_free(f.look);
	carry_free(f.carry);
	loop_free(f.loop);
	free(f.runtime);
}

int
stdio_main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1 || isatty(STDIN_FILENO) || isatty(STDOUT_FILENO)) {
		fputs("cdo: relay --stdio is run by ssh, for ssh:HOST/NAME\n",
		      stderr);
		return 2;
	}
	int in = take(STDIN_FILENO, O_RDONLY);
	int out = take(STDOUT_FILENO, O_WRONLY);
	int r = in < 0 ? in : out < 0 ? out : hello(in, out);
	if (r < 0) {
		fprintf(stderr, "cdo: relay --stdio: %s\n",
			r == -EPROTO ? "that is no cdo, or one of another "
				       "version"
				     : io_error(r));
		return 1;
	}
	serve(in, out);
	return 0;
}
