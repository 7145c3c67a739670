/* vt/sequence.c - the inside of a control sequence: parameters and the rest. */
#include "vt/sequence.h"

#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "vt/token.h"

/* The parameters byte by byte: any of them. */
static const uint8_t *
params_slow(struct token *t, const uint8_t *p, const uint8_t *end)
{
	unsigned n = 0;
	bool colon = false;

	t->colons = 0;
	for (;;) {
		int32_t v = -1;

		for (; p < end && (uint8_t)(*p - '0') < 10; p++) {
			int d = *p - '0';

			if (v < 0)
				v = d;
			else if (v > (TOKEN_PARAM_MAX - 9) / 10)
				v = TOKEN_PARAM_MAX;
			else
				v = v * 10 + d;
		}
		if (n < TOKEN_PARAMS) {
			t->params[n] = v;
			t->colons |= (uint64_t)colon << n;
			n++;
		}
		if (p == end || (*p != ';' && *p != ':'))
			break;
		colon = *p++ == ':';
	}
	t->n_params = n;
	return p;
}

#if defined(__SSE2__)
/* Bit i: p[i] is no digit. */
static unsigned
not_digits(const uint8_t *p)
{
	__m128i v =
		_mm_sub_epi8(_mm_loadu_si128((const __m128i *)(const void *)p),
			     _mm_set1_epi8('0'));
	__m128i is = _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(9)), v);

	return (unsigned)_mm_movemask_epi8(is) ^ 0xffff;
}

enum { FAST = 48, FAST_READ = FAST + 4 };

/*
 * The usual ones: numbers of up to three digits, all in FAST bytes.  Where
 * they end is found for all at once, and no branch hangs on how long each is.
 * NULL if these are not usual.
 */
static const uint8_t *
params_fast(struct token *t, const uint8_t *p)
{
	uint64_t ends = not_digits(p) | (uint64_t)not_digits(p + 16) << 16 |
			(uint64_t)not_digits(p + 32) << 32;
	uint64_t colons = 0;
	unsigned n = 0, from = 0, to;

	for (;;) {
		unsigned len;
		uint64_t x = 0;

		if (!ends)
			return NULL;
		to = (unsigned)__builtin_ctzll(ends);
		ends &= ends - 1;
		len = to - from;
		if (len > 3)
			return NULL;
		memcpy(&x, p + from, 4);
		x = (x ^ 0x30303030) << 8 * (4 - len) & 0xffffffff;
		x = x * (1 + (10 << 8)) >> 8 & 0x00ff00ff;
		x = x * (1 + (100 << 16)) >> 16 & 0x3ff;
		t->params[n++] = len ? (int32_t)x : -1;
		if (p[to] == ':')
			colons |= UINT64_C(1) << n;
		else if (p[to] != ';')
			break;
		from = to + 1;
	}
	t->n_params = n;
	t->colons = colons;
	return p + to;
}
#endif

static const uint8_t *
params(struct token *t, const uint8_t *p, const uint8_t *end)
{
#if defined(__SSE2__)
	if (end - p >= FAST_READ) {
		const uint8_t *stop = params_fast(t, p);

		if (stop)
			return stop;
	}
#endif
	return params_slow(t, p, end);
}

const uint8_t *
sequence_parse(struct token *t, const uint8_t *p, const uint8_t *end)
{
	unsigned n_inter = 0;

	t->leader = 0;
	t->inter[0] = t->inter[1] = 0;
	t->n_params = 0;
	t->colons = 0;
	t->bad = false;
	if (p < end && *p >= '<' && *p <= '?')
		t->leader = *p++;
	if (p < end && *p >= '0' && *p <= ';')
		p = params(t, p, end);
	while (p < end && (*p < 0x40 || *p > 0x7e)) {
		if (*p < 0x20 || *p > 0x7e)
			return NULL;
		if (*p <= 0x2f && n_inter < 2)
			t->inter[n_inter++] = *p;
		else
			t->bad = true; /* too many, or out of order */
		p++;
	}
	if (p == end)
		return NULL;
	t->final = *p;
	return p + 1;
}
