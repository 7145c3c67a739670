/* unit/vt_keys.c - the promises of vt/keys.h. */
#include "vt/keys.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "vt/screen.h"

static void
check_paste(const char *text, size_t len, bool bracketed, const char *want)
{
	struct screen_input in = { .paste = bracketed };
	struct buf out = { 0 };

	keys_paste(text, len, &in, &out);
	assert_int_equal(out.len, strlen(want));
	assert_memory_equal(out.data ? (void *)out.data : (void *)&in, want,
			    out.len);
	buf_release(&out);
}

static void
every_letter_has_its_control(void **state)
{
	struct screen_input in = { 0 };

	(void)state;
	for (char c = 'a'; c <= 'z'; c++) {
		struct buf out = { 0 };
		char name[4] = { 'C', '-', c, 0 };

		assert_int_equal(keys_encode(name, &in, &out), 0);
		assert_int_equal(out.len, 1);
		assert_int_equal(out.data[0], c - 'a' + 1);
		buf_release(&out);
	}
}

static void
what_is_no_key_types_nothing(void **state)
{
	static const char *const names[] = {
		"",    "C-",	       "C-M-",	"nonsense", "F0",
		"F13", "ab",	       "\xff",	"\xc3",	    "\xc0\xaf",
		"\33", "\xed\xa0\x80", "C-C-a", "\xc2\x9b", "\xf4\x90\x80\x80",
	};
	struct screen_input in = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct buf out = { 0 };

		assert_int_equal(keys_encode(names[i], &in, &out), -EINVAL);
		assert_int_equal(out.len, 0);
		buf_release(&out);
	}
}

static void
each_key_is_something_in_each_mode(void **state)
{
	static const char *const names[] = {
		"Up",  "Home", "PageDown", "F1", "F12",	     "Enter",
		"Tab", "Esc",  "Space",	   "x",	 "\xc3\xa9", "\xf0\x9f\x98\x80",
	};
	static const char *const mods[] = { "", "S-", "C-", "M-", "C-M-S-" };

	(void)state;
	for (unsigned modes = 0; modes < 96; modes++)
		for (size_t i = 0; i < sizeof names / sizeof *names; i++)
			for (size_t m = 0; m < 5; m++) {
				struct screen_input in = {
					.kitty = modes & 31,
					.modify_other_keys =
						(uint8_t)(modes / 32),
				};
				struct buf out = { 0 };
				char name[32];

				snprintf(name, sizeof name, "%s%s", mods[m],
					 names[i]);
				assert_int_equal(keys_encode(name, &in, &out),
						 0);
				assert_in_range(out.len, 1, 32);
				buf_release(&out);
			}
}

static void
a_paste_cannot_end_itself(void **state)
{
	static const char evil[] = "a\33[201~rm -rf\n\xc2\x9b"
				   "201~\3b";

	(void)state;
	check_paste(evil, sizeof evil - 1, true,
		    "\33[200~a[201~rm -rf\r201~b\33[201~");
	check_paste(evil, sizeof evil - 1, false, "a[201~rm -rf\r201~b");
}

static void
a_line_end_is_one_return(void **state)
{
	(void)state;
	check_paste("a\r\nb\nc\rd\t\xe6\xbc\xa2", 12, false,
		    "a\rb\rc\rd\t\xe6\xbc\xa2");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_letter_has_its_control),
		cmocka_unit_test(what_is_no_key_types_nothing),
		cmocka_unit_test(each_key_is_something_in_each_mode),
		cmocka_unit_test(a_paste_cannot_end_itself),
		cmocka_unit_test(a_line_end_is_one_return),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
