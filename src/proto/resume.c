/* proto/resume.c - what stays exact when connections and custodians die. */
#include "proto/resume.h"

#include <errno.h>
#include <string.h>

/* --- the client's end of its input -------------------------------------- */

void
resume_release(struct resume_sender *s)
{
	buf_release(&s->bytes);
}

static uint64_t
end(const struct resume_sender *s)
{
	return s->start + s->bytes.len;
}

void
resume_add(struct resume_sender *s, const void *data, size_t len)
{
	buf_append(&s->bytes, data, len);
}

void
resume_open(struct resume_sender *s)
{
	s->open = end(s);
}

size_t
resume_send(struct resume_sender *s, size_t max, uint64_t *offset,
	    const uint8_t **data)
{
	uint64_t n = s->open - s->sent;

	if (n > max)
		n = max;
	if (n == 0)
		return 0;
	*offset = s->sent;
	*data = s->bytes.data + (s->sent - s->start);
	s->sent += n;
	if (s->ever < s->sent)
		s->ever = s->sent;
	return (size_t)n;
}

/* None before this offset is there any more. */
static void
pass(struct resume_sender *s, uint64_t offset)
{
	buf_drop(&s->bytes, (size_t)(offset - s->start));
	s->start = offset;
	if (s->sent < offset)
		s->sent = offset;
	if (s->ever < offset)
		s->ever = offset;
	if (s->open < offset)
		s->open = offset;
}

void
resume_took(struct resume_sender *s, uint64_t offset)
{
	if (offset > s->start)
		pass(s, offset < s->ever ? offset : s->ever);
}

/* What is left begins at another offset. */
static void
count_from(struct resume_sender *s, uint64_t offset)
{
	s->open = s->open - s->start + offset;
	s->start = s->sent = s->ever = offset;
}

struct resume_loss
resume_again(struct resume_sender *s, const struct resume_greeting *g)
{
	struct resume_loss loss = { 0 };

	if (!g->same) {
		loss.dropped = s->bytes.len;
		pass(s, end(s));
		count_from(s, g->taken);
	} else if (g->since != s->since || g->taken < s->start ||
		   g->taken > s->ever) {
		loss.unsure = s->ever - s->start;
		pass(s, s->ever);
		count_from(s, g->taken);
	} else {
		if (g->doubted > s->doubted)
			loss.unsure = g->doubted - s->doubted;
		resume_took(s, g->taken);
		s->sent = s->start;
	}
	s->doubted = g->doubted;
	s->since = g->since;
	return loss;
}

/* --- the custodian's end ------------------------------------------------ */

enum { NOBODY = RESUME_CLIENTS };

/* A run of queued bytes of one client, or of nobody. */
struct run {
	unsigned row;
	size_t len;
};

/* A successor may read this any moment: first things first. */
static void
store(uint64_t *to, uint64_t value)
{
	__atomic_store_n(to, value, __ATOMIC_RELEASE);
}

void
resume_taker_init(struct resume_taker *t)
{
	for (unsigned i = 0; i < RESUME_CLIENTS; i++) {
		struct resume_row *r = &t->rows[i];

		/*
		 * A write was under way when the last custodian died.  It may
		 * have been made: what is sent again would come twice.
		 */
		if (r->intent > r->taken) {
			store(&t->more[i].doubted,
			      t->more[i].doubted + (r->intent - r->taken));
			store(&r->taken, r->intent);
		}
		t->next[i] = r->taken;
	}
}

void
resume_taker_release(struct resume_taker *t)
{
	buf_release(&t->bytes);
	buf_release(&t->runs);
}

static bool
is(const struct resume_row *r, const uint8_t id[16])
{
	return r->used > 0 && memcmp(r->id, id, sizeof r->id) == 0;
}

/* Whether row a is to be given away before row b. */
static bool
before(const struct resume_taker *t, unsigned a, unsigned b)
{
	if (!t->attached[a] != !t->attached[b])
		return !t->attached[a];
	return t->rows[a].used < t->rows[b].used;
}

/* The row is somebody else's now; what is queued is typed all the same. */
static void
give_away(struct resume_taker *t, unsigned row, const uint8_t id[16])
{
	struct run *runs = (void *)t->runs.data;
	size_t n = t->runs.len / sizeof *runs;

	for (size_t i = 0; i < n; i++)
		if (runs[i].row == row)
			runs[i].row = NOBODY;
	t->rows[row] = (struct resume_row){ 0 };
	t->more[row] = (struct resume_more){ .since = *t->uses + 1 };
	t->next[row] = 0;
	t->attached[row] = 0;
	memcpy(t->rows[row].id, id, sizeof t->rows[row].id);
}

unsigned
resume_enter(struct resume_taker *t, const uint8_t id[16])
{
	unsigned found = 0;

	for (unsigned i = 0; i < RESUME_CLIENTS; i++) {
		if (is(&t->rows[i], id)) {
			found = i;
			break;
		}
		if (before(t, i, found))
			found = i;
	}
	if (!is(&t->rows[found], id))
		give_away(t, found, id);
	t->rows[found].used = ++*t->uses;
	t->attached[found]++;
	return found;
}

void
resume_leave(struct resume_taker *t, unsigned row)
{
	if (t->attached[row] > 0)
		t->attached[row]--;
}

static void
queue(struct resume_taker *t, unsigned row, const void *data, size_t len)
{
	struct run *last = NULL;

	if (t->runs.len > 0)
		last = (void *)(t->runs.data + t->runs.len - sizeof *last);
	buf_append(&t->bytes, data, len);
	if (last && last->row == row)
		last->len += len;
	else
		buf_append(&t->runs, &(struct run){ row, len },
			   sizeof(struct run));
}

int
resume_typed(struct resume_taker *t, unsigned row, uint64_t offset,
	     const void *data, size_t len)
{
	uint64_t next = t->next[row];

	if (offset > next || offset + len < offset)
		return -EPROTO;
	if (offset + len <= next)
		return 0;

	size_t had = (size_t)(next - offset);
	queue(t, row, (const uint8_t *)data + had, len - had);
	t->next[row] = offset + len;
	return 0;
}

void
resume_insert(struct resume_taker *t, const void *data, size_t len)
{
	if (len > 0)
		queue(t, NOBODY, data, len);
}

size_t
resume_write(struct resume_taker *t, const uint8_t **data)
{
	if (t->bytes.len == 0)
		return 0;

	const struct run *r = (void *)t->runs.data;
	size_t n = r->len < RESUME_WRITE ? r->len : RESUME_WRITE;
	if (r->row != NOBODY) {
		struct resume_row *row = &t->rows[r->row];

		store(&row->intent, row->taken + n);
	}
	*data = t->bytes.data;
	return n;
}

void
resume_wrote(struct resume_taker *t, size_t n)
{
	struct run *r = (void *)t->runs.data;

	if (r->row != NOBODY) {
		struct resume_row *row = &t->rows[r->row];

		store(&row->taken, row->taken + n);
		store(&row->intent, row->taken);
	}
	buf_drop(&t->bytes, n);
	r->len -= n;
	if (r->len == 0)
		buf_drop(&t->runs, sizeof *r);
	if (t->bytes.len == 0) {
		buf_clear(&t->bytes);
		buf_clear(&t->runs);
	}
}

/* --- output ------------------------------------------------------------- */

bool
resume_joins(const struct resume_place *was, const struct resume_place *now,
	     uint64_t first, uint64_t *missed)
{
	bool there = was->at >= first && was->at <= now->at;

	*missed = there || was->at > now->at ? 0 : now->at - was->at;
	return there && was->resizes == now->resizes;
}
