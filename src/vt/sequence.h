/* vt/sequence.h - the inside of a control sequence: parameters and the rest. */
#ifndef CDO_VT_SEQUENCE_H
#define CDO_VT_SEQUENCE_H

#include <stdint.h>
#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

struct token;

/*
 * Parses a CSI's or a DCS's head from behind its introducer into t: leader,
 * parameters, intermediates, final byte, and whether it is bad.  Returns the
 * end of it, or NULL if a byte is not part of one, or the final byte is not
 * there.
 */
const uint8_t *sequence_parse(struct token *t, const uint8_t *p,
			      const uint8_t *end);

#if defined(__SSE2__)
/*
 * Numbers of up to three digits in SEQUENCE_FAST bytes: where they end is
 * found for all at once, and no branch hangs on how long each is.
 */
enum { SEQUENCE_FAST = 48, SEQUENCE_FAST_READ = SEQUENCE_FAST + 4 };

static inline unsigned
sequence_no_digits(const uint8_t *p)
{
	__m128i v =
		_mm_sub_epi8(_mm_loadu_si128((const __m128i *)(const void *)p),
			     _mm_set1_epi8('0'));
	__m128i is = _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(9)), v);

	return (unsigned)_mm_movemask_epi8(is) ^ 0xffff;
}

/* Bit i: p[i] is no digit.  For p, SEQUENCE_FAST bytes are read. */
static inline uint64_t
sequence_ends(const uint8_t *p)
{
	return sequence_no_digits(p) |
	       (uint64_t)sequence_no_digits(p + 16) << 16 |
	       (uint64_t)sequence_no_digits(p + 32) << 32;
}

/* The number of len digits, 1 to 3, at p, where four bytes are read. */
static inline uint32_t
sequence_number(const uint8_t *p, unsigned len)
{
	uint32_t x;

	memcpy(&x, p, sizeof x);
	x = (x ^ 0x30303030) << 8 * (4 - len);
	return (x >> 8 & 0xff) * 100 + (x >> 16 & 0xff) * 10 + (x >> 24);
}
#endif

#endif
