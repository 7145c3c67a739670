/* unit/base_str.c - the promises of base/str.h. */
#include "base/str.h"

#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
null_is_equal_to_null_only(void **state)
{
	(void)state;
	assert_true(str_eq(NULL, NULL));
	assert_false(str_eq(NULL, ""));
	assert_false(str_eq("", NULL));
	assert_true(str_eq("a", "a"));
	assert_false(str_eq("a", "b"));
}

static void
a_prefix_is_found_at_the_start_only(void **state)
{
	(void)state;
	assert_true(str_starts("session", "sess"));
	assert_true(str_starts("session", ""));
	assert_false(str_starts("session", "ession"));
	assert_false(str_starts("se", "sess"));
}

static void
a_number_is_decimal_whole_and_within_its_bounds(void **state)
{
	long n = 7;

	(void)state;
	assert_int_equal(str_int("42", 0, 100, &n), 0);
	assert_int_equal(n, 42);
	assert_int_equal(str_int("-5", -5, 5, &n), 0);
	assert_int_equal(n, -5);
	static const char *const bad[] = { "",	 " 1", "1 ",  "0x1",
					   "+1", "-",  "1e3", "--1" };
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(str_int(bad[i], -100, 100, &n), -EINVAL);
	assert_int_equal(str_int("101", 0, 100, &n), -ERANGE);
	assert_int_equal(str_int("-1", 0, 100, &n), -ERANGE);
	assert_int_equal(str_int("99999999999999999999", 0, LONG_MAX, &n),
			 -ERANGE);
	assert_int_equal(n, -5);
}

static void
a_duration_has_a_unit_or_means_seconds(void **state)
{
	uint64_t ms = 0;

	(void)state;
	static const struct {
		const char *text;
		uint64_t ms;
	} good[] = {
		{ "0", 0 },	     { "7", 7000 },    { "250ms", 250 },
		{ "5s", 5000 },	     { "3m", 180000 }, { "2h", 7200000 },
		{ "7d", 604800000 },
	};
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		assert_int_equal(str_duration(good[i].text, &ms), 0);
		assert_int_equal(ms, good[i].ms);
	}
	assert_int_equal(str_duration("", &ms), -EINVAL);
	assert_int_equal(str_duration("s", &ms), -EINVAL);
	assert_int_equal(str_duration("5 s", &ms), -EINVAL);
	assert_int_equal(str_duration("-5s", &ms), -EINVAL);
	assert_int_equal(str_duration("5y", &ms), -EINVAL);
	assert_int_equal(str_duration("18446744073709551615d", &ms), -ERANGE);
}

static void
a_size_has_a_unit_or_means_bytes(void **state)
{
	uint64_t n = 0;

	(void)state;
	assert_int_equal(str_bytes("16M", &n), 0);
	assert_int_equal(n, 16 << 20);
	assert_int_equal(str_bytes("1k", &n), 0);
	assert_int_equal(n, 1024);
	assert_int_equal(str_bytes("2G", &n), 0);
	assert_true(n == 2ULL << 30);
	assert_int_equal(str_bytes("77", &n), 0);
	assert_int_equal(n, 77);
	assert_int_equal(str_bytes("M", &n), -EINVAL);
	assert_int_equal(str_bytes("1MB", &n), -EINVAL);
	assert_int_equal(str_bytes("99999999999999999999G", &n), -ERANGE);
}

static void
a_name_is_of_the_allowed_letters_and_length(void **state)
{
	char name[50];

	(void)state;
	assert_true(str_is_name("claude-api_2.x"));
	assert_false(str_is_name(""));
	assert_false(str_is_name("-x"));
	assert_false(str_is_name(".x"));
	assert_false(str_is_name("a b"));
	assert_false(str_is_name("a/b"));
	assert_false(str_is_name("caf\xc3\xa9"));
	memset(name, 'a', sizeof name);
	name[49] = '\0';
	assert_false(str_is_name(name));
	name[48] = '\0';
	assert_true(str_is_name(name));
}

static void
the_nearest_word_is_the_one_that_was_meant(void **state)
{
	static const char *const known[] = { "attach", "detach", "ls", "new" };

	(void)state;
	assert_string_equal(str_nearest("atach", known, 4), "attach");
	assert_string_equal(str_nearest("dettach", known, 4), "detach");
	assert_string_equal(str_nearest("enw", known, 4), "new");
	assert_string_equal(str_nearest("sl", known, 4), "ls");
	assert_null(str_nearest("frobnicate", known, 4));
	assert_null(str_nearest("", known, 4));
	assert_null(str_nearest("attach", known, 0));
}

static void
utf8_is_taken_only_if_it_is_valid(void **state)
{
	static const struct {
		const char *s;
		size_t n;
	} cases[] = {
		{ "a", 1 },
		{ "\xc3\xa9", 2 },
		{ "\xe2\x82\xac", 3 },
		{ "\xf0\x9f\x98\x80", 4 },
		{ "\xf4\x8f\xbf\xbf", 4 },
		{ "\x80", 0 }, /* nothing before it */
		{ "\xc3", 0 }, /* nothing after it */
		{ "\xc0\x80", 0 }, /* overlong */
		{ "\xe0\x80\x80", 0 },
		{ "\xf0\x80\x80\x80", 0 },
		{ "\xed\xa0\x80", 0 }, /* a surrogate */
		{ "\xf4\x90\x80\x80", 0 }, /* beyond U+10FFFF */
		{ "\xff", 0 },
		{ "", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_int_equal(str_utf8(cases[i].s, strlen(cases[i].s)),
				 cases[i].n);
}

static void
assert_safe(const char *s, const char *want)
{
	char *safe = str_safe(s, strlen(s), 64);

	assert_string_equal(safe, want);
	free(safe);
}

static void
what_is_shown_cannot_drive_a_terminal(void **state)
{
	(void)state;
	assert_safe("caf\xc3\xa9 \xf0\x9f\x98\x80",
		    "caf\xc3\xa9 \xf0\x9f\x98\x80");
	assert_safe("a\033[2Jb", "a\xef\xbf\xbd[2Jb");
	assert_safe("a\nb\tc\x7f", "a\xef\xbf\xbd"
				   "b\xef\xbf\xbd"
				   "c\xef\xbf\xbd");
	/* CSI as one C1 character, and as a stray byte. */
	assert_safe("\xc2\x9b"
		    "2J",
		    "\xef\xbf\xbd"
		    "2J");
	assert_safe("\x9b"
		    "2J",
		    "\xef\xbf\xbd"
		    "2J");
	/* What turns the direction of the line around. */
	assert_safe("x\xe2\x80\xaey", "x\xef\xbf\xbdy");
}

static void
what_is_shown_is_cut_between_characters(void **state)
{
	char *s = str_safe("ab\xe2\x82\xac\xe2\x82\xac", 8, 6);

	(void)state;
	assert_string_equal(s, "ab\xe2\x82\xac");
	free(s);
	s = str_safe("a\0b", 3, 64);
	assert_string_equal(s, "a\xef\xbf\xbd"
			       "b");
	free(s);
	s = str_safe("", 0, 0);
	assert_string_equal(s, "");
	free(s);
}

static void
how_long_ago_has_one_unit(void **state)
{
	static const struct {
		uint64_t seconds;
		const char *text;
	} cases[] = {
		{ 0, "0s" },	 { 59, "59s" },		  { 60, "1m" },
		{ 3599, "59m" }, { 3600, "1h" },	  { 86399, "23h" },
		{ 86400, "1d" }, { 400 * 86400, "400d" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char *s = str_ago(cases[i].seconds);

		assert_string_equal(s, cases[i].text);
		free(s);
	}
}

static void
times_are_rfc_3339_in_utc(void **state)
{
	char *s = str_time(1700000000000);

	(void)state;
	assert_string_equal(s, "2023-11-14T22:13:20Z");
	free(s);
	s = str_time(1700000000042);
	assert_string_equal(s, "2023-11-14T22:13:20.042Z");
	free(s);
}

static void
a_string_is_printed_at_any_length(void **state)
{
	char *s = str_printf("%5000s", "x");

	(void)state;
	assert_int_equal(strlen(s), 5000);
	free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(null_is_equal_to_null_only),
		cmocka_unit_test(a_prefix_is_found_at_the_start_only),
		cmocka_unit_test(
			a_number_is_decimal_whole_and_within_its_bounds),
		cmocka_unit_test(a_duration_has_a_unit_or_means_seconds),
		cmocka_unit_test(a_size_has_a_unit_or_means_bytes),
		cmocka_unit_test(a_name_is_of_the_allowed_letters_and_length),
		cmocka_unit_test(the_nearest_word_is_the_one_that_was_meant),
		cmocka_unit_test(utf8_is_taken_only_if_it_is_valid),
		cmocka_unit_test(what_is_shown_cannot_drive_a_terminal),
		cmocka_unit_test(what_is_shown_is_cut_between_characters),
		cmocka_unit_test(how_long_ago_has_one_unit),
		cmocka_unit_test(times_are_rfc_3339_in_utc),
		cmocka_unit_test(a_string_is_printed_at_any_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
