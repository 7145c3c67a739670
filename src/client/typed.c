/* client/typed.c - what was typed, kept until the custodian has it. */
#include "client/typed.h"

#include "proto/msg.h"

void
typed_add(struct typed *t, const void *data, size_t len)
{
	buf_append(&t->bytes, data, len);
}

static uint64_t
end(const struct typed *t)
{
	return t->start + t->bytes.len;
}

void
typed_open(struct typed *t)
{
	t->open = end(t);
}

void
typed_send(struct typed *t, struct buf *out)
{
	while (t->sent < t->open) {
		struct msg_writer w;
		uint64_t n = t->open - t->sent;

		if (n > TYPED_FRAME)
			n = TYPED_FRAME;
		msg_begin(&w, out, MSG_INPUT, 2);
		msg_uint(&w, t->sent);
		msg_bin(&w, t->bytes.data + (t->sent - t->start), (size_t)n);
		msg_end(&w);
		t->sent += n;
	}
}

void
typed_taken(struct typed *t, uint64_t offset)
{
	if (offset <= t->start)
		return;
	if (offset > end(t))
		offset = end(t);
	buf_drop(&t->bytes, (size_t)(offset - t->start));
	t->start = offset;
	if (t->sent < offset)
		t->sent = offset;
	if (t->open < offset)
		t->open = offset;
}

void
typed_again(struct typed *t, uint64_t taken)
{
	if (taken < t->start) {
		buf_clear(&t->bytes);
		t->start = t->open = taken;
	}
	typed_taken(t, taken);
	t->sent = t->start;
}

void
typed_forget(struct typed *t)
{
	buf_clear(&t->bytes);
	*t = (struct typed){ .bytes = t->bytes };
}

bool
typed_full(const struct typed *t)
{
	return t->bytes.len >= TYPED_MAX;
}

void
typed_release(struct typed *t)
{
	buf_release(&t->bytes);
}
