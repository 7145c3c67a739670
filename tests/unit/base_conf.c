/* unit/base_conf.c - the promises of base/conf.h. */
#include "base/conf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "scratch.h"

static char *dir;
static const char *path;

static int
setup(void **state)
{
	(void)state;
	dir = scratch_new();
	path = scratch_path(dir, "cdo.conf");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	scratch_free(dir);
	return 0;
}

static struct conf *
load(const char *text)
{
	struct buf errs = { 0 };

	scratch_write(path, text);
	struct conf *c = conf_load(path, &errs);
	if (!c)
		fail_msg("%.*s", (int)errs.len, (char *)errs.data);
	assert_int_equal(errs.len, 0);
	buf_release(&errs);
	return c;
}

static void
assert_complains(const char *text, const char *want)
{
	struct buf errs = { 0 };

	scratch_write(path, text);
	assert_null(conf_load(path, &errs));
	char *s = buf_steal(&errs);
	assert_string_equal(s, want);
	free(s);
}

static void
a_missing_file_means_the_defaults(void **state)
{
	struct buf errs = { 0 };
	struct conf *c = conf_load(path, &errs);

	(void)state;
	assert_non_null(c);
	assert_string_equal(c->path, path);
	assert_string_equal(c->prefix, "C-b");
	assert_int_equal(c->history_limit, 10000);
	assert_int_equal(c->attach_history, 1000);
	assert_null(c->shell);
	assert_true(c->persistent);
	assert_int_equal(c->grace_ms, 5000);
	assert_int_equal(c->keep_finished_ms, 7 * 24 * 3600 * 1000);
	assert_string_equal(c->term_program, "cdo");
	const struct conf_agent *a = conf_agent(c, "claude");
	assert_non_null(a);
	assert_string_equal(a->command[0], "claude");
	assert_null(a->command[1]);
	assert_string_equal(a->resume[1], "--continue");
	assert_true(a->holds);
	a = conf_agent(c, "shell");
	assert_non_null(a);
	assert_null(a->command[0]);
	assert_false(a->holds);
	assert_null(conf_agent(c, "nobody"));
	conf_free(c);
	conf_free(NULL);
}

static void
the_file_s_options_replace_the_defaults(void **state)
{
	struct conf *c = load("# a comment\n"
			      "prefix = C-a\n"
			      "  history-limit = 5 ; and another\n"
			      "history-bytes=1M\n"
			      "shell = /bin/zsh\n"
			      "persistent = off\r\n"
			      "grace = 250ms\n"
			      "theme = light");

	(void)state;
	assert_string_equal(c->prefix, "C-a");
	assert_int_equal(c->history_limit, 5);
	assert_int_equal(c->history_bytes, 1 << 20);
	assert_string_equal(c->shell, "/bin/zsh");
	assert_false(c->persistent);
	assert_int_equal(c->grace_ms, 250);
	assert_string_equal(c->theme, "light");
	conf_free(c);
}

static void
an_agent_may_be_changed_or_added(void **state)
{
	struct conf *c = load("[agent claude]\n"
			      "command = /opt/claude --model 'the best one'\n"
			      "[agent mine]\n"
			      "resume = mine \"--again\"\n"
			      "holds = no\n");
	const struct conf_agent *a = conf_agent(c, "claude");

	(void)state;
	assert_string_equal(a->command[0], "/opt/claude");
	assert_string_equal(a->command[2], "the best one");
	assert_null(a->command[3]);
	assert_string_equal(a->resume[0], "claude");
	assert_true(a->holds);
	a = conf_agent(c, "mine");
	assert_string_equal(a->command[0], "mine");
	assert_string_equal(a->resume[1], "--again");
	assert_false(a->holds);
	conf_free(c);
}

static void
every_complaint_names_its_line(void **state)
{
	(void)state;
	assert_complains("\nprefx = C-a\n"
			 "history-limit = many\n"
			 "colour = blue\n"
			 "theme = \n"
			 "[agents claude]\n"
			 "command = x\n"
			 "[agent claude]\n"
			 "comand = x\n"
			 "command = 'x\n"
			 "holds = perhaps\n"
			 "[agent a b]\n"
			 "command = x\n",
			 "cdo.conf:2: no such option 'prefx'; did you mean "
			 "'prefix'?\n"
			 "cdo.conf:3: history-limit must be a number, not "
			 "'many'\n"
			 "cdo.conf:4: no such option 'colour'\n"
			 "cdo.conf:5: theme must be dark or light, not ''\n"
			 "cdo.conf:7: no such section '[agents claude]'; there "
			 "is [agent NAME]\n"
			 "cdo.conf:9: no such option of an agent 'comand'; did "
			 "you mean 'command'?\n"
			 "cdo.conf:10: command has a quote without its other\n"
			 "cdo.conf:11: holds must be on or off, not 'perhaps'\n"
			 "cdo.conf:13: 'a b' cannot be an agent's name\n");
}

static void
what_is_no_option_at_all_is_said_too(void **state)
{
	(void)state;
	assert_complains("prefix = C-a\nnonsense\n",
			 "cdo.conf:2: neither [SECTION] nor NAME = VALUE\n");
	assert_complains("[agent x\n",
			 "cdo.conf:1: neither [SECTION] nor NAME = VALUE\n");
}

static void
a_hostile_file_is_refused_and_shown_safely(void **state)
{
	char text[4096];

	(void)state;
	assert_complains("theme = \033[2J\n",
			 "cdo.conf:1: theme must be dark or light, not "
			 "'\xef\xbf\xbd[2J'\n");
	memset(text, 'x', sizeof text);
	memcpy(text, "shell = ", 8);
	text[sizeof text - 1] = '\0';
	assert_complains(text, "cdo.conf:1: longer than 199 bytes\n");
	assert_complains("persistent = maybe\n",
			 "cdo.conf:1: persistent must be on or off, not "
			 "'maybe'\n");
}

static void
a_file_that_cannot_be_read_is_an_error(void **state)
{
	struct buf errs = { 0 };

	(void)state;
	assert_null(conf_load(dir, &errs));
	char *s = buf_steal(&errs);
	assert_non_null(strstr(s, dir));
	assert_non_null(strstr(s, "Is a directory"));
	free(s);
}

static void
what_is_shown_can_be_loaded_again(void **state)
{
	struct conf *c = load("prefix = C-a\nhistory-bytes = 3k\n"
			      "[agent x]\ncommand = a 'b c' \"it's\"\n");
	struct buf first = { 0 }, second = { 0 };

	(void)state;
	conf_show(c, &first);
	conf_free(c);
	char *text = buf_steal(&first);
	c = load(text);
	conf_show(c, &second);
	assert_int_equal(second.len, strlen(text));
	assert_memory_equal(second.data, text, second.len);
	const struct conf_agent *a = conf_agent(c, "x");
	assert_string_equal(a->command[1], "b c");
	assert_string_equal(a->command[2], "it's");
	conf_free(c);
	free(text);
	buf_release(&second);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_missing_file_means_the_defaults),
		TEST(the_file_s_options_replace_the_defaults),
		TEST(an_agent_may_be_changed_or_added),
		TEST(every_complaint_names_its_line),
		TEST(what_is_no_option_at_all_is_said_too),
		TEST(a_hostile_file_is_refused_and_shown_safely),
		TEST(a_file_that_cannot_be_read_is_an_error),
		TEST(what_is_shown_can_be_loaded_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
