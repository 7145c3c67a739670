/* relay/dial.c - hold a link to another machine, whatever happens to it. */
#include "relay/dial.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "crypto/noise.h"
#include "crypto/secret.h"
#include "proto/chan.h"
#include "proto/dialer.h"
#include "proto/identity.h"
#include "proto/link.h"
#include "proto/msg.h"
#include "proto/pass.h"
#include "relay/attempt.h"
#include "relay/line.h"
#include "relay/network.h"
#include "relay/report.h"

enum {
	CLIENT = 3, /* the descriptor */
	TARGET_MAX = 64,
	WAITING_MAX = CHAN_MAX,

	/* In ms: how long an answer may be due (security.md, 7). */
	TOLD_MS = 3000, /* the client hears of it */
	SECOND_MS = 6000, /* a second link is dialed */
	FINAL_MS = 12000, /* and the first is given up */
	PROBE_MS = 1000, /* after the network has changed */
	SETTLE_MS = 50, /* for a new address to be of use */
	LOOK_MS = 250,
	YOUNG_MS = 4000,
	STOPPED_MS = 2000, /* so late a timer is if we were stopped */

	TRY_MS = 2000, /* for each address */
	/*
	 * Who was never reached, and hangs up or says something else before he
	 * has proved a thing, may have too many visitors, or another key.
	 * After that time he has.  Whom we have reached before goes on having
	 * his: somebody stands in the way, and will not for ever.
	 */
	SHUT_MS = 4000, /* who asks waits 6 s */
	/* Who has proved his key and then hangs up does not know us; but he
	 * may have been killed just then, once or twice. */
	MUTE_MAX = 4,
	LEAVE_MS = 1000, /* to send what the client has left behind */
	LEAVE_LOOK_MS = 10,
};

/* A connection that waits for a link. */
struct waiting {
	uint32_t number;
	char target[TARGET_MAX];
	int fd;
};

struct dial {
	struct loop *loop;
	struct pass *pass; /* NULL: the client has gone */
	const char *host;
	char *state;
	char *why; /* it cannot dial at all; or NULL */
	struct noise_pair self;
	bool keyed; /* there is one */
	bool ssh, ask, ever, silent;
	bool noted; /* that the host has let us in by this line */
	unsigned mute; /* lines in a row that ended without a word */
	struct line *line; /* what the client's connections go over */
	char *address; /* that it has, NULL: unknown, or noted */
	struct line *rival; /* another one, while that one is silent */
	struct attempt *attempt;
	uint64_t began; /* the attempt */
	bool tried; /* since there is this line */
	unsigned fails; /* in a row */
	uint64_t shut; /* since when only hung up; 0: not */
	uint64_t probe; /* when the answer is due; 0: none is */
	uint64_t look_at; /* when the timer should fire */
	struct loop_timer *look, *again, *leave;
	uint64_t leave_until;
	int network;
	struct loop_fd *watch;
	struct waiting waiting[WAITING_MAX];
	size_t n_waiting;
};

static void try(struct dial *d);
static void try_again(struct dial *d);
static void check(struct dial *d);

/* There never will be a link. */
static void
end(struct dial *d, unsigned error, const char *text)
{
	report_ended(d->pass, error, text);
	loop_stop(d->loop);
}

/* --- lines -------------------------------------------------------------- */

static void
look_in(struct dial *d, uint64_t ms)
{
	d->look_at = loop_now(d->loop) + ms;
	loop_timer_start(d->look, ms);
}

static void
connect_over(struct dial *d, const struct waiting *w)
{
	line_connect(d->line, w->number, w->target, w->fd);
	look_in(d, LOOK_MS);
}

/* From now on it is the one. */
static void
adopt(struct dial *d, struct line *l)
{
	size_t n = d->n_waiting;

	d->line = l;
	d->fails = d->mute;
	d->silent = d->tried = false;
	d->probe = 0;
	report(d->pass, DIALER_UP);
	d->noted = false;
	d->ever |= d->ssh;
	d->n_waiting = 0;
	for (size_t i = 0; i < n; i++) {
		/* It may be gone by now; who asked asks again. */
		if (d->line == l)
			connect_over(d, &d->waiting[i]);
		else
			io_close(d->waiting[i].fd);
	}
}

/* The line is no good any more. */
static void
drop(struct dial *d)
{
	struct line *old = d->line;

	d->line = NULL;
	d->silent = false;
	d->probe = 0;
	/* Before its connections end, so that nobody asks for them there. */
	report(d->pass, DIALER_DOWN);
	line_hang_up(old);
}

static void
drop_rival(struct dial *d)
{
	struct line *l = d->rival;

	d->rival = NULL;
	line_hang_up(l);
}

static void
prefer_rival(struct dial *d)
{
	struct line *l = d->rival;

	d->rival = NULL;
	if (d->line != NULL)
		drop(d);
	adopt(d, l);
}

/* --- what a line tells -------------------------------------------------- */

static void
on_welcome(struct line *l, void *ctx)
{
	struct dial *d = ctx;

	if (l != d->line || d->noted)
		return;
	d->noted = d->ever = true;
	d->mute = 0;
	attempt_note(d->state, d->host, d->address);
}

static void
on_refused(void *ctx, uint32_t number, unsigned error, const char *text)
{
	struct dial *d = ctx;

	report_refused(d->pass, number, error, text);
}

static void
on_pong(struct line *l, void *ctx)
{
	struct dial *d = ctx;

	if (l == d->rival)
		prefer_rival(d);
	else
		check(d);
}

static void
on_late(struct line *l, void *ctx)
{
	struct dial *d = ctx;

	if (l != d->line)
		return;
	check(d);
	/* A new handshake once a day, when nobody waits for anything. */
	if (d->line == l && !d->silent &&
	    loop_now(d->loop) - line_born(l) > LINK_OLD_MS)
		try(d);
}

/* True: it was the end. */
static bool
shut_out(struct dial *d, const char *text)
{
	uint64_t now = loop_now(d->loop);

	if (d->shut == 0)
		d->shut = now;
	if (d->ever || now - d->shut < SHUT_MS)
		return false;
	char *all = str_printf("%s; it has another key than when it was "
			       "paired, or is under attack; if its key was "
			       "changed on purpose, `cdo devices revoke %s` "
			       "here and pair again",
			       text, d->host);
	end(d, MSG_E_NOT_ALLOWED, all);
	free(all);
	return true;
}

static void
on_gone(struct line *l, void *ctx, bool revoked, bool mute)
{
	struct dial *d = ctx;

	if (l == d->rival) {
		drop_rival(d);
		return;
	}
	if (revoked) {
		end(d, MSG_E_NOT_ALLOWED,
		    "it has revoked this machine; pair again");
		return;
	}
	d->shut = 0;
	d->mute = mute ? d->mute + 1 : 0;
	if (d->mute == MUTE_MAX) {
		end(d, MSG_E_NOT_ALLOWED,
		    "it does not know this machine any more; pair again");
		return;
	}
	if (mute)
		d->fails = d->mute;
	drop(d);
	if (d->rival != NULL)
		prefer_rival(d);
	else
		try_again(d);
}

/* --- tries -------------------------------------------------------------- */

static void
won(void *ctx, int fd, const struct link *link, const void *early, size_t len,
    int pid, const char *address)
{
	static const struct line_events events = { on_welcome, on_refused,
						   on_late, on_pong, on_gone };
	struct dial *d = ctx;
	struct line *l =
		line_new(d->loop, fd, link, early, len, pid, &events, d);

	free(d->address);
	d->address = address == NULL ? NULL : mem_str(address);
	attempt_free(d->attempt);
	d->attempt = NULL;
	if (d->line == NULL) {
		adopt(d, l);
		return;
	}
	d->rival = l;
	line_ping(l);
}

static void
lost(void *ctx, enum attempt_loss loss, const char *text)
{
	struct dial *d = ctx;

	d->fails++;
	if (loss != ATTEMPT_SHUT)
		d->shut = 0;
	if (loss == ATTEMPT_UNKNOWN)
		end(d, MSG_E_NO_SESSION, text);
	else if (loss == ATTEMPT_UNABLE)
		end(d, MSG_E_NOT_ALLOWED, text);
	else if (d->ssh && !d->ever)
		end(d, MSG_E_UNREACHABLE, text);
	else if (loss != ATTEMPT_SHUT || !shut_out(d, text))
		report_trouble(d->pass, text);
	attempt_free(d->attempt);
	d->attempt = NULL;
	if (d->line == NULL)
		try_again(d);
}

static void
try(struct dial *d)
{
	static const struct attempt_events events = { won, lost };
	uint64_t ms = TRY_MS;

	if (d->attempt != NULL || d->rival != NULL || d->pass == NULL)
		return;
	/* Reap what was hung up. */
	while (waitpid(-1, NULL, WNOHANG) > 0)
		continue;
	if (d->line != NULL && 4 * chan_round_trip(line_chan(d->line)) > ms)
		ms = 4 * chan_round_trip(line_chan(d->line));
	d->began = loop_now(d->loop);
	d->tried = true;
	d->attempt =
		attempt_new(d->loop, &(struct attempt_options){
					     .host = d->host,
					     .state = d->state,
					     .self = d->keyed ? &d->self : NULL,
					     .ask = d->ask && !d->ever,
					     .ms = ms,
					     .events = &events,
					     .ctx = d,
				     });
}

static void
on_again(void *ctx)
{
	struct dial *d = ctx;

	if (d->line == NULL)
		try(d);
}

static void
try_again(struct dial *d)
{
	uint64_t spent = loop_now(d->loop) - d->began;
	uint64_t ms = attempt_delay(d->host, d->fails);

	loop_timer_start(d->again, ms > spent ? ms - spent : 0);
}

/* --- is anybody there? -------------------------------------------------- */

/* It answers: all is well again. */
static void
heard(struct dial *d)
{
	if (d->silent)
		report(d->pass, DIALER_HEARD);
	d->silent = false;
	d->probe = 0;
	drop_rival(d);
	if (d->attempt != NULL &&
	    loop_now(d->loop) - line_born(d->line) < LINK_OLD_MS) {
		attempt_free(d->attempt);
		d->attempt = NULL;
	}
}

static void
check(struct dial *d)
{
	uint64_t now = loop_now(d->loop);

	if (d->line == NULL)
		return;
	uint64_t due = chan_unanswered(line_chan(d->line), now);
	/* A new one is not trusted as long as others. */
	bool young = !d->ssh && now - line_born(d->line) < YOUNG_MS;
	bool second = due >= (young ? TRY_MS : SECOND_MS) ||
		      (d->probe != 0 && now >= d->probe);
	if (due == 0 || (due < TOLD_MS && d->probe == 0 && !second)) {
		heard(d);
		if (young)
			look_in(d, LOOK_MS);
		return;
	}
	if (due >= TOLD_MS && !d->silent) {
		d->silent = true;
		report_silent(d->pass, due);
	}
	if (due >= FINAL_MS) {
		drop(d);
		if (d->rival != NULL)
			prefer_rival(d);
		else
			try(d);
		return;
	}
	/* Tries begin TRY_MS apart, whatever became of the last. */
	if (second && (!d->tried || d->began + TRY_MS <= now))
		try(d);
	look_in(d, LOOK_MS);
}

static void
on_look(void *ctx)
{
	struct dial *d = ctx;
	uint64_t now = loop_now(d->loop);

	/* We were stopped: what has come meanwhile is not read yet. */
	if (d->line != NULL && now > d->look_at + STOPPED_MS) {
		line_ping(d->line);
		d->probe = now + PROBE_MS;
		look_in(d, LOOK_MS);
		return;
	}
	check(d);
}

/* --- the network -------------------------------------------------------- */

static void
on_network(void *ctx, unsigned events)
{
	struct dial *d = ctx;
	int r = network_read(d->network);

	(void)events;
	if (r < 0) {
		loop_fd_free(d->watch);
		d->watch = NULL;
		return;
	}
	if (r == 0)
		return;
	if (d->line != NULL) {
		uint64_t ms = line_patience(d->line);

		line_ping(d->line);
		if (d->probe == 0) {
			d->probe = loop_now(d->loop) + ms;
			look_in(d, ms);
		}
		return;
	}
	if (d->ssh && !d->ever)
		return; /* somebody may be typing a password */
	/* Where nobody was, somebody may be now. */
	if (d->attempt != NULL && loop_now(d->loop) - d->began < LOOK_MS)
		return;
	attempt_free(d->attempt);
	d->attempt = NULL;
	d->fails = 0;
	loop_timer_start(d->again, SETTLE_MS);
}

/* --- the client --------------------------------------------------------- */

static void
on_open(struct dial *d, const struct msg *m, int fd)
{
	struct waiting w = {
		.number = (uint32_t)msg_to_uint(msg_field(m, 0), 0),
		.fd = fd,
	};
	char *target = msg_dup_str(msg_field(m, 1), TARGET_MAX - 1);

	if (fd < 0 || target == NULL) {
		if (fd >= 0)
			io_close(fd);
		free(target);
		return;
	}
	memcpy(w.target, target, strlen(target) + 1);
	free(target);
	if (d->line != NULL) {
		connect_over(d, &w);
	} else if (d->n_waiting < WAITING_MAX) {
		d->waiting[d->n_waiting++] = w;
	} else {
		report_refused(d->pass, w.number, MSG_E_FAILED,
			       "too many connections at once");
		io_close(fd);
	}
}

static void
got(void *ctx, struct msg *m, int fd)
{
	struct dial *d = ctx;

	if (m->type == DIALER_OPEN) {
		on_open(d, m, fd);
		return;
	}
	if (fd >= 0)
		io_close(fd);
	if (m->type == DIALER_QUIET)
		d->ask = false;
}

/* Nobody is left behind whose last words were not sent. */
static void
on_leave(void *ctx)
{
	struct dial *d = ctx;

	if (d->line == NULL || chan_count(line_chan(d->line)) == 0 ||
	    loop_now(d->loop) >= d->leave_until)
		loop_stop(d->loop);
	else
		loop_timer_start(d->leave, LEAVE_LOOK_MS);
}

static void
gone(void *ctx, int why)
{
	struct dial *d = ctx;

	(void)why;
	pass_free(d->pass);
	d->pass = NULL;
	d->leave_until = loop_now(d->loop) + LEAVE_MS;
	loop_timer_start(d->leave, 0);
}

/* --- from the start to the end ------------------------------------------ */

static void
serve(struct dial *d)
{
	static const struct pass_events events = { got, gone };

	d->loop = loop_new();
	d->look = loop_timer_new(d->loop, on_look, d);
	d->again = loop_timer_new(d->loop, on_again, d);
	d->leave = loop_timer_new(d->loop, on_leave, d);
	d->pass = pass_new(d->loop, CLIENT, &events, d);
	d->network = network_open();
	if (d->network >= 0)
		d->watch = loop_fd_new(d->loop, d->network, LOOP_READ,
				       on_network, d);
	if (d->why != NULL)
		report_ended(d->pass, MSG_E_NOT_ALLOWED, d->why);
	else
		try(d);
	if (d->why == NULL)
		loop_run(d->loop);
	attempt_free(d->attempt);
	line_hang_up(d->rival);
	line_hang_up(d->line);
	pass_free(d->pass);
}

int
dial_main(int argc, char **argv)
{
	struct dial d = { .network = -1 };
	int known = 0;

	if (argc < 2)
		return 2;
	d.host = argv[1];
	d.ask = argc > 2 && strcmp(argv[2], "--ask") == 0;
	d.ssh = attempt_is_ssh(d.host);
	d.state = path_state();
	if (!d.ssh) {
		secret_process();
		secret_lock(&d.self, sizeof d.self);
		known = identity_load(d.state, IDENTITY_DEVICE, false, &d.self,
				      &d.why);
		if (known < 0 && d.why == NULL && known != -ENOENT)
			d.why = mem_str(io_error(known));
		d.keyed = known == 0;
	}
	serve(&d);
	secret_wipe(&d.self, sizeof d.self);
	/* A name's look-up may still be going on in a thread. */
	_exit(0);
}
