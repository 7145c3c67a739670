/* cmd/finished.c - what a finished session left: its screen, its history. */
#include "cmd/finished.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/path.h"
#include "base/str.h"
#include "cmd/out.h"
#include "cmd/seen.h"
#include "custodian/rebuild.h"
#include "vt/capture.h"
#include "vt/screen.h"

enum {
	LAST_MAX = 256 << 20,
	HISTORY = 100000, /* lines, at most, of what was recorded */
};

/* Of a lost session the recording alone knows how far it came. */
static struct screen *
recorded(const struct seen *s)
{
	return rebuild_screen(s->dir == NULL ? "" : s->dir,
			      &(struct screen_options){
				      .history_lines = HISTORY,
				      .history_bytes = LAST_MAX,
			      });
}

static struct screen *
written(const struct seen *s, int *r)
{
	struct buf last = { 0 };
	struct screen *screen = NULL;
	char *path = path_join(s->dir == NULL ? "" : s->dir, "last.vt");

	*r = io_slurp(path, LAST_MAX, &last);
	free(path);
	if (*r == 0) {
		screen = screen_new(&(struct screen_options){
			.cols = s->cols == 0 ? 80 : (unsigned)s->cols,
			.rows = s->rows == 0 ? 24 : (unsigned)s->rows,
			.history_lines = UINT32_MAX,
			.history_bytes = LAST_MAX,
		});
		screen_replay(screen, last.data, last.len);
	}
	buf_release(&last);
	return screen;
}

struct screen *
finished_screen(const struct seen *s, int *r)
{
	struct screen *screen = s->reason != NULL ? recorded(s) : NULL;

	*r = 0;
	if (screen == NULL)
		screen = written(s, r);
	if (*r == -ENOENT && s->reason == NULL && (screen = recorded(s)))
		*r = 0;
	return screen;
}

int
finished_show(const struct seen *s, uint32_t history)
{
	struct buf text = { 0 };
	int r;
	struct screen *screen = finished_screen(s, &r);
	char *result = seen_result(s);

	if (screen != NULL) {
		(out_colour() ? capture_ansi : capture_text)(screen, history,
							     &text);
		if (text.len > 0)
			fwrite(text.data, 1, text.len, stdout);
	}
	printf("[%s: %s]\n", s->name, result != NULL ? result : s->status);
	free(result);
	screen_free(screen);
	buf_release(&text);
	return r == -ENOENT ? 0 : r;
}
