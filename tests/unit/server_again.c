/* unit/server_again.c - the promises of server/again.h. */
#include "server/again.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/conf.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/words.h"
#include "server/session.h"
#include "scratch.h"

static char *
resumed(const char *agent, const char *const *words)
{
	struct buf errs = { 0 }, line = { 0 };
	struct conf *conf = conf_load("/dev/null", &errs);
	struct session *s = session_new();

	s->agent = agent == NULL ? NULL : mem_str(agent);
	for (; *words != NULL; words++)
		words_add(&s->command, *words);
	char **list = again_resume(s, conf);
	for (size_t i = 0; list != NULL && list[i] != NULL; i++)
		buf_printf(&line, "%s%s", i > 0 ? " " : "", list[i]);
	words_free(list);
	session_free(s);
	conf_free(conf);
	buf_release(&errs);
	return buf_steal(&line);
}

static void
an_agent_goes_on_with_its_own_words_and_those_given(void **state)
{
	static const struct {
		const char *agent, *words[4], *line;
	} all[] = {
		{ "claude", { "claude" }, "claude --continue" },
		{ "claude",
		  { "claude", "--model", "x" },
		  "claude --continue --model x" },
		{ "codex", { "codex" }, "codex resume --last" },
		{ "gemini", { "gemini" }, "gemini --resume" },
		/* Its profile has changed meanwhile. */
		{ "claude", { "/opt/claude" }, "" },
		{ "shell", { "/bin/sh" }, "" },
		{ NULL, { "claude" }, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		char *line = resumed(all[i].agent, all[i].words);

		assert_string_equal(line, all[i].line);
		free(line);
	}
}

static struct session *
ended(const char *dir)
{
	struct session *s = session_new();

	s->name = mem_str("work");
	s->dir = mem_str(dir);
	s->exit_code = 3;
	s->ended = 5000;
	session_ended(s);
	assert_int_equal(session_save(s), 0);
	assert_int_equal(session_save_exit(s), 0);
	return s;
}

static void
a_run_that_did_not_start_leaves_the_old_one(void **state)
{
	char *dir = scratch_new();
	struct session *s = ended(dir);

	(void)state;
	int lock = again_begin(s);
	assert_true(lock >= 0);
	assert_int_equal(again_begin(s), -EWOULDBLOCK);
	/* A server that is killed now finds no end that is not its. */
	struct session *t = session_load(dir);
	assert_int_equal(t->ended, 0);
	session_free(t);
	again_undo(s);
	io_close(lock);
	t = session_load(dir);
	assert_int_equal(t->exit_code, 3);
	assert_int_equal(t->ended, 5000);
	session_free(t);
	session_free(s);
	scratch_free(dir);
}

static void
a_run_that_started_has_no_end(void **state)
{
	char *dir = scratch_new();
	struct session *s = ended(dir);

	(void)state;
	int lock = again_begin(s);
	again_done(s);
	io_close(lock);
	struct session *t = session_load(dir);
	assert_int_equal(t->ended, 0);
	session_free(t);
	session_free(s);
	scratch_free(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			an_agent_goes_on_with_its_own_words_and_those_given),
		cmocka_unit_test(a_run_that_did_not_start_leaves_the_old_one),
		cmocka_unit_test(a_run_that_started_has_no_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
