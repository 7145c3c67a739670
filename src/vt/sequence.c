/* vt/sequence.c - the inside of a control sequence: parameters and the rest. */
#include "vt/sequence.h"

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
/* The usual ones, all in SEQUENCE_FAST bytes.  NULL if these are not usual. */
static const uint8_t *
params_fast(struct token *t, const uint8_t *p)
{
	uint64_t ends = sequence_ends(p), colons = 0;
	unsigned n = 0, from = 0, to;

	for (;;) {
		unsigned len;

		if (!ends)
			return NULL;
		to = (unsigned)__builtin_ctzll(ends);
		ends &= ends - 1;
		len = to - from;
		if (len > 3)
			return NULL;
		t->params[n++] = len ? (int32_t)sequence_number(p + from, len)
				     : -1;
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
	if (end - p >= SEQUENCE_FAST_READ) {
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
