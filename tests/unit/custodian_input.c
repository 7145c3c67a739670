/* unit/custodian_input.c - the promises of custodian/input.h. */
#include "custodian/input.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/io.h"
#include "keeper/memory.h"

/* A pipe stands for the PTY. */
struct world {
	struct memory_head head;
	struct input *in;
	int fds[2];
};

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof *w);

	assert_int_equal(io_pipe(w->fds), 0);
	io_nonblock(w->fds[0], true);
	io_nonblock(w->fds[1], true);
	w->in = input_new(&w->head, w->fds[1]);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	input_free(w->in);
	io_close(w->fds[0]);
	io_close(w->fds[1]);
	free(w);
	return 0;
}

static unsigned
client(struct world *w, const char *name)
{
	uint8_t id[16] = { 0 };

	memcpy(id, name, strlen(name));
	return input_enter(w->in, id);
}

static int
typed(struct world *w, unsigned c, uint64_t offset, const char *text)
{
	return input_typed(w->in, c, offset, text, strlen(text));
}

/* Everything that has arrived, as a string in a static buffer. */
static const char *
arrived(struct world *w)
{
	static char text[4096];
	ssize_t n = io_read(w->fds[0], text, sizeof text - 1);

	text[n > 0 ? n : 0] = 0;
	return text;
}

static void
what_came_before_is_dropped(void **state)
{
	struct world *w = *state;
	unsigned a = client(w, "a");

	assert_int_equal(typed(w, a, 0, "abc"), 0);
	assert_int_equal(typed(w, a, 0, "abc"), 0);
	assert_int_equal(typed(w, a, 1, "bcd"), 0);
	assert_int_equal(input_flush(w->in), 0);
	assert_string_equal(arrived(w), "abcd");
	assert_int_equal(input_taken(w->in, a), 4);
	assert_int_equal(typed(w, a, 3, "d"), 0);
	assert_int_equal(input_queued(w->in), 0);
}

static void
a_gap_is_an_error_and_changes_nothing(void **state)
{
	struct world *w = *state;
	unsigned a = client(w, "a");

	assert_int_equal(typed(w, a, 1, "x"), -EPROTO);
	assert_int_equal(typed(w, a, UINT64_MAX, "x"), -EPROTO);
	assert_int_equal(typed(w, a, 0, "a"), 0);
	assert_int_equal(typed(w, a, 2, "x"), -EPROTO);
	input_flush(w->in);
	assert_string_equal(arrived(w), "a");
}

static void
each_client_counts_for_itself(void **state)
{
	struct world *w = *state;
	unsigned a = client(w, "a"), b = client(w, "b");

	assert_int_not_equal(a, b);
	assert_int_equal(client(w, "a"), a);
	typed(w, a, 0, "aa");
	input_reply(w->in, "R", 1);
	typed(w, b, 0, "b");
	typed(w, a, 2, "A");
	input_flush(w->in);
	assert_string_equal(arrived(w), "aaRbA");
	assert_int_equal(input_taken(w->in, a), 3);
	assert_int_equal(input_taken(w->in, b), 1);
}

static void
taken_is_what_the_program_has_got(void **state)
{
	enum { BIG = 200000 };
	struct world *w = *state;
	unsigned a = client(w, "a");
	char *big = malloc(BIG), *got = malloc(BIG);
	size_t n = 0;

	for (int i = 0; i < BIG; i++)
		big[i] = (char)('a' + i % 23);
	assert_int_equal(input_typed(w->in, a, 0, big, BIG), 0);
	while (n < BIG) {
		size_t left = input_flush(w->in);

		assert_int_equal(input_taken(w->in, a), BIG - left);
		assert_int_equal(w->head.clients[a].intent, BIG - left);
		ssize_t r = io_read(w->fds[0], got + n, BIG - n);
		assert_true(r > 0);
		n += (size_t)r;
	}
	assert_memory_equal(big, got, BIG);
	free(big);
	free(got);
}

static void
a_successor_knows_what_was_taken(void **state)
{
	struct world *w = *state;
	unsigned a = client(w, "a");

	typed(w, a, 0, "abc");
	input_flush(w->in);
	input_free(w->in);
	w->in = input_new(&w->head, w->fds[1]);
	assert_int_equal(client(w, "a"), a);
	assert_int_equal(typed(w, a, 1, "bcd"), 0);
	input_flush(w->in);
	assert_string_equal(arrived(w), "abcd");
}

static void
what_was_under_way_is_never_written_twice(void **state)
{
	struct world *w = *state;
	unsigned a = client(w, "a");

	w->head.clients[a].taken = 5;
	w->head.clients[a].intent = 8;
	input_free(w->in);
	w->in = input_new(&w->head, w->fds[1]);
	assert_int_equal(input_taken(w->in, a), 8);
	assert_int_equal(input_doubted(w->in, a), 3);
	assert_int_equal(typed(w, a, 5, "xyzw"), 0);
	input_flush(w->in);
	assert_string_equal(arrived(w), "w");
}

static void
the_client_of_longest_ago_makes_room(void **state)
{
	struct world *w = *state;
	unsigned a = client(w, "a"), b = client(w, "b"), c = client(w, "c");
	char name[16];

	typed(w, a, 0, "aaa");
	typed(w, b, 0, "bb");
	typed(w, c, 0, "c");
	input_flush(w->in);
	arrived(w);
	input_leave(w->in, a);
	input_leave(w->in, b);
	for (int i = 0; i < MEMORY_CLIENTS - 2; i++) {
		snprintf(name, sizeof name, "n%d", i);
		input_leave(w->in, client(w, name));
		input_leave(w->in, client(w, "b")); /* again and again */
	}
	assert_int_equal(input_taken(w->in, client(w, "b")), 2);
	assert_int_equal(input_taken(w->in, c), 1); /* it is attached */
	assert_int_equal(input_taken(w->in, client(w, "a")), 0);
}

static void
answers_that_nobody_reads_are_dropped(void **state)
{
	struct world *w = *state;
	static const char answer[1000] = { 'x' };

	for (int i = 0; i < 10000; i++)
		input_reply(w->in, answer, sizeof answer);
	assert_true(input_queued(w->in) <= INPUT_MAX + sizeof answer);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_came_before_is_dropped,
						setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_gap_is_an_error_and_changes_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(each_client_counts_for_itself,
						setup, teardown),
		cmocka_unit_test_setup_teardown(
			taken_is_what_the_program_has_got, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_successor_knows_what_was_taken, setup, teardown),
		cmocka_unit_test_setup_teardown(
			what_was_under_way_is_never_written_twice, setup,
			teardown),
		cmocka_unit_test_setup_teardown(
			the_client_of_longest_ago_makes_room, setup, teardown),
		cmocka_unit_test_setup_teardown(
			answers_that_nobody_reads_are_dropped, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
