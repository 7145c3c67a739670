/* client/input.c - what the terminal sends: keys, replies, pastes. */
#include "client/input.h"

#include <string.h>

#include "client/stroke.h"

enum { BEL = 0x07, CAN = 0x18, SUB = 0x1a, ESC = 0x1b, DEL = 0x7f };

enum state { GROUND, ESCAPE, CSI, SS3, STRING, STRING_ESC, UTF8 };

/* In ms: an Escape key, Alt and a key, a late reply's ESC, a sequence. */
enum {
	PATIENCE_ESC = 10,
	PATIENCE_ALT = 50,
	PATIENCE_REPLY = 300,
	PATIENCE_LONG = 1000,
};

static const char paste_begin[] = "\033[200~";
static const char paste_end[] = "\033[201~";

void
input_init(struct input *in, const struct input_events *events, void *ctx)
{
	*in = (struct input){ .events = events, .ctx = ctx };
}

static void
type(struct input *in, const uint8_t *data, size_t len)
{
	if (len > 0)
		in->events->typed(in->ctx, data, len);
}

static void
type_kept(struct input *in)
{
	type(in, in->kept, in->kept_len);
	in->kept_len = 0;
}

/* Types the token, whatever it is, but for what was typed before. */
static void
pass(struct input *in)
{
	type(in, in->tok + in->sent, in->len - in->sent);
}

static void
pass_as(struct input *in, enum input_kind kind)
{
	in->kind = kind;
	pass(in);
	in->kind = INPUT_KEYS;
}

static void
token_end(struct input *in)
{
	in->state = GROUND;
	in->len = 0;
	in->sent = 0;
}

static void
keep(struct input *in)
{
	size_t n = in->len - in->sent;

	if (n > sizeof in->kept - in->kept_len) {
		type_kept(in);
		pass(in);
		return;
	}
	memcpy(in->kept + in->kept_len, in->tok + in->sent, n);
	in->kept_len += n;
}

static void
key(struct input *in, const struct stroke *s)
{
	enum input_verdict v;

	while ((v = in->events->key(in->ctx, s)) == INPUT_AGAIN)
		type_kept(in);

	switch (v) {
	case INPUT_KEEP:
		keep(in);
		return;
	case INPUT_DROP:
		/* The release of a key in a sequence ends nothing. */
		if (s->event != STROKE_RELEASE)
			in->kept_len = 0;
		return;
	case INPUT_LITERAL:
		in->kept_len = 0;
		break;
	default:
		break;
	}
	pass(in);
}

static bool
prefix_is(const uint8_t *data, size_t len, const char *s)
{
	size_t n = strlen(s);

	return len >= n && memcmp(data, s, n) == 0;
}

/* `CSI r;c R`, unless r is 1: then it is F3 and a modifier. */
static bool
is_position(const uint8_t *p, size_t len)
{
	return len > 2 && p[0] >= '0' && p[0] <= '9' &&
	       !prefix_is(p, len, "1;");
}

bool
input_is_reply(const uint8_t *data, size_t len)
{
	if (len < 3 || data[0] != ESC)
		return false;
	if (data[1] == ']' || data[1] == 'P' || data[1] == '_')
		return true;
	if (data[1] != '[')
		return false;

	const uint8_t *p = data + 2;
	uint8_t final = data[len - 1];
	uint8_t before = data[len - 2];

	if (*p == '?' || *p == '>' || *p == '=')
		return true;
	if (before >= ' ' && before <= '/')
		return true;
	if (len == 3)
		return false;
	return final == 'n' || final == 't' || final == 'x' ||
	       (final == 'R' && is_position(p, len - 2));
}

/* Ends whatever our keys had begun, as an unknown key does. */
static void
begin_paste(struct input *in)
{
	struct stroke s;

	stroke_decode(&s, in->tok, in->len);
	while (in->events->key(in->ctx, &s) == INPUT_AGAIN)
		type_kept(in);
	in->kept_len = 0;
	pass_as(in, INPUT_PASTED);
	in->paste = 1;
}

static void
end_csi(struct input *in)
{
	const uint8_t *tok = in->tok;
	size_t len = in->len;
	struct stroke s;

	if (len == 6 && memcmp(tok, paste_begin, 6) == 0) {
		begin_paste(in);
	} else if (input_is_reply(tok, len)) {
		in->events->reply(in->ctx, tok, len);
	} else if (len == 3 && (tok[2] == 'I' || tok[2] == 'O')) {
		if (in->focus)
			pass_as(in, INPUT_REPORT);
	} else if (tok[2] == '<') {
		if (in->events->mouse != NULL)
			in->events->mouse(in->ctx, tok, len);
		else
			pass_as(in, INPUT_REPORT);
	} else if (len == 3 && tok[2] == 'M') {
		pass_as(in, INPUT_REPORT);
		in->raw = 3;
	} else if (stroke_decode(&s, tok, len)) {
		key(in, &s);
	} else {
		pass(in);
	}
	token_end(in);
}

static void
end_key(struct input *in)
{
	struct stroke s;

	if (in->sent > 0 || !stroke_decode(&s, in->tok, in->len))
		pass(in);
	else
		key(in, &s);
	token_end(in);
}

static void
end_string(struct input *in)
{
	in->events->reply(in->ctx, in->tok, in->len);
	token_end(in);
}

/* Could the string in the token, or its beginning, be a reply? */
static bool
plausible(const struct input *in)
{
	uint8_t c = in->tok[2];

	if (in->len < 3)
		return true;
	switch (in->tok[1]) {
	case ']':
		return (c >= '0' && c <= '9') || c == 'l' || c == 'L';
	case 'P':
		return c == '>' || c == '!' || c == '$' || c == '0' || c == '1';
	default:
		return c == 'G';
	}
}

static void
put(struct input *in, uint8_t c)
{
	in->tok[in->len++] = c;
}

static void byte(struct input *in, uint8_t c);

/* It was no sequence after all: type its bytes and read c afresh. */
static void
broken(struct input *in, uint8_t c)
{
	pass(in);
	token_end(in);
	byte(in, c);
}

static void
ground(struct input *in, uint8_t c)
{
	put(in, c);
	if (c == ESC)
		in->state = ESCAPE;
	else if (c >= 0xc0)
		in->state = UTF8;
	else
		end_key(in);
}

static void
escape(struct input *in, uint8_t c)
{
	bool reply = c == '[' || c == ']' || c == 'P' || c == '_';

	if (c == ESC || (in->sent > 0 && !reply)) {
		broken(in, c);
		return;
	}

	put(in, c);
	if (c == '[')
		in->state = CSI;
	else if (c == 'O')
		in->state = SS3;
	else if (c == ']' || c == 'P' || c == '_')
		in->state = STRING;
	else if (c >= 0xc0)
		in->state = UTF8;
	else
		end_key(in);
}

static void
csi(struct input *in, uint8_t c)
{
	if (c < ' ' || c >= DEL) {
		broken(in, c);
		return;
	}
	put(in, c);
	/* The Linux console's F1 is `CSI [ A`. */
	if (in->len == 4 && in->tok[2] == '[') {
		pass(in);
		token_end(in);
	} else if (c >= '@' && !(c == '[' && in->len == 3)) {
		end_csi(in);
	}
}

static void
ss3(struct input *in, uint8_t c)
{
	if (c < ' ' || c >= DEL) {
		broken(in, c);
		return;
	}
	put(in, c);
	if (c >= '@' || in->len > 4)
		end_key(in);
}

/* Behind an ESC in a string: its end, or of something new the beginning. */
static void
string_escape(struct input *in, uint8_t c)
{
	if (c == '\\') {
		put(in, c);
		end_string(in);
		return;
	}
	in->len--;
	if (in->len <= 2)
		pass(in);
	token_end(in);
	byte(in, ESC);
	byte(in, c);
}

static void
string(struct input *in, uint8_t c)
{
	bool ends = c == BEL && in->len > 2;

	if (c < ' ' && c != ESC && !ends) {
		broken(in, c);
		return;
	}
	put(in, c);
	if (ends) {
		end_string(in);
	} else if (c == ESC) {
		in->state = STRING_ESC;
	} else if (!plausible(in)) {
		in->len--;
		broken(in, c);
	}
}

static void
utf8(struct input *in, uint8_t c)
{
	size_t start = in->tok[0] == ESC ? 1 : 0;
	uint8_t lead = in->tok[start];
	size_t want = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;

	if ((c & 0xc0) != 0x80) {
		broken(in, c);
		return;
	}
	put(in, c);
	if (in->len - start == want)
		end_key(in);
}

static void
byte(struct input *in, uint8_t c)
{
	if (in->raw > 0) {
		in->raw--;
		in->kind = INPUT_REPORT;
		type(in, &c, 1);
		in->kind = INPUT_KEYS;
		return;
	}
	if (in->len == sizeof in->tok - 1) {
		/* Nobody types this much: an endless reply, or noise. */
		if (in->state == STRING || in->state == STRING_ESC) {
			in->len = 3;
			in->state = STRING;
		} else {
			pass(in);
			token_end(in);
		}
	}

	switch ((enum state)in->state) {
	case GROUND:
		ground(in, c);
		break;
	case ESCAPE:
		escape(in, c);
		break;
	case CSI:
		csi(in, c);
		break;
	case SS3:
		ss3(in, c);
		break;
	case STRING:
		string(in, c);
		break;
	case STRING_ESC:
		string_escape(in, c);
		break;
	case UTF8:
		utf8(in, c);
		break;
	}
}

/* Pasted bytes are passed as they are; returns how many there were. */
static size_t
pasted(struct input *in, const uint8_t *p, size_t len)
{
	size_t i = 0;

	while (i < len && in->paste > 0) {
		uint8_t c = p[i++];

		if (c != (uint8_t)paste_end[in->paste - 1])
			in->paste = c == ESC ? 2 : 1;
		else if (++in->paste == sizeof paste_end)
			in->paste = 0;
	}
	in->kind = INPUT_PASTED;
	type(in, p, i);
	in->kind = INPUT_KEYS;
	return i;
}

/* How many bytes from p on are text that no key of ours begins with. */
static size_t
plain(const struct input *in, const uint8_t *p, size_t len)
{
	size_t n = 0;

	if (in->state != GROUND || in->raw > 0 || in->events->busy(in->ctx))
		return 0;
	while (n < len && p[n] >= ' ' && p[n] < DEL)
		n++;
	return n;
}

void
input_feed(struct input *in, const void *data, size_t len)
{
	const uint8_t *p = data;
	const uint8_t *end = p + len;

	while (p < end) {
		if (in->paste > 0) {
			p += pasted(in, p, (size_t)(end - p));
			continue;
		}

		size_t n = plain(in, p, (size_t)(end - p));
		type(in, p, n);
		p += n;
		if (p < end)
			byte(in, *p++);
	}
}

unsigned
input_patience(const struct input *in)
{
	switch ((enum state)in->state) {
	case GROUND:
		return 0;
	case ESCAPE:
		if (in->sent > 0)
			return PATIENCE_REPLY;
		/* Behind the prefix nobody waits for an Escape. */
		return in->events->busy(in->ctx) ? PATIENCE_ALT : PATIENCE_ESC;
	case SS3:
		return PATIENCE_ALT;
	case CSI:
	case STRING:
	case STRING_ESC:
		return in->len > 2 ? PATIENCE_LONG : PATIENCE_ALT;
	case UTF8:
		return PATIENCE_LONG;
	}
	return 0;
}

void
input_late(struct input *in)
{
	struct stroke s;

	if (in->state == ESCAPE && in->sent == 0) {
		/* A reply may still be on its way behind its ESC. */
		if (stroke_decode(&s, in->tok, 1))
			key(in, &s);
		in->sent = 1;
	} else if (in->state == STRING && in->len > 2) {
		token_end(in);
	} else if (in->len == 2 && in->state != UTF8) {
		end_key(in); /* Alt and [, say */
	} else {
		pass(in);
		token_end(in);
	}
}
