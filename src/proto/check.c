/* proto/check.c - is this msgpack harmless to unpack? */
#include "proto/check.h"

#include <stdint.h>

#include "base/bytes.h"

struct cursor {
	const uint8_t *at;
	size_t left;
	unsigned values;
};

/* What a value's head says: `bytes` follow it at once, then `items` values. */
struct head {
	uint64_t bytes, items;
};

static bool
take(struct cursor *c, uint64_t n)
{
	if (n > c->left)
		return false;
	c->at += n;
	c->left -= (size_t)n;
	return true;
}

/* A big-endian number of n bytes: 1, 2 or 4. */
static bool
number(struct cursor *c, unsigned n, uint64_t *out)
{
	const uint8_t *p = c->at;

	if (!take(c, n))
		return false;
	*out = n == 1 ? p[0] : n == 2 ? bytes_be16(p) : bytes_be32(p);
	return true;
}

/* The msgpack specification, "Formats", in its order. */
static bool
head(struct cursor *c, struct head *h)
{
	const uint8_t tag = *c->at;

	take(c, 1);
	*h = (struct head){ 0 };
	if (tag <= 0x7f || tag >= 0xe0) /* fixint */
		return true;
	if (tag <= 0x8f) { /* fixmap */
		h->items = 2 * (tag & 0x0fu);
		return true;
	}
	if (tag <= 0x9f) { /* fixarray */
		h->items = tag & 0x0fu;
		return true;
	}
	if (tag <= 0xbf) { /* fixstr */
		h->bytes = tag & 0x1fu;
		return true;
	}
	switch (tag) {
	case 0xc0: /* nil */
	case 0xc2: /* false */
	case 0xc3: /* true */
		return true;
	case 0xc4: /* bin 8, 16, 32 */
	case 0xc5:
	case 0xc6:
		return number(c, 1u << (tag - 0xc4), &h->bytes);
	case 0xca: /* float 32, 64 */
	case 0xcb:
		h->bytes = 4u << (tag - 0xca);
		return true;
	case 0xcc: /* uint 8, 16, 32, 64 */
	case 0xcd:
	case 0xce:
	case 0xcf:
		h->bytes = 1u << (tag - 0xcc);
		return true;
	case 0xd0: /* int 8, 16, 32, 64 */
	case 0xd1:
	case 0xd2:
	case 0xd3:
		h->bytes = 1u << (tag - 0xd0);
		return true;
	case 0xd9: /* str 8, 16, 32 */
	case 0xda:
	case 0xdb:
		return number(c, 1u << (tag - 0xd9), &h->bytes);
	case 0xdc: /* array 16, 32 */
	case 0xdd:
		return number(c, 2u << (tag - 0xdc), &h->items);
	case 0xde: /* map 16, 32 */
	case 0xdf:
		if (!number(c, 2u << (tag - 0xde), &h->items))
			return false;
		h->items *= 2;
		return true;
	default: /* 0xc1 is never used, the rest are extensions */
		return false;
	}
}

bool
check_payload(const void *data, size_t len)
{
	struct cursor c = { .at = data, .left = len };
	uint64_t due[CHECK_DEPTH + 1] = { 1 }; /* values still to come */
	unsigned depth = 0;

	for (;;) {
		while (due[depth] == 0) {
			if (depth == 0)
				return c.left == 0;
			depth--;
		}
		due[depth]--;

		struct head h;
		if (c.left == 0 || ++c.values > CHECK_VALUES)
			return false;
		if (!head(&c, &h) || !take(&c, h.bytes))
			return false;
		if (h.items > c.left) /* a value is a byte at least */
			return false;
		if (h.items > 0) {
			if (depth == CHECK_DEPTH)
				return false;
			due[++depth] = h.items;
		}
	}
}
