/* unit/base_words.c - the promises of base/words.h. */
#include "base/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void
null_is_the_empty_list(void **state)
{
	char **list = NULL;

	(void)state;
	assert_int_equal(words_count(list), 0);
	assert_null(words_get(list, "k"));
	assert_null(words_copy(list));
	words_set(&list, "k", NULL);
	assert_int_equal(words_count(list), 0);
	words_free(list);
}

static void
words_keep_their_order(void **state)
{
	char **list = NULL;

	(void)state;
	words_add(&list, "make");
	words_add(&list, "-j8");
	char **copy = words_copy(list);
	words_free(list);
	assert_int_equal(words_count(copy), 2);
	assert_string_equal(copy[0], "make");
	assert_string_equal(copy[1], "-j8");
	assert_null(copy[2]);
	words_free(copy);
}

static void
a_key_is_set_replaced_and_removed(void **state)
{
	char **list = NULL;

	(void)state;
	words_set(&list, "A", "1");
	words_set(&list, "AB", "2");
	words_set(&list, "C", "");
	assert_string_equal(words_get(list, "A"), "1");
	assert_string_equal(words_get(list, "AB"), "2");
	assert_string_equal(words_get(list, "C"), "");
	assert_null(words_get(list, "B"));
	words_set(&list, "A", "x=y");
	assert_string_equal(words_get(list, "A"), "x=y");
	assert_int_equal(words_count(list), 3);
	words_set(&list, "AB", NULL);
	assert_null(words_get(list, "AB"));
	assert_int_equal(words_count(list), 2);
	assert_string_equal(list[1], "C=");
	words_free(list);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(null_is_the_empty_list),
		cmocka_unit_test(words_keep_their_order),
		cmocka_unit_test(a_key_is_set_replaced_and_removed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
