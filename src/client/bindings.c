/* client/bindings.c - what the keys after the prefix do. */
#include "client/bindings.h"

#include <errno.h>
#include <string.h>

static const struct binding {
	const char *key;
	enum bindings_verdict verdict;
	const char *does;
} table[] = {
	{ "d", BINDINGS_DETACH, "detach" },
	{ "C-z", BINDINGS_SUSPEND, "suspend this client" },
	{ "?", BINDINGS_HELP, "these keys" },
};

enum { ROWS = sizeof table / sizeof *table };

/* A letter as the first key could never be typed again. */
static bool
may_be_first(const struct stroke *s)
{
	return (s->mods & (STROKE_CTRL | STROKE_ALT)) != 0 || s->code < ' ' ||
	       s->code == 0x7f || s->code >= STROKE_FINAL;
}

static int
parse_sequence(struct bindings *b, const char *words)
{
	while (b->detach_len < BINDINGS_DETACH_MAX) {
		/* A comma may be a key: the one that nothing precedes. */
		size_t n = *words == ',' ? 1 : strcspn(words, ",");
		int r = stroke_parse(&b->detach[b->detach_len], words, n);

		if (r < 0)
			return r;
		b->detach_len++;
		words += n;
		if (*words == '\0')
			return may_be_first(&b->detach[0]) ? 0 : -EINVAL;
		words++;
	}
	return -EINVAL;
}

int
bindings_init(struct bindings *b, const char *prefix, const char *detach_keys)
{
	*b = (struct bindings){ 0 };
	if (prefix == NULL)
		prefix = "C-b";

	int r = stroke_parse(&b->prefix, prefix, strlen(prefix));
	if (r < 0)
		return r;
	if (!may_be_first(&b->prefix))
		return -EINVAL;
	return detach_keys != NULL ? parse_sequence(b, detach_keys) : 0;
}

bool
bindings_busy(const struct bindings *b)
{
	return b->prefixed || b->matched > 0;
}

static void
took(struct bindings *b, const struct stroke *s)
{
	if (s->byte >= 0)
		return; /* such a terminal reports no release */
	if (b->down_len == BINDINGS_DOWN_MAX) {
		b->down_len--;
		memmove(b->down, b->down + 1, b->down_len * sizeof *b->down);
	}
	b->down[b->down_len++] = s->code;
}

/* The release of a key we took; after it the key is free again. */
static bool
released(struct bindings *b, const struct stroke *s)
{
	for (unsigned i = 0; i < b->down_len; i++)
		if (b->down[i] == s->code) {
			b->down[i] = b->down[--b->down_len];
			return true;
		}
	return false;
}

static bool
is_down(const struct bindings *b, const struct stroke *s)
{
	for (unsigned i = 0; i < b->down_len; i++)
		if (b->down[i] == s->code)
			return true;
	return false;
}

static enum bindings_verdict
after_prefix(struct bindings *b, const struct stroke *s)
{
	b->prefixed = false;
	if (stroke_is(s, &b->prefix)) {
		released(b, s);
		return BINDINGS_LITERAL;
	}

	took(b, s);
	for (unsigned i = 0; i < ROWS; i++) {
		struct stroke key;

		if (table[i].verdict == BINDINGS_DETACH && b->detach_len > 0)
			continue;
		if (stroke_parse(&key, table[i].key, strlen(table[i].key)) < 0)
			continue;
		if (stroke_is(s, &key))
			return table[i].verdict;
	}
	return BINDINGS_UNKNOWN;
}

static enum bindings_verdict
in_sequence(struct bindings *b, const struct stroke *s)
{
	if (!stroke_is(s, &b->detach[b->matched])) {
		b->matched = 0;
		return BINDINGS_BACK;
	}
	took(b, s);
	if (++b->matched < b->detach_len)
		return BINDINGS_HOLD;
	b->matched = 0;
	return BINDINGS_DETACH;
}

enum bindings_verdict
bindings_take(struct bindings *b, const struct stroke *s)
{
	if (s->event == STROKE_RELEASE)
		return released(b, s) ? BINDINGS_DROP : BINDINGS_PASS;
	if (stroke_is_modifier(s))
		return BINDINGS_PASS;
	if (s->event == STROKE_REPEAT && is_down(b, s))
		return BINDINGS_DROP;

	if (b->prefixed)
		return after_prefix(b, s);
	if (b->matched > 0)
		return in_sequence(b, s);
	if (b->detach_len > 0 && stroke_is(s, &b->detach[0]))
		return in_sequence(b, s);
	if (stroke_is(s, &b->prefix)) {
		took(b, s);
		b->prefixed = true;
		return BINDINGS_HOLD;
	}
	return BINDINGS_PASS;
}

bool
bindings_row(const struct bindings *b, size_t i, const char **key,
	     const char **does)
{
	if (i >= ROWS)
		return false;
	*key = table[i].key;
	*does = table[i].does;
	if (table[i].verdict == BINDINGS_DETACH && b->detach_len > 0)
		*does = NULL;
	return true;
}
