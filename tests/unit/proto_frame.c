/* unit/proto_frame.c - the promises of proto/frame.h. */
#include "proto/frame.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t wire[] = { 0, 0, 0, 3, 'c', 'd', 'o', 0, 0 };

static void
a_frame_is_whole_or_nothing(void **state)
{
	const uint8_t *payload = NULL;
	size_t need;

	(void)state;
	for (size_t cut = 0; cut < 7; cut++) {
		need = 0;
		assert_int_equal(frame_look(wire, cut, &payload, &need), 0);
		assert_int_equal(need, cut < 4 ? 4 : 7);
		assert_null(payload);
	}
	for (size_t cut = 7; cut <= sizeof wire; cut++) {
		assert_int_equal(frame_look(wire, cut, &payload, &need), 3);
		assert_memory_equal(payload, "cdo", 3);
	}
}

static void
the_longest_frame_is_waited_for(void **state)
{
	static const uint8_t longest[] = { 0, 0x10, 0, 0 };
	const uint8_t *payload;
	size_t need;

	(void)state;
	assert_int_equal(frame_look(longest, 4, &payload, &need), 0);
	assert_int_equal(need, FRAME_HEAD + FRAME_MAX);
}

static void
nobody_waits_for_an_absurd_length(void **state)
{
	static const uint8_t wrong[][4] = {
		{ 0, 0, 0, 0 },		{ 0, 0x10, 0, 1 },
		{ 0x80, 0, 0, 0 },	{ 0xff, 0xff, 0xff, 0xff },
		{ 'G', 'E', 'T', ' ' },
	};
	const uint8_t *payload;
	size_t need;

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_int_equal(frame_look(wrong[i], 4, &payload, &need),
				 -EMSGSIZE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_frame_is_whole_or_nothing),
		cmocka_unit_test(the_longest_frame_is_waited_for),
		cmocka_unit_test(nobody_waits_for_an_absurd_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
