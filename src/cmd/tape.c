/* cmd/tape.c - a session's recording as what happens to one terminal. */
#include "cmd/tape.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "cmd/cast.h"
#include "custodian/playback.h"
#include "custodian/transcript.h"
#include "vt/screen.h"
#include "vt/snapshot.h"

enum { CAN = 0x18, MS = 1000, SIGNALLED = 128 };

struct tape {
	struct playback *playback;
	struct screen *screen; /* what the terminal shows; NULL: no terminal */
	uint64_t start, now; /* unix ms */
	/*
	 * Bytes that the screen had and the caller has not: the beginning of
	 * what is not whole yet, and after a hole what undoes the old screen.
	 */
	struct buf held;
	struct buf out; /* what the last event gave */
	struct buf text; /* of a marker */
	bool skip; /* SCREEN frames show what is there already */
};

struct tape *
tape_new(const char *dir, unsigned newest)
{
	struct tape *t = mem_zero(1, sizeof *t);

	t->playback = playback_new(dir, newest);
	return t;
}

void
tape_free(struct tape *t)
{
	if (!t)
		return;
	playback_free(t->playback);
	screen_free(t->screen);
	buf_release(&t->held);
	buf_release(&t->out);
	buf_release(&t->text);
	free(t);
}

uint64_t
tape_start(const struct tape *t)
{
	return t->start;
}

uint64_t
tape_now(const struct tape *t)
{
	return t->now;
}

static bool
resize(struct cast_event *e, unsigned cols, unsigned rows)
{
	e->kind = CAST_RESIZE;
	e->cols = cols;
	e->rows = rows;
	return true;
}

/* Takes what is whole of what is held; false if there is nothing. */
static bool
whole(struct tape *t, struct cast_event *e)
{
	uint64_t rest = screen_fed(t->screen) - screen_boundary(t->screen);
	size_t n = t->held.len;

	n -= rest < n ? (size_t)rest : n;
	buf_clear(&t->out);
	buf_append(&t->out, t->held.data, n);
	buf_drop(&t->held, n);
	e->kind = CAST_OUTPUT;
	e->data = t->out.data;
	e->len = n;
	return n > 0;
}

static bool
output(struct tape *t, const struct transcript_frame *f, struct cast_event *e)
{
	if (!t->screen)
		return false;
	screen_replay(t->screen, f->data, f->len);
	buf_append(&t->held, f->data, f->len);
	return whole(t, e);
}

/* A new screen: on the first day, and behind a hole. */
static bool
key(struct tape *t, const struct transcript_frame *f, struct cast_event *e)
{
	struct screen *old = t->screen;

	t->skip = f->joined && old;
	if (t->skip)
		return false;
	buf_clear(&t->held);
	if (old) {
		buf_byte(&t->held, CAN);
		snapshot_undo(old, &t->held);
	}
	t->screen = screen_new(&(struct screen_options){
		.cols = f->cols,
		.rows = f->rows,
	});
	bool same = old && screen_cols(old) == screen_cols(t->screen) &&
		    screen_rows(old) == screen_rows(t->screen);
	screen_free(old);
	return !same &&
	       resize(e, screen_cols(t->screen), screen_rows(t->screen));
}

static bool
marker(struct tape *t, struct cast_event *e)
{
	e->kind = CAST_MARKER;
	e->data = t->text.data;
	e->len = t->text.len;
	return true;
}

static bool
gap(struct tape *t, const struct transcript_frame *f, struct cast_event *e)
{
	static const char *const why[] = {
		[TRANSCRIPT_FLOOD] = "not recorded: too much at once",
		[TRANSCRIPT_DISK] = "not recorded: the disk was full",
		[TRANSCRIPT_DAMAGED] = "the recording is damaged here",
		[TRANSCRIPT_DROPPED] = "older parts were dropped here",
	};
	size_t n = sizeof why / sizeof why[0];
	const char *text = f->why < n && why[f->why] ? why[f->why] : "a gap";

	if (!t->screen)
		return false;
	buf_clear(&t->text);
	buf_str(&t->text, text);
	if (f->lost)
		buf_printf(&t->text, " (%" PRIu64 " bytes)", f->lost);
	return marker(t, e);
}

static bool
mark(struct tape *t, const struct transcript_frame *f, struct cast_event *e)
{
	buf_clear(&t->text);
	buf_append(&t->text, f->data, f->len);
	return t->screen && marker(t, e);
}

static bool
ended(const struct tape *t, const struct transcript_frame *f,
      struct cast_event *e)
{
	e->kind = CAST_EXIT;
	e->status = f->signal ? SIGNALLED + f->signal : f->exit_code;
	return t->screen;
}

/* Makes an event of a frame; false if it is none. */
static bool
turn(struct tape *t, const struct transcript_frame *f, struct cast_event *e)
{
	if (!t->start)
		t->start = f->time;
	t->now = f->time;
	*e = (struct cast_event){ .us = (f->time - t->start) * MS };
	switch (f->kind) {
	case TRANSCRIPT_KEY:
		return key(t, f, e);
	case TRANSCRIPT_SCREEN:
		return !t->skip && output(t, f, e);
	case TRANSCRIPT_OUTPUT:
		return output(t, f, e);
	case TRANSCRIPT_RESIZE:
		if (!t->screen)
			return false;
		screen_resize(t->screen, f->cols, f->rows);
		return resize(e, screen_cols(t->screen),
			      screen_rows(t->screen));
	case TRANSCRIPT_GAP:
		return gap(t, f, e);
	case TRANSCRIPT_MARK:
		return mark(t, f, e);
	case TRANSCRIPT_EXIT:
		return ended(t, f, e);
	default:
		return false;
	}
}

int
tape_next(struct tape *t, struct cast_event *e)
{
	struct transcript_frame f;
	int r;

	do
		r = playback_next(t->playback, &f);
	while (r == 1 && !turn(t, &f, e));
	return r;
}
