/* vt/libvterm.c - the screen beside libvterm's, for what that does safely. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vterm.h>

#include "base/buf.h"
#include "vt/screen.h"

/*
 * Streams are made here, of sequences that no version of libvterm is known to
 * take badly (no wide characters, no more than two parameters but in colours,
 * no resize), so that an independent reading of them is compared, not a crash.
 */
enum { STREAMS = 200, LENGTH = 3000, COLS = 40, ROWS = 12 };

static uint32_t seed;

static unsigned
below(unsigned n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % n;
}

static const char *
one(const char *const *list, unsigned n)
{
	return list[below(n)];
}

#define ONE(list) one(list, sizeof(list) / sizeof *(list))

static void
add_text(struct buf *b)
{
	static const char *const words[] = {
		"hello ",
		"world",
		"x",
		"a longer line of text than most, ",
		"caf\303\251 ",
		"\342\224\200\342\224\202",
		"  ",
		"1234567890",
	};

	for (unsigned i = 1 + below(4); i > 0; i--)
		buf_str(b, ONE(words));
}

static void
add_pen(struct buf *b)
{
	static const char *const pens[] = {
		"0",  "1",  "3",  "4",	"7",	      "9",	    "22",
		"23", "24", "27", "29", "38;5;200",   "48;2;1;2;3", "31",
		"42", "93", "39", "49", "38;2;9;8;7", "48;5;17",    "107",
	};

	buf_printf(b, "\33[%sm", ONE(pens));
}

static void
add_move(struct buf *b)
{
	/* Up and down: whether the margins stop them is not agreed on. */
	static const char *const moves[] = {
		"C", "D", "4C", "5D", "G", "7G", "3d", "9d",
	};

	if (below(2))
		buf_printf(b, "\33[%u;%uH", 1 + below(ROWS), 1 + below(COLS));
	else
		buf_printf(b, "\33[%s", ONE(moves));
}

static void
add_edit(struct buf *b)
{
	static const char *const edits[] = {
		"K",
		"1K",
		"2K",
		"J",
		"1J",
		"2J",
		"3X",
		"L",
		"M",
		"2L",
		"2M",
		"S",
		"T",
		"2S",
		"r\33[3G\33[2P",
		"r\33[3G\33[2@",
	};

	/* With the wrap pending, terminals differ in what is erased; after
	 * IL and DL, in where the cursor is; in whether ICH and DCH heed the
	 * margins. */
	buf_printf(b, "\33[%u;%uH", 1 + below(ROWS), 1 + below(COLS - 1));
	buf_printf(b, "\33[%s", ONE(edits));
	buf_printf(b, "\33[%u;%uH", 1 + below(ROWS), 1 + below(COLS));
}

static void
add_margins(struct buf *b)
{
	unsigned top = 1 + below(ROWS - 2);

	if (below(3))
		buf_printf(b, "\33[%u;%ur", top, top + 1 + below(ROWS - top));
	else
		buf_str(b, "\33[r");
}

static void
add_other(struct buf *b)
{
	/* The returns end a pending wrap, as not all that follow do. */
	static const char *const others[] = {
		"\r\n",
		"\r\n",
		"\r\n\r\n",
		"\r",
		"\r\33D",
		"\r\33M",
		"\33E",
		"\r\t",
		"\33[?25l",
		"\33[?1h",
		"\33]2;title\33\\",
	};

	buf_str(b, ONE(others));
}

static void
make_stream(uint32_t number, struct buf *b)
{
	static void (*const kinds[])(struct buf *) = {
		add_text, add_text, add_text,	 add_other, add_other,
		add_pen,  add_move, add_margins, add_edit,
	};

	seed = number * 2654435761u;
	while (b->len < LENGTH)
		kinds[below(sizeof kinds / sizeof *kinds)](b);
	buf_str(b, "\r"); /* no wrap pending */
}

static uint32_t
color_of(VTermColor c, bool fg)
{
	if (fg ? VTERM_COLOR_IS_DEFAULT_FG(&c) : VTERM_COLOR_IS_DEFAULT_BG(&c))
		return COLOR_DEFAULT;
	if (VTERM_COLOR_IS_INDEXED(&c))
		return COLOR_INDEX | c.indexed.idx;
	return COLOR_RGB | (uint32_t)c.rgb.red << 16 |
	       (uint32_t)c.rgb.green << 8 | c.rgb.blue;
}

static unsigned
attrs_of(const VTermScreenCell *c)
{
	return (c->attrs.bold ? CELL_BOLD : 0u) |
	       (c->attrs.italic ? CELL_ITALIC : 0u) |
	       (c->attrs.reverse ? CELL_INVERSE : 0u) |
	       (c->attrs.strike ? CELL_STRIKE : 0u) |
	       (unsigned)c->attrs.underline << 8;
}

static uint32_t
rune_of(const struct cell_view *c)
{
	const uint8_t *p = (const uint8_t *)c->text;

	if (c->len == 0)
		return ' ';
	if (c->len == 1)
		return p[0];
	if (c->len == 2)
		return (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu);
	return (p[0] & 0x0fu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
}

/* Complains of the first cell that differs; a blank's own pen is not seen. */
static bool
compare(const struct screen *s, VTermScreen *vts)
{
	for (int y = 0; y < ROWS; y++)
		for (int x = 0; x < COLS; x++) {
			VTermScreenCell v;
			struct cell_view c;

			vterm_screen_get_cell(
				vts, (VTermPos){ .row = y, .col = x }, &v);
			screen_cell(s, y, (unsigned)x, &c);
			uint32_t theirs = v.chars[0] ? v.chars[0] : ' ';
			bool blank = !v.chars[0];

			if (rune_of(&c) != theirs ||
			    c.bg != color_of(v.bg, false) ||
			    (!blank && (c.fg != color_of(v.fg, true) ||
					c.attrs != attrs_of(&v)))) {
				printf("# row %d, column %d: %x %x %x %x; "
				       "libvterm: %x %x %x %x\n",
				       y, x, rune_of(&c), c.attrs, c.fg, c.bg,
				       theirs, attrs_of(&v),
				       color_of(v.fg, true),
				       color_of(v.bg, false));
				return false;
			}
		}
	return true;
}

static bool
same_cursor(const struct screen *s, VTerm *vt)
{
	struct screen_cursor c;
	VTermPos at;

	vterm_state_get_cursorpos(vterm_obtain_state(vt), &at);
	screen_cursor(s, &c);
	if ((int)c.row == at.row && (int)c.col == at.col)
		return true;
	printf("# cursor: %u,%u; libvterm: %d,%d\n", c.row, c.col, at.row,
	       at.col);
	return false;
}

int
main(void)
{
	printf("1..%d\n", STREAMS);
	for (uint32_t i = 1; i <= STREAMS; i++) {
		struct buf b = { 0 };
		VTerm *vt = vterm_new(ROWS, COLS);
		struct screen *s = screen_new(
			&(struct screen_options){ .cols = COLS, .rows = ROWS });
		VTermScreen *vts = vterm_obtain_screen(vt);

		vterm_set_utf8(vt, 1);
		vterm_screen_reset(vts, 1);
		make_stream(i, &b);
		vterm_input_write(vt, (const char *)b.data, b.len);
		screen_feed(s, b.data, b.len);
		bool same = compare(s, vts);
		same = same_cursor(s, vt) && same;
		printf("%sok %u - stream %u\n", same ? "" : "not ", i, i);
		vterm_free(vt);
		screen_free(s);
		buf_release(&b);
	}
	return 0;
}
