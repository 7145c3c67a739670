/* unit/proto_resume.c - the promises of proto/resume.h, one by one. */
#include "proto/resume.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What is to be sent next, as a string. */
static const char *
sends(struct resume_sender *s, uint64_t offset)
{
	static char text[64];
	const uint8_t *data;
	uint64_t at;
	size_t n = resume_send(s, sizeof text - 1, &at, &data);

	if (n > 0) {
		assert_int_equal(at, offset);
		memcpy(text, data, n);
	}
	text[n] = 0;
	return text;
}

static void
what_is_typed_is_kept_until_it_is_taken(void **state)
{
	struct resume_sender s = { 0 };

	(void)state;
	resume_add(&s, "abc", 3);
	assert_string_equal(sends(&s, 0), ""); /* not open yet */
	resume_open(&s);
	assert_string_equal(sends(&s, 0), "abc");
	assert_string_equal(sends(&s, 0), ""); /* once */
	resume_took(&s, 2);
	resume_add(&s, "def", 3);
	resume_open(&s);
	resume_again(&s, &(struct resume_greeting){ .same = true, .taken = 2 });
	assert_string_equal(sends(&s, 2), "cdef");
	resume_took(&s, 1); /* old news */
	resume_took(&s, 600); /* more than there is */
	assert_int_equal(s.start, 6);
	assert_string_equal(sends(&s, 6), "");
	resume_release(&s);
}

static void
another_session_gets_nothing_of_what_was_held(void **state)
{
	struct resume_sender s = { 0 };
	struct resume_loss loss;

	(void)state;
	resume_add(&s, "old", 3);
	resume_open(&s);
	sends(&s, 0);
	resume_add(&s, "er", 2);
	loss = resume_again(&s, &(struct resume_greeting){ .same = false });
	assert_int_equal(loss.dropped, 5);
	assert_int_equal(loss.unsure, 0);
	resume_add(&s, "new", 3);
	resume_open(&s);
	assert_string_equal(sends(&s, 0), "new");
	resume_release(&s);
}

static void
who_has_fallen_out_sends_only_what_was_never_sent(void **state)
{
	struct resume_sender s = { 0 };
	struct resume_loss loss;

	(void)state;
	resume_add(&s, "sent", 4);
	resume_open(&s);
	sends(&s, 0);
	resume_add(&s, "kept", 4);
	resume_open(&s);
	loss = resume_again(
		&s, &(struct resume_greeting){ .same = true, .since = 1 });
	assert_int_equal(loss.unsure, 4);
	assert_string_equal(sends(&s, 0), "kept");
	resume_release(&s);
}

static void
a_doubt_is_told_once(void **state)
{
	struct resume_sender s = { 0 };
	struct resume_greeting g = { .same = true, .taken = 3, .doubted = 3 };

	(void)state;
	resume_add(&s, "abcd", 4);
	resume_open(&s);
	sends(&s, 0);
	assert_int_equal(resume_again(&s, &g).unsure, 3);
	assert_int_equal(resume_again(&s, &g).unsure, 0);
	assert_string_equal(sends(&s, 3), "d");
	resume_release(&s);
}

static void
output_goes_on_only_where_it_was_and_in_its_size(void **state)
{
	const struct resume_place now = { 100, 2 };
	uint64_t missed;

	(void)state;
	assert_true(resume_joins(&(struct resume_place){ 40, 2 }, &now, 40,
				 &missed));
	assert_int_equal(missed, 0);
	assert_true(resume_joins(&now, &now, 40, &missed));
	assert_false(resume_joins(&(struct resume_place){ 39, 2 }, &now, 40,
				  &missed));
	assert_int_equal(missed, 61);
	assert_false(resume_joins(&(struct resume_place){ 40, 1 }, &now, 40,
				  &missed));
	assert_int_equal(missed, 0); /* a snapshot shows all of it */
	assert_false(resume_joins(&(struct resume_place){ 101, 2 }, &now, 40,
				  &missed));
	assert_int_equal(missed, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_typed_is_kept_until_it_is_taken),
		cmocka_unit_test(another_session_gets_nothing_of_what_was_held),
		cmocka_unit_test(
			who_has_fallen_out_sends_only_what_was_never_sent),
		cmocka_unit_test(a_doubt_is_told_once),
		cmocka_unit_test(
			output_goes_on_only_where_it_was_and_in_its_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
