/* unit/proto_msg.c - the promises of proto/msg.h. */
#include "proto/msg.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "proto/check.h"
#include "proto/frame.h"

/* Reads the first frame in b. */
static int
read_frame(struct msg *m, const struct buf *b)
{
	const uint8_t *payload;
	size_t need;
	int n = frame_look(b->data, b->len, &payload, &need);

	assert_true(n > 0);
	return msg_read(m, payload, (size_t)n);
}

static void
what_is_written_is_read(void **state)
{
	struct buf b = { 0 };
	struct msg m = { 0 };
	struct msg_writer w;
	size_t len;

	(void)state;
	msg_begin(&w, &b, MSG_STATE, 7);
	msg_uint(&w, UINT64_MAX);
	msg_int(&w, INT64_MIN);
	msg_bool(&w, true);
	msg_nil(&w);
	msg_str(&w, "name");
	msg_bin(&w, "\0\xff", 2);
	msg_map(&w, 2);
	msg_str(&w, "a");
	msg_array(&w, 2);
	msg_uint(&w, 1);
	msg_uint(&w, 2);
	msg_str(&w, "b");
	msg_str(&w, NULL);
	msg_end(&w);

	assert_int_equal(read_frame(&m, &b), 0);
	assert_int_equal(m.type, MSG_STATE);
	assert_int_equal(m.fields, 7);
	assert_true(msg_to_uint(msg_field(&m, 0), 0) == UINT64_MAX);
	assert_true(msg_to_int(msg_field(&m, 1), 0) == INT64_MIN);
	assert_true(msg_to_bool(msg_field(&m, 2), false));
	assert_true(msg_is_nil(msg_field(&m, 3)));
	char *name = msg_dup_str(msg_field(&m, 4), 4);
	assert_string_equal(name, "name");
	free(name);
	assert_memory_equal(msg_to_bin(msg_field(&m, 5), &len), "\0\xff", 2);
	assert_int_equal(len, 2);

	const struct msg_value *map = msg_field(&m, 6);
	assert_int_equal(msg_count(map), 2);
	const struct msg_value *arr = msg_get(map, "a");
	assert_int_equal(msg_count(arr), 2);
	assert_int_equal(msg_to_uint(msg_at(arr, 1), 0), 2);
	assert_true(msg_is_nil(msg_get(map, "b")));
	const char *key;
	assert_non_null(msg_pair(map, 0, &key, &len));
	assert_memory_equal(key, "a", 1);
	msg_release(&m);
	buf_release(&b);
}

static void
the_bytes_behind_a_frame_are_its_last_field(void **state)
{
	static const char body[] = "straight from the ring";
	struct buf b = { 0 };
	struct msg m = { 0 };
	struct msg_writer w;
	size_t len;

	(void)state;
	buf_str(&b, "earlier");
	msg_begin(&w, &b, MSG_OUTPUT, 3);
	msg_uint(&w, 1);
	msg_uint(&w, 23);
	msg_end_with_bin(&w, sizeof body);
	buf_append(&b, body, sizeof body);
	buf_drop(&b, 7);

	assert_int_equal(read_frame(&m, &b), 0);
	assert_int_equal(m.type, MSG_OUTPUT);
	assert_memory_equal(msg_to_bin(msg_field(&m, 2), &len), body,
			    sizeof body);
	assert_int_equal(len, sizeof body);
	msg_release(&m);
	buf_release(&b);
}

static void
what_is_missing_or_of_another_kind_is_the_default(void **state)
{
	/* [2, 300, "text", -5] */
	static const uint8_t wire[] = { 0x94, 2,   0xcd, 1,   44,  0xa4,
					't',  'e', 'x',	 't', 0xfb };
	struct msg m = { 0 };
	size_t len;

	(void)state;
	assert_int_equal(msg_read(&m, wire, sizeof wire), 0);
	assert_null(msg_field(&m, 3));
	assert_true(msg_is_nil(msg_field(&m, 9)));
	assert_int_equal(msg_to_uint(msg_field(&m, 9), 7), 7);
	assert_int_equal(msg_to_uint(msg_field(&m, 1), 7), 7);
	assert_int_equal(msg_to_uint(msg_field(&m, 2), 7), 7);
	assert_int_equal(msg_to_int(msg_field(&m, 2), 7), -5);
	assert_int_equal(msg_to_int(msg_field(&m, 0), 7), 300);
	assert_null(msg_to_str(msg_field(&m, 0), &len));
	assert_null(msg_to_bin(msg_field(&m, 1), &len));
	assert_null(msg_get(msg_field(&m, 1), "key"));
	assert_int_equal(msg_count(msg_field(&m, 1)), 0);
	assert_null(msg_dup_str(msg_field(&m, 1), 3));
	assert_null(msg_dup_str(NULL, 3));
	msg_release(&m);
}

static void
a_string_with_a_nul_inside_is_none(void **state)
{
	static const uint8_t wire[] = { 0x92, 1, 0xa3, 'a', 0, 'b' };
	struct msg m = { 0 };

	(void)state;
	assert_int_equal(msg_read(&m, wire, sizeof wire), 0);
	assert_null(msg_dup_str(msg_field(&m, 0), 100));
	msg_release(&m);
}

static void
every_end_cut_off_is_refused(void **state)
{
	struct buf b = { 0 };
	struct msg m = { 0 };
	struct msg_writer w;

	(void)state;
	msg_begin(&w, &b, MSG_ATTACH, 1);
	msg_map(&w, 3);
	msg_str(&w, "client");
	msg_bin(&w, "0123456789abcdef", 16);
	msg_str(&w, "cols");
	msg_uint(&w, 70000);
	msg_str(&w, "list");
	msg_array(&w, 2);
	msg_int(&w, -70000);
	msg_nil(&w);
	msg_end(&w);
	const uint8_t *payload = b.data + FRAME_HEAD;
	size_t len = b.len - FRAME_HEAD;

	for (size_t cut = 0; cut < len; cut++) {
		uint8_t *part = malloc(cut + 1);

		memcpy(part, payload, cut);
		assert_int_equal(msg_read(&m, part, cut), -EPROTO);
		free(part);
	}
	assert_int_equal(msg_read(&m, payload, len), 0);
	buf_byte(&b, 0);
	assert_int_equal(msg_read(&m, b.data + FRAME_HEAD, len + 1), -EPROTO);
	msg_release(&m);
	buf_release(&b);
}

static void
nothing_is_allocated_for_what_is_only_announced(void **state)
{
	static const struct {
		uint8_t data[12];
		size_t len;
	} wrong[] = {
		{ { 0xdd, 0xff, 0, 0, 0 }, 5 },
		{ { 0xdf, 0xff, 0xff, 0xff, 0xff }, 5 },
		{ { 0xdc, 0xff, 0xff, 1 }, 4 },
		{ { 0x92, 1, 0xdd, 0xff, 0, 0, 0 }, 7 },
		{ { 0x92, 1, 0xc6, 0xff, 0xff, 0xff, 0xff }, 7 },
		{ { 0x92, 1, 0xdb, 0, 0, 0, 9, 'x' }, 8 },
		{ { 0x92, 1, 0xc7, 1, 1, 0 }, 6 }, /* an extension */
		{ { 0x92, 1, 0xc1 }, 3 },
		{ { 0x91, 0xff }, 2 }, /* type -1 */
		{ { 0x90 }, 1 },
		{ { 0x81, 1, 1 }, 3 },
		{ { 1 }, 1 },
	};
	struct msg m = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_int_equal(msg_read(&m, wrong[i].data, wrong[i].len),
				 -EPROTO);
	msg_release(&m);
}

static void
depth_and_number_have_an_end(void **state)
{
	struct buf b = { 0 };
	struct msg m = { 0 };

	(void)state;
	/* [1, [[[[...]]]]]: arrays in arrays, with nothing in the last. */
	for (unsigned depth = 1; depth < 100; depth++) {
		buf_clear(&b);
		buf_str(&b, "\x92\x01");
		for (unsigned i = 1; i < depth; i++)
			buf_byte(&b, 0x91);
		buf_byte(&b, 0x00);
		assert_int_equal(msg_read(&m, b.data, b.len),
				 depth <= CHECK_DEPTH ? 0 : -EPROTO);
	}

	buf_clear(&b);
	buf_append(&b, (uint8_t[]){ 0xdd, 0, 2, 0, 0 }, 5);
	memset(buf_room(&b, 2 << 16), 1, 2 << 16);
	buf_grew(&b, 2 << 16);
	assert_int_equal(msg_read(&m, b.data, b.len), -EPROTO);
	msg_release(&m);
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(the_bytes_behind_a_frame_are_its_last_field),
		cmocka_unit_test(
			what_is_missing_or_of_another_kind_is_the_default),
		cmocka_unit_test(a_string_with_a_nul_inside_is_none),
		cmocka_unit_test(every_end_cut_off_is_refused),
		cmocka_unit_test(
			nothing_is_allocated_for_what_is_only_announced),
		cmocka_unit_test(depth_and_number_have_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
