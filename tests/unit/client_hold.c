/* unit/client_hold.c - what becomes of keys while nobody answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "client/hold.h"

static enum hold_verdict
key(struct hold *h, uint64_t ms, const char *bytes)
{
	return hold_key(h, ms, INPUT_KEYS, bytes, strlen(bytes));
}

static enum hold_verdict
piece(struct hold *h, uint64_t ms, const char *bytes)
{
	return hold_key(h, ms, INPUT_PASTED, bytes, strlen(bytes));
}

static void
while_all_is_well_nothing_is_held(void **state)
{
	struct hold h = { 0 };

	(void)state;
	assert_int_equal(key(&h, 0, "a"), HOLD_PASS);
	assert_int_equal(key(&h, 0, "\r"), HOLD_PASS);
	assert_int_equal(key(&h, 0, "\003"), HOLD_PASS);
	assert_false(hold_end(&h, 0));
}

static void
for_five_seconds_all_is_kept(void **state)
{
	struct hold h = { 0 };

	(void)state;
	hold_begin(&h, false);
	assert_int_equal(key(&h, 1, "a"), HOLD_PASS);
	assert_int_equal(key(&h, HOLD_KEEP - 1, "\r"), HOLD_PASS);
	assert_int_equal(h.keys + h.refused, 0);
}

static void
then_text_is_held_and_the_rest_refused(void **state)
{
	static const char *const others[] = { "\r",	"\t",	  "\033",
					      "\033[A", "\177",	  "\004",
					      "\033x",	"\033OP", "\033[13u" };
	struct hold h = { 0 };

	(void)state;
	hold_begin(&h, false);
	assert_int_equal(key(&h, HOLD_KEEP, "ls "), HOLD_TAKEN);
	assert_int_equal(key(&h, HOLD_KEEP, "\u00e9"), HOLD_TAKEN);
	assert_int_equal(h.keys, 4);
	for (unsigned i = 0; i < sizeof others / sizeof *others; i++) {
		assert_int_equal(key(&h, HOLD_KEEP, others[i]), HOLD_TAKEN);
		assert_int_equal(h.refused, i + 1);
	}
	assert_true(hold_end(&h, HOLD_TRUST));
	assert_int_equal(h.bytes.len, 5);
	assert_memory_equal(h.bytes.data, "ls \u00e9", 5);
	hold_forget(&h);
	assert_int_equal(h.keys, 0);
}

static void
ctrl_c_throws_away_what_is_held(void **state)
{
	struct hold h = { 0 };

	(void)state;
	hold_begin(&h, false);
	key(&h, HOLD_KEEP, "rm -rf x");
	assert_int_equal(key(&h, HOLD_KEEP, "\003"), HOLD_TAKEN);
	assert_int_equal(h.keys, 0);
	assert_int_equal(h.refused, 1);
	assert_false(hold_end(&h, HOLD_KEEP));
}

static void
after_half_a_minute_it_is_asked_for(void **state)
{
	struct hold h = { 0 };

	(void)state;
	hold_begin(&h, false);
	key(&h, HOLD_KEEP, "old");
	assert_false(hold_end(&h, HOLD_TRUST + 1));
	assert_true(h.asks);
	/* Nothing else is typed before it is answered. */
	assert_int_equal(key(&h, 0, "x"), HOLD_WHAT);
	assert_int_equal(piece(&h, 0, "\r"), HOLD_WHAT);
	assert_int_equal(key(&h, 0, "\r"), HOLD_SEND);
	assert_int_equal(h.bytes.len, 3);
	hold_forget(&h);
	assert_int_equal(key(&h, 0, "x"), HOLD_PASS);
}

static void
and_may_be_thrown_away(void **state)
{
	static const char *const no[] = { "\003", "\033" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct hold h = { 0 };

		hold_begin(&h, false);
		key(&h, HOLD_KEEP, "old");
		hold_end(&h, HOLD_TRUST + 1);
		assert_int_equal(key(&h, 0, no[i]), HOLD_TAKEN);
		assert_false(h.asks);
		assert_int_equal(h.bytes.len, 0);
		assert_int_equal(key(&h, 0, "x"), HOLD_PASS);
	}
}

static void
the_question_stays_if_the_link_goes_again(void **state)
{
	struct hold h = { 0 };

	(void)state;
	hold_begin(&h, false);
	key(&h, HOLD_KEEP, "old");
	hold_end(&h, HOLD_TRUST + 1);
	hold_begin(&h, false);
	assert_int_equal(key(&h, 1, "x"), HOLD_WHAT);
	assert_false(hold_end(&h, 1));
	assert_true(h.asks);
	assert_int_equal(h.bytes.len, 3);
	hold_forget(&h);
}

static void
a_paste_is_kept_or_refused_as_a_whole(void **state)
{
	struct hold h = { 0 };

	(void)state;
	/* It began before: all of it. */
	hold_begin(&h, true);
	assert_int_equal(piece(&h, HOLD_KEEP + 1, "text"), HOLD_PASS);
	assert_int_equal(piece(&h, HOLD_KEEP + 2, "\033[201~"), HOLD_PASS);
	assert_int_equal(key(&h, HOLD_KEEP + 3, "a"), HOLD_TAKEN);
	/* The next one is another. */
	assert_int_equal(piece(&h, HOLD_KEEP + 4, "\033[200~"), HOLD_TAKEN);
	assert_int_equal(piece(&h, HOLD_KEEP + 4, "text"), HOLD_TAKEN);
	assert_int_equal(piece(&h, HOLD_KEEP + 4, "\033[201~"), HOLD_TAKEN);
	assert_int_equal(h.keys, 1);
	assert_int_equal(h.refused, 3);
	hold_forget(&h);
	/* It began in the first five seconds. */
	hold_begin(&h, false);
	assert_int_equal(piece(&h, HOLD_KEEP - 1, "\033[200~a"), HOLD_PASS);
	assert_int_equal(piece(&h, HOLD_KEEP + 9, "b\033[201~"), HOLD_PASS);
	assert_int_equal(h.refused, 0);
}

static void
the_mouse_is_no_key(void **state)
{
	struct hold h = { 0 };

	(void)state;
	hold_begin(&h, false);
	assert_int_equal(hold_key(&h, HOLD_KEEP, INPUT_REPORT, "!!!", 3),
			 HOLD_TAKEN);
	assert_int_equal(h.keys + h.refused, 0);
}

static void
each_encoding_of_a_key_is_that_key(void **state)
{
	struct hold h = { 0 };

	(void)state;
	hold_begin(&h, false);
	key(&h, HOLD_KEEP, "abc");
	/* Letting a key go is nothing, as is a shift alone. */
	key(&h, HOLD_KEEP, "\033[99;1:3u");
	key(&h, HOLD_KEEP, "\033[57441;2u");
	assert_int_equal(h.refused, 0);
	assert_int_equal(h.keys, 3);
	key(&h, HOLD_KEEP, "\033[99;5u");
	assert_int_equal(h.keys, 0);
	key(&h, HOLD_KEEP, "abc");
	hold_end(&h, HOLD_TRUST + 1);
	assert_int_equal(key(&h, 0, "\033[13u"), HOLD_SEND);
	hold_forget(&h);
}

static void
it_holds_no_more_than_it_says(void **state)
{
	static char much[HOLD_MAX];
	struct hold h = { 0 };

	(void)state;
	memset(much, 'x', sizeof much);
	hold_begin(&h, false);
	assert_int_equal(hold_key(&h, HOLD_KEEP, INPUT_KEYS, much, sizeof much),
			 HOLD_TAKEN);
	assert_int_equal(key(&h, HOLD_KEEP, "y"), HOLD_TAKEN);
	assert_int_equal(h.bytes.len, HOLD_MAX);
	assert_int_equal(h.refused, 1);
	hold_forget(&h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(while_all_is_well_nothing_is_held),
		cmocka_unit_test(for_five_seconds_all_is_kept),
		cmocka_unit_test(then_text_is_held_and_the_rest_refused),
		cmocka_unit_test(ctrl_c_throws_away_what_is_held),
		cmocka_unit_test(after_half_a_minute_it_is_asked_for),
		cmocka_unit_test(and_may_be_thrown_away),
		cmocka_unit_test(the_question_stays_if_the_link_goes_again),
		cmocka_unit_test(a_paste_is_kept_or_refused_as_a_whole),
		cmocka_unit_test(the_mouse_is_no_key),
		cmocka_unit_test(each_encoding_of_a_key_is_that_key),
		cmocka_unit_test(it_holds_no_more_than_it_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
