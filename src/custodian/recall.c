/* custodian/recall.c - the screen in the session memory, for a successor. */
#include "custodian/recall.h"

#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/log.h"
#include "custodian/above.h"
#include "custodian/ring.h"
#include "custodian/state.h"
#include "keeper/memory.h"
#include "vt/screen.h"
#include "vt/snapshot.h"

enum {
	EVERY = 2 << 20, /* bytes of output between two frames */
	/* A full frame may take this part of the time since the last one. */
	SHARE = 100,
	/* Crashes that are further apart have nothing to do with each other. */
	SOON = 60000, /* ms */
	/* What an idle session keeps in the ring rather than in a frame. */
	TAIL = 256 << 10,
};

/* --- writing ---------------------------------------------------------- */

static struct memory_frame *
current(struct memory_head *h, enum memory_frame_kind kind)
{
	return h->current[kind] > 0 && h->current[kind] <= 2
		       ? &h->frames[kind][h->current[kind] - 1]
		       : NULL;
}

/* The snapshot with as much history as fits into max bytes. */
static bool
snapshot_within(const struct screen *s, uint32_t history, size_t max,
		struct buf *out)
{
	for (;;) {
		snapshot_make(s, history, NULL, out);
		if (out->len <= max)
			return true;
		buf_release(out);
		if (history == 0)
			return false;
		history /= 2;
	}
}

static void
save(struct custodian *c, enum memory_frame_kind kind)
{
	struct memory_head *h = c->head;
	unsigned i = h->current[kind] == 1 ? 1 : 0;
	struct memory_frame *f = &h->frames[kind][i];
	uint32_t lines = kind == MEMORY_FULL ? screen_history(c->screen) : 0;
	struct buf all = { 0 };

	if (!snapshot_within(c->screen, lines, f->size, &all))
		return;
	uint8_t *room = memory_map_frame(f, MEMORY_FD_MEMORY);
	if (!room) {
		buf_release(&all);
		return;
	}
	memcpy(room, all.data, all.len);
	memory_unmap_frame(f, room);
	f->len = all.len;
	f->offset = screen_boundary(c->screen);
	f->cols = screen_cols(c->screen);
	f->rows = screen_rows(c->screen);
	f->resizes = h->resizes;
	buf_release(&all);
	__atomic_store_n(&h->current[kind], i + 1, __ATOMIC_RELEASE);
}

static uint64_t
microseconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void
save_full(struct custodian *c)
{
	uint64_t before = microseconds();

	save(c, MEMORY_FULL);
	c->full_at = microseconds();
	c->full_cost = c->full_at - before;
}

/* Bytes of output since the newest frame of a kind. */
static uint64_t
behind(const struct custodian *c, enum memory_frame_kind kind)
{
	const struct memory_frame *f = current(c->head, kind);

	return ring_end(c->ring) - (f ? f->offset : 0);
}

void
recall_note(struct custodian *c)
{
	if (behind(c, MEMORY_FULL) < EVERY)
		return;
	if ((microseconds() - c->full_at) / SHARE > c->full_cost)
		save_full(c);
	else if (behind(c, MEMORY_SCREEN) >= EVERY)
		save(c, MEMORY_SCREEN);
}

void
recall_resized(struct custodian *c)
{
	c->head->resizes++;
	if (ring_end(c->ring) > 0)
		save_full(c);
}

/* The pages of a frame that is not the current one. */
static void
drop_other(struct memory_head *h, enum memory_frame_kind kind)
{
	const struct memory_frame *cur = current(h, kind);

	for (int i = 0; i < 2; i++) {
		const struct memory_frame *f = &h->frames[kind][i];

		if (f != cur)
			memory_punch(MEMORY_FD_MEMORY, f->at, f->size);
	}
}

void
recall_quiet(struct custodian *c)
{
	struct memory_head *h = c->head;

	if (behind(c, MEMORY_FULL) <= TAIL)
		return;
	save_full(c);
	h->current[MEMORY_SCREEN] = 0;
	drop_other(h, MEMORY_FULL);
	drop_other(h, MEMORY_SCREEN);
	ring_trim(c->ring, TAIL);
}

/* --- reading ---------------------------------------------------------- */

static bool
load(struct custodian *c, const struct memory_frame *f)
{
	uint8_t *data = memory_map_frame(f, MEMORY_FD_MEMORY);

	if (!data)
		return false;
	screen_resize(c->screen, f->cols, f->rows);
	screen_replay(c->screen, data, f->len);
	memory_unmap_frame(f, data);
	return true;
}

/* What the frame misses is in the ring, and of one size. */
static bool
continues(const struct custodian *c, const struct memory_frame *f)
{
	return f && f->resizes == c->head->resizes &&
	       f->offset >= ring_begin(c->ring) &&
	       f->offset <= ring_end(c->ring);
}

/* People shall see that something is missing, and where. */
static void
mark(struct custodian *c, const char *what)
{
	struct buf b = { 0 };

	buf_printf(&b, "\030\033[m\r\n\033[7m[cdo: %s]\033[m\r\n", what);
	screen_replay(c->screen, b.data, b.len);
	buf_release(&b);
}

/* Feeds what came after `from`; unanswered queries get their answer now. */
static void
replay(struct custodian *c, uint64_t from)
{
	uint64_t end = ring_end(c->ring), known = c->head->answered;

	if (known < from || known > end)
		known = from;
	screen_set_fed(c->screen, from);
	ring_known(c->ring, from);
	screen_replay_cuts(c->screen, ring_at(c->ring, from), known - from);
	screen_feed(c->screen, ring_at(c->ring, known), end - known);
}

static void
restore(struct custodian *c, enum memory_stage stage)
{
	struct memory_head *h = c->head;
	const struct memory_frame *full = current(h, MEMORY_FULL);
	const struct memory_frame *screen = current(h, MEMORY_SCREEN);
	uint64_t end = ring_end(c->ring);

	if (stage == MEMORY_REPLAY && continues(c, full)) {
		load(c, full);
		replay(c, full->offset);
	} else if (stage == MEMORY_REPLAY && !full && !screen &&
		   ring_begin(c->ring) == 0) {
		replay(c, 0);
	} else if (stage == MEMORY_REPLAY && continues(c, screen)) {
		if (full && load(c, full))
			mark(c, "some lines of the history are missing here");
		load(c, screen);
		replay(c, screen->offset);
	} else {
		if (stage != MEMORY_BLANK && full)
			load(c, full);
		mark(c, "the screen was lost; what follows is new");
		screen_set_fed(c->screen, end);
	}
	screen_resize(c->screen, h->cols, h->rows);
}

/*
 * What has killed a predecessor is not tried again: it may have died while it
 * restored the screen, or, more than once, of what it then did with it.
 */
static enum memory_stage
choose(struct memory_head *h)
{
	uint64_t now = microseconds() / 1000;
	bool soon = now - h->born < SOON;
	uint32_t stage = h->stage + 1;

	if (h->crashed || !soon)
		h->crashes = (soon ? h->crashes : 0) + (h->crashed ? 1 : 0);
	h->crashed = 0;
	h->born = now;
	if (h->crashes > stage)
		stage = h->crashes;
	return stage < MEMORY_BLANK ? stage : MEMORY_BLANK;
}

bool
recall_fresh(const struct custodian *c)
{
	return ring_end(c->ring) == 0 && !current(c->head, MEMORY_FULL);
}

void
recall_keep(struct custodian *c)
{
	save_full(c);
}

void
recall_screen(struct custodian *c, const struct screen_options *options)
{
	struct memory_head *h = c->head;
	enum memory_stage stage = choose(h);

	bool fresh = recall_fresh(c);

	if (fresh && !c->o.above) {
		c->screen = screen_new(options);
		return;
	}
	__atomic_store_n(&h->stage, stage, __ATOMIC_RELEASE);
	if (stage != MEMORY_REPLAY)
		log_warn("restoring the screen has failed before");
	if (fresh && stage == MEMORY_REPLAY)
		above_screen(c, options);
	else
		c->screen = screen_new(options);
	if (!fresh)
		restore(c, stage);
	__atomic_store_n(&h->stage, MEMORY_RUNNING, __ATOMIC_RELEASE);
}
