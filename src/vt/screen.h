/* vt/screen.h - tokens to cells, cursor, modes, margins, tabs, charsets. */
#ifndef CDO_VT_SCREEN_H
#define CDO_VT_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct screen;
struct profile;

enum {
	SCREEN_COLS_MAX = 2000,
	SCREEN_ROWS_MAX = 1000,
	SCREEN_STRING_MAX = 1 << 20, /* of an OSC, DCS, APC the model takes */
};

/* What has to call up; any may be NULL.  Strings are borrowed, NUL-ended,
 * valid UTF-8, without control characters, of bounded length. */
struct screen_events {
	/* Bytes to type into the program: the answer to a query. */
	void (*reply)(void *ctx, const void *data, size_t len);
	/*
	 * The bytes [from, to) of the stream are a query: no client may see
	 * them.  `instead` stands in their place (len may be 0).  Called in
	 * stream order, always before screen_boundary passes `to`.
	 */
	void (*cut)(void *ctx, uint64_t from, uint64_t to, const void *instead,
		    size_t len);
	void (*title)(void *ctx, const char *title); /* OSC 0, 2 */
	void (*bell)(void *ctx);
	/* OSC 9, 777, 99 */
	void (*notify)(void *ctx, const char *title, const char *body);
	void (*progress)(void *ctx, int state, int percent); /* OSC 9;4 */
	void (*agent)(void *ctx, const char *payload); /* OSC 7501 */
	void (*cwd)(void *ctx, const char *url); /* OSC 7 */
	void (*mark)(void *ctx, char kind, int status); /* OSC 133 A B C D */
};

struct screen_options {
	unsigned cols, rows; /* clamped to 1..SCREEN_*_MAX */
	uint32_t history_lines; /* 0: none is kept */
	uint64_t history_bytes;
	const struct screen_events *events; /* copied; may be NULL */
	void *ctx;
	const char *session; /* what XTGETTCAP "cdo" answers; copied; or NULL */
	const char *term_program; /* XTVERSION's name; copied; NULL: "cdo" */
};

struct screen *screen_new(const struct screen_options *);
void screen_free(struct screen *);

/* Any bytes, cut anywhere.  Linear time; memory stays within the limits. */
void screen_feed(struct screen *, const void *data, size_t len);
/* As screen_feed, but answers and reports nothing: for a replay. */
void screen_replay(struct screen *, const void *data, size_t len);
/* The same, but what is cut is told again. */
void screen_replay_cuts(struct screen *, const void *data, size_t len);
void screen_resize(struct screen *, unsigned cols, unsigned rows);
/* Back to power-on, history too. */
void screen_reset(struct screen *);

/* How many bytes were fed since birth, or from where offsets shall count on. */
uint64_t screen_fed(const struct screen *);
void screen_set_fed(struct screen *, uint64_t offset);
/*
 * The end of the last whole token (sequence, UTF-8 character) that was fed:
 * clients get bytes up to here, and may join here.  Inside a string too long
 * to be a query it moves on with the bytes, and screen_joinable is false.
 */
uint64_t screen_boundary(const struct screen *);
bool screen_joinable(const struct screen *);

unsigned screen_cols(const struct screen *);
unsigned screen_rows(const struct screen *);
const char *screen_title(const struct screen *); /* "" if none */
bool screen_alternate(const struct screen *);

/* Lines in the history, and how many were ever put there. */
uint32_t screen_history(const struct screen *);
uint64_t screen_scrolled(const struct screen *);

/*
 * Changes whenever what has to be undone at detach changes (modes, kitty
 * stacks, colours, title stack, the alternate screen): see snapshot_undo.
 */
uint32_t screen_generation(const struct screen *);

/* The modes that decide how keys, pastes and the mouse are encoded. */
struct screen_input {
	bool app_cursor; /* DECCKM */
	bool app_keypad; /* DECKPAM */
	bool newline; /* LNM */
	bool paste; /* 2004 */
	bool focus; /* 1004 */
	uint16_t mouse; /* 0, 9, 1000, 1002, 1003 */
	uint16_t mouse_encoding; /* 0, 1005, 1006, 1015, 1016 */
	uint8_t kitty; /* flags on top of the active screen's stack */
	uint8_t modify_other_keys;
};
void screen_input(const struct screen *, struct screen_input *out);

/* What a real terminal said of itself; answers queries (terminal.md, 2). */
struct profile {
	bool known; /* false: the configured default */
	bool light;
	uint32_t fg, bg, cursor; /* 0xrrggbb */
	uint16_t cell_w, cell_h; /* pixels, 0 unknown */
	bool sixel, kitty_graphics;
	char inside[256]; /* ids of sessions this terminal is shown in */
};
/* If light changed and the program set 2031, tells it. */
void screen_profile(struct screen *, const struct profile *);

/*
 * One cell, for the canvas and captures.  Colours: 0 is the default,
 * COLOR_INDEX | 0..255, or COLOR_RGB | 0xrrggbb.
 */
enum { COLOR_DEFAULT = 0, COLOR_INDEX = 1 << 24, COLOR_RGB = 2 << 24 };
enum {
	CELL_BOLD = 1 << 0,
	CELL_DIM = 1 << 1,
	CELL_ITALIC = 1 << 2,
	CELL_BLINK = 1 << 3,
	CELL_INVERSE = 1 << 4,
	CELL_CONCEAL = 1 << 5,
	CELL_STRIKE = 1 << 6,
	CELL_OVERLINE = 1 << 7,
	CELL_UNDERLINE = 7 << 8, /* 0 none, 1 single .. 5 dashed */
	CELL_PROTECTED = 1 << 11, /* DECSCA */
};
struct cell_view {
	const char *text; /* UTF-8, good until the screen changes; "" blank */
	uint16_t len;
	uint8_t width; /* 1, 2, or 0: the right half of the one before */
	uint16_t attrs;
	uint32_t fg, bg, ul;
	const char *link; /* OSC 8 URI or NULL */
};
/* row 0 is the top of the visible screen; -1 the newest line of history. */
void screen_cell(const struct screen *, int row, unsigned col,
		 struct cell_view *out);
/* The row goes on in the next one (autowrap). */
bool screen_row_wraps(const struct screen *, int row);

struct screen_cursor {
	unsigned row, col; /* 0-based, absolute; col < cols */
	bool visible, pending_wrap, blink;
	uint8_t style; /* DECSCUSR 0..6 */
};
void screen_cursor(const struct screen *, struct screen_cursor *out);

#endif
