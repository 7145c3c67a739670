/* e2e/term.h - a terminal window with a program in it (libvterm). */
#ifndef CDO_E2E_TERM_H
#define CDO_E2E_TERM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "e2e/sieve.h"

struct world;
struct term;

/*
 * Opens a window of this size and runs argv, or cdo with these words (the
 * last one NULL), in it.  The world owns it, and closes it at the end.
 */
struct term *term_open(struct world *, unsigned cols, unsigned rows,
		       const char *const argv[]);
struct term *term_cdo(struct world *, unsigned cols, unsigned rows, ...)
	__attribute__((sentinel));
/* `cdo attach NAME` in a window of 80x24. */
struct term *term_attach(struct world *, const char *name);
#define TERM_DETACH "\002d" /* what to type there to leave */
/* A window with a shell, as a person has it, that prompts with "user$ ". */
struct term *term_shell(struct world *, unsigned cols, unsigned rows);

/* The window is closed: its program gets SIGHUP and end of file. */
void term_close(struct term *);
void term_resize(struct term *, unsigned cols, unsigned rows);
/* Types bytes, as the terminal would send them. */
void term_type(struct term *, const char *keys);
pid_t term_pid(const struct term *);

/* Each fails the test if it does not come to be. */
void term_until_text(struct term *, const char *text); /* anywhere */
void term_until_no_text(struct term *, const char *text);
/* The last row that is not blank is exactly this. */
void term_until_last(struct term *, const char *line);
void term_until_row(struct term *, unsigned row, const char *line);
void term_until_history(struct term *, const char *line);
void term_until_title(struct term *, const char *title);
void term_until(struct term *, const char *what,
		bool (*test)(struct term *, void *), void *arg);
/* Until its program has ended; returns its exit status or 128 + signal. */
int term_end(struct term *);
/* Until it has stopped (SIGTSTP). */
void term_until_stopped(struct term *);

/* Row 0 is the top; trailing blanks cut; valid until the next call. */
const char *term_row(struct term *, unsigned row);
/* All rows, each with a newline, up to the last that is not blank. */
char *term_screen(struct term *); /* lives as long as the world */
/* Lines that have scrolled out at the top; the oldest is 0. */
size_t term_history(const struct term *);
const char *term_history_line(const struct term *, size_t i);
/* The history line that is exactly this, from line `from` on; or -1. */
long term_find(const struct term *, const char *line, size_t from);
void term_cursor(const struct term *, unsigned *row, unsigned *col);
bool term_alternate(const struct term *);
/* A cell as libvterm has it. */
struct term_cell {
	char text[32];
	bool bold, underline, reverse;
	unsigned fg, bg; /* 0xrrggbb */
};
void term_cell(struct term *, unsigned row, unsigned col, struct term_cell *);

const struct sieve *term_modes(const struct term *);
/* Every byte that came since the start; NUL-ended. */
const char *term_raw(struct term *, size_t *len);

/* Shows the screen among the test's messages. */
void term_dump(struct term *);
/* Fails the test unless both come to show the same, cursor too. */
void term_until_same(struct term *, struct term *);
/* Fails the test if any mode differs from an untouched terminal's. */
void term_assert_clean(struct term *);

struct world *term_world(const struct term *);

/* For the world. */
int term_fd(const struct term *); /* -1 when it is over */
bool term_wants_write(const struct term *);
void term_serve(struct term *);
void term_free(struct term *);

#endif
