/* fuzz/snapshot.c - the laws of snapshots, for whatever a program wrote. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../vt/same.h"
#include "base/buf.h"
#include "vt/capture.h"
#include "vt/screen.h"
#include "vt/state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum {
	HEAD = 2, /* columns, rows */
	NEXT = 0xff, /* parts what the terminal had before from the stream */
};

static void
keep(char *why, const char *law)
{
	if (!why)
		return;
	fprintf(stderr, "%s: %s\n", law, why);
	abort();
}

static bool
is_held_narrow(const char *text, size_t len)
{
	return (len > 4 && (uint8_t)text[0] >= 0xe2) ||
	       memmem(text, len, "\xef\xb8\x8f", 3);
}

static bool
page_held_narrow(const struct screen *s, const struct page *p)
{
	for (unsigned y = 0; p->grid.rows && y < s->rows; y++) {
		const struct row *r = grid_row(&p->grid, y);

		for (unsigned x = 0; x + 1 < s->cols && x < r->used; x++) {
			const struct cell *c = &r->cells[x];
			char tmp[8];
			size_t len;
			const char *text = cell_text(&s->pens, c, tmp, &len);

			if (!(c->pen & (CELL_WIDE | CELL_TAIL)) &&
			    is_held_narrow(text, len))
				return true;
		}
	}
	return false;
}

/*
 * A flag, a picture or a key that a side margin held narrow, where there is
 * room now: no bytes give that again.
 */
static bool
held_narrow(const struct screen *s)
{
	for (int y = -(int)screen_history(s); y < 0; y++)
		for (unsigned x = 0; x + 1 < screen_cols(s); x++) {
			struct cell_view c;

			screen_cell(s, y, x, &c);
			if (c.width == 1 && is_held_narrow(c.text, c.len))
				return true;
		}
	return page_held_narrow(s, &s->primary) ||
	       page_held_narrow(s, &s->alternate);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len < HEAD)
		return 0;

	struct screen *s = screen_new(&(struct screen_options){
		.cols = data[0] % 100 + 1u,
		.rows = data[1] % 40 + 1u,
		.history_lines = 1000,
		.history_bytes = 1 << 24,
	});
	const uint8_t *before = data + HEAD, *end = data + len;
	const uint8_t *next = memchr(before, NEXT, len - HEAD);
	const uint8_t *stream = next ? next + 1 : before;
	struct buf out = { 0 };

	screen_feed(s, stream, (size_t)(end - stream));
	bool exact = !held_narrow(s);
	if (exact)
		keep(same_snapshot(s), "the snapshot gives another screen");
	if (next && exact)
		keep(same_after(s, before, (size_t)(next - before)),
		     "what came before shows");
	capture_json(s, 10, &out);
	capture_ansi(s, 10, &out);
	buf_release(&out);
	screen_free(s);
	return 0;
}
