/* unit/server_session.c - the promises of server/session.h. */
#include "server/session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/words.h"
#include "proto/frame.h"
#include "proto/msg.h"
#include "scratch.h"

static void
a_record_comes_back_as_it_was(void **state)
{
	char *dir = scratch_new();
	struct session *s = session_new();

	(void)state;
	s->name = mem_str("work");
	s->dir = mem_str(dir);
	s->socket = mem_str("/run/x.sock");
	s->cwd = mem_str("/srv/\xc3\xa9");
	s->agent = mem_str("claude");
	s->holds = true;
	s->persistent = false;
	s->created = 1795166055886;
	s->restart = SESSION_ON_FAILURE;
	s->umask = 077;
	words_add(&s->command, "sh");
	words_add(&s->command, "-c\necho \"x\"");
	words_set(&s->labels, "a", "b=c");
	words_set(&s->given, "TOKEN", "secret");
	assert_int_equal(session_save(s), 0);

	struct session *t = session_load(dir);
	assert_non_null(t);
	assert_string_equal(t->id, s->id);
	assert_string_equal(t->name, "work");
	assert_string_equal(t->socket, s->socket);
	assert_string_equal(t->cwd, s->cwd);
	assert_string_equal(t->agent, "claude");
	assert_true(t->holds);
	assert_false(t->persistent);
	assert_int_equal(t->created, s->created);
	assert_int_equal(t->restart, SESSION_ON_FAILURE);
	assert_int_equal(t->umask, 077);
	assert_int_equal(words_count(t->command), 2);
	assert_string_equal(t->command[1], s->command[1]);
	assert_string_equal(words_get(t->labels, "a"), "b=c");
	assert_string_equal(words_get(t->given, "TOKEN"), "secret");
	assert_int_equal(t->ended, 0);
	session_free(s);
	session_free(t);
	scratch_free(dir);
}

static void
a_loss_is_found_once_and_keeps_its_reason(void **state)
{
	char *dir = scratch_new();
	struct session *s = session_new();

	(void)state;
	s->name = mem_str("work");
	s->dir = mem_str(dir);
	s->boot = mem_str("another boot");
	session_lost(s);
	assert_true(s->rebooted);
	assert_int_equal(session_save(s), 0);
	struct session *t = session_load(dir);
	assert_string_equal(session_status_name(t), "lost");
	assert_true(t->rebooted);
	assert_int_equal(t->since, s->lost);
	session_free(t);
	session_free(s);
	scratch_free(dir);
}

static void
an_end_is_named_for_what_it_was(void **state)
{
	static const struct {
		int64_t code, signal;
		bool stopped;
		const char *status;
	} ends[] = {
		{ 0, 0, false, "completed" }, { 2, 0, false, "failed" },
		{ -1, 9, false, "failed" },   { -1, 15, true, "stopped" },
		{ 0, 0, true, "stopped" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		struct session *s = session_new();

		s->exit_code = ends[i].code;
		s->signal = ends[i].signal;
		s->stopped = ends[i].stopped;
		s->ended = 1;
		session_ended(s);
		assert_string_equal(session_status_name(s), ends[i].status);
		assert_false(session_lives(s));
		session_free(s);
	}
}

/* What MSG_STATE with this one pair would say. */
static bool
say(struct session *s, const char *key, uint64_t number, const char *word)
{
	struct buf b = { 0 };
	struct msg_writer w;
	struct msg m = { 0 };

	msg_begin(&w, &b, MSG_STATE, 1);
	msg_map(&w, 1);
	msg_str(&w, key);
	if (word != NULL)
		msg_str(&w, word);
	else
		msg_uint(&w, number);
	msg_end(&w);
	assert_int_equal(msg_read(&m, b.data + FRAME_HEAD, b.len - FRAME_HEAD),
			 0);
	bool changed = session_state(s, msg_field(&m, 0));
	msg_release(&m);
	buf_release(&b);
	return changed;
}

static void
an_overgrown_record_breaks_no_list(void **state)
{
	struct session *s = session_new();
	struct buf out = { 0 };
	struct msg m = { 0 };
	char *huge = mem_zero(FRAME_MAX, 1);

	(void)state;
	memset(huge, 'x', FRAME_MAX - 1);
	s->name = mem_str("work");
	s->cwd = mem_str(huge);
	words_add(&s->command, "sh");
	words_add(&s->command, huge);
	words_set(&s->labels, "a", huge);
	words_set(&s->given, "a", huge);
	session_write(s, false, &out);
	assert_int_equal(
		msg_read(&m, out.data + FRAME_HEAD, out.len - FRAME_HEAD), 0);
	assert_int_equal(msg_count(msg_get(msg_field(&m, 0), "command")), 1);
	msg_release(&m);
	buf_release(&out);
	session_free(s);
	free(huge);
}

static void
only_a_change_is_a_change(void **state)
{
	struct session *s = session_new();

	(void)state;
	s->status = SESSION_RUNNING;
	assert_true(say(s, "title", 0, "one"));
	assert_false(say(s, "title", 0, "one"));
	assert_true(say(s, "title", 0, "two"));
	assert_false(say(s, "unheard-of", 5, NULL));
	assert_true(say(s, "clients", 1, NULL));
	assert_true(s->attached != 0);
	assert_true(say(s, "activity", 0, "waiting"));
	assert_true(say(s, "ended", 77, NULL));
	assert_false(session_lives(s));
	assert_int_equal(s->since, 77);
	session_free(s);
}

static void
a_title_loses_its_padding(void **state)
{
	struct session *s = session_new();

	(void)state;
	assert_true(say(s, "title", 0, "  Ready (work)    "));
	assert_string_equal(s->title, "Ready (work)");
	assert_true(say(s, "title", 0, "   "));
	assert_null(s->title);
	session_free(s);
}

static void
a_hostile_title_is_made_harmless(void **state)
{
	struct session *s = session_new();

	(void)state;
	say(s, "title", 0, "a\033]0;x\007b");
	assert_null(strchr(s->title, '\033'));
	assert_null(strchr(s->title, '\007'));
	session_free(s);
}

static void
ids_are_eight_of_base32(void **state)
{
	struct session *a = session_new(), *b = session_new();

	(void)state;
	assert_true(session_is_id(a->id));
	assert_string_not_equal(a->id, b->id);
	assert_false(session_is_id("aaaaaaa"));
	assert_false(session_is_id("aaaaaaaaa"));
	assert_false(session_is_id("aaaaaaa1"));
	assert_false(session_is_id("../../.."));
	session_free(a);
	session_free(b);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_comes_back_as_it_was),
		cmocka_unit_test(a_loss_is_found_once_and_keeps_its_reason),
		cmocka_unit_test(an_end_is_named_for_what_it_was),
		cmocka_unit_test(an_overgrown_record_breaks_no_list),
		cmocka_unit_test(only_a_change_is_a_change),
		cmocka_unit_test(a_title_loses_its_padding),
		cmocka_unit_test(a_hostile_title_is_made_harmless),
		cmocka_unit_test(ids_are_eight_of_base32),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
