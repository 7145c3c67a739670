/* custodian/input.c - what is typed into the program, each byte once. */
#include "custodian/input.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/mem.h"
#include "keeper/memory.h"

enum { NOBODY = MEMORY_CLIENTS };

/* A run of queued bytes that one client typed, or the terminal answered. */
struct run {
	unsigned client; /* row, or NOBODY */
	size_t len;
};

struct input {
	struct memory_head *head;
	int pty;
	struct buf bytes;
	struct buf runs; /* of struct run */
	uint64_t next[MEMORY_CLIENTS]; /* taken, and what is queued */
	unsigned attached[MEMORY_CLIENTS];
};

struct input *
input_new(struct memory_head *head, int pty)
{
	struct input *in = mem_zero(1, sizeof *in);

	in->head = head;
	in->pty = pty;
	for (unsigned i = 0; i < MEMORY_CLIENTS; i++) {
		struct memory_client *c = &head->clients[i];

		/*
		 * A write was under way when the last custodian died.  It may
		 * have been made: what is sent again would come twice.
		 */
		if (c->intent > c->taken)
			c->taken = c->intent;
		in->next[i] = c->taken;
	}
	return in;
}

void
input_free(struct input *in)
{
	if (!in)
		return;
	buf_release(&in->bytes);
	buf_release(&in->runs);
	free(in);
}

static bool
is(const struct memory_client *c, const uint8_t id[16])
{
	return c->used > 0 && memcmp(c->id, id, sizeof c->id) == 0;
}

/* Whether row a is to be given away before row b. */
static bool
before(const struct input *in, unsigned a, unsigned b)
{
	const struct memory_client *all = in->head->clients;

	if (!in->attached[a] != !in->attached[b])
		return !in->attached[a];
	return all[a].used < all[b].used;
}

unsigned
input_enter(struct input *in, const uint8_t id[16])
{
	struct memory_client *all = in->head->clients;
	unsigned found = 0;

	for (unsigned i = 0; i < MEMORY_CLIENTS; i++) {
		if (is(&all[i], id)) {
			found = i;
			break;
		}
		if (before(in, i, found))
			found = i;
	}

	if (!is(&all[found], id)) {
		all[found] = (struct memory_client){ 0 };
		memcpy(all[found].id, id, sizeof all[found].id);
		in->next[found] = 0;
		in->attached[found] = 0;
	}
	all[found].used = ++in->head->uses;
	in->attached[found]++;
	return found;
}

void
input_leave(struct input *in, unsigned client)
{
	if (in->attached[client] > 0)
		in->attached[client]--;
}

uint64_t
input_taken(const struct input *in, unsigned client)
{
	return in->head->clients[client].taken;
}

static void
queue(struct input *in, unsigned client, const void *data, size_t len)
{
	struct run *last = NULL;

	if (in->runs.len > 0)
		last = (void *)(in->runs.data + in->runs.len - sizeof *last);
	buf_append(&in->bytes, data, len);
	if (last && last->client == client)
		last->len += len;
	else
		buf_append(&in->runs, &(struct run){ client, len },
			   sizeof(struct run));
}

int
input_typed(struct input *in, unsigned client, uint64_t offset,
	    const void *data, size_t len)
{
	uint64_t next = in->next[client];

	if (offset > next || offset + len < offset)
		return -EPROTO;
	if (offset + len <= next)
		return 0;

	size_t had = (size_t)(next - offset);
	queue(in, client, (const uint8_t *)data + had, len - had);
	in->next[client] = offset + len;
	return 0;
}

void
input_reply(struct input *in, const void *data, size_t len)
{
	if (len > 0 && in->bytes.len < INPUT_MAX)
		queue(in, NOBODY, data, len);
}

/* n bytes of the first run were written. */
static void
wrote(struct input *in, size_t n)
{
	struct run *r = (void *)in->runs.data;

	if (r->client != NOBODY)
		in->head->clients[r->client].taken += n;
	buf_drop(&in->bytes, n);
	r->len -= n;
	if (r->len == 0)
		buf_drop(&in->runs, sizeof *r);
}

size_t
input_flush(struct input *in)
{
	while (in->bytes.len > 0) {
		struct run r = *(struct run *)(void *)in->runs.data;
		struct memory_client *c = NULL;

		if (r.client != NOBODY) {
			c = &in->head->clients[r.client];
			c->intent = c->taken + r.len;
		}
		ssize_t n = io_write(in->pty, in->bytes.data, r.len);
		if (n > 0)
			wrote(in, (size_t)n);
		else if (n != -EAGAIN)
			wrote(in, r.len); /* nobody is there to read it */
		if (c)
			c->intent = c->taken;
		if (n == -EAGAIN)
			break;
	}
	if (in->bytes.len == 0) {
		buf_clear(&in->bytes);
		buf_clear(&in->runs);
	}
	return in->bytes.len;
}

size_t
input_queued(const struct input *in)
{
	return in->bytes.len;
}
