/* server/forget.c - clear what has finished long ago (keep-finished). */
#include "server/forget.h"

#include <stdlib.h>

#include "base/conf.h"
#include "base/io.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "server/server.h"
#include "server/session.h"

/* The machine may sleep, and its clock be set: look once a day. */
enum { LONGEST = 24 * 3600 * 1000 };

struct forget {
	struct server *srv;
	struct loop_timer *timer; /* for the next that is due */
	uint64_t due; /* unix ms; 0: not running */
};

/* When it is cleared; UINT64_MAX: never. */
static uint64_t
due(const struct forget *f, const struct session *s)
{
	uint64_t keep = f->srv->conf->keep_finished_ms;

	if (keep == 0 || session_lives(s) || session_hidden(s) ||
	    s->again != 0 || s->since == 0)
		return UINT64_MAX;
	return s->since + keep;
}

/* Clears the first that is due; false if there is none. */
static bool
clear_one(struct forget *f)
{
	struct registry *reg = &f->srv->reg;
	uint64_t now = session_clock();

	for (size_t i = 0; i < reg->n; i++) {
		struct session *s = reg->list[i];

		if (due(f, s) > now)
			continue;
		log_info("%s: '%s' has finished long ago", s->id, s->name);
		int r = registry_forget(reg, s);
		if (r == 0)
			return true;
		log_warn("%s: cannot remove: %s", s->dir, io_error(r));
		s->since = now; /* another time */
	}
	return false;
}

static void
fired(void *ctx)
{
	struct forget *f = ctx;
	bool any = false;

	f->due = 0;
	while (clear_one(f))
		any = true;
	if (any)
		registry_changed(&f->srv->reg);
	forget_check(f);
}

void
forget_check(struct forget *f)
{
	const struct registry *reg = &f->srv->reg;
	uint64_t next = UINT64_MAX, now = session_clock();

	for (size_t i = 0; i < reg->n; i++)
		if (due(f, reg->list[i]) < next)
			next = due(f, reg->list[i]);
	if (next == f->due)
		return;
	f->due = next;
	if (next == UINT64_MAX) {
		loop_timer_stop(f->timer);
		return;
	}
	uint64_t ms = next > now ? next - now : 0;
	loop_timer_start(f->timer, ms < LONGEST ? ms : LONGEST);
}

struct forget *
forget_new(struct server *srv)
{
	struct forget *f = mem_zero(1, sizeof *f);

	f->srv = srv;
	f->timer = loop_timer_new(srv->loop, fired, f);
	return f;
}

void
forget_free(struct forget *f)
{
	if (f == NULL)
		return;
	loop_timer_free(f->timer);
	free(f);
}
