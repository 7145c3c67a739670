/* custodian/ring.c - the newest bytes of the PTY, as clients see them. */
#include "custodian/ring.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/mem.h"
#include "keeper/memory.h"

enum {
	/* A stream of nothing but queries must not cost more than this. */
	CUTS_MAX = 1 << 16,
	/* So much in a second comes around soon: its memory is used again. */
	FLOOD = 8 << 20,
};

struct cut {
	uint64_t from, to;
	uint8_t *instead; /* or NULL */
	size_t len;
};

struct ring {
	struct memory_head *head;
	int fd;
	uint8_t *data; /* the ring, twice in a row */
	uint64_t floor; /* before this nothing is served */
	uint64_t keep; /* what lies before is not waited for */
	/*
	 * The memory of all before reads as zero where the ring comes around
	 * to it: it was cleared, or given back.
	 */
	uint64_t zeroed;
	uint64_t eased; /* where the ring's end was then */
	struct cut *cuts; /* [first, first + n), by offset */
	size_t first, n, cap;
};

/*
 * A read into memory that was zero shows what it has read, whether its length
 * was noted or not (but for NULs at its end, which no screen shows).
 */
static void
recover(struct ring *r)
{
	const uint8_t *p = ring_at(r, r->head->end);
	size_t n = RING_READ;

	while (n > 0 && p[n - 1] == 0)
		n--;
	ring_grew(r, n);
}

static uint64_t
page_size(void)
{
	return (uint64_t)sysconf(_SC_PAGESIZE);
}

/* What a predecessor has cleared for certain. */
static uint64_t
surely_zeroed(const struct memory_head *h)
{
	uint64_t over = h->end + RING_READ, page = page_size();

	return over > h->ring_size ? (over - h->ring_size) / page * page : 0;
}

struct ring *
ring_new(struct memory_head *head, int fd)
{
	uint8_t *data = memory_map_ring(head, fd);

	if (!data)
		return NULL;

	struct ring *r = mem_zero(1, sizeof *r);
	r->head = head;
	r->fd = fd;
	r->data = data;
	r->keep = UINT64_MAX;
	r->eased = head->end;
	r->zeroed = surely_zeroed(head);
	recover(r);
	r->floor = head->end; /* the cuts before are not known */
	return r;
}

static void
drop_first(struct ring *r)
{
	free(r->cuts[r->first].instead);
	r->first++;
	r->n--;
}

void
ring_free(struct ring *r)
{
	if (!r)
		return;
	while (r->n > 0)
		drop_first(r);
	free(r->cuts);
	memory_unmap_ring(r->head, r->data);
	free(r);
}

/* Gives back whole pages between two positions in the ring. */
static void
give_back(const struct ring *r, uint64_t from, uint64_t to)
{
	if (from < to &&
	    memory_punch(r->fd, r->head->ring_at + from, to - from) < 0)
		memset(r->data + from, 0, to - from);
}

static void
forget(struct ring *r, uint64_t offset)
{
	if (offset > r->head->begin) /* said before: a successor believes it */
		__atomic_store_n(&r->head->begin, offset, __ATOMIC_RELEASE);
}

/* Gives back the memory of what was forgotten. */
static void
give_back_forgotten(struct ring *r)
{
	const struct memory_head *h = r->head;
	uint64_t page = page_size(), size = h->ring_size;
	uint64_t start = (h->end + page - 1) / page * page;
	uint64_t stop = (h->begin + size) / page * page;

	if (start >= stop)
		return;
	memset(r->data + h->end % size, 0, start - h->end);
	r->zeroed = stop - size;
	start %= size;
	stop %= size;
	if (start < stop) {
		give_back(r, start, stop);
	} else {
		give_back(r, start, size);
		give_back(r, 0, stop);
	}
}

uint8_t *
ring_room(struct ring *r, size_t len)
{
	const struct memory_head *h = r->head;

	assert(len <= RING_READ);
	while (h->end + len > r->zeroed + h->ring_size) {
		forget(r, r->zeroed + RING_READ);
		memset(r->data + r->zeroed % h->ring_size, 0, RING_READ);
		r->zeroed += RING_READ;
	}
	return r->data + h->end % h->ring_size;
}

void
ring_keep(struct ring *r, uint64_t offset)
{
	r->keep = offset;
}

void
ring_grew(struct ring *r, size_t len)
{
	__atomic_store_n(&r->head->end, r->head->end + len, __ATOMIC_RELEASE);
}

uint64_t
ring_begin(const struct ring *r)
{
	return r->head->begin;
}

uint64_t
ring_end(const struct ring *r)
{
	return r->head->end;
}

const uint8_t *
ring_at(const struct ring *r, uint64_t offset)
{
	return r->data + offset % r->head->ring_size;
}

void
ring_cut(struct ring *r, uint64_t from, uint64_t to, const void *instead,
	 size_t len)
{
	struct cut *last = r->n ? &r->cuts[r->first + r->n - 1] : NULL;

	if (last && last->to == from && last->len == 0 && len == 0) {
		last->to = to;
		return;
	}
	if (r->n == CUTS_MAX)
		ring_passed(r, r->cuts[r->first + r->n / 2].to);
	if (r->first + r->n == r->cap) {
		if (r->first >= r->n && r->first > 0) {
			memmove(r->cuts, r->cuts + r->first,
				r->n * sizeof *r->cuts);
			r->first = 0;
		} else {
			r->cap = r->cap ? r->cap * 2 : 16;
			r->cuts = mem_grow(r->cuts, r->cap, sizeof *r->cuts);
		}
	}
	r->cuts[r->first + r->n++] = (struct cut){
		.from = from,
		.to = to,
		.instead = len ? mem_dup(instead, len) : NULL,
		.len = len,
	};
}

void
ring_passed(struct ring *r, uint64_t offset)
{
	if (offset > r->floor)
		r->floor = offset;
	while (r->n > 0 && r->cuts[r->first].to <= offset)
		drop_first(r);
	if (r->n == 0)
		r->first = 0;
}

void
ring_known(struct ring *r, uint64_t offset)
{
	r->floor = offset;
}

uint64_t
ring_served(const struct ring *r)
{
	return r->floor > r->head->begin ? r->floor : r->head->begin;
}

bool
ring_serves(const struct ring *r, uint64_t offset)
{
	return offset >= ring_served(r) && offset <= r->head->end;
}

/* The first cut that ends after offset; r->first + r->n if there is none. */
static size_t
find(const struct ring *r, uint64_t offset)
{
	size_t low = r->first, high = r->first + r->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (r->cuts[mid].to <= offset)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

int
ring_slice(const struct ring *r, uint64_t *from, uint64_t to, size_t limit,
	   struct iovec *iov, int max, size_t *bytes)
{
	size_t i = find(r, *from), end = r->first + r->n;
	uint64_t at = *from;
	int n = 0;

	*bytes = 0;
	while (at < to && n < max && *bytes < limit) {
		const struct cut *c = i < end ? &r->cuts[i] : NULL;
		const void *piece;
		size_t len;

		if (c && c->from <= at) {
			piece = c->instead;
			len = c->len;
			at = c->to;
			i++;
		} else {
			uint64_t stop = c && c->from < to ? c->from : to;

			len = (size_t)(stop - at);
			if (len > limit - *bytes)
				len = limit - *bytes;
			piece = ring_at(r, at);
			at += len;
		}
		if (len > 0)
			iov[n++] =
				(struct iovec){ (void *)(uintptr_t)piece, len };
		*bytes += len;
	}
	*from = at;
	return n;
}

void
ring_trim(struct ring *r, uint64_t keep)
{
	if (r->head->end > keep)
		forget(r, r->head->end - keep);
	give_back_forgotten(r);
}

void
ring_ease(struct ring *r)
{
	uint64_t end = r->head->end, came = end - r->eased, first;

	r->eased = end;
	if (came >= FLOOD || end <= RING_WINDOW)
		return;
	first = end - RING_WINDOW;
	forget(r, first < r->keep ? first : r->keep);
	give_back_forgotten(r);
}
