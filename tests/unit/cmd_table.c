/* unit/cmd_table.c - each command's row says what help and scripts need. */
#include "cmd/cmd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cmd/help.h"
#include "proto/msg.h"

static void
every_row_is_complete_and_alone(void **state)
{
	(void)state;
	for (const struct cmd *const *c = cmd_table; *c != NULL; c++) {
		assert_non_null((*c)->name);
		assert_non_null((*c)->usage);
		assert_non_null((*c)->run);
		assert_true(strlen((*c)->help) > 0);
		assert_true(strlen((*c)->help) < 66);
		assert_ptr_equal(cmd_find((*c)->name), *c);
		if ((*c)->alias != NULL)
			assert_ptr_equal(cmd_find((*c)->alias), *c);
		assert_true((*c)->max < 0 || (*c)->max >= (*c)->min);
	}
}

static void
no_command_has_an_option_twice(void **state)
{
	(void)state;
	for (const struct cmd *const *c = cmd_table; *c != NULL; c++) {
		const struct cmd_opt *a, *b;

		for (a = (*c)->opts; a != NULL && a->key != 0; a++) {
			assert_true(a->key != 'h');
			assert_true(a->key < 256 || a->name != NULL);
			for (b = a + 1; b->key != 0; b++) {
				assert_int_not_equal(a->key, b->key);
				assert_string_not_equal(a->name, b->name);
			}
		}
	}
}

static void
a_mistyped_command_is_guessed(void **state)
{
	(void)state;
	assert_ptr_equal(help_nearest("atach"), &cmd_attach);
	assert_ptr_equal(help_nearest("stpo"), &cmd_stop);
	assert_ptr_equal(help_nearest("lss"), &cmd_ls);
	assert_null(help_nearest("frobnicate"));
	assert_null(help_nearest(""));
}

static void
failures_of_new_stand_apart_from_the_programs(void **state)
{
	(void)state;
	assert_int_equal(cmd_status(&cmd_ls, MSG_E_NO_SESSION), 3);
	assert_int_equal(cmd_status(&cmd_ls, MSG_E_AMBIGUOUS), 6);
	assert_int_equal(cmd_status(&cmd_ls, MSG_E_TIMEOUT), 7);
	assert_int_equal(cmd_status(&cmd_ls, MSG_E_USAGE), 2);
	assert_int_equal(cmd_status(&cmd_new, MSG_E_NOT_FOUND), 127);
	assert_int_equal(cmd_status(&cmd_new, MSG_E_CANNOT_EXEC), 126);
	assert_int_equal(cmd_status(&cmd_new, MSG_E_USAGE), 125);
	assert_int_equal(cmd_status(&cmd_attach, MSG_E_NO_SESSION), 125);
	assert_int_equal(cmd_status(&cmd_attach, MSG_E_TIMEOUT), 124);
	assert_int_equal(cmd_status(&cmd_attach, 999), 125);
	assert_int_equal(cmd_status(&cmd_ls, 999), 1);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_is_complete_and_alone),
		cmocka_unit_test(no_command_has_an_option_twice),
		cmocka_unit_test(a_mistyped_command_is_guessed),
		cmocka_unit_test(failures_of_new_stand_apart_from_the_programs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
