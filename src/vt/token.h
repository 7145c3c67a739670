/* vt/token.h - bytes to tokens: incremental, bounded, each with its range. */
#ifndef CDO_VT_TOKEN_H
#define CDO_VT_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "base/buf.h"

enum token_kind {
	TOKEN_NONE, /* more bytes are needed */
	TOKEN_ASCII, /* `data`, `len`: a run of 0x20..0x7e */
	TOKEN_RUNES, /* `runes`, `n_runes`: code points >= 0x80 */
	TOKEN_C0, /* `final`: 0x00..0x1f but ESC, CAN, SUB; or DEL */
	TOKEN_ESC, /* `inter`, `final` */
	TOKEN_CSI, /* `leader`, parameters, `inter`, `final` */
	TOKEN_OSC, /* `data`, `len`; no NUL in it, one behind it */
	TOKEN_DCS, /* as CSI, and `data`, `len` */
	TOKEN_APC,
	TOKEN_PM,
	TOKEN_SOS,
	TOKEN_TITLE, /* ESC k .. ST, the title of screen(1) */
	TOKEN_ABORTED, /* what CAN, SUB or ESC cut short: its bytes only */
};

enum {
	TOKEN_PARAMS = 64, /* further ones are dropped */
	TOKEN_PARAM_MAX = 0x7fffffff, /* saturates */
	TOKEN_RUN = 256, /* runes at most in one token */
	TOKEN_SEQUENCE_MAX = 4096, /* a longer CSI or DCS head is swallowed */
	/* A longer token is no query: it is forwarded as it comes. */
	TOKEN_QUERY_MAX = 1 << 16,
};

struct token {
	enum token_kind kind;
	uint8_t leader; /* '<' '=' '>' '?', 0 none */
	uint8_t inter[2]; /* 0x20..0x2f, 0 none; more than two: `bad` */
	uint8_t final;
	bool bad; /* malformed: to be ignored, its bytes still are a token */
	bool bel; /* a string ended by BEL rather than ST */
	bool long_string; /* over the limit: data is not there */
	unsigned n_params;
	int32_t params[TOKEN_PARAMS]; /* -1: left out */
	uint64_t colons; /* bit i: parameter i hangs on i-1 by a colon */
	const uint8_t *data; /* valid until the next token */
	size_t len;
	const uint32_t *runes;
	unsigned n_runes;
	uint64_t from, to; /* its bytes in the stream: [from, to) */
};

/* Parameter i, or def if it is not there, left out, or 0 where def is 1. */
static inline int
token_param(const struct token *t, unsigned i, int def)
{
	if (i >= t->n_params || t->params[i] < 0)
		return def;
	if (t->params[i] == 0 && def == 1)
		return 1;
	return t->params[i];
}

enum token_state {
	TOKEN_IN_GROUND,
	TOKEN_IN_UTF8,
	TOKEN_IN_ESC,
	TOKEN_IN_CSI,
	TOKEN_IN_DCS_HEAD,
	TOKEN_IN_STRING,
	TOKEN_IN_STRING_ESC, /* ESC in a string: \ ends it, all else aborts */
};

/* All-zero but for `string_max` is the start. */
struct tokenizer {
	enum token_state state;
	enum token_kind string; /* which, in the string states */
	uint64_t pos; /* stream offset of the next byte */
	uint64_t start; /* of the unfinished token */
	size_t string_max;
	bool overflow; /* the model has had enough of this one */
	struct buf held; /* of the unfinished token, what the model needs */
	struct token token; /* of a DCS: its head, while its string runs */
	uint32_t runes[TOKEN_RUN];
	uint8_t last; /* byte of a string: C2 9C is ST */
};

void tokenizer_release(struct tokenizer *);
/*
 * Takes the next token from [*p, end), moving *p on, and returns it; it is
 * valid until the next call.  Its kind is TOKEN_NONE when the bytes ended
 * before the token did: what it needs of them is kept.
 */
const struct token *tokenizer_next(struct tokenizer *, const uint8_t **p,
				   const uint8_t *end);
/* Where the last whole token ended; see screen_boundary, screen_joinable. */
uint64_t tokenizer_boundary(const struct tokenizer *);
bool tokenizer_joinable(const struct tokenizer *);

/* The end of the run of printable ASCII at p: all of it is one token. */
static inline const uint8_t *
token_ascii_end(const uint8_t *p, const uint8_t *end)
{
#if defined(__SSE2__)
	const __m128i low = _mm_set1_epi8(0x1f), del = _mm_set1_epi8(0x7f);

	while (end - p >= 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
		/* Signed, so that 0x80 and up are below the low end too. */
		__m128i ok = _mm_andnot_si128(_mm_cmpeq_epi8(v, del),
					      _mm_cmpgt_epi8(v, low));
		unsigned bad = (unsigned)_mm_movemask_epi8(ok) ^ 0xffff;

		if (bad)
			return p + __builtin_ctz(bad);
		p += 16;
	}
#endif
	while (p < end && *p >= 0x20 && *p < 0x7f)
		p++;
	return p;
}

#endif
