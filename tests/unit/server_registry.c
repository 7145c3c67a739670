/* unit/server_registry.c - the promises of server/registry.h. */
#include "server/registry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "base/words.h"
#include "proto/local.h"
#include "proto/msg.h"
#include "server/session.h"
#include "scratch.h"

static uint64_t now = 1000;

static struct session *
put(struct registry *reg, const char *id, const char *name)
{
	struct session *s = session_new();

	memcpy(s->id, id, SESSION_ID_LEN);
	s->name = mem_str(name);
	s->cwd = mem_str("/srv/api");
	s->created = now++;
	s->status = SESSION_RUNNING;
	registry_add(reg, s);
	return s;
}

static int
find(const struct registry *reg, const char *word, struct session **s)
{
	char *why = NULL;
	int r = registry_find(reg, word, s, &why);

	assert_true((r == 0) == (why == NULL));
	free(why);
	return r;
}

static void
a_session_is_found_by_name_id_and_unique_prefix(void **state)
{
	struct registry reg;
	struct session *s;

	(void)state;
	registry_init(&reg, "/run", "/state");
	struct session *a = put(&reg, "aaaaaaaa", "claude-api");
	struct session *b = put(&reg, "bbbbbbbb", "claude-api-2");
	struct session *c = put(&reg, "cccccccc", "build");

	assert_int_equal(find(&reg, "claude-api", &s), 0);
	assert_ptr_equal(s, a);
	assert_int_equal(find(&reg, "claude-api-", &s), 0);
	assert_ptr_equal(s, b);
	assert_int_equal(find(&reg, "cccccccc", &s), 0);
	assert_ptr_equal(s, c);
	assert_int_equal(find(&reg, "ccc", &s), 0);
	assert_ptr_equal(s, c);
	assert_int_equal(find(&reg, "cl", &s), MSG_E_AMBIGUOUS);
	assert_int_equal(find(&reg, "b", &s), MSG_E_AMBIGUOUS);
	assert_int_equal(find(&reg, "x", &s), MSG_E_NO_SESSION);
	assert_int_equal(find(&reg, "", &s), MSG_E_NO_SESSION);
	registry_release(&reg);
}

static void
a_dash_is_the_one_attached_last(void **state)
{
	struct registry reg;
	struct session *s;

	(void)state;
	registry_init(&reg, "/run", "/state");
	struct session *a = put(&reg, "aaaaaaaa", "a");
	put(&reg, "bbbbbbbb", "b");
	assert_int_equal(find(&reg, "-", &s), MSG_E_NO_SESSION);
	a->attached = 5;
	assert_int_equal(find(&reg, "-", &s), 0);
	assert_ptr_equal(s, a);
	registry_release(&reg);
}

static void
names_describe_and_are_free(void **state)
{
	static const struct {
		const char *what, *cwd, *name;
	} cases[] = {
		{ "claude", "/home/x/api", "claude-api" },
		{ "/usr/bin/make", "/src", "make-src" },
		{ "./migrate", "/srv/db", "migrate-db" },
		{ "shell", "/", "shell" },
		{ "my prog", "/a b/c  d", "my-prog-c-d" },
		{ "...", "/-x-", "session-x" },
		{ "a", "/\xc3\xa9t\xc3\xa9", "a-t" },
	};
	struct registry reg;

	(void)state;
	registry_init(&reg, "/run", "/state");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *name =
			registry_describe(&reg, cases[i].what, cases[i].cwd);

		assert_string_equal(name, cases[i].name);
		assert_true(str_is_name(name));
		free(name);
	}
	put(&reg, "aaaaaaaa", "claude-api");
	char *second = registry_describe(&reg, "claude", "/home/x/api");
	assert_string_equal(second, "claude-api-2");
	free(second);

	char wide[200];
	memset(wide, 'w', sizeof wide);
	wide[0] = '/';
	wide[199] = '\0';
	char *cut = registry_describe(&reg, wide, wide);
	assert_true(str_is_name(cut));
	put(&reg, "bbbbbbbb", cut);
	char *next = registry_describe(&reg, wide, wide);
	assert_true(str_is_name(next));
	assert_string_not_equal(next, cut);
	free(cut);
	free(next);
	registry_release(&reg);
}

static void
a_name_is_refused_with_a_reason(void **state)
{
	static const char *const bad[] = {
		"",
		"-x",
		".x",
		"a b",
		"a/b",
		"\xc3\xa9",
		"0123456789012345678901234567890123456789012345678",
	};
	struct registry reg;

	(void)state;
	registry_init(&reg, "/run", "/state");
	struct session *a = put(&reg, "aaaaaaaa", "a");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char *why = registry_name_taken(&reg, bad[i], NULL);

		assert_non_null(why);
		free(why);
	}
	char *why = registry_name_taken(&reg, "a", NULL);
	assert_non_null(why);
	free(why);
	assert_null(registry_name_taken(&reg, "a", a));
	assert_null(registry_name_taken(&reg, "b", NULL));
	registry_release(&reg);
}

static void
only_a_living_agent_holds_its_directory(void **state)
{
	struct registry reg;

	(void)state;
	registry_init(&reg, "/run", "/state");
	struct session *a = put(&reg, "aaaaaaaa", "a");
	assert_null(registry_holder(&reg, "/srv/api"));
	a->holds = true;
	assert_ptr_equal(registry_holder(&reg, "/srv/api"), a);
	assert_null(registry_holder(&reg, "/srv"));
	a->status = SESSION_STOPPED;
	assert_null(registry_holder(&reg, "/srv/api"));
	registry_release(&reg);
}

/* --- in the state directory --- */

struct place {
	char *dir, *runtime, *state;
};

static int
enter(void **state)
{
	struct place *p = mem_zero(1, sizeof *p);

	p->dir = scratch_new();
	p->runtime = path_join(p->dir, "run");
	p->state = path_join(p->dir, "state");
	char *sessions = path_join(p->state, "sessions");
	mkdir(p->runtime, 0700);
	mkdir(p->state, 0700);
	mkdir(sessions, 0700);
	free(sessions);
	*state = p;
	return 0;
}

static int
leave(void **state)
{
	struct place *p = *state;

	scratch_free(p->dir);
	free(p->runtime);
	free(p->state);
	free(p);
	return 0;
}

/* A session with a record, as create makes it. */
static struct session *
record(struct registry *reg, const char *name)
{
	struct session *s = session_new();

	s->name = mem_str(name);
	s->cwd = mem_str("/");
	s->created = now++;
	words_add(&s->command, "sleep");
	assert_int_equal(registry_make_dir(reg, s), 0);
	assert_int_equal(session_save(s), 0);
	registry_add(reg, s);
	return s;
}

static void
a_new_server_finds_every_session(void **state)
{
	const struct place *p = *state;
	struct registry old, new;
	struct session *s;

	registry_init(&old, p->runtime, p->state);
	struct session *running = record(&old, "running");
	struct session *done = record(&old, "done");
	done->ended = now;
	done->exit_code = 3;
	assert_int_equal(session_save_exit(done), 0);
	int sock = local_listen(scratch_path(p->runtime, "zzzzzzzz.sock"));
	assert_true(sock >= 0);
	io_close(local_listen(scratch_path(p->runtime, "yyyyyyyy.sock")));
	scratch_write(scratch_path(p->runtime, "server.sock"), "");

	registry_init(&new, p->runtime, p->state);
	registry_scan(&new);
	assert_int_equal(new.n, 3);
	assert_int_equal(find(&new, "running", &s), 0);
	assert_string_equal(s->id, running->id);
	assert_int_equal(s->status, SESSION_RUNNING);
	assert_int_equal(find(&new, "done", &s), 0);
	assert_int_equal(s->status, SESSION_FAILED);
	assert_int_equal(s->exit_code, 3);
	assert_non_null(registry_by_id(&new, "zzzzzzzz"));
	assert_int_equal(find(&new, "zzzzzzzz", &s), MSG_E_NO_SESSION);
	io_close(sock);
	registry_release(&old);
	registry_release(&new);
}

static void
a_damaged_record_hides_no_other(void **state)
{
	static const char *const bad[] = {
		"",
		"{",
		"[]",
		"{\"id\":5}",
		"{\"id\":\"aaaaaaaa\"}",
		"{\"id\":\"bbbbbbbb\",\"name\":\"x\"}",
		"{\"id\":\"aaaaaaaa\",\"name\":\"../x\"}",
	};
	const struct place *p = *state;
	struct registry reg;
	char *dir = str_printf("%s/sessions/aaaaaaaa", p->state);
	char *file = path_join(dir, "meta.json");

	mkdir(dir, 0700);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		scratch_write(file, bad[i]);
		registry_init(&reg, p->runtime, p->state);
		struct session *good = record(&reg, "good");
		reg.n = 0;
		registry_scan(&reg);
		assert_int_equal(reg.n, 1);
		assert_string_equal(reg.list[0]->name, "good");
		assert_int_equal(registry_forget(&reg, reg.list[0]), 0);
		session_free(good);
		registry_release(&reg);
	}
	free(file);
	free(dir);
}

static void
what_was_only_begun_is_swept_away(void **state)
{
	const struct place *p = *state;
	struct registry reg;
	struct stat st;
	char *begun = str_printf("%s/sessions/aaaaaaaa", p->state);
	char *kept = str_printf("%s/sessions/bbbbbbbb", p->state);

	mkdir(begun, 0700);
	scratch_write(scratch_path(begun, "lock"), "");
	scratch_write(scratch_path(begun, "meta.json.123.4"), "{");
	mkdir(kept, 0700);
	scratch_write(scratch_path(kept, "last.vt"), "text");
	registry_init(&reg, p->runtime, p->state);
	registry_scan(&reg);
	assert_int_equal(reg.n, 0);
	assert_int_not_equal(stat(begun, &st), 0);
	assert_int_equal(stat(scratch_path(kept, "last.vt"), &st), 0);
	registry_release(&reg);
	free(begun);
	free(kept);
}

static void
forgetting_removes_all_that_was_kept(void **state)
{
	const struct place *p = *state;
	struct registry reg;
	struct stat st;

	registry_init(&reg, p->runtime, p->state);
	struct session *s = record(&reg, "x");
	char *dir = mem_str(s->dir), *sub = path_join(dir, "sub");
	mkdir(sub, 0700);
	scratch_write(scratch_path(sub, "file"), "text");
	assert_int_equal(symlink(p->state, scratch_path(dir, "link")), 0);
	assert_int_equal(registry_forget(&reg, s), 0);
	assert_int_equal(reg.n, 0);
	assert_int_not_equal(stat(dir, &st), 0);
	assert_int_equal(stat(p->state, &st), 0);
	free(sub);
	free(dir);
	registry_release(&reg);
}

static void
a_state_directory_that_was_removed_is_made_again(void **state)
{
	const struct place *p = *state;
	struct registry reg;
	struct stat st;

	registry_init(&reg, p->runtime, p->state);
	rmdir(reg.sessions);
	struct session *s = session_new();
	assert_int_equal(registry_make_dir(&reg, s), 0);
	assert_int_equal(stat(s->dir, &st), 0);
	assert_int_equal(stat(reg.sessions, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	session_free(s);
	registry_release(&reg);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_session_is_found_by_name_id_and_unique_prefix),
		cmocka_unit_test(a_dash_is_the_one_attached_last),
		cmocka_unit_test(names_describe_and_are_free),
		cmocka_unit_test(a_name_is_refused_with_a_reason),
		cmocka_unit_test(only_a_living_agent_holds_its_directory),
		cmocka_unit_test_setup_teardown(
			a_new_server_finds_every_session, enter, leave),
		cmocka_unit_test_setup_teardown(a_damaged_record_hides_no_other,
						enter, leave),
		cmocka_unit_test_setup_teardown(
			what_was_only_begun_is_swept_away, enter, leave),
		cmocka_unit_test_setup_teardown(
			forgetting_removes_all_that_was_kept, enter, leave),
		cmocka_unit_test_setup_teardown(
			a_state_directory_that_was_removed_is_made_again, enter,
			leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
