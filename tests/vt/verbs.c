/* vt/verbs.c - what a transcript can say. */
#include "run.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "same.h"
#include "vt/capture.h"
#include "vt/keys.h"
#include "vt/screen.h"
#include "vt/snapshot.h"

void
run_fail(struct run *r, const char *fmt, ...)
{
	va_list ap;

	r->failed = true;
	printf("# %s:%u: ", r->path, r->line);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

/* In the words of a transcript; caller frees. */
static char *
quoted(const void *data, size_t len)
{
	static const char named[] = "\33e\nn\rr\tt\aa\bb\\\\\"\"";
	const uint8_t *p = data;
	struct buf out = { 0 };

	buf_byte(&out, '"');
	for (size_t i = 0; i < len; i++) {
		const char *n = p[i] ? strchr(named, p[i]) : NULL;

		/* Even places hold the byte, odd ones its letter. */
		if (n && (n - named) % 2)
			n = NULL;
		if (n)
			buf_printf(&out, "\\%c", n[1]);
		else if (p[i] < ' ' || p[i] == 0x7f)
			buf_printf(&out, "\\x%02x", p[i]);
		else
			buf_byte(&out, p[i]);
	}
	buf_byte(&out, '"');
	return buf_steal(&out);
}

static void
expect(struct run *r, const char *what, const void *got, size_t n_got,
       const void *want, size_t n_want)
{
	if (n_got == n_want && (n_got == 0 || memcmp(got, want, n_got) == 0))
		return;
	char *g = quoted(got, n_got), *w = quoted(want, n_want);
	run_fail(r, "%s: got %s, want %s", what, g, w);
	free(g);
	free(w);
}

static void
expect_number(struct run *r, const char *what, long got, const char *want)
{
	if (got != strtol(want, NULL, 10))
		run_fail(r, "%s: got %ld, want %s", what, got, want);
}

static void
do_size(struct run *r, const struct word *w, unsigned n)
{
	run_screen(r, (unsigned)atoi(w[0].text), (unsigned)atoi(w[1].text),
		   n > 2 ? (uint32_t)atoi(w[2].text) : 1000);
}

static void
feed(struct run *r, const struct word *w)
{
	buf_append(&r->fed, w->text, w->len);
	screen_feed(r->s, w->text, w->len);
	run_show(r, screen_boundary(r->s));
}

static void
do_feed(struct run *r, const struct word *w, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		feed(r, &w[i]);
}

static void
do_repeat(struct run *r, const struct word *w, unsigned n)
{
	for (int i = atoi(w[0].text); i > 0; i--)
		do_feed(r, w + 1, n - 1);
}

static void
do_resize(struct run *r, const struct word *w, unsigned n)
{
	(void)n;
	screen_resize(r->s, (unsigned)atoi(w[0].text),
		      (unsigned)atoi(w[1].text));
}

static void
row_text(const struct run *r, int y, struct buf *out)
{
	size_t end = 0;

	for (unsigned x = 0; x < screen_cols(r->s); x++) {
		struct cell_view c;

		screen_cell(r->s, y, x, &c);
		if (!c.width)
			continue;
		if (c.len)
			buf_append(out, c.text, c.len);
		else
			buf_byte(out, ' ');
		if (c.len && (c.len > 1 || c.text[0] != ' '))
			end = out->len;
	}
	out->len = end;
}

static void
expect_row(struct run *r, int y, const struct word *w)
{
	struct buf out = { 0 };
	char what[32];

	row_text(r, y, &out);
	snprintf(what, sizeof what, "row %d", y);
	expect(r, what, out.data, out.len, w->text, w->len);
	buf_release(&out);
}

static void
do_row(struct run *r, const struct word *w, unsigned n)
{
	(void)n;
	expect_row(r, atoi(w[0].text), &w[1]);
}

static void
do_screen(struct run *r, const struct word *w, unsigned n)
{
	struct word blank = { 0 };

	for (unsigned y = 0; y < screen_rows(r->s); y++)
		expect_row(r, (int)y, y < n ? &w[y] : &blank);
}

static void
put_color(struct buf *out, const char *name, uint32_t c)
{
	if (c & COLOR_RGB)
		buf_printf(out, " %s=#%06x", name, c & 0xffffff);
	else if (c)
		buf_printf(out, " %s=%u", name, c & 255);
}

static void
do_pen(struct run *r, const struct word *w, unsigned n)
{
	static const char *const names[] = {
		"bold",	  "dim",      "italic", "blink", "inverse", "conceal",
		"strike", "overline", NULL,	NULL,	 NULL,	    "protected"
	};
	struct buf out = { 0 };
	struct cell_view c;

	(void)n;
	screen_cell(r->s, atoi(w[0].text), (unsigned)atoi(w[1].text), &c);
	for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i] && c.attrs & 1u << i)
			buf_printf(&out, " %s", names[i]);
	if (c.attrs & CELL_UNDERLINE)
		buf_printf(&out, " underline=%u",
			   (c.attrs & CELL_UNDERLINE) >> 8);
	put_color(&out, "fg", c.fg);
	put_color(&out, "bg", c.bg);
	put_color(&out, "ul", c.ul);
	if (c.link)
		buf_printf(&out, " link=%s", c.link);
	if (out.len)
		buf_drop(&out, 1);
	expect(r, "pen", out.data, out.len, w[2].text, w[2].len);
	buf_release(&out);
}

static void
do_width(struct run *r, const struct word *w, unsigned n)
{
	struct cell_view c;

	(void)n;
	screen_cell(r->s, atoi(w[0].text), (unsigned)atoi(w[1].text), &c);
	expect_number(r, "width", c.width, w[2].text);
}

static void
do_cursor(struct run *r, const struct word *w, unsigned n)
{
	struct screen_cursor c;

	screen_cursor(r->s, &c);
	if (c.row != (unsigned)atoi(w[0].text) ||
	    c.col != (unsigned)atoi(w[1].text) || c.pending_wrap != (n > 2))
		run_fail(r, "cursor: got %u %u%s, want %s %s%s", c.row, c.col,
			 c.pending_wrap ? " wrap" : "", w[0].text, w[1].text,
			 n > 2 ? " wrap" : "");
}

static void
do_shape(struct run *r, const struct word *w, unsigned n)
{
	struct screen_cursor c;

	(void)n;
	screen_cursor(r->s, &c);
	expect_number(r, "cursor style", c.style, w[0].text);
	expect_number(r, "cursor visible", c.visible, w[1].text);
}

static void
do_wraps(struct run *r, const struct word *w, unsigned n)
{
	for (unsigned y = 0; y < screen_rows(r->s); y++) {
		bool want = false;

		for (unsigned i = 0; i < n; i++)
			want |= atoi(w[i].text) == (int)y;
		if (screen_row_wraps(r->s, (int)y) != want)
			run_fail(r, "row %u wraps: got %d, want %d", y, !want,
				 want);
	}
}

static void
do_history(struct run *r, const struct word *w, unsigned n)
{
	uint32_t lines = screen_history(r->s);

	expect_number(r, "history", lines, w[0].text);
	for (unsigned i = 1; i < n && i <= lines; i++)
		expect_row(r, (int)i - 1 - (int)lines, &w[i]);
}

static void
do_alternate(struct run *r, const struct word *w, unsigned n)
{
	(void)n;
	expect_number(r, "alternate", screen_alternate(r->s), w[0].text);
}

static void
do_title(struct run *r, const struct word *w, unsigned n)
{
	const char *t = screen_title(r->s);

	(void)n;
	expect(r, "title", t, strlen(t), w[0].text, w[0].len);
}

static void
expect_buf(struct run *r, const char *what, struct buf *b, const struct word *w,
	   unsigned n)
{
	struct buf all = { 0 };

	for (unsigned i = 0; i < n; i++)
		buf_append(&all, w[i].text, w[i].len);
	expect(r, what, b->data, b->len, all.data, all.len);
	buf_release(&all);
	buf_clear(b);
}

static void
do_reply(struct run *r, const struct word *w, unsigned n)
{
	expect_buf(r, "reply", &r->replies, w, n);
}

static void
do_client(struct run *r, const struct word *w, unsigned n)
{
	run_show(r, screen_boundary(r->s));
	expect_buf(r, "client", &r->client, w, n);
}

static void
do_events(struct run *r, const struct word *w, unsigned n)
{
	struct buf all = { 0 };

	for (unsigned i = 0; i < n; i++)
		buf_printf(&all, "%s\n", w[i].text);
	expect(r, "events", r->events.data, r->events.len, all.data, all.len);
	buf_release(&all);
	buf_clear(&r->events);
}

static void
made(struct run *r, const char *what,
     void (*make)(const struct screen *, struct buf *), const struct word *w,
     unsigned n)
{
	struct buf out = { 0 };

	make(r->s, &out);
	expect_buf(r, what, &out, w, n);
	buf_release(&out);
}

static void
do_undo(struct run *r, const struct word *w, unsigned n)
{
	made(r, "undo", snapshot_undo, w, n);
}

static void
do_park(struct run *r, const struct word *w, unsigned n)
{
	made(r, "park", snapshot_park, w, n);
}

static void
text(const struct screen *s, struct buf *out)
{
	capture_text(s, SNAPSHOT_ALL, out);
}

static void
do_text(struct run *r, const struct word *w, unsigned n)
{
	made(r, "text", text, w, n);
}

static void
ansi(const struct screen *s, struct buf *out)
{
	capture_ansi(s, SNAPSHOT_ALL, out);
}

static void
do_ansi(struct run *r, const struct word *w, unsigned n)
{
	made(r, "ansi", ansi, w, n);
}

static void
do_key(struct run *r, const struct word *w, unsigned n)
{
	struct screen_input in;
	struct buf out = { 0 };

	screen_input(r->s, &in);
	if (keys_encode(w[0].text, &in, &out) < 0)
		buf_str(&out, "no such key");
	expect_buf(r, w[0].text, &out, w + 1, n - 1);
	buf_release(&out);
}

static void
do_paste(struct run *r, const struct word *w, unsigned n)
{
	struct screen_input in;
	struct buf out = { 0 };

	screen_input(r->s, &in);
	keys_paste(w[0].text, w[0].len, &in, &out);
	expect_buf(r, "paste", &out, w + 1, n - 1);
	buf_release(&out);
}

static void
do_profile(struct run *r, const struct word *w, unsigned n)
{
	struct profile p = { .known = true };

	for (unsigned i = 0; i + 1 < n; i += 2) {
		const char *key = w[i].text;
		unsigned v = (unsigned)strtoul(w[i + 1].text, NULL, 16);

		if (strcmp(key, "light") == 0)
			p.light = v;
		else if (strcmp(key, "fg") == 0)
			p.fg = v;
		else if (strcmp(key, "bg") == 0)
			p.bg = v;
		else if (strcmp(key, "cursor") == 0)
			p.cursor = v;
		else if (strcmp(key, "cell") == 0) {
			p.cell_w = (uint16_t)(v >> 8);
			p.cell_h = (uint16_t)(v & 255);
		} else if (strcmp(key, "sixel") == 0)
			p.sixel = v;
		else if (strcmp(key, "kitty_graphics") == 0)
			p.kitty_graphics = v;
		else if (strcmp(key, "inside") == 0)
			snprintf(p.inside, sizeof p.inside, "%s",
				 w[i + 1].text);
		else
			run_fail(r, "no such key: %s", key);
	}
	screen_profile(r->s, &p);
}

static void
do_after(struct run *r, const struct word *w, unsigned n)
{
	(void)n;
	char *why = same_after(r->s, w[0].text, w[0].len);

	if (why)
		run_fail(r, "the snapshot after that: %s", why);
	free(why);
}

void
run_finish(struct run *r)
{
	if (!r->name[0])
		return;
	char *why = r->s ? same_snapshot(r->s) : NULL;
	if (why)
		run_fail(r, "the snapshot: %s", why);
	free(why);
	printf("%s %u - %s\n", r->failed ? "not ok" : "ok", ++r->n_tests,
	       r->name);
	r->name[0] = '\0';
}

static void
do_test(struct run *r, const struct word *w, unsigned n)
{
	(void)n;
	run_finish(r);
	r->failed = false;
	snprintf(r->name, sizeof r->name, "%s", w[0].text);
	run_screen(r, 80, 24, 1000);
}

static const struct verb {
	const char *name;
	unsigned least; /* words */
	void (*run)(struct run *, const struct word *, unsigned n);
} verbs[] = {
	{ "test", 1, do_test }, /* NAME: the next begins, on 80x24 */
	{ "size", 2, do_size }, /* COLS ROWS [HISTORY]: a new screen */
	{ "profile", 2, do_profile }, /* KEY HEX...: what a terminal told */
	{ "feed", 1, do_feed }, /* BYTES... */
	{ "repeat", 2, do_repeat }, /* TIMES BYTES... */
	{ "resize", 2, do_resize }, /* COLS ROWS */
	{ "screen", 0, do_screen }, /* TEXT...: all rows from the top */
	{ "row", 2, do_row }, /* ROW TEXT */
	{ "pen", 3, do_pen }, /* ROW COL "bold fg=1 bg=#102030" */
	{ "width", 3, do_width }, /* ROW COL WIDTH */
	{ "cursor", 2, do_cursor }, /* ROW COL [wrap] */
	{ "shape", 2, do_shape }, /* STYLE VISIBLE */
	{ "wraps", 0, do_wraps }, /* ROW...: these and no others */
	{ "history", 1, do_history }, /* LINES TEXT...: from the oldest */
	{ "alternate", 1, do_alternate }, /* 0 or 1 */
	{ "title", 1, do_title }, /* TEXT */
	{ "reply", 0, do_reply }, /* BYTES...: since last asked */
	{ "client", 0, do_client }, /* BYTES...: likewise */
	{ "events", 0, do_events }, /* "title x"...: likewise */
	{ "undo", 0, do_undo }, /* BYTES... */
	{ "park", 0, do_park },
	{ "after", 1, do_after }, /* BYTES: snapshot right after those, too */
	{ "text", 0, do_text },
	{ "ansi", 0, do_ansi },
	{ "key", 2, do_key }, /* NAME BYTES... */
	{ "paste", 2, do_paste }, /* TEXT BYTES... */
};

void
run_verb(struct run *r, const char *verb, const struct word *w, unsigned n)
{
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
		if (strcmp(verbs[i].name, verb) == 0) {
			if (n < verbs[i].least)
				run_fail(r, "%s: too few words", verb);
			else
				verbs[i].run(r, w, n);
			return;
		}
	run_fail(r, "no such verb: %s", verb);
}
