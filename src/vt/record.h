/* vt/record.h - one line of history as bytes. */
#ifndef CDO_VT_RECORD_H
#define CDO_VT_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "vt/pen.h"
#include "vt/row.h"

/*
 * A record stands for itself: it has no numbers of pens.  It is, in order:
 *   u32     its size << 8 | RECORD_* flags, in the machine's byte order
 *   varint  bytes of text
 *   varint  cells, unless RECORD_PLAIN (then as many as bytes)
 *   varint  erased cells before those of the text, if RECORD_LEAD
 *   varint  the row's flags, if RECORD_FLAGS
 *   text    UTF-8; 00 is an erased cell; 01 (one column) or 02 (two) and 03
 *           enclose what is not one character of its usual width
 *   runs    unless RECORD_DEFAULT: varint cells, a pen; for all cells
 *   pen     of the erased cells behind, if RECORD_FILL
 *   u32     its size
 * A pen is a byte of PEN_* and what that says.
 */
enum {
	RECORD_WRAPPED = 1 << 0,
	RECORD_PLAIN = 1 << 1, /* 0x20..0x7e only */
	RECORD_DEFAULT = 1 << 2, /* in the default pen */
	RECORD_ODD = 1 << 3, /* the text has 00, 01, 02 or 03 */
	RECORD_FLAGS = 1 << 4,
	RECORD_FILL = 1 << 5,
	RECORD_LEAD = 1 << 6,
};

/* Kept by the writer from line to line. */
struct record_scratch {
	struct buf runs;
	uint32_t cells;
	size_t links; /* bytes of URIs so far */
};
void record_scratch_release(struct record_scratch *);

/*
 * The usual row, of ASCII in one pen, maybe behind a gap (grid_peek): it needs
 * no plan, and at most RECORD_SIMPLE bytes more than cells.
 */
enum { RECORD_SIMPLE = 96 };
static inline bool
record_is_simple(const struct row *row, const struct pens *ps)
{
	return !(row->flags & ROW_KEPT & ~ROW_WRAPPED) &&
	       (row->used == 0 ||
		((row->flags & (ROW_PLAIN | ROW_ONE_PEN)) ==
			 (ROW_PLAIN | ROW_ONE_PEN) &&
		 (!row->pen || !pens_get(ps, row->pen).link)));
}
size_t record_write_simple(const struct row *, const struct pens *,
			   uint8_t *out);

/* Bytes that record_write of the same row will need at most. */
size_t record_plan(struct record_scratch *, const struct row *,
		   const struct pens *);
/* Returns the size of what it put at `out`. */
size_t record_write(struct record_scratch *, const struct row *,
		    const struct pens *, uint8_t *out);

static inline uint32_t
record_size(const uint8_t *r)
{
	uint32_t head;

	memcpy(&head, r, sizeof head);
	return head >> 8;
}

static inline uint32_t
record_size_before(const uint8_t *end)
{
	uint32_t size;

	memcpy(&size, end - sizeof size, sizeof size);
	return size;
}

/* Into row->cells, which have room for cols. */
void record_read(const uint8_t *r, struct pens *, struct row *, unsigned cols);
unsigned record_width(const uint8_t *r);
uint16_t record_flags(const uint8_t *r);
void record_text(const uint8_t *r, struct buf *out);

struct record_search;
/* NULL if the regular expression is none. */
struct record_search *record_search_new(const char *needle, bool regex);
void record_search_free(struct record_search *);
bool record_search(struct record_search *, const uint8_t *r);

#endif
