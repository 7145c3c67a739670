/* unit/server_again.c - the promises of server/again.h. */
#include "server/again.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/conf.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/words.h"
#include "server/session.h"
#include "scratch.h"

/* The linker sends these here (--wrap); number fail_at, from 1, fails. */
static int fail_at, calls;

static bool
fails(void)
{
	if (++calls != fail_at)
		return false;
	errno = ENOSPC;
	return true;
}

int __real_openat(int dir, const char *path, int flags, ...);
ssize_t __real_write(int fd, const void *data, size_t len);
int __real_fsync(int fd);
int __real_rename(const char *from, const char *to);
int __wrap_openat(int dir, const char *path, int flags, ...);
ssize_t __wrap_write(int fd, const void *data, size_t len);
int __wrap_fsync(int fd);
int __wrap_rename(const char *from, const char *to);

int
__wrap_openat(int dir, const char *path, int flags, ...)
{
	va_list ap;

	va_start(ap, flags);
	mode_t mode = va_arg(ap, mode_t);
	va_end(ap);
	return fails() ? -1 : __real_openat(dir, path, flags, mode);
}

ssize_t
__wrap_write(int fd, const void *data, size_t len)
{
	return fails() ? -1 : __real_write(fd, data, len);
}

int
__wrap_fsync(int fd)
{
	return fails() ? -1 : __real_fsync(fd);
}

int
__wrap_rename(const char *from, const char *to)
{
	return fails() ? -1 : __real_rename(from, to);
}

static char *
resumed(const char *agent, const char *const *words, const char *id)
{
	struct buf errs = { 0 }, line = { 0 };
	struct conf *conf = conf_load("/dev/null", &errs);
	struct session *s = session_new();

	s->agent = agent == NULL ? NULL : mem_str(agent);
	for (; *words != NULL; words++)
		words_add(&s->command, *words);
	if (id != NULL)
		words_set(&s->labels, "conversation", id);
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
		char *line = resumed(all[i].agent, all[i].words, NULL);

		assert_string_equal(line, all[i].line);
		free(line);
	}
}

static void
a_known_conversation_goes_on(void **state)
{
	static const struct {
		const char *agent, *words[4], *id, *line;
	} all[] = {
		{ "claude",
		  { "claude", "--model", "x" },
		  "7d2c8a4e-0000-4000-8000-123456789abc",
		  "claude --resume 7d2c8a4e-0000-4000-8000-123456789abc "
		  "--model x" },
		{ "codex", { "codex" }, "abc", "codex resume abc" },
		/* No option, and no more than a word. */
		{ "claude", { "claude" }, "--help", "claude --continue" },
		{ "claude", { "claude" }, "a b", "claude --continue" },
		{ "shell", { "/bin/sh" }, "abc", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		char *line = resumed(all[i].agent, all[i].words, all[i].id);

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

/* As the server does it; false: the old run is the last. */
static bool
run_again(const struct session *old, const struct session *new)
{
	int lock = again_begin(old);
	bool good = lock >= 0 && session_save(new) == 0;

	if (good)
		again_done(new);
	else
		again_undo(old);
	if (lock >= 0)
		io_close(lock);
	return good;
}

static void
whatever_fails_it_is_the_old_run_or_the_new(void **state)
{
	bool more = true;
	int n;

	(void)state;
	for (n = 1; more; n++) {
		char *dir = scratch_new();
		struct session *old = ended(dir), *new = session_new();

		again_inherit(new, old);
		new->name = mem_str("work");
		calls = 0;
		fail_at = n;
		bool good = run_again(old, new);
		more = calls >= n;
		fail_at = 0;
		struct session *s = session_load(dir);
		assert_non_null(s);
		assert_string_equal(s->name, "work");
		assert_int_equal(s->ended, good ? 0 : 5000);
		assert_int_equal(s->exit_code, good ? -1 : 3);
		session_free(s);
		session_free(old);
		session_free(new);
		scratch_free(dir);
	}
	assert_true(n > 6);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			an_agent_goes_on_with_its_own_words_and_those_given),
		cmocka_unit_test(a_known_conversation_goes_on),
		cmocka_unit_test(a_run_that_did_not_start_leaves_the_old_one),
		cmocka_unit_test(a_run_that_started_has_no_end),
		cmocka_unit_test(whatever_fails_it_is_the_old_run_or_the_new),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
