/* client/stroke.c - one key as typed: its name, and its many encodings. */
#include "client/stroke.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

enum { ESC = 0x1b, DEL = 0x7f };

static const struct {
	const char *name;
	uint32_t code;
} names[] = {
	{ "Space", ' ' },
	{ "Tab", '\t' },
	{ "Enter", '\r' },
	{ "Escape", ESC },
	{ "Backspace", DEL },
	{ "Up", STROKE_FINAL | 'A' },
	{ "Down", STROKE_FINAL | 'B' },
	{ "Right", STROKE_FINAL | 'C' },
	{ "Left", STROKE_FINAL | 'D' },
	{ "Home", STROKE_FINAL | 'H' },
	{ "End", STROKE_FINAL | 'F' },
	{ "Insert", STROKE_TILDE | 2 },
	{ "Delete", STROKE_TILDE | 3 },
	{ "PageUp", STROKE_TILDE | 5 },
	{ "PageDown", STROKE_TILDE | 6 },
	{ "F1", STROKE_FINAL | 'P' },
	{ "F2", STROKE_FINAL | 'Q' },
	{ "F3", STROKE_FINAL | 'R' },
	{ "F4", STROKE_FINAL | 'S' },
	{ "F5", STROKE_TILDE | 15 },
	{ "F6", STROKE_TILDE | 17 },
	{ "F7", STROKE_TILDE | 18 },
	{ "F8", STROKE_TILDE | 19 },
	{ "F9", STROKE_TILDE | 20 },
	{ "F10", STROKE_TILDE | 21 },
	{ "F11", STROKE_TILDE | 23 },
	{ "F12", STROKE_TILDE | 24 },
};

static const struct {
	const char *word;
	uint8_t mod;
} prefixes[] = {
	{ "C-", STROKE_CTRL },	{ "M-", STROKE_ALT },
	{ "S-", STROKE_SHIFT }, { "ctrl-", STROKE_CTRL },
	{ "alt-", STROKE_ALT }, { "shift-", STROKE_SHIFT },
};

static bool
letter(uint32_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static uint32_t
lower(uint32_t c)
{
	return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

/* Length of the UTF-8 character at p, 0 if it is none. */
static size_t
character(const uint8_t *p, size_t len, uint32_t *out)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };

	if (len == 0)
		return 0;
	if (p[0] < 0x80) {
		*out = p[0];
		return 1;
	}

	size_t n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : p[0] >= 0xc0 ? 2 : 0;
	if (n == 0 || len < n)
		return 0;

	uint32_t c = p[0] & (0xffu >> (n + 1));
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	*out = c;
	return c >= least[n] ? n : 0;
}

/* The byte that a keyboard without any protocol sends. */
static int16_t
plain_byte(uint32_t code, uint8_t mods)
{
	if (code > DEL)
		return -1;
	if (!(mods & STROKE_CTRL))
		return (int16_t)code;
	if (mods & STROKE_SHIFT)
		return -1;
	if (code == '?')
		return DEL;
	if (code == ' ')
		return 0;
	if (code == '/')
		return 0x1f;
	return code >= '@' && code < DEL ? (int16_t)(code & 0x1f) : -1;
}

int
stroke_parse(struct stroke *s, const char *name, size_t len)
{
	*s = (struct stroke){ .event = STROKE_PRESS };

again:
	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
		size_t n = strlen(prefixes[i].word);

		if (len > n && strncmp(name, prefixes[i].word, n) == 0) {
			s->mods |= prefixes[i].mod;
			name += n;
			len -= n;
			goto again;
		}
	}

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strlen(names[i].name) == len &&
		    strncasecmp(names[i].name, name, len) == 0)
			s->code = names[i].code;
	if (s->code == 0 &&
	    character((const uint8_t *)name, len, &s->code) != len)
		return -EINVAL;
	if (len == 0 || (len == 1 && (s->code < ' ' || s->code == DEL)))
		return -EINVAL;

	if (s->mods & STROKE_CTRL)
		s->code = lower(s->code);
	s->byte = plain_byte(s->code, s->mods);
	return 0;
}

/* Reads a number at *p; false if there is none. */
static bool
number(const uint8_t **p, const uint8_t *end, uint32_t *out)
{
	const uint8_t *start = *p;
	uint32_t n = 0;

	for (; *p < end && **p >= '0' && **p <= '9'; (*p)++)
		if (n < 1 << 24)
			n = n * 10 + (uint32_t)(**p - '0');
	*out = n;
	return *p > start;
}

struct params {
	uint32_t v[3][4]; /* parameters and their sub-parameters; 0 missing */
	unsigned n;
};

static bool
params(struct params *out, const uint8_t *p, const uint8_t *end)
{
	unsigned i = 0, sub = 0;

	*out = (struct params){ 0 };
	while (p < end) {
		uint32_t n;

		if (number(&p, end, &n)) {
			if (i < 3 && sub < 4)
				out->v[i][sub] = n;
			out->n = i + 1;
		} else if (*p == ';') {
			i++;
			sub = 0;
			p++;
		} else if (*p == ':') {
			sub++;
			p++;
		} else {
			return false;
		}
	}
	return true;
}

/* 1 + shift 1, alt 2, ctrl 4, super 8, hyper 16, meta 32, locks 64 128. */
static uint8_t
modifiers(uint32_t wire)
{
	uint32_t m = wire > 0 ? wire - 1 : 0;

	return (uint8_t)((m & 7) | (m & 0x38 ? STROKE_SUPER : 0));
}

static bool
decode_csi(struct stroke *s, const uint8_t *data, size_t len)
{
	struct params p;
	uint8_t final = data[len - 1];

	if (!params(&p, data, data + len - 1))
		return false;

	s->mods = modifiers(p.v[1][0]);
	if (p.v[1][1] >= STROKE_PRESS && p.v[1][1] <= STROKE_RELEASE)
		s->event = (uint8_t)p.v[1][1];

	if (final == 'u') {
		s->code = p.v[0][0];
		s->shifted = p.v[0][1];
		s->base = p.v[0][2];
		s->text = p.v[2][0];
		return p.n > 0;
	}
	if (final == '~' && p.v[0][0] == 27 && p.n == 3) {
		s->code = p.v[2][0];
		s->shifted = s->code; /* the character, not the key below it */
		return true;
	}
	if (final == '~') {
		s->code = STROKE_TILDE | p.v[0][0];
		if (p.v[0][0] >= 11 && p.v[0][0] <= 14)
			s->code = STROKE_FINAL | ('P' + p.v[0][0] - 11);
		return p.n > 0;
	}
	s->code = STROKE_FINAL | final;
	return final >= 'A' && final <= 'Z' && final != 'M' && final != 'I' &&
	       final != 'O';
}

bool
stroke_decode(struct stroke *s, const uint8_t *data, size_t len)
{
	*s = (struct stroke){ .event = STROKE_PRESS, .byte = -1 };
	if (len == 0)
		return false;

	if (data[0] != ESC || len == 1) {
		if (character(data, len, &s->code) != len)
			return false;
		s->byte = s->code <= DEL ? (int16_t)s->code : -1;
		return true;
	}
	if (data[1] == '[' && len > 2)
		return decode_csi(s, data + 2, len - 2);
	if (data[1] == 'O' && len > 2) {
		s->code = STROKE_FINAL | data[len - 1];
		return true;
	}
	if (character(data + 1, len - 1, &s->code) != len - 1)
		return false;
	s->byte = s->code <= DEL ? (int16_t)s->code : -1;
	s->mods = STROKE_ALT;
	return true;
}

/* What shift makes of a key on the commonest layout, if nobody told. */
static uint32_t
shift(uint32_t c)
{
	static const char pairs[] =
		"`~1!2@3#4$5%6^7&8*9(0)-_=+[{]}\\|;:'\",<.>/?";

	if (c >= 'a' && c <= 'z')
		return c - 0x20;
	for (size_t i = 0; i + 1 < sizeof pairs; i += 2)
		if ((uint32_t)pairs[i] == c)
			return (uint32_t)pairs[i + 1];
	return 0;
}

bool
stroke_is(const struct stroke *typed, const struct stroke *named)
{
	uint32_t code = typed->code;
	uint8_t mods = typed->mods;

	if (typed->byte >= 0)
		return typed->byte == named->byte &&
		       (mods & STROKE_ALT) == (named->mods & STROKE_ALT);

	/* On a layout without Latin letters their places count. */
	if (code > DEL && code < STROKE_FINAL && typed->base != 0)
		code = typed->base;
	if (mods & STROKE_CTRL)
		code = (mods & STROKE_SHIFT) ? code : lower(code);
	if (code == named->code && mods == named->mods)
		return true;

	uint8_t rest = mods & (uint8_t)~STROKE_SHIFT;
	if (rest != named->mods || named->code >= STROKE_FINAL)
		return false;
	if (typed->text != 0 && typed->text == named->code)
		return true;
	if (!(mods & STROKE_SHIFT) || ((mods & STROKE_CTRL) && letter(code)))
		return false; /* C-S-b is not C-b */
	return named->code == (typed->shifted ? typed->shifted : shift(code));
}

bool
stroke_is_modifier(const struct stroke *s)
{
	return s->byte < 0 && ((s->code >= 57358 && s->code <= 57360) ||
			       (s->code >= 57441 && s->code <= 57454));
}
