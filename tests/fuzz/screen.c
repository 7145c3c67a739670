/* fuzz/screen.c - any bytes, cut anywhere, give one whole and small screen. */
#include <stdio.h>
#include <stdlib.h>

#include "../vt/same.h"
#include "vt/history.h"
#include "vt/screen.h"
#include "vt/state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum {
	HISTORY_LINES = 40,
	HISTORY_BYTES = 1 << 16,
	HEAD = 4, /* columns, rows, where cuts fall, how it is */
	RESIZE = 0xff, /* in the bytes: then columns, rows */
};

#define must(what)                                                       \
	do {                                                             \
		if (!(what)) {                                           \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, \
				__LINE__, #what);                        \
			abort();                                         \
		}                                                        \
	} while (0)

static bool
knows(const struct screen *s, uint32_t pen)
{
	return (pen & PENS_PLAIN) ||
	       (pen < s->pens.pen_pool.size && s->pens.pen_used[pen]);
}

static void
check_row(const struct screen *s, const struct row *r)
{
	must(r->used <= s->cols);
	must(knows(s, r->fill));
	for (unsigned x = 0; x < r->used; x++) {
		struct cell c = r->cells[x];
		uint32_t pen = c.pen & CELL_PEN;

		must(knows(s, pen));
		if (c.text & CELL_CLUSTER) {
			uint32_t n = c.text & ~CELL_CLUSTER;

			must(n < s->pens.cluster_pool.size);
			must(s->pens.clusters[n].len > 0);
			must(r->flags & ROW_CLUSTERS);
		}
		if (c.pen & CELL_WIDE) {
			must(x + 1 < r->used && c.text);
			must(r->cells[x + 1].pen == (pen | CELL_TAIL));
		}
		if (c.pen & CELL_TAIL)
			must(x > 0 && !c.text &&
			     (r->cells[x - 1].pen & CELL_WIDE));
		if (r->flags & ROW_PLAIN)
			must(c.text >= 0x20 && c.text < 0x7f);
		if (r->flags & ROW_ONE_PEN)
			must(pen == r->pen);
	}
}

static void
check_page(const struct screen *s, const struct page *p)
{
	must(p->top < p->bottom || s->rows == 1);
	must(p->bottom < s->rows);
	must(p->left <= p->right && p->right < s->cols);
	must(p->saved.row < s->rows && p->saved.col < s->cols);
	must(p->kitty.n <= KITTY_STACK);
	if (!p->grid.rows)
		return;
	must(p->grid.n_rows == s->rows && p->grid.cols == s->cols);
	for (unsigned y = 0; y < s->rows; y++)
		check_row(s, grid_row(&p->grid, y));
}

static void
check(const struct screen *s)
{
	must(s->row < s->rows && s->col < s->cols);
	check_page(s, &s->primary);
	check_page(s, &s->alternate);
	for (int back = 1; back <= (int)screen_history(s); back++) {
		const struct row *r = screen_row(s, -back);

		must(r && r->used <= s->cols);
	}
	must(screen_boundary(s) <= screen_fed(s));
	/* Memory: of an unfinished string, of pens, of history. */
	must(s->tok.held.cap <= 2 * SCREEN_STRING_MAX);
	must(s->pens.cluster_pool.count < 50000);
	must(s->pens.pen_pool.count < 100000);
	must(!s->history || history_bytes(s->history) <= 2 * HISTORY_BYTES);
}

static struct screen *
fresh(const uint8_t *head)
{
	return screen_new(&(struct screen_options){
		.cols = head[0] % 100 + 1u,
		.rows = head[1] % 40 + 1u,
		.history_lines = head[3] & 1 ? 0 : HISTORY_LINES,
		.history_bytes = HISTORY_BYTES,
	});
}

/* In pieces of at most `most` bytes, of the sizes that `seed` gives. */
static void
feed(struct screen *s, const uint8_t *p, size_t len, size_t most, uint32_t seed)
{
	while (len > 0) {
		size_t n = len < most ? len : most;

		if (seed) {
			seed = seed * 1103515245 + 12345;
			n = 1 + (seed >> 16) % n;
		}
		screen_feed(s, p, n);
		p += n;
		len -= n;
	}
}

static void
run(struct screen *s, const uint8_t *p, size_t len, size_t most, uint32_t seed)
{
	const uint8_t *end = p + len, *from = p;

	while (p < end) {
		if (*p != RESIZE || end - p < 3) {
			p++;
			continue;
		}
		feed(s, from, (size_t)(p - from), most, seed);
		screen_resize(s, p[1] % 100 + 1u, p[2] % 40 + 1u);
		p += 3;
		from = p;
	}
	feed(s, from, (size_t)(p - from), most, seed);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len < HEAD)
		return 0;

	struct screen *whole = fresh(data), *cut = fresh(data);
	uint32_t seed = data[2];

	run(whole, data + HEAD, len - HEAD, SIZE_MAX, 0);
	run(cut, data + HEAD, len - HEAD, seed ? 1 + seed % 16 : 1, seed);
	check(whole);
	check(cut);
	char *why = same_screens(whole, cut);
	if (why) {
		fprintf(stderr, "cut otherwise it is another screen: %s\n",
			why);
		abort();
	}
	must(screen_boundary(whole) == screen_boundary(cut));
	must(screen_joinable(whole) == screen_joinable(cut));
	screen_free(whole);
	screen_free(cut);
	return 0;
}
