/* unit/base_signame.c - the promises of base/signame.h. */
#include "base/signame.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void
a_signal_has_its_name(void **state)
{
	(void)state;
	assert_string_equal(signame(SIGKILL), "SIGKILL");
	assert_string_equal(signame(SIGHUP), "SIGHUP");
	assert_string_equal(signame(99), "signal 99");
}

static void
a_signal_is_named_in_many_ways(void **state)
{
	(void)state;
	assert_int_equal(signame_number("KILL"), SIGKILL);
	assert_int_equal(signame_number("SIGTERM"), SIGTERM);
	assert_int_equal(signame_number("hup"), SIGHUP);
	assert_int_equal(signame_number("sigint"), SIGINT);
	assert_int_equal(signame_number("9"), SIGKILL);
}

static void
what_is_no_signal_is_refused(void **state)
{
	static const char *const bad[] = { "",	 "SIG",	  "NOPE", "-9",
					   "9x", "12345", "KILL " };

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(signame_number(bad[i]), -EINVAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_signal_has_its_name),
		cmocka_unit_test(a_signal_is_named_in_many_ways),
		cmocka_unit_test(what_is_no_signal_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
