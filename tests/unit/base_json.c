/* unit/base_json.c - the promises of base/json.h. */
#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"

static void
assert_writes(const struct json *v, bool pretty, const char *want)
{
	struct buf b = { 0 };

	json_write(v, pretty, &b);
	char *s = buf_steal(&b);
	assert_string_equal(s, want);
	free(s);
}

static void
values_are_written_in_the_order_they_were_set(void **state)
{
	struct json *o = json_new_object(), *a = json_new_array();
	char one[] = "a=1", two[] = "b=x=y", *words[] = { one, two, NULL };

	(void)state;
	json_set_str(o, "z", "last\n");
	json_set_int(o, "a", -3);
	json_set_bool(o, "yes", true);
	json_set_null(o, "none");
	json_set_str(o, "null", NULL);
	json_set_time(o, "never", 0);
	json_set_time(o, "when", 1700000000000);
	json_add_str(a, "x");
	json_add(a, json_new_object());
	json_set(o, "list", a);
	json_set_words(o, "words", words);
	json_set_pairs(o, "pairs", words);
	assert_writes(o, false,
		      "{\"z\":\"last\\n\",\"a\":-3,\"yes\":true,\"none\":null,"
		      "\"null\":null,\"never\":null,"
		      "\"when\":\"2023-11-14T22:13:20Z\","
		      "\"list\":[\"x\",{}],"
		      "\"words\":[\"a=1\",\"b=x=y\"],"
		      "\"pairs\":{\"a\":\"1\",\"b\":\"x=y\"}}\n");
	json_free(o);
}

static void
setting_again_replaces(void **state)
{
	struct json *o = json_new_object();

	(void)state;
	json_set_int(o, "a", 1);
	json_set_str(o, "a", "two");
	assert_writes(o, true, "{\n  \"a\": \"two\"\n}\n");
	json_free(o);
}

static void
bytes_that_are_not_utf8_are_replaced(void **state)
{
	struct json *o = json_new_object(), *a = json_new_array();

	(void)state;
	json_set_str(o, "k", "a\xff\xc3\xa9");
	json_add_str(a, "\xed\xa0\x80");
	json_set(o, "bad\xfekey", a);
	assert_string_equal(json_str(o, "k"), "a\xef\xbf\xbd\xc3\xa9");
	const struct json *v;
	assert_string_equal(json_key(o, 1, &v), "bad\xef\xbf\xbdkey");
	assert_string_equal(json_at_str(v, 0),
			    "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	json_free(o);
}

static void
what_was_written_is_read_again(void **state)
{
	static const char text[] = "{\"s\":\"x\",\"i\":9007199254740993,"
				   "\"b\":false,\"l\":[\"p\",\"q\"],"
				   "\"o\":{\"k\":\"v\",\"n\":1}}";
	char *why;
	struct json *o = json_parse(text, strlen(text), &why);

	(void)state;
	assert_non_null(o);
	assert_null(why);
	assert_string_equal(json_str(o, "s"), "x");
	assert_true(json_int(o, "i", 0) == 9007199254740993);
	assert_false(json_bool(o, "b", true));
	const struct json *l = json_get(o, "l"), *v;
	assert_int_equal(json_count(l), 2);
	assert_string_equal(json_at_str(l, 1), "q");
	assert_null(json_at(l, 2));
	const struct json *in = json_get(o, "o");
	assert_int_equal(json_count(in), 2);
	assert_string_equal(json_key(in, 0, &v), "k");
	assert_string_equal(json_value_str(v), "v");
	assert_string_equal(json_key(in, 1, &v), "n");
	assert_null(json_value_str(v));
	assert_null(json_key(in, 2, &v));
	assert_null(v);
	json_free(o);
}

static void
what_is_missing_or_of_another_type_is_the_default(void **state)
{
	static const char text[] = "{\"s\":\"x\",\"n\":1,\"z\":null}";
	char *why;
	struct json *o = json_parse(text, strlen(text), &why);

	(void)state;
	assert_null(json_str(o, "n"));
	assert_null(json_str(o, "z"));
	assert_null(json_str(o, "none"));
	assert_int_equal(json_int(o, "s", 5), 5);
	assert_true(json_bool(o, "s", true));
	assert_null(json_get(o, "none"));
	assert_int_equal(json_count(json_get(o, "s")), 0);
	assert_int_equal(json_count(NULL), 0);
	assert_null(json_at(NULL, 0));
	assert_null(json_str(NULL, "s"));
	assert_null(json_value_str(NULL));
	json_free(o);
	json_free(NULL);
}

static void
what_is_no_json_is_refused_with_the_reason(void **state)
{
	static const char *const bad[] = { "",	    "{",     "{\"a\":}",
					   "[1,]",  "\xff",  "{} x",
					   "[1 2]", "\"\\x", "nul" };
	char *why;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_null(json_parse(bad[i], strlen(bad[i]), &why));
		assert_non_null(why);
		free(why);
	}
	assert_null(json_parse(NULL, 0, &why));
	free(why);
}

static void
nesting_past_32_is_refused(void **state)
{
	char text[80];
	char *why;

	(void)state;
	for (int n = 32; n <= 33; n++) {
		memset(text, '[', (size_t)n);
		memset(text + n, ']', (size_t)n);
		struct json *v = json_parse(text, (size_t)n * 2, &why);
		assert_int_equal(v != NULL, n == 32);
		json_free(v);
		free(why);
	}
	memset(text, '[', sizeof text);
	text[0] = text[sizeof text - 1] = '"';
	struct json *v = json_parse(text, sizeof text, &why);
	assert_non_null(v);
	json_free(v);
}

static void
numbers_are_read_with_and_without_a_point(void **state)
{
	static const char text[] = "[1, 2.5, \"3\", {\"n\": 4.25}]";
	char *why;
	struct json *j = json_parse(text, sizeof text - 1, &why);

	(void)state;
	assert_true(json_at_number(j, 0, 9) == 1.0);
	assert_true(json_at_number(j, 1, 9) == 2.5);
	assert_true(json_at_number(j, 2, 9) == 9.0);
	assert_true(json_at_number(j, 7, 9) == 9.0);
	assert_true(json_number(json_at(j, 3), "n", 9) == 4.25);
	assert_true(json_number(json_at(j, 3), "m", 9) == 9.0);
	json_free(j);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_written_in_the_order_they_were_set),
		cmocka_unit_test(setting_again_replaces),
		cmocka_unit_test(bytes_that_are_not_utf8_are_replaced),
		cmocka_unit_test(what_was_written_is_read_again),
		cmocka_unit_test(
			what_is_missing_or_of_another_type_is_the_default),
		cmocka_unit_test(what_is_no_json_is_refused_with_the_reason),
		cmocka_unit_test(nesting_past_32_is_refused),
		cmocka_unit_test(numbers_are_read_with_and_without_a_point),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
