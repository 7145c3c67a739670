/* custodian/view.c - what an attached client is sent. */
#include "custodian/view.h"

#include <string.h>
#include <sys/uio.h>

#include "base/buf.h"
#include "base/loop.h"
#include "custodian/guest.h"
#include "custodian/input.h"
#include "custodian/pace.h"
#include "custodian/ring.h"
#include "custodian/state.h"
#include "keeper/memory.h"
#include "proto/local.h"
#include "proto/msg.h"
#include "proto/resume.h"
#include "vt/screen.h"
#include "vt/snapshot.h"

enum {
	PART = 256 << 10, /* of a snapshot in one message */
	SLICE = 128 << 10, /* of output in one message */
	PIECES = 60,
	/*
	 * A client may be behind by what it drains in a second: for longer
	 * nobody wants to look at what went past.  See ring.h for the least.
	 */
	BEHIND_MAX = 14 << 20,
	MEASURE = 250, /* ms */
};

static struct undo *
undo_of(struct custodian *c, uint32_t number)
{
	return &c->undo[number % STATE_UNDOS];
}

const struct buf *
view_undo(struct custodian *c)
{
	return &undo_of(c, c->undos)->bytes;
}

void
view_note_undo(struct custodian *c)
{
	uint32_t now = screen_generation(c->screen);
	const struct buf *last = view_undo(c);
	struct undo next = { .from = c->undo_to };

	c->undo_to = screen_boundary(c->screen);
	if (now == c->undo_generation && c->undos > 0)
		return;
	c->undo_generation = now;
	snapshot_undo(c->screen, &next.bytes);
	if (c->undos > 0 && next.bytes.len == last->len &&
	    memcmp(next.bytes.data, last->data, last->len) == 0) {
		buf_release(&next.bytes);
		return;
	}
	c->undos++;
	buf_release(&undo_of(c, c->undos)->bytes);
	*undo_of(c, c->undos) = next;
}

uint32_t
view_undo_at(struct custodian *c, uint64_t at, uint64_t *to)
{
	uint32_t n = c->undos;

	while (n > 1 && c->undos - n < STATE_UNDOS - 1 &&
	       undo_of(c, n)->from > at)
		n--;
	if (n < c->undos && undo_of(c, n + 1)->from < *to)
		*to = undo_of(c, n + 1)->from;
	return n;
}

void
view_write_undo(struct guest *g, uint32_t number)
{
	const struct buf *undo = &undo_of(g->c, number)->bytes;
	struct msg_writer w;

	if (g->undos == number)
		return;
	g->undos = number;
	msg_begin(&w, local_out(g->conn), MSG_UNDO, 1);
	msg_bin(&w, undo->data, undo->len);
	msg_end(&w);
}

void
view_write_taken(struct guest *g)
{
	struct msg_writer w;

	if (g->read_only)
		return;
	uint64_t taken = input_taken(g->c->input, g->row);
	if (g->acked == taken)
		return;
	g->acked = taken;
	msg_begin(&w, local_out(g->conn), MSG_TAKEN, 1);
	msg_uint(&w, taken);
	msg_end(&w);
}

void
view_write_size(struct guest *g)
{
	struct screen *s = g->c->screen;
	struct msg_writer w;

	if (g->told_cols == screen_cols(s) && g->told_rows == screen_rows(s))
		return;
	g->told_cols = screen_cols(s);
	g->told_rows = screen_rows(s);
	msg_begin(&w, local_out(g->conn), MSG_SIZE, 3);
	msg_uint(&w, g->told_cols);
	msg_uint(&w, g->told_rows);
	msg_uint(&w, g->c->head->resizes);
	msg_end(&w);
}

static void
send_snapshot(struct guest *g, uint32_t history)
{
	struct custodian *c = g->c;
	struct buf all = { 0 };
	struct msg_writer w;

	g->at = screen_boundary(c->screen);
	g->scrolled = screen_scrolled(c->screen);
	g->stale = false;
	g->history = 0;
	snapshot_make(c->screen, history, NULL, &all);
	for (size_t done = 0, len; done < all.len; done += len) {
		len = all.len - done < PART ? all.len - done : PART;
		msg_begin(&w, local_out(g->conn), MSG_SNAPSHOT, 3);
		msg_uint(&w, g->at);
		msg_bool(&w, done + len == all.len);
		msg_end_with_bin(&w, len);
		local_send_with(g->conn,
				&(struct iovec){ all.data + done, len }, 1);
	}
	buf_release(&all);
}

bool
view_fits(const struct guest *g)
{
	return g->cols == screen_cols(g->c->screen) &&
	       g->rows == screen_rows(g->c->screen);
}

/*
 * A client undoes what it was told last before it shows another snapshot; so
 * the new undo follows that, while it precedes all else that it undoes.
 */
static void
snapshot_again(struct guest *g)
{
	struct custodian *c = g->c;
	uint64_t missed = 0;

	if (g->at != screen_boundary(c->screen))
		missed = screen_scrolled(c->screen) - g->scrolled;
	if (missed < g->history)
		missed = g->history;
	if (view_fits(g)) {
		if (missed < g->owed)
			missed = g->owed;
		g->owed = 0;
	}
	if (missed > screen_history(c->screen))
		missed = screen_history(c->screen);
	view_write_size(g);
	send_snapshot(g, (uint32_t)missed);
	view_write_undo(g, c->undos);
}

void
view_first(struct guest *g, uint32_t history)
{
	view_write_undo(g, g->c->undos);
	if (g->paced) {
		pace_first(g, history);
		return;
	}
	if (!view_fits(g)) {
		g->owed = history;
		history = 0;
	}
	send_snapshot(g, history);
	/* In the middle of something that only ends unseen: once more then. */
	g->stale = !screen_joinable(g->c->screen);
}

bool
view_joins(const struct custodian *c, const struct resume_place *was,
	   uint64_t *missed)
{
	const struct resume_place now = {
		.at = screen_boundary(c->screen),
		.resizes = c->head->resizes,
	};

	return resume_joins(was, &now, ring_served(c->ring), missed);
}

void
view_join(struct guest *g, uint64_t at, uint32_t history)
{
	g->at = at;
	g->owed = history; /* with the next snapshot that is shown direct */
	g->scrolled = screen_scrolled(g->c->screen);
	view_push(g);
}

/*
 * One message of output; what goes is not copied.  Who is behind is told the
 * undo of what it sees, not of what the screen is by now: it may leave, or need
 * a snapshot, in between.
 */
static void
send_slice(struct guest *g, uint64_t to)
{
	struct custodian *c = g->c;
	uint32_t undo = view_undo_at(c, g->at, &to);
	struct iovec iov[PIECES];
	uint64_t from = g->at;
	size_t bytes;
	struct msg_writer w;

	int n = ring_slice(c->ring, &g->at, to, SLICE, iov, PIECES, &bytes);
	if (bytes == 0)
		return;
	view_write_undo(g, undo);
	msg_begin(&w, local_out(g->conn), MSG_OUTPUT, 3);
	msg_uint(&w, from);
	msg_uint(&w, g->at);
	msg_end_with_bin(&w, bytes);
	local_send_with(g->conn, iov, n);
}

void
view_push(struct guest *g)
{
	struct custodian *c = g->c;

	if (!g->attached || g->paced || local_blocked(g->conn)) {
		pace_push(g);
		return;
	}

	view_write_taken(g);
	uint64_t to = screen_boundary(c->screen);
	if (!g->stale && !ring_serves(c->ring, g->at))
		g->stale = true;
	if (g->stale && screen_joinable(c->screen))
		snapshot_again(g);
	while (!g->stale && g->at < to && !local_blocked(g->conn))
		send_slice(g, to);
	if (g->at == to) {
		view_write_undo(g, c->undos);
		g->scrolled = screen_scrolled(c->screen);
	}
	local_flush(g->conn);
}

void
view_again(struct guest *g, uint32_t history)
{
	g->stale = true;
	if (history > g->history)
		g->history = history;
	view_push(g);
}

void
view_last(struct guest *g)
{
	if (g->paced) {
		pace_last(g);
		return;
	}
	view_push(g);
	if (g->stale || g->at != screen_boundary(g->c->screen))
		snapshot_again(g);
}

void
view_resized(struct custodian *c)
{
	for (struct guest *g = c->guests; g; g = g->next)
		if (g->attached)
			view_again(g, 0);
}

/* How far may it be behind?  Who keeps up is trusted until it was measured. */
static void
measure(struct guest *g)
{
	uint64_t now = loop_now(g->c->loop), ms = now - g->rate_from;

	if (g->at == screen_boundary(g->c->screen))
		g->allowed = BEHIND_MAX;
	else if (ms < MEASURE)
		return;
	else
		g->allowed =
			(g->allowed + (g->at - g->rate_at) * 1000 / ms) / 2;
	if (g->allowed > BEHIND_MAX)
		g->allowed = BEHIND_MAX;
	g->rate_from = now;
	g->rate_at = g->at;
}

void
view_push_all(struct custodian *c)
{
	view_note_undo(c);
	for (struct guest *g = c->guests; g; g = g->next)
		view_push(g);
}

bool
view_behind(const struct custodian *c)
{
	uint64_t end = screen_boundary(c->screen);

	for (const struct guest *g = c->guests; g; g = g->next)
		if (g->attached && !g->paced && !g->stale && g->at < end)
			return true;
	return false;
}

void
view_forget(struct custodian *c)
{
	uint64_t end = ring_end(c->ring), keep = UINT64_MAX;

	for (struct guest *g = c->guests; g; g = g->next) {
		if (!g->attached || g->paced || g->stale)
			continue;
		measure(g);
		if (end - g->at > g->allowed && end - g->at > RING_WINDOW)
			g->stale = true;
		else if (g->at < keep)
			keep = g->at;
	}
	ring_keep(c->ring, keep);
	ring_passed(c->ring, ring_begin(c->ring));
}
