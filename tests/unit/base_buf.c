/* unit/base_buf.c - the promises of base/buf.h. */
#include "base/buf.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
an_empty_buffer_is_all_zero(void **state)
{
	struct buf b = { 0 };

	(void)state;
	buf_clear(&b);
	buf_append(&b, NULL, 0);
	assert_null(b.data);
	assert_int_equal(b.len, 0);
	buf_release(&b);
}

static void
what_is_appended_comes_out_in_order(void **state)
{
	struct buf b = { 0 };

	(void)state;
	buf_append(&b, "ab", 2);
	buf_byte(&b, 'c');
	buf_str(&b, "de");
	buf_printf(&b, "%d%s", 42, "!");
	assert_int_equal(b.len, 8);
	assert_memory_equal(b.data, "abcde42!", 8);
	buf_release(&b);
	assert_null(b.data);
}

static void
a_queue_of_any_sizes_loses_and_doubles_nothing(void **state)
{
	struct buf b = { 0 };
	uint8_t in = 0, out = 0;
	unsigned seed = 1;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		seed = seed * 1103515245 + 12345;
		size_t add = seed >> 16 & 255, drop = seed >> 8 & 255;

		for (size_t k = 0; k < add; k++)
			buf_byte(&b, in++);
		if (drop > b.len)
			drop = b.len;
		for (size_t k = 0; k < drop; k++)
			assert_int_equal(b.data[k], out++);
		buf_drop(&b, drop);
	}
	buf_release(&b);
}

static void
dropping_moves_the_front_and_the_room_is_used_again(void **state)
{
	struct buf b = { 0 };

	(void)state;
	for (int i = 0; i < 1 << 16; i++) {
		buf_append(&b, "0123456789", 10);
		buf_drop(&b, 10 - (size_t)(i == 0));
	}
	assert_int_equal(b.len, 1);
	assert_in_range(b.cap + b.skip, 1, 4096);
	buf_release(&b);
}

static void
room_is_where_the_caller_may_write(void **state)
{
	struct buf b = { 0 };

	(void)state;
	buf_str(&b, "head ");
	uint8_t *p = buf_room(&b, 100000);
	memset(p, 'x', 100000);
	assert_int_equal(b.len, 5);
	buf_grew(&b, 3);
	assert_int_equal(b.len, 8);
	assert_memory_equal(b.data, "head xxx", 8);
	buf_release(&b);
}

static void
a_cleared_buffer_keeps_little_memory(void **state)
{
	struct buf b = { 0 };

	(void)state;
	buf_str(&b, "small");
	buf_clear(&b);
	assert_non_null(b.data);
	assert_int_equal(b.len, 0);
	buf_room(&b, 1 << 20);
	buf_clear(&b);
	assert_null(b.data);
	buf_release(&b);
}

static void
stealing_gives_a_string_and_leaves_nothing(void **state)
{
	struct buf b = { 0 };

	(void)state;
	buf_str(&b, "--value");
	buf_drop(&b, 2);
	char *s = buf_steal(&b);
	assert_string_equal(s, "value");
	assert_null(b.data);
	free(s);
	s = buf_steal(&b);
	assert_string_equal(s, "");
	free(s);
}

static void
a_long_text_is_printed_whole(void **state)
{
	struct buf b = { 0 };

	(void)state;
	buf_printf(&b, "%*s|", 5000, "end");
	assert_int_equal(b.len, 5001);
	assert_memory_equal(b.data + 4997, "end|", 4);
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_buffer_is_all_zero),
		cmocka_unit_test(what_is_appended_comes_out_in_order),
		cmocka_unit_test(
			a_queue_of_any_sizes_loses_and_doubles_nothing),
		cmocka_unit_test(
			dropping_moves_the_front_and_the_room_is_used_again),
		cmocka_unit_test(room_is_where_the_caller_may_write),
		cmocka_unit_test(a_cleared_buffer_keeps_little_memory),
		cmocka_unit_test(stealing_gives_a_string_and_leaves_nothing),
		cmocka_unit_test(a_long_text_is_printed_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
