/* unit/custodian_ring.c - the promises of custodian/ring.h. */
#include "custodian/ring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/io.h"
#include "keeper/memory.h"

struct world {
	int fd;
	struct memory_head *head;
	struct ring *ring;
};

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof *w);

	w->fd = memory_create();
	w->head = memory_map(w->fd);
	w->ring = ring_new(w->head, w->fd);
	assert_non_null(w->ring);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	ring_free(w->ring);
	memory_unmap(w->head);
	io_close(w->fd);
	free(w);
	return 0;
}

/* The byte that stands at an offset of the stream in these tests. */
static uint8_t
byte_at(uint64_t offset)
{
	return (uint8_t)(offset ^ offset >> 8 ^ offset >> 16 ^ offset >> 24);
}

static void
put(struct ring *r, size_t len)
{
	uint64_t end = ring_end(r);
	uint8_t *p = ring_room(r, len);

	for (size_t i = 0; i < len; i++)
		p[i] = byte_at(end + i);
	ring_grew(r, len);
}

static void
put_text(struct ring *r, const char *text)
{
	memcpy(ring_room(r, strlen(text)), text, strlen(text));
	ring_grew(r, strlen(text));
}

/* What a client that has everything before `from` is sent. */
static char *
slices(const struct ring *r, uint64_t from, size_t limit)
{
	struct buf all = { 0 };
	struct iovec iov[3];
	size_t bytes, sum;

	while (from < ring_end(r)) {
		uint64_t before = from;
		int n = ring_slice(r, &from, ring_end(r), limit, iov, 3,
				   &bytes);

		assert_true(from > before);
		sum = 0;
		for (int i = 0; i < n; i++) {
			buf_append(&all, iov[i].iov_base, iov[i].iov_len);
			sum += iov[i].iov_len;
		}
		assert_int_equal(sum, bytes);
	}
	return buf_steal(&all);
}

static void
the_window_is_there_wherever_the_ring_turns(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 1200; i++) { /* some 75 MB */
		put(w->ring, 65521);
		if (i % 40 == 0)
			ring_ease(w->ring);
		uint64_t end = ring_end(w->ring), begin = ring_begin(w->ring);

		if (end >= RING_WINDOW)
			assert_true(end - begin >= RING_WINDOW - 65521);
		if (i % 40 == 0)
			assert_true(end - begin <= RING_WINDOW);
		assert_true(end - begin <= w->head->ring_size);
		if (i % 50 == 0)
			for (uint64_t at = begin; at < end; at += 97)
				assert_int_equal(*ring_at(w->ring, at),
						 byte_at(at));
	}
}

static void
what_somebody_waits_for_stays_while_there_is_room(void **state)
{
	struct world *w = *state;

	put(w->ring, 1000);
	ring_keep(w->ring, 10);
	while (ring_end(w->ring) + 65536 <= w->head->ring_size) {
		put(w->ring, 65536);
		ring_ease(w->ring);
		assert_true(ring_begin(w->ring) <= 10);
	}
	for (uint64_t at = 10; at < ring_end(w->ring); at += 101)
		assert_int_equal(*ring_at(w->ring, at), byte_at(at));
	put(w->ring, 65536);
	put(w->ring, 65536);
	assert_true(ring_begin(w->ring) > 10);
	assert_false(ring_serves(w->ring, 10));
	assert_true(ring_serves(w->ring, ring_begin(w->ring)));
	for (uint64_t at = ring_begin(w->ring); at < ring_end(w->ring);
	     at += 103)
		assert_int_equal(*ring_at(w->ring, at), byte_at(at));

	ring_keep(w->ring, UINT64_MAX);
	ring_ease(w->ring);
	assert_true(ring_end(w->ring) - ring_begin(w->ring) <= RING_WINDOW);
}

static void
cuts_are_left_out_or_replaced(void **state)
{
	struct world *w = *state;

	put_text(w->ring, "ab[q1]cd[q2][q3]ef[q4]");
	ring_cut(w->ring, 2, 6, NULL, 0);
	ring_cut(w->ring, 8, 12, NULL, 0);
	ring_cut(w->ring, 12, 16, NULL, 0);
	ring_cut(w->ring, 18, 22, "<set>", 5);
	for (size_t limit = 1; limit < 30; limit++) {
		char *seen = slices(w->ring, 0, limit);

		assert_string_equal(seen, "abcdef<set>");
		free(seen);
		seen = slices(w->ring, 7, limit);
		assert_string_equal(seen, "def<set>");
		free(seen);
	}
	char *seen = slices(w->ring, 22, 10);
	assert_string_equal(seen, "");
	free(seen);
}

static void
nothing_is_served_from_before_what_was_passed(void **state)
{
	struct world *w = *state;

	put_text(w->ring, "ab[q]cd[q]");
	ring_cut(w->ring, 2, 5, NULL, 0);
	ring_cut(w->ring, 7, 10, NULL, 0);
	ring_passed(w->ring, 5);
	assert_false(ring_serves(w->ring, 4));
	assert_true(ring_serves(w->ring, 5));
	char *seen = slices(w->ring, 5, 10);
	assert_string_equal(seen, "cd");
	free(seen);
	assert_true(ring_serves(w->ring, 10));
	assert_false(ring_serves(w->ring, 11));
}

static void
a_stream_of_queries_costs_little(void **state)
{
	struct world *w = *state;

	for (uint64_t i = 0; i < 300000; i++) {
		put_text(w->ring, "x[q]");
		ring_cut(w->ring, i * 4 + 1, i * 4 + 4, NULL, 0);
	}
	/* Who is far back gets a screen instead; who is close is served. */
	assert_false(ring_serves(w->ring, 0));
	char *seen = slices(w->ring, ring_end(w->ring) - 40, 100);
	assert_string_equal(seen, "xxxxxxxxxx");
	free(seen);
}

static uint32_t
dice(uint32_t sides)
{
	static uint32_t seed = 7;

	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % sides;
}

/* As byte_at, but never NUL. */
static uint8_t
letter_at(uint64_t offset)
{
	return (uint8_t)(byte_at(offset) | 1);
}

static void
what_was_read_at_a_kill_is_not_lost(void **state)
{
	struct world *w = *state;
	uint64_t end = 0;

	/* Some 500 MB, read in pieces, with clients that lag now and then. */
	for (int i = 0; i < 30000; i++) {
		size_t n = dice(4) ? dice(4096) : dice(RING_READ + 1);
		uint8_t *p = ring_room(w->ring, RING_READ);

		for (size_t k = 0; k < n; k++)
			p[k] = letter_at(end + k);
		end += n;
		if (dice(50) == 0) { /* killed here, or a little later */
			if (dice(2))
				ring_grew(w->ring, n);
			ring_free(w->ring);
			w->ring = ring_new(w->head, w->fd);
		} else {
			ring_grew(w->ring, n);
		}
		assert_true(ring_end(w->ring) == end);
		uint64_t begin = ring_begin(w->ring);
		uint64_t at = begin + dice((uint32_t)(end - begin + 1));
		if (at < end)
			assert_int_equal(*ring_at(w->ring, at), letter_at(at));
		if (begin < end)
			assert_int_equal(*ring_at(w->ring, begin),
					 letter_at(begin));

		if (dice(300) == 0)
			ring_keep(w->ring, begin + dice(1 << 22));
		if (dice(2000) == 0)
			ring_keep(w->ring, UINT64_MAX);
		if (dice(500) == 0)
			ring_trim(w->ring, dice(1 << 20));
		if (dice(500) == 0)
			ring_ease(w->ring);
	}
}

static void
a_successor_finds_the_bytes(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 10; i++)
		put(w->ring, 30000);
	ring_free(w->ring);
	w->ring = ring_new(w->head, w->fd);
	assert_int_equal(ring_begin(w->ring), 0);
	assert_int_equal(ring_end(w->ring), 300000);
	for (uint64_t at = 0; at < 300000; at += 7)
		assert_int_equal(*ring_at(w->ring, at), byte_at(at));
	assert_false(ring_serves(w->ring, 0)); /* its cuts are not known */
	ring_trim(w->ring, 1000);
	assert_int_equal(ring_begin(w->ring), 299000);
	assert_int_equal(*ring_at(w->ring, 299500), byte_at(299500));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			the_window_is_there_wherever_the_ring_turns, setup,
			teardown),
		cmocka_unit_test_setup_teardown(
			what_somebody_waits_for_stays_while_there_is_room,
			setup, teardown),
		cmocka_unit_test_setup_teardown(cuts_are_left_out_or_replaced,
						setup, teardown),
		cmocka_unit_test_setup_teardown(
			nothing_is_served_from_before_what_was_passed, setup,
			teardown),
		cmocka_unit_test_setup_teardown(
			a_stream_of_queries_costs_little, setup, teardown),
		cmocka_unit_test_setup_teardown(
			what_was_read_at_a_kill_is_not_lost, setup, teardown),
		cmocka_unit_test_setup_teardown(a_successor_finds_the_bytes,
						setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
