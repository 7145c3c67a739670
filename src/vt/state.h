/* vt/state.h - what a screen is made of; for the files of vt only. */
#ifndef CDO_VT_STATE_H
#define CDO_VT_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "vt/history.h"
#include "vt/pen.h"
#include "vt/row.h"
#include "vt/screen.h"
#include "vt/token.h"

/*
 * Modes that are on or off, in one word.  screen_modes[] has the number of
 * each; DECRQM, XTSAVE and the snapshot go by that table.
 */
enum mode {
	MODE_APP_CURSOR, /* ?1 */
	MODE_REVERSE_VIDEO, /* ?5 */
	MODE_ORIGIN, /* ?6 */
	MODE_AUTOWRAP, /* ?7, on at power-on */
	MODE_BLINK, /* ?12 */
	MODE_CURSOR, /* ?25, on at power-on */
	MODE_REVERSE_WRAP, /* ?45 */
	MODE_APP_KEYPAD, /* ?66, ESC = */
	MODE_BACKARROW, /* ?67 */
	MODE_LR_MARGINS, /* ?69 */
	MODE_FOCUS, /* ?1004 */
	MODE_ALT_SCROLL, /* ?1007 */
	MODE_PASTE, /* ?2004 */
	MODE_SYNC, /* ?2026: never restored */
	MODE_GRAPHEMES, /* ?2027 */
	MODE_THEME, /* ?2031 */
	MODE_RESIZE, /* ?2048 */
	MODE_INSERT, /* 4 */
	MODE_NEWLINE, /* 20 */
	MODE_COUNT,
};

struct mode_number {
	uint16_t number;
	bool ansi; /* CSI h, not CSI ? h */
};
extern const struct mode_number screen_modes[MODE_COUNT];
#define MODE_BIT(m) (UINT64_C(1) << (m))
#define MODES_AT_START (MODE_BIT(MODE_AUTOWRAP) | MODE_BIT(MODE_CURSOR))

enum charset { CHARSET_ASCII, CHARSET_DEC, CHARSET_UK }; /* B 0 A */

/* What ESC 7 keeps; per screen. */
struct saved {
	bool set; /* else all is as at power-on */
	uint16_t row, col; /* absolute */
	bool pending_wrap;
	bool origin;
	struct pen pen;
	uint8_t g[4], gl; /* enum charset; which of g is shifted in: 0..3 */
};

enum { KITTY_STACK = 16 };
struct kitty {
	uint8_t n; /* entries above the base */
	uint8_t flags[KITTY_STACK + 1]; /* [0] the base, [n] in force */
};

enum { TITLE_MAX = 4096, TITLES_MAX = 64, CWD_MAX = 4096, POINTER_MAX = 64 };
struct titles {
	char *of[TITLES_MAX]; /* the oldest first */
	unsigned n;
};

/* A colour that the program set: as it wrote it, and what that means. */
enum { COLOR_SPEC_MAX = 31 };
struct color_set {
	char spec[COLOR_SPEC_MAX + 1]; /* "": not set */
	uint32_t rgb; /* COLOR_RGB | 0xrrggbb; 0: a name we do not know */
};

enum { DYNAMIC_FIRST = 10, DYNAMIC_LAST = 19, MODKEYS = 8 };

/*
 * One of the two screens, and what each has of its own.  The cursor, the pen,
 * the charsets and the modes belong to both.
 */
struct page {
	struct grid grid;
	struct saved saved;
	struct kitty kitty;
	unsigned top, bottom; /* margins, inclusive, absolute */
	unsigned left, right; /* all of the row unless MODE_LR_MARGINS */
	uint64_t *tabs; /* bit per column */
};

/* Where the screen began before resizes, so that they can be undone. */
struct anchor {
	bool set;
	bool full; /* the last row held something: keep it at the bottom */
	uint64_t scrolled; /* when that has changed, there was output since */
	uint32_t rows; /* above the first row of now */
	unsigned col; /* in that row */
};

struct screen {
	struct screen_events events; /* all NULL while silent */
	struct screen_events told; /* what screen_new was given */
	void *ctx;
	char *session, *term_program;
	struct profile profile;

	struct tokenizer tok;

	unsigned cols, rows;
	struct page primary, alternate; /* alternate.grid only while needed */
	struct page *page; /* the one shown */
	struct grid *grid; /* its rows */
	struct history *history; /* NULL: none is kept */
	uint32_t history_lines; /* its limit, but see reflow */
	uint64_t scrolled;

	struct anchor anchor;
	struct history *below; /* rows that a resize cut off at the bottom, */
	uint64_t below_fed; /* for the next one if nothing was fed since */

	/* The cursor.  pending_wrap: col is the last, and the next character
	 * goes to the next row. */
	unsigned row, col;
	bool pending_wrap;

	struct pens pens;
	struct pen pen; /* SGR, OSC 8 and DECSCA in force */
	uint32_t pen_number; /* of it, unless pen_stale */
	uint32_t fill; /* of an erased cell's, unless fill_stale */
	bool pen_stale, fill_stale;

	uint8_t g[4], gl; /* enum charset of G0..G3; which is shifted in */
	uint8_t single_shift; /* 0, or 2 or 3 for one character */
	bool odd; /* text needs care: insert, no autowrap, a charset, margins */
	uint64_t modes; /* MODE_BIT */
	uint64_t saved_modes; /* XTSAVE: values, and which were saved */
	uint64_t saved_which;
	uint16_t mouse, mouse_encoding;
	uint16_t saved_mouse, saved_encoding;
	bool mouse_used; /* any of those was set since the start */
	int8_t modkeys[MODKEYS]; /* XTMODKEYS, [4] modifyOtherKeys; -1 unset */
	uint8_t cursor_style; /* DECSCUSR 0..6 */
	bool cursor_styled; /* the program set it */
	bool blink_set; /* the program set or reset ?12 */

	char *title, *icon; /* NULL: never set */
	struct titles titles, icons; /* CSI 22 t */
	char *cwd, *pointer; /* NULL: never set */
	int progress, percent; /* OSC 9;4; 0 none */
	struct color_set *palette; /* 256 of them, or NULL: none was set */
	struct color_set dynamic[DYNAMIC_LAST - DYNAMIC_FIRST + 1];

	/* What a combining mark joins and REP repeats: the last character, if
	 * nothing but text came since. */
	bool joinable;
	unsigned last_row, last_col;

	uint32_t generation;
	char text[8]; /* screen_cell's */
	/* One line of history, decoded, for screen_cell. */
	struct row shown;
	unsigned shown_cols;
	uint64_t shown_line; /* scrolled - back, + 1; 0 none */
};

static inline bool
mode_on(const struct screen *s, enum mode m)
{
	return s->modes & MODE_BIT(m);
}

/* Row y of the screen, or -1, -2... of the history (decoded into s->shown,
 * valid until the next such call); NULL beyond either. */
const struct row *screen_row(const struct screen *, int row);

/* For the answers: sends bytes to the program, unless replaying. */
void screen_reply(struct screen *, const void *data, size_t len);
void screen_replyf(struct screen *, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Keeps the token's bytes from the clients; `instead` stands for them. */
void screen_cut(struct screen *, const struct token *, const void *instead,
		size_t len);

#endif
