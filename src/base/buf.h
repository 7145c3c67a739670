/* base/buf.h - a queue of bytes: appended at the end, dropped at the front. */
#ifndef CDO_BASE_BUF_H
#define CDO_BASE_BUF_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

/*
 * All-zero is empty.  `data` moves when the buffer grows and is NULL while
 * nothing was ever appended; data[0..len) is valid.
 */
struct buf {
	uint8_t *data;
	size_t len;
	size_t skip; /* bytes dropped in front of data, same allocation */
	size_t cap; /* bytes that fit from data on */
};

void buf_release(struct buf *);
void buf_append(struct buf *, const void *data, size_t len);
void buf_byte(struct buf *, uint8_t);
void buf_str(struct buf *, const char *s);
void buf_printf(struct buf *, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Makes room for len more bytes; returns where they go.  See buf_grew. */
uint8_t *buf_room(struct buf *, size_t len);
/* len bytes were written where buf_room said. */
void buf_grew(struct buf *, size_t len);

/* Forgets the first len bytes (len <= b->len); amortized constant. */
void buf_drop(struct buf *, size_t len);
/* Empties; keeps the memory if it is small. */
void buf_clear(struct buf *);
/* Returns the content as a string, caller frees; b is empty afterwards. */
char *buf_steal(struct buf *);

#endif
