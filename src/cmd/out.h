/* cmd/out.h - what commands print: messages, tables, colour, JSON. */
#ifndef CDO_CMD_OUT_H
#define CDO_CMD_OUT_H

#include <stdbool.h>
#include <stddef.h>

struct json;

/* "cdo: ..." on stderr; what a terminal must not see is replaced. */
void out_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The same, for what is no failure. */
void out_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Takes v; prints it on stdout, indented on a terminal. */
void out_json(struct json *v);

/* Whether stdout is a terminal that shall have colour (NO_COLOR). */
bool out_colour(void);
/* Columns of the terminal that is stdout; 0 if it is none. */
unsigned out_width(void);

/*
 * A table: cells are given row after row; a column is as wide as its widest
 * cell, the last is cut at the terminal's edge.
 */
enum { OUT_COLUMNS_MAX = 16 };
struct out_table {
	size_t columns;
	unsigned max[OUT_COLUMNS_MAX]; /* how wide on a terminal; 0: any */
	struct out_cell {
		char *text;
		const char *sgr; /* "1;33", or NULL; static */
	} * cells;
	size_t n;
};
/* text is made safe to show; NULL is empty. */
void out_cell(struct out_table *, const char *text, const char *sgr);
/* Prints it on stdout and releases it. */
void out_table(struct out_table *);

/* Asks on the terminal; true for y.  Without one: false. */
bool out_confirm(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Flushes stdout; false after a message if not all could be written. */
bool out_done(void);

#endif
