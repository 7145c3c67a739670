/* relay/line.c - a link to a host that is up, and what goes over it. */
#include "relay/line.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "proto/chan.h"
#include "proto/link.h"
#include "proto/msg.h"
#include "relay/carry.h"

enum {
	TEXT_MAX = 256,
	PATIENCE_MIN = 200,
	PATIENCE_MAX = 1000,
	OPENED_MAX = 4 * CHAN_MAX, /* of those that are over some stay */
};

struct line {
	struct loop *loop;
	struct carry *carry;
	pid_t ssh;
	uint64_t born;
	bool busy, doomed; /* it was hung up while it was being used */
	const struct line_events *events;
	void *ctx;
	struct opened { /* which connection a channel is */
		uint32_t channel, number;
	} opened[OPENED_MAX];
	size_t n;
};

static void
on_opened(void *ctx, uint32_t channel)
{
	struct line *l = ctx;

	(void)channel;
	l->events->welcome(l, l->ctx);
}

static void
on_refused(void *ctx, uint32_t channel, unsigned error, const uint8_t *text,
	   size_t len)
{
	struct line *l = ctx;
	char *safe = str_safe((const char *)text, len, TEXT_MAX);

	for (size_t i = 0; i < l->n; i++)
		if (l->opened[i].channel == channel)
			l->events->refused(l->ctx, l->opened[i].number, error,
					   safe);
	free(safe);
}

static void
on_late(void *ctx)
{
	struct line *l = ctx;

	l->events->late(l, l->ctx);
}

static void
on_pong(void *ctx)
{
	struct line *l = ctx;

	l->events->pong(l, l->ctx);
}

static void
on_gone(void *ctx, int why, unsigned bye, const uint8_t *text, size_t len)
{
	struct line *l = ctx;
	uint64_t now = loop_now(l->loop);
	bool mute = l->ssh < 0 && why == -ECONNRESET &&
		    chan_silent(line_chan(l), now) >= now - l->born;

	(void)text;
	(void)len;
	l->events->gone(l, l->ctx, why == 0 && bye == LINK_BYE_REVOKED, mute);
}

struct line *
line_new(struct loop *loop, int fd, const struct link *link, const void *early,
	 size_t len, int pid, const struct line_events *events, void *ctx)
{
	static const struct carry_events on = {
		.opened = on_opened,
		.refused = on_refused,
		.late = on_late,
		.pong = on_pong,
		.gone = on_gone,
	};
	struct line *l = mem_zero(1, sizeof *l);

	l->loop = loop;
	l->ssh = pid;
	l->born = loop_now(loop);
	l->events = events;
	l->ctx = ctx;
	l->carry = carry_new(loop, &(struct carry_options){
					   .in = fd,
					   .out = fd,
					   .link = link,
					   .events = &on,
					   .ctx = l,
					   .early = early,
					   .early_len = len,
				   });
	return l;
}

void
line_hang_up(struct line *l)
{
	if (l == NULL)
		return;
	carry_bye(l->carry, LINK_BYE_DONE, "");
	if (l->ssh > 0)
		kill(l->ssh, SIGTERM);
	if (l->busy)
		l->doomed = true;
	else
		free(l);
}

void
line_connect(struct line *l, uint32_t number, const char *target, int fd)
{
	l->busy = true;
	int64_t channel = carry_open(l->carry, target, fd);
	l->busy = false;
	/* What was written may have told that there is nobody any more. */
	if (l->doomed) {
		free(l);
		return;
	}
	if (channel < 0) {
		l->events->refused(l->ctx, number, MSG_E_FAILED,
				   "too many connections at once");
		return;
	}
	if (l->n == OPENED_MAX) {
		l->n /= 2;
		memmove(l->opened, l->opened + l->n, l->n * sizeof *l->opened);
	}
	l->opened[l->n++] = (struct opened){ (uint32_t)channel, number };
}

void
line_ping(struct line *l)
{
	carry_ping(l->carry);
}

const struct chan *
line_chan(const struct line *l)
{
	return carry_chan(l->carry);
}

uint64_t
line_patience(const struct line *l)
{
	uint64_t ms = 4 * chan_round_trip(line_chan(l));

	/* To dial in vain costs little: who answers first is kept. */
	if (ms < PATIENCE_MIN)
		return PATIENCE_MIN;
	return ms < PATIENCE_MAX ? ms : PATIENCE_MAX;
}

uint64_t
line_born(const struct line *l)
{
	return l->born;
}
