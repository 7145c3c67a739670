/* custodian/input.c - what is typed into the program, each byte once. */
#include "custodian/input.h"

#include <errno.h>
#include <stdlib.h>

#include "base/io.h"
#include "base/mem.h"
#include "keeper/memory.h"
#include "proto/resume.h"

/* The session memory has what the rules want to outlive us. */
#define SAME(field)                               \
	(offsetof(struct memory_client, field) == \
	 offsetof(struct resume_row, field))
_Static_assert((int)MEMORY_CLIENTS == (int)RESUME_CLIENTS && SAME(id) &&
		       SAME(taken) && SAME(intent) && SAME(used) &&
		       sizeof(struct memory_client) ==
			       sizeof(struct resume_row),
	       "a row is laid out as in the session memory");
_Static_assert(sizeof(struct memory_more) == sizeof(struct resume_more) &&
		       offsetof(struct memory_more, since) ==
			       offsetof(struct resume_more, since),
	       "and so is what belongs to it");

struct input {
	struct resume_taker taker;
	int pty;
};

struct input *
input_new(struct memory_head *head, int pty)
{
	struct input *in = mem_zero(1, sizeof *in);

	in->pty = pty;
	in->taker.rows = (void *)head->clients;
	in->taker.more = (void *)head->more;
	in->taker.uses = &head->uses;
	resume_taker_init(&in->taker);
	return in;
}

void
input_free(struct input *in)
{
	if (!in)
		return;
	resume_taker_release(&in->taker);
	free(in);
}

unsigned
input_enter(struct input *in, const uint8_t id[16])
{
	return resume_enter(&in->taker, id);
}

void
input_leave(struct input *in, unsigned client)
{
	resume_leave(&in->taker, client);
}

uint64_t
input_taken(const struct input *in, unsigned client)
{
	return in->taker.rows[client].taken;
}

uint64_t
input_doubted(const struct input *in, unsigned client)
{
	return in->taker.more[client].doubted;
}

uint64_t
input_since(const struct input *in, unsigned client)
{
	return in->taker.more[client].since;
}

int
input_typed(struct input *in, unsigned client, uint64_t offset,
	    const void *data, size_t len)
{
	return resume_typed(&in->taker, client, offset, data, len);
}

void
input_reply(struct input *in, const void *data, size_t len)
{
	if (input_queued(in) < INPUT_MAX)
		resume_insert(&in->taker, data, len);
}

size_t
input_flush(struct input *in)
{
	const uint8_t *data;
	size_t len;

	while ((len = resume_write(&in->taker, &data)) > 0) {
		ssize_t n = io_write(in->pty, data, len);

		if (n < 0 && n != -EAGAIN)
			n = (ssize_t)len; /* nobody is there to read it */
		resume_wrote(&in->taker, n > 0 ? (size_t)n : 0);
		if (n == -EAGAIN)
			break;
	}
	return input_queued(in);
}

size_t
input_queued(const struct input *in)
{
	return in->taker.bytes.len;
}
