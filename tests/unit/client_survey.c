/* unit/client_survey.c - the promises of client/survey.h. */
#include "client/survey.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static bool
take(struct survey *s, const char *bytes)
{
	*s = (struct survey){ 0 };
	return survey_take(s, bytes, strlen(bytes));
}

static void
a_modern_terminal_has_it_all(void **state)
{
	struct survey s;

	(void)state;
	assert_true(take(&s, "\033[?1u\033[?2026;2$y\033[?62;4c"));
	assert_true(s.answers && s.kitty && s.sync);
}

static void
a_terminal_that_knows_no_2026_says_so(void **state)
{
	struct survey s;

	(void)state;
	assert_true(take(&s, "\033[?2026;0$y\033[?6c"));
	assert_true(s.answers);
	assert_false(s.kitty || s.sync);
	assert_true(take(&s, "\033[?2026;4$y\033[?6c"));
	assert_false(s.sync);
}

static void
what_is_cut_is_no_answer_yet(void **state)
{
	static const char all[] = "\033[?0u\033[?2026;1$y\033[?64;1c";
	struct survey s;

	(void)state;
	for (size_t n = 0; n < sizeof all - 1; n++) {
		s = (struct survey){ 0 };
		assert_false(survey_take(&s, all, n));
		assert_false(s.answers);
	}
	assert_true(take(&s, all));
	/* Keys that are typed meanwhile, and hostile lengths. */
	assert_true(take(&s, "x\033\033[A\033[?6c"));
	assert_false(take(&s, "\033[?11111111111111111111111111111111111111"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_modern_terminal_has_it_all),
		cmocka_unit_test(a_terminal_that_knows_no_2026_says_so),
		cmocka_unit_test(what_is_cut_is_no_answer_yet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
