/* vt/history.h - scrollback in few bytes: text and runs of attributes. */
#ifndef CDO_VT_HISTORY_H
#define CDO_VT_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct history;
struct pens;
struct row;

/* Keeps the newest `lines` lines in about `bytes` bytes at most. */
struct history *history_new(uint32_t lines, uint64_t bytes);
void history_free(struct history *);
void history_clear(struct history *);

/* Puts the row, which it may settle, below the newest line, dropping the oldest
 * if it must. */
void history_push(struct history *, struct row *, const struct pens *);
/* Takes back the newest line, as history_get; false if there is none. */
bool history_pop(struct history *, struct pens *, struct row *, unsigned cols);

/* Puts line `back` of another history below the newest line. */
void history_copy(struct history *, const struct history *from, uint32_t back);
/* A new limit; the oldest lines beyond it go. */
void history_limit(struct history *, uint32_t lines);
/* The limit in bytes. */
uint64_t history_bytes_max(const struct history *);

uint32_t history_count(const struct history *);
uint64_t history_bytes(const struct history *); /* of memory taken */

/*
 * Line `back` (1 is the newest) as cells: row->cells must hold cols of them;
 * what does not fit is cut.  Interns pens.  False if there is no such line.
 */
bool history_get(const struct history *, uint32_t back, struct pens *,
		 struct row *, unsigned cols);
/* Its columns and ROW_* flags; without decoding it. */
unsigned history_width(const struct history *, uint32_t back);
uint16_t history_flags(const struct history *, uint32_t back);
/* Appends its text, UTF-8, without trailing erased cells. */
void history_text(const struct history *, uint32_t back, struct buf *out);

/*
 * The next line older than `back` (0: from the newest on), or the next newer
 * one if `up` is false, whose text has `needle`; as a plain string, or as an
 * extended regular expression.  Lines that wrap are searched one by one.
 * Returns its number, 0 if there is none, or -1 if the expression is wrong.
 */
int64_t history_search(const struct history *, uint32_t back, bool up,
		       const char *needle, bool regex);

#endif
