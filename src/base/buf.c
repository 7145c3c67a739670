/* base/buf.c - a queue of bytes: appended at the end, dropped at the front. */
#include "base/buf.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum {
	FIRST = 64, /* the first allocation */
	KEEP = 64 << 10, /* an empty buffer keeps no more than this */
};

static uint8_t *
start(const struct buf *b)
{
	return b->data ? b->data - b->skip : NULL;
}

void
buf_release(struct buf *b)
{
	free(start(b));
	*b = (struct buf){ 0 };
}

/* Moves the content to the front; the dropped bytes become room. */
static void
compact(struct buf *b)
{
	uint8_t *p = start(b);

	memmove(p, b->data, b->len);
	b->data = p;
	b->cap += b->skip;
	b->skip = 0;
}

uint8_t *
buf_room(struct buf *b, size_t len)
{
	size_t need;

	if (__builtin_add_overflow(b->len, len, &need))
		abort();
	/*
	 * Only when at least half of it was dropped is moving cheaper than
	 * the appending that filled it.
	 */
	if (need > b->cap && b->skip >= b->len && b->skip)
		compact(b);
	if (need > b->cap || !b->data) {
		size_t cap = b->cap ? b->cap : FIRST;

		while (cap < need)
			cap = cap > SIZE_MAX / 2 ? need : cap * 2;
		if (b->skip)
			compact(b);
		if (cap > b->cap) {
			b->data = mem_grow(b->data, cap, 1);
			b->cap = cap;
		}
	}
	return b->data + b->len;
}

void
buf_grew(struct buf *b, size_t len)
{
	assert(len <= b->cap - b->len);
	b->len += len;
}

void
buf_append(struct buf *b, const void *data, size_t len)
{
	if (!len)
		return;
	memcpy(buf_room(b, len), data, len);
	b->len += len;
}

void
buf_byte(struct buf *b, uint8_t c)
{
	if (b->len == b->cap)
		buf_room(b, 1);
	b->data[b->len++] = c;
}

void
buf_str(struct buf *b, const char *s)
{
	buf_append(b, s, strlen(s));
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		abort();

	/* vsnprintf wants room for the NUL that we do not count. */
	char *to = (char *)buf_room(b, (size_t)n + 1);

	va_start(ap, fmt);
	vsnprintf(to, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
}

void
buf_drop(struct buf *b, size_t len)
{
	assert(len <= b->len);
	b->len -= len;
	if (!b->len) {
		buf_clear(b);
		return;
	}
	b->data += len;
	b->skip += len;
	b->cap -= len;
}

void
buf_clear(struct buf *b)
{
	if (!b->data)
		return;
	b->data -= b->skip;
	b->cap += b->skip;
	b->skip = 0;
	b->len = 0;
	if (b->cap > KEEP)
		buf_release(b);
}

char *
buf_steal(struct buf *b)
{
	char *s;

	buf_byte(b, '\0');
	if (b->skip)
		compact(b);
	s = (char *)b->data;
	*b = (struct buf){ 0 };
	return s;
}
