/* vt/history.c - scrollback in few bytes: text and runs of attributes. */
#include "vt/history.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "vt/record.h"

/*
 * Records stand in chunks, one behind the other, never across two.  A record
 * begins and ends with its size, so that one can walk both ways.  The oldest
 * records go one by one, by counting those that are gone; a chunk goes back
 * when its last has gone.
 */
enum { CHUNK_MIN = 4096, CHUNK = 65536 };

struct chunk {
	uint32_t size; /* of data */
	uint32_t end; /* the records are data[0..end) */
	uint32_t count;
	uint8_t data[];
};

/* Where a line is: the last one that was looked for. */
struct place {
	bool set;
	uint64_t line; /* counted since birth */
	uint64_t chunk; /* likewise */
	uint32_t at;
};

struct history {
	uint32_t lines; /* limits */
	uint64_t bytes;
	struct chunk **chunks; /* [first, first + n), the oldest first */
	uint32_t first, n, cap;
	uint64_t chunks_gone;
	struct chunk *spare; /* the last that went, to be used again */
	uint32_t gone; /* of the first chunk's records */
	uint32_t count;
	uint64_t total; /* number of the next line */
	uint64_t taken; /* bytes of all chunks */
	struct place *place;
	struct record_scratch scratch;
};

struct history *
history_new(uint32_t lines, uint64_t bytes)
{
	struct history *h = mem_zero(1, sizeof *h);

	h->lines = lines;
	h->bytes = bytes;
	h->place = mem_zero(1, sizeof *h->place);
	return h;
}

static struct chunk *
chunk_at(const struct history *h, uint32_t i)
{
	return h->chunks[h->first + i];
}

void
history_clear(struct history *h)
{
	for (uint32_t i = 0; i < h->n; i++)
		free(chunk_at(h, i));
	free(h->spare);
	free(h->chunks);
	h->chunks = NULL;
	h->spare = NULL;
	h->chunks_gone += h->n;
	h->first = h->n = h->cap = 0;
	h->gone = h->count = 0;
	h->taken = 0;
	h->place->set = false;
}

void
history_free(struct history *h)
{
	if (!h)
		return;
	history_clear(h);
	record_scratch_release(&h->scratch);
	free(h->place);
	free(h);
}

uint32_t
history_count(const struct history *h)
{
	return h->count;
}

uint64_t
history_bytes(const struct history *h)
{
	return h->taken + h->cap * sizeof *h->chunks;
}

uint64_t
history_bytes_max(const struct history *h)
{
	return h->bytes;
}

static void
let_go(struct history *h, struct chunk *c)
{
	if (!h->spare && c->size == CHUNK) {
		h->spare = c;
		return;
	}
	h->taken -= c->size;
	free(c);
}

/* Seldom: kept out of the way of what is done for every line. */
__attribute__((cold)) static void
drop_chunk(struct history *h)
{
	struct chunk *c = chunk_at(h, 0);

	h->count -= c->count - h->gone;
	h->gone = 0;
	h->first++;
	h->n--;
	h->chunks_gone++;
	let_go(h, c);
}

static void
drop_line(struct history *h)
{
	if (h->gone + 1 == chunk_at(h, 0)->count) {
		drop_chunk(h);
		return;
	}
	h->gone++;
	h->count--;
}

void
history_limit(struct history *h, uint32_t lines)
{
	h->lines = lines;
	while (h->count > lines)
		drop_line(h);
}

__attribute__((cold)) static struct chunk *
add_chunk(struct history *h, uint32_t need)
{
	uint32_t size = need > CHUNK ? need : CHUNK;
	struct chunk *c;

	if (h->bytes / 8 < size && need <= CHUNK)
		size = h->bytes / 8 < CHUNK_MIN ? CHUNK_MIN
						: (uint32_t)(h->bytes / 8);
	if (size < need)
		size = need;
	while (h->n > 0 && h->taken + size > h->bytes &&
	       !(h->spare && h->spare->size == size))
		drop_chunk(h);
	c = h->spare;
	if (c && c->size == size) {
		h->spare = NULL;
	} else {
		c = mem_alloc(sizeof *c + size);
		c->size = size;
		h->taken += size;
	}
	c->end = c->count = 0;

	if (h->first + h->n == h->cap) {
		if (h->first > 0)
			memmove(h->chunks, h->chunks + h->first,
				h->n * sizeof(struct chunk *));
		h->first = 0;
		if (h->n * 2 >= h->cap) {
			h->cap = h->cap ? h->cap * 2 : 8;
			h->chunks = mem_grow(h->chunks, h->cap,
					     sizeof(struct chunk *));
		}
	}
	h->chunks[h->first + h->n++] = c;
	return c;
}

/* Where a record of at most `need` bytes goes. */
static struct chunk *
chunk_for(struct history *h, size_t need)
{
	while (h->count >= h->lines)
		drop_line(h);
	if (h->n > 0) {
		struct chunk *c = chunk_at(h, h->n - 1);

		if (c->size - c->end >= need)
			return c;
	}
	return add_chunk(h, (uint32_t)need);
}

static void
pushed(struct history *h, struct chunk *c, size_t size)
{
	c->end += (uint32_t)size;
	c->count++;
	h->count++;
	h->total++;
}

void
history_push(struct history *h, struct row *row, const struct pens *ps)
{
	struct chunk *c;

	if (record_is_simple(row, ps)) {
		c = chunk_for(h, row->used + RECORD_SIMPLE);
		pushed(h, c, record_write_simple(row, ps, c->data + c->end));
		return;
	}
	if (row->lead)
		row_settle(row);
	c = chunk_for(h, record_plan(&h->scratch, row, ps));
	pushed(h, c, record_write(&h->scratch, row, ps, c->data + c->end));
}

/* Finds line `back`; NULL if there is none. */
static const uint8_t *
locate(const struct history *h, uint32_t back)
{
	struct place *place = h->place;
	uint64_t line = h->total - back, first = h->total;
	uint32_t i = h->n;
	const struct chunk *c;

	if (back == 0 || back > h->count)
		return NULL;
	do {
		c = chunk_at(h, --i);
		first -= c->count;
	} while (first > line);

	uint64_t at_line = first;
	uint32_t at = 0;
	if (place->set && place->chunk == h->chunks_gone + i &&
	    place->line >= first &&
	    (place->line > line ? place->line - line : line - place->line) <
		    line - first) {
		at_line = place->line;
		at = place->at;
	}
	if (first + c->count - line <
	    (at_line > line ? at_line - line : line - at_line)) {
		at_line = first + c->count;
		at = c->end;
	}
	for (; at_line < line; at_line++)
		at += record_size(c->data + at);
	for (; at_line > line; at_line--)
		at -= record_size_before(c->data + at);
	*place = (struct place){ true, line, h->chunks_gone + i, at };
	return c->data + at;
}

bool
history_get(const struct history *h, uint32_t back, struct pens *ps,
	    struct row *row, unsigned cols)
{
	const uint8_t *r = locate(h, back);

	if (!r)
		return false;
	record_read(r, ps, row, cols);
	return true;
}

bool
history_pop(struct history *h, struct pens *ps, struct row *row, unsigned cols)
{
	struct chunk *c;

	if (h->count == 0)
		return false;
	c = chunk_at(h, h->n - 1);
	uint32_t size = record_size_before(c->data + c->end);
	record_read(c->data + c->end - size, ps, row, cols);
	c->end -= size;
	c->count--;
	h->count--;
	h->total--;
	h->place->set = false;
	if (h->count == 0)
		h->gone = c->count = 0;
	if (c->count == 0) {
		h->n--;
		let_go(h, c);
	}
	return true;
}

void
history_copy(struct history *h, const struct history *from, uint32_t back)
{
	const uint8_t *r = locate(from, back);
	struct chunk *c;

	if (!r)
		return;
	c = chunk_for(h, record_size(r));
	memcpy(c->data + c->end, r, record_size(r));
	pushed(h, c, record_size(r));
}

unsigned
history_width(const struct history *h, uint32_t back)
{
	const uint8_t *r = locate(h, back);

	return r ? record_width(r) : 0;
}

uint16_t
history_flags(const struct history *h, uint32_t back)
{
	const uint8_t *r = locate(h, back);

	return r ? record_flags(r) : 0;
}

void
history_text(const struct history *h, uint32_t back, struct buf *out)
{
	const uint8_t *r = locate(h, back);

	if (r)
		record_text(r, out);
}

int64_t
history_search(const struct history *h, uint32_t back, bool up,
	       const char *needle, bool regex)
{
	struct record_search *search = record_search_new(needle, regex);
	int64_t found = 0;

	if (!search)
		return -1;
	for (;;) {
		if (up ? back >= h->count : back <= 1)
			break;
		back = up ? back + 1 : back - 1;
		if (record_search(search, locate(h, back))) {
			found = back;
			break;
		}
	}
	record_search_free(search);
	return found;
}
