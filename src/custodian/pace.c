/* custodian/pace.c - what a client far away is sent, and when. */
#include "custodian/pace.h"

#include <stdlib.h>
#include <sys/uio.h>

#include "base/buf.h"
#include "base/loop.h"
#include "base/mem.h"
#include "custodian/guest.h"
#include "custodian/ring.h"
#include "custodian/state.h"
#include "custodian/view.h"
#include "proto/local.h"
#include "proto/msg.h"
#include "proto/pace.h"
#include "vt/screen.h"
#include "vt/snapshot.h"

enum {
	CRUMB = 512, /* less in one message costs more than it brings */
	SLICE = 64 << 10,
	PIECES = 60,
	BEHIND_MIN = 8 << 10, /* see is_behind() */
	BEHIND_MAX = 1 << 20,
	BEHIND_MS = 250, /* a burst may be over by then */
	FRAME_MS = 30, /* of a flood nobody sees more screens than that */
	QUIET_MS = 300, /* then there is time for history */
};

struct paced {
	struct pace pace; /* of the bytes of snapshots and output */
	struct buf snapshot; /* that is being sent, from `done` on */
	size_t done;
	struct buf undo; /* of what it shows, for when it is over ... */
	uint32_t undos; /* ... and its number */
	uint64_t caught_up; /* ms: when it had all, the last time */
	uint64_t framed; /* ms: when it was given a screen, likewise */
	bool history; /* the next one comes with what is owed */
	struct loop_timer *timer; /* what is due then is up to send_one */
};

static void
on_timer(void *ctx)
{
	pace_push(ctx);
}

struct paced *
pace_new(struct guest *g)
{
	struct paced *p = mem_zero(1, sizeof *p);

	p->timer = loop_timer_new(g->c->loop, on_timer, g);
	return p;
}

void
pace_free(struct paced *p)
{
	if (!p)
		return;
	loop_timer_free(p->timer);
	buf_release(&p->snapshot);
	buf_release(&p->undo);
	free(p);
}

/* --- snapshots ---------------------------------------------------------- */

/* As many lines as come in about the time that is under way anyhow. */
static uint32_t
lines(const struct guest *g, uint64_t wanted)
{
	uint64_t most = pace_limit(&g->paced->pace) / (g->cols + 1u);

	if (wanted > most)
		wanted = most;
	if (wanted > screen_history(g->c->screen))
		wanted = screen_history(g->c->screen);
	return (uint32_t)wanted;
}

static void
begin(struct guest *g, uint64_t history)
{
	struct custodian *c = g->c;
	struct paced *p = g->paced;
	const struct buf *undo = view_undo(c);

	view_write_size(g);
	g->at = screen_boundary(c->screen);
	g->scrolled = screen_scrolled(c->screen);
	g->stale = false;
	g->history = 0;
	p->framed = loop_now(c->loop);
	buf_clear(&p->snapshot);
	p->done = 0;
	snapshot_make(c->screen, lines(g, history), NULL, &p->snapshot);
	buf_clear(&p->undo);
	buf_append(&p->undo, undo->data, undo->len);
	p->undos = c->undos;
}

/* What scrolled out unseen is owed until there is time for it. */
static void
snapshot_again(struct guest *g)
{
	struct custodian *c = g->c;
	uint64_t owed = g->owed, wanted = g->history;

	if (g->at != screen_boundary(c->screen))
		owed += screen_scrolled(c->screen) - g->scrolled;
	if (owed > screen_history(c->screen))
		owed = screen_history(c->screen);
	if (g->paced->history && view_fits(g)) {
		if (wanted < owed)
			wanted = owed;
		owed = 0;
	}
	g->paced->history = false;
	g->owed = (uint32_t)owed;
	begin(g, wanted);
}

/* It shows all of it: what undoes that is told behind it, as in view.c. */
static void
end_snapshot(struct guest *g)
{
	struct paced *p = g->paced;
	struct msg_writer w;

	buf_release(&p->snapshot);
	p->done = 0;
	if (g->undos == p->undos)
		return;
	g->undos = p->undos;
	msg_begin(&w, local_out(g->conn), MSG_UNDO, 1);
	msg_bin(&w, p->undo.data, p->undo.len);
	msg_end(&w);
}

static void
send_part(struct guest *g, size_t len)
{
	struct paced *p = g->paced;
	struct msg_writer w;

	msg_begin(&w, local_out(g->conn), MSG_SNAPSHOT, 3);
	msg_uint(&w, g->at);
	msg_bool(&w, p->done + len == p->snapshot.len);
	msg_end_with_bin(&w, len);
	local_send_with(g->conn,
			&(struct iovec){ p->snapshot.data + p->done, len }, 1);
	pace_sent(&p->pace, len, loop_now(g->c->loop));
	p->done += len;
	if (p->done == p->snapshot.len)
		end_snapshot(g);
}

/* --- output ------------------------------------------------------------- */

static void
send_slice(struct guest *g, uint64_t to, size_t room)
{
	struct custodian *c = g->c;
	uint32_t undo = view_undo_at(c, g->at, &to);
	struct iovec iov[PIECES];
	uint64_t from = g->at;
	size_t bytes;
	struct msg_writer w;

	int n = ring_slice(c->ring, &g->at, to, room, iov, PIECES, &bytes);
	if (bytes == 0)
		return;
	view_write_undo(g, undo);
	msg_begin(&w, local_out(g->conn), MSG_OUTPUT, 3);
	msg_uint(&w, from);
	msg_uint(&w, g->at);
	msg_end_with_bin(&w, bytes);
	local_send_with(g->conn, iov, n);
	pace_sent(&g->paced->pace, bytes, loop_now(c->loop));
}

/* By more than it carries in half a second, and not just for a moment. */
static bool
is_behind(const struct guest *g, uint64_t to)
{
	const struct paced *p = g->paced;
	uint64_t n =
		pace_limit(&p->pace) * 500 / (p->pace.shortest + PACE_DELAY);

	if (n < BEHIND_MIN)
		n = BEHIND_MIN;
	if (to - g->at > BEHIND_MAX)
		return true;
	return to - g->at > n &&
	       loop_now(g->c->loop) - p->caught_up > BEHIND_MS;
}

/* --- together ----------------------------------------------------------- */

/*
 * Room for a message of `left` bytes: what may be sent of it, or 0 for not
 * now.
 */
static size_t
room_for(struct pace *p, uint64_t left)
{
	uint64_t room = pace_room(p);

	if (left > SLICE)
		left = SLICE;
	if (left <= room)
		return (size_t)left;
	pace_held(p);
	return room < CRUMB ? 0 : (size_t)room;
}

/* Whether `ms` have passed since then; if not, a timer looks again. */
static bool
passed(const struct guest *g, uint64_t since, unsigned ms)
{
	uint64_t now = loop_now(g->c->loop);

	if (now - since >= ms)
		return true;
	if (!loop_timer_running(g->paced->timer))
		loop_timer_start(g->paced->timer, ms - (now - since));
	return false;
}

/* All is sent. */
static void
caught_up(struct guest *g)
{
	struct custodian *c = g->c;
	struct paced *p = g->paced;

	view_write_undo(g, c->undos);
	g->scrolled = screen_scrolled(c->screen);
	p->caught_up = loop_now(c->loop);
	/* By now it is known how much history it can be given. */
	if (g->owed > 0 && p->pace.known && view_fits(g) &&
	    passed(g, c->fresh, QUIET_MS))
		g->stale = p->history = true;
}

/* One message.  False if there is nothing more to be sent now. */
static bool
send_one(struct guest *g)
{
	struct custodian *c = g->c;
	struct paced *p = g->paced;
	uint64_t to = screen_boundary(c->screen);
	size_t room;

	if (p->snapshot.len > 0) {
		room = room_for(&p->pace, p->snapshot.len - p->done);
		if (room > 0)
			send_part(g, room);
		return room > 0;
	}
	if (!ring_serves(c->ring, g->at) || is_behind(g, to))
		g->stale = true;
	if (g->at == to && !g->stale)
		caught_up(g);
	if (g->stale) {
		/* None that would have to wait, and be old when it goes. */
		if (!screen_joinable(c->screen) ||
		    !passed(g, p->framed, FRAME_MS) ||
		    room_for(&p->pace, PACE_MIN) == 0)
			return false;
		snapshot_again(g);
		return true;
	}
	if (g->at == to)
		return false;
	room = room_for(&p->pace, to - g->at);
	if (room > 0)
		send_slice(g, to, room);
	return room > 0;
}

void
pace_push(struct guest *g)
{
	if (!g->paced || !g->attached || local_blocked(g->conn))
		return;
	view_write_taken(g);
	while (!local_blocked(g->conn) && send_one(g))
		continue;
	local_flush(g->conn);
}

void
pace_first(struct guest *g, uint32_t history)
{
	/* How much it can be given is not known yet; the screen comes first. */
	g->owed = history;
	begin(g, 0);
	/* In the middle of something that only ends unseen: once more then. */
	g->stale = !screen_joinable(g->c->screen);
	pace_push(g);
}

/* Whatever the way carries: there is nothing to come behind it. */
static void
send_rest(struct guest *g)
{
	struct paced *p = g->paced;

	while (p->snapshot.len > 0) {
		size_t left = p->snapshot.len - p->done;

		send_part(g, left < SLICE ? left : SLICE);
	}
}

void
pace_last(struct guest *g)
{
	struct paced *p = g->paced;

	pace_push(g);
	send_rest(g);
	if (!g->stale && g->at == screen_boundary(g->c->screen))
		return;
	p->history = true;
	snapshot_again(g);
	send_rest(g);
}

int
pace_shown(struct guest *g, uint64_t total)
{
	int r = pace_arrived(&g->paced->pace, total, loop_now(g->c->loop));

	if (r == 0)
		pace_push(g);
	return r;
}
