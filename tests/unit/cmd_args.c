/* unit/cmd_args.c - the promises of cmd/args.h. */
#include "cmd/args.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/words.h"
#include "cmd/cmd.h"

enum { LONG = 256, MAYBE };

static const struct cmd_opt opts[] = {
	{ 'a', "all", NULL, "" },     { 'n', "name", "NAME", "" },
	{ LONG, "long", "WORD", "" }, { MAYBE, "maybe", "[=N]", "" },
	{ 'z', NULL, NULL, "" },      { 0 },
};

static const struct cmd plain = {
	.name = "test", .usage = "WORD...", .opts = opts, .max = -1
};
static const struct cmd rest = {
	.name = "test", .usage = "", .opts = opts, .max = 2, .flags = CMD_REST
};

/* Parses line, cut at blanks; words is released by the caller. */
static int
parse(struct args *a, const struct cmd *cmd, const char *line, char ***words)
{
	char copy[256], *save, *w;

	*words = NULL;
	words_add(words, "test");
	strcpy(copy, line);
	for (w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save))
		words_add(words, w);
	return args_parse(a, cmd, (int)words_count(*words), *words);
}

static void
options_and_operands_come_in_any_order(void **state)
{
	static const char *const lines[] = {
		"-a -n x one two",	  "one -a two -n x",
		"one two --all --name=x", "--name x one -a two",
		"-anx one two",		  "-an x one two",
		"-a -nx -- one two",
	};

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		struct args a;
		char **words;

		assert_int_equal(parse(&a, &plain, lines[i], &words), 0);
		assert_true(args_has(&a, 'a'));
		assert_false(args_has(&a, 'z'));
		assert_string_equal(args_value(&a, 'n'), "x");
		assert_int_equal(a.n, 2);
		assert_string_equal(a.operand[0], "one");
		assert_string_equal(a.operand[1], "two");
		args_release(&a);
		words_free(words);
	}
}

static void
words_behind_two_dashes_are_not_options(void **state)
{
	struct args a;
	char **words;

	(void)state;
	assert_int_equal(parse(&a, &rest, "make -a -- -j8 --all -- x", &words),
			 0);
	assert_int_equal(a.n, 1);
	assert_int_equal(a.n_rest, 4);
	assert_string_equal(a.rest[0], "-j8");
	assert_string_equal(a.rest[2], "--");
	assert_null(a.rest[4]);
	args_release(&a);
	words_free(words);
}

static void
an_optional_value_is_only_behind_an_equals_sign(void **state)
{
	struct args a;
	char **words;

	(void)state;
	assert_int_equal(parse(&a, &plain, "--maybe 5", &words), 0);
	assert_true(args_has(&a, MAYBE));
	assert_null(args_value(&a, MAYBE));
	assert_int_equal(a.n, 1);
	args_release(&a);
	words_free(words);
	assert_int_equal(parse(&a, &plain, "--maybe=5", &words), 0);
	assert_string_equal(args_value(&a, MAYBE), "5");
	assert_int_equal(a.n, 0);
	args_release(&a);
	words_free(words);
}

static void
each_value_of_a_repeated_option_is_kept(void **state)
{
	struct args a;
	char **words;

	(void)state;
	assert_int_equal(parse(&a, &plain, "-n a --name b -nc", &words), 0);
	assert_string_equal(args_each(&a, 'n', 0), "a");
	assert_string_equal(args_each(&a, 'n', 1), "b");
	assert_string_equal(args_value(&a, 'n'), "c");
	assert_null(args_each(&a, 'n', 3));
	args_release(&a);
	words_free(words);
}

static void
what_is_wrong_is_refused(void **state)
{
	static const char *const lines[] = {
		"-q",	   "--nope", "--al",	      "-n", "--name", "-aq",
		"--all=x", "--long", "one two three",
	};

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		struct args a;
		char **words;

		assert_int_equal(parse(&a, &rest, lines[i], &words), -EINVAL);
		args_release(&a);
		words_free(words);
	}
}

static void
a_lone_dash_is_an_operand(void **state)
{
	struct args a;
	char **words;

	(void)state;
	assert_int_equal(parse(&a, &plain, "-", &words), 0);
	assert_string_equal(a.operand[0], "-");
	args_release(&a);
	words_free(words);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_and_operands_come_in_any_order),
		cmocka_unit_test(words_behind_two_dashes_are_not_options),
		cmocka_unit_test(
			an_optional_value_is_only_behind_an_equals_sign),
		cmocka_unit_test(each_value_of_a_repeated_option_is_kept),
		cmocka_unit_test(what_is_wrong_is_refused),
		cmocka_unit_test(a_lone_dash_is_an_operand),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
