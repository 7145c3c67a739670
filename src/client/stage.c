/* client/stage.c - what the terminal shows: the session direct, or composed. */
#include "client/stage.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "client/composed.h"
#include "client/tty.h"
#include "vt/screen.h"
#include "vt/snapshot.h"

static void
queue(struct stage *s, const char *text)
{
	tty_queue(s->tty, text, strlen(text));
}

void
stage_init(struct stage *s, struct tty *tty, unsigned cols, unsigned rows)
{
	*s = (struct stage){
		.tty = tty,
		.waiting = true,
		.cols = cols,
		.rows = rows,
	};
}

void
stage_release(struct stage *s)
{
	direct_release(&s->direct);
	buf_release(&s->preface);
	composed_free(s->composed);
	s->composed = NULL;
	screen_free(s->model);
	s->model = NULL;
	free(s->banner);
	s->banner = NULL;
}

void
stage_wait(struct stage *s)
{
	s->waiting = true;
	s->inside = false;
}

bool
stage_shows(const struct stage *s)
{
	return s->view != STAGE_NONE && !s->waiting && !s->covered;
}

bool
stage_again(struct stage *s)
{
	s->waiting = s->view == STAGE_NONE;
	return !s->waiting;
}

bool
stage_fits(const struct stage *s)
{
	return s->cols == s->session_cols && s->rows == s->session_rows;
}

bool
stage_resize(struct stage *s, unsigned cols, unsigned rows)
{
	if (cols == s->cols && rows == s->rows)
		return false;
	s->cols = cols;
	s->rows = rows;
	/* If the session is of this size, the direct view is about to come. */
	if (s->view == STAGE_COMPOSED && !stage_fits(s)) {
		composed_resize(s->composed, cols, rows);
		s->dirty = true;
		stage_draw(s);
	}
	stage_wait(s);
	return true;
}

void
stage_session(struct stage *s, unsigned cols, unsigned rows)
{
	s->session_cols = cols;
	s->session_rows = rows;
	stage_wait(s);
}

void
stage_undo(struct stage *s, const void *undo, size_t len)
{
	direct_told(&s->direct, undo, len,
		    s->view == STAGE_DIRECT && !s->waiting && !s->covered);
}

/* --- what the direct view shows ---------------------------------------- */

static void
model_begin(struct stage *s)
{
	screen_free(s->model);
	s->model = screen_new(&(struct screen_options){
		.cols = s->session_cols,
		.rows = s->session_rows,
	});
}

static void
model_forget(struct stage *s)
{
	screen_free(s->model);
	s->model = NULL;
}

/* The session again, exactly, instead of whatever stands there. */
static void
model_show(struct stage *s)
{
	struct buf out = { 0 };

	snapshot_make(s->model, 0, &s->direct.undo, &out);
	tty_write(s->tty, out.data, out.len);
	if (s->themes)
		tty_write(s->tty, "\033[?2031h", 8); /* it was reset */
	buf_release(&out);
}

static void
no_banner(struct stage *s)
{
	free(s->banner);
	s->banner = NULL;
}

/* --- from one view to the other --------------------------------------- */

static void
leave_composed(struct stage *s)
{
	struct buf out = { 0 };

	composed_leave(s->composed, &out);
	tty_queue(s->tty, out.data, out.len);
	buf_release(&out);
	composed_free(s->composed);
	s->composed = NULL;
}

static void
enter_composed(struct stage *s)
{
	struct buf out = { 0 };

	if (s->direct.given) {
		direct_undo(&s->direct, s->tty);
		tty_cap(&out, TTY_CUP, (int)s->rows - 1, 0);
		tty_queue(s->tty, out.data, out.len);
		buf_release(&out);
	}
	s->composed = composed_new(s->cols, s->rows);
}

static void
begin_snapshot(struct stage *s)
{
	s->inside = true;
	no_banner(s);
	model_forget(s);
	if (stage_fits(s)) {
		if (s->view == STAGE_COMPOSED)
			leave_composed(s);
		if (s->models)
			model_begin(s);
		direct_before(&s->direct, s->tty, s->rows);
		s->view = STAGE_DIRECT;
	} else {
		if (s->view != STAGE_COMPOSED)
			enter_composed(s);
		composed_resize(s->composed, s->cols, s->rows);
		composed_session(s->composed, s->session_cols, s->session_rows);
		s->view = STAGE_COMPOSED;
	}
	tty_queue(s->tty, s->preface.data, s->preface.len);
	buf_clear(&s->preface);
}

/* --- what comes from the session -------------------------------------- */

void
stage_snapshot(struct stage *s, const void *data, size_t len, bool last)
{
	if (s->covered)
		return;
	if (!s->inside)
		begin_snapshot(s);
	s->waiting = !last;
	s->inside = !last;
	if (s->view == STAGE_DIRECT)
		direct_write(&s->direct, s->tty, data, len);
	else
		composed_snapshot(s->composed, data, len);
	if (s->model != NULL)
		screen_replay(s->model, data, len);
	s->dirty = s->view == STAGE_COMPOSED;
	if (last && s->themes)
		tty_write(s->tty, "\033[?2031h", 8); /* it was reset */
}

void
stage_output(struct stage *s, const void *data, size_t len)
{
	if (s->waiting || s->covered)
		return;
	if (s->banner != NULL)
		stage_banner(s, NULL);
	if (s->view == STAGE_DIRECT) {
		direct_write(&s->direct, s->tty, data, len);
		if (s->model != NULL)
			screen_replay(s->model, data, len);
	} else {
		composed_feed(s->composed, data, len);
		s->dirty = true;
	}
}

void
stage_draw(struct stage *s)
{
	struct buf out = { 0 };

	/* A terminal that is slow gets fewer frames. */
	if (s->view != STAGE_COMPOSED || !s->dirty || s->inside ||
	    (s->waiting && !s->models) || s->covered || !tty_flush(s->tty))
		return;
	s->dirty = false;
	composed_draw(s->composed, &out);
	if (out.len > 0 && s->sync) {
		queue(s, "\033[?2026h");
		buf_str(&out, "\033[?2026l");
	}
	if (out.len > 0)
		tty_write(s->tty, out.data, out.len);
	buf_release(&out);
}

void
stage_knows(struct stage *s, bool sync, bool themes)
{
	s->sync = sync;
	if (themes && !s->themes && s->view != STAGE_NONE)
		tty_write(s->tty, "\033[?2031h", 8);
	s->themes = themes;
}

/* --- in front of it ---------------------------------------------------- */

void
stage_bell(struct stage *s)
{
	/* Never into the middle of what is still on its way. */
	if (s->tty->out.len == 0)
		tty_write(s->tty, "\a", 1);
}

void
stage_cover(struct stage *s, const void *text, size_t len)
{
	struct buf out = { 0 };

	stage_banner(s, NULL);
	model_forget(s);
	if (s->view == STAGE_COMPOSED)
		leave_composed(s);
	else
		direct_undo(&s->direct, s->tty);
	s->view = STAGE_NONE;
	s->covered = true;
	tty_cap(&out, TTY_SMCUP, 0, 0);
	tty_cap(&out, TTY_CLEAR, 0, 0);
	buf_append(&out, text, len);
	tty_write(s->tty, out.data, out.len);
	buf_release(&out);
}

void
stage_uncover(struct stage *s)
{
	struct buf out = { 0 };

	tty_cap(&out, TTY_RMCUP, 0, 0);
	tty_queue(s->tty, out.data, out.len);
	buf_release(&out);
	s->covered = false;
	stage_wait(s);
}

void
stage_note(struct stage *s, const void *lines, size_t len)
{
	stage_draw(s);
	queue(s, "\0337\033[?6l\033[H\033[0;7m");
	tty_queue(s->tty, lines, len);
	tty_write(s->tty, "\033[m\0338", 5);
}

void
stage_unnote(struct stage *s)
{
	/* The canvas does not know what is in front of it. */
	if (s->view != STAGE_COMPOSED)
		return;
	leave_composed(s);
	s->view = STAGE_NONE;
}

/*
 * In the upper right corner.  What writing it there changes on the terminal,
 * the snapshot that takes it away again puts right.
 */
static void
draw_banner(struct stage *s)
{
	struct screen_cursor at;
	unsigned width = (unsigned)str_columns(s->banner);
	unsigned col = width < s->cols ? s->cols - width : 0;
	struct buf out = { 0 };

	screen_cursor(s->model, &at);
	if (s->sync)
		buf_str(&out, "\033[?2026h");
	buf_printf(&out,
		   "\033[?6l\033[?7l\033[4l\033(B\017\033[1;%uH\033[0;7m%s"
		   "\033[m\033[?7h\033[%u;%uH",
		   col + 1, s->banner, at.row + 1, at.col + 1);
	if (s->sync)
		buf_str(&out, "\033[?2026l");
	tty_write(s->tty, out.data, out.len);
	buf_release(&out);
}

void
stage_banner(struct stage *s, const char *text)
{
	bool was = s->banner != NULL;
	bool shorter = was && (text == NULL ||
			       str_columns(text) < str_columns(s->banner));

	if (str_eq(s->banner, text) || s->covered || s->inside)
		return;
	no_banner(s);
	if (text != NULL)
		s->banner = mem_str(text);
	if (s->view == STAGE_COMPOSED) {
		composed_banner(s->composed, text);
		s->dirty = true;
		stage_draw(s);
	} else if (s->view == STAGE_DIRECT && s->model != NULL) {
		if (shorter)
			model_show(s);
		if (text != NULL)
			draw_banner(s);
	}
}

void
stage_mouse(const struct stage *s, const uint8_t *data, size_t len,
	    struct buf *out)
{
	if (s->view == STAGE_COMPOSED)
		composed_mouse(s->composed, data, len, out);
	else
		buf_append(out, data, len);
}

static bool
undoes(const struct stage *s, const char *mode)
{
	const struct buf *u = &s->direct.undo;

	return u->len > 0 && memmem(u->data, u->len, mode, strlen(mode));
}

bool
stage_focus(const struct stage *s)
{
	/* In a composed view it is asked for when the program wants it. */
	return s->view != STAGE_DIRECT || undoes(s, "\033[?1004l");
}

bool
stage_reports(const struct stage *s)
{
	return s->view == STAGE_COMPOSED || undoes(s, "\033[?10") ||
	       undoes(s, "\033[<") || undoes(s, "\033[=0u");
}

void
stage_leave(struct stage *s, const void *park, size_t len)
{
	struct buf end = { 0 };

	if (s->covered)
		stage_uncover(s);
	stage_banner(s, NULL);
	/* Nobody tells any more where the text ends? */
	if (park == NULL && s->view == STAGE_DIRECT && s->model != NULL) {
		snapshot_park(s->model, &end);
		park = end.data;
		len = end.len;
	}
	model_forget(s);
	if (s->themes)
		queue(s, "\033[?2031l");
	if (s->view == STAGE_COMPOSED) {
		leave_composed(s);
		park = "\r\n";
		len = 2;
	}
	direct_leave(&s->direct, s->tty, park, len);
	buf_release(&end);
	s->view = STAGE_NONE;
	stage_wait(s);
}
