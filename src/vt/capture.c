/* vt/capture.c - a screen as text, ANSI or cells for JSON. */
#include "vt/capture.h"

#include <string.h>

#include "base/buf.h"
#include "vt/flow.h"
#include "vt/state.h"

/* Where the row's text ends; blanks that show something count if `pens`. */
static unsigned
length(const struct screen *s, const struct row *r, bool pens)
{
	unsigned x = r->used < s->cols ? r->used : s->cols;

	if (pens && r->fill && x < s->cols)
		return s->cols;
	for (; x > 0; x--) {
		struct cell c = r->cells[x - 1];

		if (c.pen & CELL_TAIL || (c.text && c.text != ' ') ||
		    (pens && c.pen))
			break;
	}
	return x;
}

static void
add_row(struct flow *f, const struct screen *s, const struct row *row)
{
	struct row r = *row;

	r.used = (uint16_t)length(s, row, f->pens);
	if (!f->pens || r.used < s->cols)
		r.fill = 0;
	if (r.used > row->used)
		r.used = row->used;
	flow_row(f, &r);
}

static uint32_t
history_lines(const struct screen *s, uint32_t wanted)
{
	uint32_t kept = screen_history(s);

	return wanted < kept ? wanted : kept;
}

/* Rows of the screen down to the last that has anything. */
static int
filled_rows(const struct screen *s, bool pens)
{
	int n = (int)s->rows;

	while (n > 0 && length(s, screen_row(s, n - 1), pens) == 0)
		n--;
	return n;
}

void
capture_rows(const struct screen *s, int from, int to, bool pens,
	     struct buf *out)
{
	struct flow f = {
		.sgr = { .pens = &s->pens, .out = out },
		.cols = s->cols,
		.eol = "\n",
		.pens = pens,
	};

	for (int y = from; y < to; y++) {
		const struct row *r = screen_row(s, y);
		if (r)
			add_row(&f, s, r);
	}
	flow_end(&f);
	if (f.open)
		buf_byte(out, '\n');
}

unsigned
capture_filled(const struct screen *s, bool pens)
{
	return (unsigned)filled_rows(s, pens);
}

static void
capture(const struct screen *s, uint32_t history, bool pens, struct buf *out)
{
	capture_rows(s, -(int)history_lines(s, history), filled_rows(s, pens),
		     pens, out);
}

void
capture_text(const struct screen *s, uint32_t history, struct buf *out)
{
	capture(s, history, false, out);
}

void
capture_ansi(const struct screen *s, uint32_t history, struct buf *out)
{
	capture(s, history, true, out);
}

/* A screen holds valid UTF-8; only what JSON itself needs is escaped. */
static void
put_text(struct buf *out, const char *s, size_t len)
{
	buf_byte(out, '"');
	for (size_t i = 0; i < len; i++) {
		uint8_t c = (uint8_t)s[i];

		if (c == '"' || c == '\\')
			buf_byte(out, '\\');
		if (c < ' ')
			buf_printf(out, "\\u%04x", c);
		else
			buf_byte(out, c);
	}
	buf_byte(out, '"');
}

static void
put_flag(struct buf *out, const char *key, bool on)
{
	buf_printf(out, "\"%s\":%s", key, on ? "true" : "false");
}

static void
put_color(struct buf *out, const char *key, uint32_t color)
{
	if (color & COLOR_RGB)
		buf_printf(out, ",\"%s\":\"#%06x\"", key, color & 0xffffff);
	else if (color)
		buf_printf(out, ",\"%s\":%u", key, color & 0xff);
}

static void
put_cell(struct buf *out, const struct cell_view *c)
{
	static const struct {
		uint16_t attr;
		const char *name;
	} names[] = {
		{ CELL_BOLD, "bold" },		 { CELL_DIM, "dim" },
		{ CELL_ITALIC, "italic" },	 { CELL_BLINK, "blink" },
		{ CELL_INVERSE, "inverse" },	 { CELL_CONCEAL, "conceal" },
		{ CELL_STRIKE, "strike" },	 { CELL_OVERLINE, "overline" },
		{ CELL_PROTECTED, "protected" },
	};
	static const char *const underlines[] = { NULL,	   "single", "double",
						  "curly", "dotted", "dashed",
						  NULL,	   NULL };
	const char *underline = underlines[(c->attrs & CELL_UNDERLINE) >> 8];

	buf_str(out, "{\"t\":");
	put_text(out, c->len || !c->width ? c->text : " ",
		 c->len || !c->width ? c->len : 1);
	buf_printf(out, ",\"w\":%u", c->width);
	put_color(out, "fg", c->fg);
	put_color(out, "bg", c->bg);
	put_color(out, "ul", c->ul);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (c->attrs & names[i].attr) {
			buf_byte(out, ',');
			put_flag(out, names[i].name, true);
		}
	if (underline)
		buf_printf(out, ",\"underline\":\"%s\"", underline);
	if (c->link) {
		buf_str(out, ",\"link\":");
		put_text(out, c->link, strlen(c->link));
	}
	buf_byte(out, '}');
}

static void
put_line(struct buf *out, const struct screen *s, int y)
{
	const struct row *r = screen_row(s, y);
	unsigned len = r ? flow_length(r, s->cols) : 0;

	buf_byte(out, '{');
	put_flag(out, "wrapped", screen_row_wraps(s, y));
	buf_str(out, ",\"cells\":[");
	for (unsigned x = 0; x < len; x++) {
		struct cell_view c;

		screen_cell(s, y, x, &c);
		if (x)
			buf_byte(out, ',');
		put_cell(out, &c);
	}
	buf_str(out, "]}");
}

static void
put_modes(struct buf *out, const struct screen *s)
{
	static const char *const names[MODE_COUNT] = {
		[MODE_APP_CURSOR] = "app_cursor",
		[MODE_REVERSE_VIDEO] = "reverse_video",
		[MODE_ORIGIN] = "origin",
		[MODE_AUTOWRAP] = "autowrap",
		[MODE_BLINK] = "blink",
		[MODE_CURSOR] = "cursor",
		[MODE_REVERSE_WRAP] = "reverse_wrap",
		[MODE_APP_KEYPAD] = "app_keypad",
		[MODE_BACKARROW] = "backarrow",
		[MODE_LR_MARGINS] = "left_right_margins",
		[MODE_FOCUS] = "focus",
		[MODE_ALT_SCROLL] = "alternate_scroll",
		[MODE_PASTE] = "bracketed_paste",
		[MODE_SYNC] = "synchronized",
		[MODE_GRAPHEMES] = "graphemes",
		[MODE_THEME] = "theme_reports",
		[MODE_RESIZE] = "resize_reports",
		[MODE_INSERT] = "insert",
		[MODE_NEWLINE] = "newline",
	};
	const struct kitty *k = &s->page->kitty;

	buf_byte(out, '{');
	for (unsigned m = 0; m < MODE_COUNT; m++) {
		put_flag(out, names[m], mode_on(s, (enum mode)m));
		buf_byte(out, ',');
	}
	buf_printf(out,
		   "\"mouse\":%u,\"mouse_encoding\":%u,\"kitty\":%u,"
		   "\"modify_other_keys\":%d}",
		   s->mouse, s->mouse_encoding, k->flags[k->n],
		   s->modkeys[4] > 0 ? s->modkeys[4] : 0);
}

static void
put_cursor(struct buf *out, const struct screen *s)
{
	struct screen_cursor c;

	screen_cursor(s, &c);
	buf_printf(out, "{\"row\":%u,\"col\":%u,", c.row, c.col);
	put_flag(out, "visible", c.visible);
	buf_byte(out, ',');
	put_flag(out, "pending_wrap", c.pending_wrap);
	buf_byte(out, ',');
	put_flag(out, "blink", c.blink);
	buf_printf(out, ",\"style\":%u}", c.style);
}

void
capture_json(const struct screen *s, uint32_t history, struct buf *out)
{
	int above = (int)history_lines(s, history);
	const char *title = screen_title(s);

	buf_printf(out,
		   "{\"schema\":\"cdo.capture/1\","
		   "\"size\":{\"cols\":%u,\"rows\":%u},\"cursor\":",
		   s->cols, s->rows);
	put_cursor(out, s);
	buf_str(out, ",\"modes\":");
	put_modes(out, s);
	buf_str(out, ",\"title\":");
	put_text(out, title, strlen(title));
	buf_byte(out, ',');
	put_flag(out, "alternate", screen_alternate(s));
	buf_printf(out, ",\"history\":%d,\"lines\":[", above);
	for (int y = -above; y < (int)s->rows; y++) {
		if (y > -above)
			buf_byte(out, ',');
		put_line(out, s, y);
	}
	buf_str(out, "]}\n");
}
