/* client/hold.c - what becomes of keys while nobody answers. */
#include "client/hold.h"

#include "client/stroke.h"

/* Some keys have many encodings; which it is, the program has chosen. */
enum which { TEXT, ENTER, CANCEL, ESCAPE, NOBODY, OTHER };

void
hold_forget(struct hold *h)
{
	buf_release(&h->bytes);
	h->keys = 0;
	h->asks = false;
}

void
hold_begin(struct hold *h, bool pasting)
{
	h->refused = 0;
	h->keeps = pasting;
}

/* How many characters it is, if it is nothing else; 0: it is. */
static unsigned
characters(const uint8_t *p, size_t len)
{
	unsigned n = 0;

	for (size_t i = 0; i < len; i++) {
		if (p[i] < ' ' || p[i] == 0x7f)
			return 0;
		n += (p[i] & 0xc0) != 0x80;
	}
	return n;
}

static bool
named(const struct stroke *s, const char *name, size_t len)
{
	struct stroke key;

	return stroke_parse(&key, name, len) == 0 && stroke_is(s, &key);
}

static enum which
which(enum input_kind kind, const uint8_t *data, size_t len)
{
	struct stroke s;

	if (kind == INPUT_REPORT)
		return NOBODY;
	if (kind == INPUT_PASTED)
		return OTHER;
	if (characters(data, len) > 0)
		return TEXT;
	if (!stroke_decode(&s, data, len))
		return OTHER;
	if (s.event == STROKE_RELEASE || stroke_is_modifier(&s))
		return NOBODY;
	if (named(&s, "C-c", 3))
		return CANCEL;
	if (named(&s, "Enter", 5))
		return ENTER;
	return named(&s, "Escape", 6) ? ESCAPE : OTHER;
}

static enum hold_verdict
take(struct hold *h, enum which key, const uint8_t *data, size_t len)
{
	if (key == NOBODY)
		return HOLD_TAKEN;
	if (key == TEXT && h->bytes.len + len <= HOLD_MAX) {
		buf_append(&h->bytes, data, len);
		h->keys += characters(data, len);
		return HOLD_TAKEN;
	}
	if (key == CANCEL)
		hold_forget(h);
	h->refused++;
	return HOLD_TAKEN;
}

static enum hold_verdict
answer(struct hold *h, enum which key)
{
	switch (key) {
	case ENTER:
		h->asks = false;
		return HOLD_SEND;
	case CANCEL:
	case ESCAPE:
		hold_forget(h);
		return HOLD_TAKEN;
	case NOBODY:
		return HOLD_TAKEN;
	default:
		return HOLD_WHAT;
	}
}

enum hold_verdict
hold_key(struct hold *h, uint64_t ms, enum input_kind kind, const void *data,
	 size_t len)
{
	if (len == 0)
		return HOLD_PASS;
	if (h->asks)
		return answer(h, which(kind, data, len));
	if (ms == 0)
		return HOLD_PASS;
	/* What began before it goes on, whole. */
	bool keeps = ms < HOLD_KEEP || (h->keeps && kind == INPUT_PASTED);
	h->keeps = keeps && kind == INPUT_PASTED;
	return keeps ? HOLD_PASS : take(h, which(kind, data, len), data, len);
}

bool
hold_end(struct hold *h, uint64_t ms)
{
	h->refused = 0;
	h->keeps = false;
	/* Once it is a question it stays one. */
	h->asks |= h->keys > 0 && ms > HOLD_TRUST;
	return h->keys > 0 && !h->asks;
}
