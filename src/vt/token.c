/* vt/token.c - bytes to tokens: incremental, bounded, each with its range. */
#include "vt/token.h"

#include <string.h>

#include "vt/sequence.h"

void
tokenizer_release(struct tokenizer *z)
{
	buf_release(&z->held);
}

/*
 * One character of UTF-8: how many bytes it takes, or 0 if they are not all
 * there.  What is malformed becomes U+FFFD, one for each maximal subpart
 * (Unicode 15, table 3-7 and section 3.9).
 */
static unsigned
decode(const uint8_t *p, const uint8_t *end, uint32_t *out)
{
	unsigned c = p[0], lo = 0x80, hi = 0xbf, n;

	*out = 0xfffd;
	if (c < 0xc2 || c > 0xf4)
		return 1;
	if (c < 0xe0) {
		n = 2;
		c &= 0x1f;
	} else if (c < 0xf0) {
		n = 3;
		if (c == 0xe0)
			lo = 0xa0;
		else if (c == 0xed)
			hi = 0x9f;
		c &= 0x0f;
	} else {
		n = 4;
		if (c == 0xf0)
			lo = 0x90;
		else if (c == 0xf4)
			hi = 0x8f;
		c &= 0x07;
	}
	for (unsigned i = 1; i < n; i++) {
		if (p + i == end)
			return 0;
		if (p[i] < lo || p[i] > hi)
			return i;
		c = c << 6 | (p[i] & 0x3f);
		lo = 0x80;
		hi = 0xbf;
	}
	*out = c;
	return n;
}

/* From here on the token that starts at offset `from` is being read. */
static void
begin(struct tokenizer *z, enum token_state state, uint64_t from)
{
	z->state = state;
	z->start = from;
	z->overflow = false;
	buf_clear(&z->held);
	z->token.inter[0] = z->token.inter[1] = 0;
	z->token.bad = false;
}

static const struct token *
done(struct tokenizer *z, enum token_kind kind, uint64_t to)
{
	struct token *t = &z->token;

	t->kind = kind;
	t->from = z->start;
	t->to = to;
	z->state = TOKEN_IN_GROUND;
	return t;
}

/* A control character among the bytes of a sequence: it is executed at once. */
static const struct token *
control(struct tokenizer *z, uint8_t c, uint64_t at)
{
	struct token *t = &z->token;

	t->kind = TOKEN_C0;
	t->final = c;
	t->from = at;
	t->to = at + 1;
	return t;
}

static void
hold(struct tokenizer *z, uint8_t c)
{
	if (z->held.len < TOKEN_SEQUENCE_MAX)
		buf_byte(&z->held, c);
	else
		z->overflow = true;
}

/* What an introducer begins, or TOKEN_IN_GROUND for none. */
static enum token_state
introduce(struct tokenizer *z, uint8_t c)
{
	switch (c) {
	case '[':
		return TOKEN_IN_CSI;
	case 'P':
		return TOKEN_IN_DCS_HEAD;
	case ']':
		z->string = TOKEN_OSC;
		break;
	case 'X':
		z->string = TOKEN_SOS;
		break;
	case '^':
		z->string = TOKEN_PM;
		break;
	case '_':
		z->string = TOKEN_APC;
		break;
	case 'k':
		z->string = TOKEN_TITLE;
		break;
	default:
		return TOKEN_IN_GROUND;
	}
	z->last = 0;
	return TOKEN_IN_STRING;
}

/*
 * The same for most of U+1000..CFFF and U+10000..3FFFF, for which nothing has
 * to be guessed, as they stand mixed; 0 for all others.  Reads four bytes.
 */
static inline unsigned
usual(const uint8_t *p, uint32_t *out)
{
	uint32_t v = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
		     (uint32_t)p[2] << 8 | p[3];
	uint32_t c = (v >> 4 & 0x3f000) | (v >> 2 & 0xfc0);
	uint32_t three = (v >> 12 & 0xf000) | c >> 6, four = c | (v & 0x3f);
	uint32_t is_four = p[0] >= 0xf0, m = 0 - is_four;
	uint32_t wrong = (v & (0xf0c0c000 | (m & 0x0f0000c0))) ^
			 (0xe0808000 | (m & 0x10000080));

	*out = c = three ^ ((three ^ four) & m);
	if (wrong || c - (0x1000 + (m & 0xf000)) >= 0xc000 + (m & 0x24000))
		return 0;
	return 3 + is_four;
}

static const struct token *
runes(struct tokenizer *z, const uint8_t **pp, const uint8_t *end)
{
	struct token *t = &z->token;
	const uint8_t *p = *pp;
	unsigned n = 0;

	while (n < TOKEN_RUN && p < end && *p >= 0x80) {
		uint32_t c;
		unsigned used;

		used = end - p >= 4 ? usual(p, &c) : 0;
		if (used == 0) {
			used = decode(p, end, &c);
			if (used == 0 || (c >= 0x80 && c < 0xa0))
				break;
		}
		z->runes[n++] = c;
		p += used;
	}
	if (n == 0)
		return NULL;
	z->start = z->pos;
	z->pos += (uint64_t)(p - *pp);
	*pp = p;
	t->runes = z->runes;
	t->n_runes = n;
	return done(z, TOKEN_RUNES, z->pos);
}

/* A byte >= 0x80 where no run of runes begins: a C1, or a part of a rune. */
static void
high(struct tokenizer *z, const uint8_t **pp, const uint8_t *end)
{
	const uint8_t *p = *pp;
	uint32_t c;

	begin(z, TOKEN_IN_UTF8, z->pos);
	if (decode(p, end, &c) == 2) {
		/* xterm takes U+0080..9F for ESC and a letter. */
		z->state = introduce(z, (uint8_t)(c - 0x40));
		z->pos += 2;
		*pp += 2;
	}
}

static const struct token *
ground(struct tokenizer *z, const uint8_t **pp, const uint8_t *end)
{
	struct token *t = &z->token;
	const uint8_t *p = *pp;
	uint8_t c = *p;

	if (c >= 0x20 && c < 0x7f) {
		const uint8_t *stop = token_ascii_end(p, end);

		t->data = p;
		t->len = (size_t)(stop - p);
		z->start = z->pos;
		z->pos += t->len;
		*pp = stop;
		return done(z, TOKEN_ASCII, z->pos);
	}
	if (c >= 0x80) {
		const struct token *run = runes(z, pp, end);

		if (run)
			return run;
		high(z, pp, end);
		if (z->state != TOKEN_IN_GROUND)
			return NULL;
		t->final = (uint8_t)(p[1] - 0x40);
		t->inter[0] = t->inter[1] = 0;
		t->bad = false;
		return done(z, TOKEN_ESC, z->pos);
	}
	if (c != 0x1b) {
		*pp = p + 1;
		z->start = z->pos++;
		t->final = c;
		return done(z,
			    c == 0x18 || c == 0x1a ? TOKEN_ABORTED : TOKEN_C0,
			    z->pos);
	}
	if (end - p > 2 && p[1] == '[') {
		const uint8_t *stop = sequence_parse(t, p + 2, end);

		if (stop && stop - p <= TOKEN_SEQUENCE_MAX) {
			z->start = z->pos;
			z->pos += (uint64_t)(stop - p);
			*pp = stop;
			return done(z, TOKEN_CSI, z->pos);
		}
	}
	begin(z, TOKEN_IN_ESC, z->pos);
	z->pos++;
	*pp = p + 1;
	return NULL;
}

/*
 * One byte of an escape sequence, a CSI or the head of a DCS.  Returns a token
 * or NULL; *pp is not moved if the byte has to be looked at again.
 */
static const struct token *
inside(struct tokenizer *z, const uint8_t **pp)
{
	uint8_t c = **pp;

	if (c >= 0x80) /* a character: the sequence was none */
		return done(z, TOKEN_ABORTED, z->pos);
	++*pp;
	z->pos++;
	if (c == 0x1b) {
		const struct token *t = done(z, TOKEN_ABORTED, z->pos - 1);

		begin(z, TOKEN_IN_ESC, z->pos - 1);
		return t;
	}
	if (c == 0x18 || c == 0x1a)
		return done(z, TOKEN_ABORTED, z->pos);
	if (c < 0x20)
		return control(z, c, z->pos - 1);
	if (c == 0x7f)
		return NULL;

	if (z->state == TOKEN_IN_ESC) {
		enum token_state next = TOKEN_IN_GROUND;

		if (c <= 0x2f) {
			hold(z, c);
			return NULL;
		}
		if (z->held.len == 0)
			next = introduce(z, c);
		if (next != TOKEN_IN_GROUND) {
			z->state = next;
			return NULL;
		}
		for (size_t i = 0; i < z->held.len && i < 2; i++)
			z->token.inter[i] = z->held.data[i];
		z->token.bad = z->held.len > 2;
		z->token.final = c;
		return done(z, TOKEN_ESC, z->pos);
	}

	hold(z, c);
	if (c < 0x40)
		return NULL;
	if (z->overflow || !sequence_parse(&z->token, z->held.data,
					   z->held.data + z->held.len))
		z->token.bad = true;
	if (z->state == TOKEN_IN_CSI)
		return done(z, TOKEN_CSI, z->pos);
	z->state = TOKEN_IN_STRING;
	z->string = TOKEN_DCS;
	z->overflow = false;
	z->last = 0;
	buf_clear(&z->held);
	return NULL;
}

static const struct token *
string_done(struct tokenizer *z, bool bel)
{
	struct token *t = &z->token;

	if (z->string == TOKEN_OSC) {
		size_t n = 0;

		/* Controls are no part of an OSC. */
		for (size_t i = 0; i < z->held.len; i++)
			if (z->held.data[i] >= 0x20)
				z->held.data[n++] = z->held.data[i];
		z->held.len = n;
	}
	buf_byte(&z->held, 0);
	t->data = z->held.data;
	t->len = z->held.len - 1;
	t->bel = bel;
	t->long_string = z->overflow;
	return done(z, z->string, z->pos);
}

static const struct token *
string(struct tokenizer *z, const uint8_t **pp, const uint8_t *end)
{
	const uint8_t *p = *pp, *stop = p;
	bool st = false;

	for (; stop < end; stop++) {
		uint8_t c = *stop;

		if (c == 0x1b || c == 0x18 || c == 0x1a ||
		    (c == 7 && z->string == TOKEN_OSC))
			break;
		if (c == 0x9c && z->last == 0xc2) {
			st = true;
			break;
		}
		z->last = c;
	}

	size_t n = (size_t)(stop - p);
	if (!z->overflow && z->held.len + n > z->string_max) {
		z->overflow = true;
		buf_release(&z->held);
	}
	if (!z->overflow)
		buf_append(&z->held, p, n);
	z->pos += n;
	*pp = stop;
	if (stop == end)
		return NULL;

	++*pp;
	z->pos++;
	if (st) {
		if (z->held.len > 0)
			z->held.len--; /* the C2 */
		return string_done(z, false);
	}
	if (*stop == 7)
		return string_done(z, true);
	if (*stop == 0x1b) {
		z->state = TOKEN_IN_STRING_ESC;
		return NULL;
	}
	return done(z, TOKEN_ABORTED, z->pos);
}

static const struct token *
string_esc(struct tokenizer *z, const uint8_t **pp)
{
	const struct token *t;

	if (**pp == '\\') {
		++*pp;
		z->pos++;
		return string_done(z, false);
	}
	t = done(z, TOKEN_ABORTED, z->pos - 1);
	begin(z, TOKEN_IN_ESC, z->pos - 1);
	return t;
}

static const struct token *
utf8(struct tokenizer *z, const uint8_t **pp)
{
	struct token *t = &z->token;
	uint32_t c;
	unsigned used;

	buf_byte(&z->held, **pp);
	used = decode(z->held.data, z->held.data + z->held.len, &c);
	if (used == 0 || used == z->held.len) {
		++*pp;
		z->pos++;
	}
	if (used == 0)
		return NULL;
	if (c >= 0x80 && c < 0xa0) {
		uint64_t from = z->start;
		enum token_state next;

		begin(z, TOKEN_IN_GROUND, from);
		next = introduce(z, (uint8_t)(c - 0x40));
		z->state = next;
		t->final = (uint8_t)(c - 0x40);
		return next == TOKEN_IN_GROUND ? done(z, TOKEN_ESC, z->pos)
					       : NULL;
	}
	z->runes[0] = c;
	t->runes = z->runes;
	t->n_runes = 1;
	return done(z, TOKEN_RUNES, z->pos);
}

const struct token *
tokenizer_next(struct tokenizer *z, const uint8_t **pp, const uint8_t *end)
{
	const struct token *t = NULL;

	while (!t && *pp < end) {
		switch (z->state) {
		case TOKEN_IN_GROUND:
			t = ground(z, pp, end);
			break;
		case TOKEN_IN_UTF8:
			t = utf8(z, pp);
			break;
		case TOKEN_IN_ESC:
		case TOKEN_IN_CSI:
		case TOKEN_IN_DCS_HEAD:
			t = inside(z, pp);
			break;
		case TOKEN_IN_STRING:
			t = string(z, pp, end);
			break;
		case TOKEN_IN_STRING_ESC:
			t = string_esc(z, pp);
			break;
		}
	}
	if (!t) {
		z->token.kind = TOKEN_NONE;
		t = &z->token;
	}
	return t;
}

/* Too long to be held back until it ends. */
static bool
streams(const struct tokenizer *z)
{
	return z->state != TOKEN_IN_GROUND &&
	       (z->overflow || z->pos - z->start > TOKEN_QUERY_MAX);
}

uint64_t
tokenizer_boundary(const struct tokenizer *z)
{
	return z->state == TOKEN_IN_GROUND || streams(z) ? z->pos : z->start;
}

bool
tokenizer_joinable(const struct tokenizer *z)
{
	return !streams(z);
}
