/* unit/custodian_session.c - what a session promises to its clients. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/io.h"
#include "base/str.h"
#include "kept.h"
#include "proto/local.h"
#include "vt/screen.h"

/* A program that says so, and then what it is told, line by line. */
static const char echo[] =
	"stty -echo; echo ready; "
	"while read -r l; do case $l in quit) exit 3;; esac; echo \"<$l>\"; "
	"done";

static void
a_client_sees_what_was_there_and_what_comes(void **state)
{
	struct kept k;
	struct viewer a, b;

	(void)state;
	kept_shell(&k, echo);
	viewer_attach(&a, &k, "a", 0);
	viewer_until(&a, "ready");
	viewer_type(&a, "one\n");
	viewer_until(&a, "<one>");
	viewer_attach(&b, &k, "b", 0);
	assert_true(viewer_shows(&b, "ready"));
	assert_true(viewer_shows(&b, "<one>"));
	viewer_type(&b, "two\n");
	viewer_until(&a, "<two>");
	viewer_until(&b, "<two>");
	while (a.taken < 4)
		assert_true(viewer_next(&a));
	assert_int_equal(a.taken, 4);
	viewer_release(&a);
	viewer_release(&b);
	kept_end(&k);
}

static void
each_byte_typed_arrives_once(void **state)
{
	struct kept k;
	struct viewer a, again;

	(void)state;
	kept_shell(&k, echo);
	viewer_attach(&a, &k, "a", 0);
	viewer_until(&a, "ready");
	viewer_type_at(&a, 0, "on");
	viewer_type_at(&a, 0, "one\n");
	viewer_type_at(&a, 2, "e\ntwo\n");
	viewer_until(&a, "<two>");
	assert_false(viewer_shows(&a, "<one>\n<one>"));
	viewer_attach(&again, &k, "a", 0);
	assert_int_equal(again.taken, 8);
	viewer_type_at(&again, 4, "two\nthree\n");
	viewer_until(&again, "<one>\n<two>\n<three>");
	viewer_release(&a);
	viewer_release(&again);
	kept_end(&k);
}

static void
a_gap_in_what_is_typed_ends_the_connection(void **state)
{
	struct kept k;
	struct viewer a;

	(void)state;
	kept_shell(&k, echo);
	viewer_attach(&a, &k, "a", 0);
	viewer_type_at(&a, 1, "lost the first\n");
	viewer_until_gone(&a);
	assert_true(a.eof);
	viewer_release(&a);
	kept_end(&k);
}

static void
who_only_reads_types_nothing(void **state)
{
	struct kept k;
	struct viewer a, b;

	(void)state;
	kept_shell(&k, echo);
	viewer_attach(&a, &k, "a", 0);
	viewer_attach_as(&b, &k, "b", VIEWER_READ_ONLY, 40, 10, 0);
	assert_int_equal(b.cols, 80);
	viewer_type(&b, "no\n");
	viewer_until_gone(&b);
	assert_true(b.eof);
	viewer_type(&a, "yes\n");
	viewer_until(&a, "<yes>");
	assert_false(viewer_shows(&a, "<no>"));
	viewer_release(&a);
	viewer_release(&b);
	kept_end(&k);
}

static void
taking_over_leaves_only_the_watchers(void **state)
{
	struct kept k;
	struct viewer a, w, x;

	(void)state;
	kept_shell(&k, echo);
	viewer_attach(&a, &k, "a", 0);
	viewer_attach(&w, &k, "w", VIEWER_READ_ONLY);
	viewer_attach(&x, &k, "/dev/pts/9", VIEWER_EXCLUSIVE);
	viewer_until_gone(&a);
	assert_int_equal(a.gone, MSG_GONE_TAKEN);
	assert_string_equal(a.text, "/dev/pts/9");
	viewer_type(&x, "mine\n");
	viewer_until(&x, "<mine>");
	viewer_until(&w, "<mine>");
	viewer_release(&a);
	viewer_release(&w);
	viewer_release(&x);
	kept_end(&k);
}

static void
a_session_is_not_shown_in_itself(void **state)
{
	struct kept k;
	struct viewer a;
	struct stat st;

	(void)state;
	kept_shell(&k, echo);
	char *tty = str_printf("/proc/%d/fd/0", k.program);
	assert_int_equal(stat(tty, &st), 0);
	viewer_attach_as(&a, &k, "a", 0, 80, 24, st.st_rdev);
	assert_int_equal(a.gone, MSG_GONE_NESTED);
	assert_int_equal(a.snapshots, 0);
	free(tty);
	viewer_release(&a);
	kept_end(&k);
}

/* Until the session has told this size, and the program has it. */
static void
until_size(struct viewer *v, unsigned cols, unsigned rows)
{
	char text[32];

	while (v->cols != cols || v->rows != rows)
		assert_true(viewer_next(v));
	snprintf(text, sizeof text, "<%u %u>", rows, cols);
	viewer_until(v, text);
}

static void
the_size_is_that_of_who_types(void **state)
{
	struct kept k;
	struct viewer a, b;

	(void)state;
	kept_shell(&k, "stty -echo; "
		       "while read -r l; do echo \"<$(stty size)>\"; done");
	viewer_attach_as(&a, &k, "a", 0, 100, 30, 0);
	assert_int_equal(a.cols, 100);
	viewer_type(&a, "x\n");
	until_size(&a, 100, 30);
	viewer_attach_as(&b, &k, "b", 0, 60, 20, 0);
	assert_int_equal(b.cols, 100);
	viewer_type(&b, "\033[I\n"); /* the report is none, the rest is */
	while (b.cols != 60)
		assert_true(viewer_next(&b));
	viewer_type(&b, "x\n");
	until_size(&b, 60, 20);
	until_size(&a, 60, 20);
	viewer_resize(&a, 90, 25); /* not its size now */
	viewer_resize(&b, 70, 20);
	viewer_resize(&b, 71, 21);
	while (b.cols != 71)
		assert_true(viewer_next(&b));
	viewer_type(&b, "x\n");
	until_size(&b, 71, 21);
	assert_false(viewer_shows(&b, "<25 90>"));
	assert_false(viewer_shows(&b, "<20 70>"));
	viewer_release(&a);
	viewer_release(&b);
	kept_end(&k);
}

static void
reports_of_focus_and_mouse_are_no_typing(void **state)
{
	struct kept k;
	struct viewer a, b;

	(void)state;
	kept_shell(&k, "stty raw -echo; echo ready; cat");
	viewer_attach_as(&a, &k, "a", 0, 100, 30, 0);
	viewer_until(&a, "ready");
	viewer_attach_as(&b, &k, "b", 0, 60, 20, 0);
	viewer_type(&b, "\033[I\033[<0;3;4M\033[<0;3;4m\033[M !!\033[O");
	viewer_resize(&a, 101, 31); /* it is still the one that counts */
	while (b.cols != 101)
		assert_true(viewer_next(&b));
	assert_int_equal(b.rows, 31);
	viewer_release(&a);
	viewer_release(&b);
	kept_end(&k);
}

static void
queries_are_answered_and_nobody_sees_them(void **state)
{
	struct kept k;
	struct viewer a;

	(void)state;
	kept_shell(&k,
		   "stty raw -echo; printf 'go\\r\\n'; head -c 1 >/dev/null; "
		   "printf 'A\\033[5nB\\033[cC\\r\\n'; "
		   "dd bs=1 count=4 2>/dev/null | od -An -tx1; sleep 100");
	viewer_attach(&a, &k, "a", 0);
	viewer_until(&a, "go");
	viewer_type(&a, "x");
	viewer_until(&a, "1b 5b 30 6e");
	buf_byte(&a.raw, 0);
	assert_non_null(strstr((char *)a.raw.data, "ABC"));
	viewer_release(&a);
	kept_end(&k);
}

/* MSG_PROFILE of a terminal, inside of another session. */
static void
tell_profile(struct viewer *v, uint32_t fg, uint32_t bg, const char *inside)
{
	struct msg_writer w;

	msg_begin(&w, local_call_out(v->call), MSG_PROFILE, 1);
	msg_map(&w, 3);
	msg_str(&w, "fg");
	msg_uint(&w, fg);
	msg_str(&w, "bg");
	msg_uint(&w, bg);
	msg_str(&w, "inside");
	msg_str(&w, inside);
	msg_end(&w);
	assert_int_equal(local_call_send(v->call), 0);
}

static void
the_program_is_answered_as_the_terminal_would(void **state)
{
	struct kept k;
	struct viewer a, b;

	(void)state;
	/* At each line: what is the background, and which sessions? */
	kept_shell(&k, "stty -echo -icanon; while head -c 1 >/dev/null; do "
		       "printf '\\033]11;?\\033\\\\\\033P+q63646f\\033\\\\'; "
		       "head -c 60 | tr -d '\\033\\\\'; echo; done");
	viewer_attach(&a, &k, "a", 0);
	viewer_attach(&b, &k, "b", VIEWER_READ_ONLY);
	tell_profile(&a, 0x112233, 0xaabbcc, "aaaaaaaa");
	tell_profile(&b, 0, 0xffffff, "b");
	viewer_type(&a, "x");
	viewer_until(&a, "11;rgb:aaaa/bbbb/cccc");
	viewer_release(&a);
	viewer_release(&b);
	kept_end(&k);
}

static void
who_keeps_up_gets_every_byte(void **state)
{
	enum { LINES = 400000 };
	struct buf want = { 0 };
	struct kept k;
	struct viewer a;

	(void)state;
	for (int i = 1; i <= LINES; i++)
		buf_printf(&want, "%d\r\n", i);
	kept_shell(&k, "stty -echo; echo ready; read -r l; seq 1 400000; "
		       "printf over; sleep 1000");
	viewer_attach(&a, &k, "a", 0);
	viewer_until(&a, "ready");
	buf_clear(&a.raw);
	viewer_type(&a, "\n");
	viewer_until(&a, "over");
	assert_int_equal(a.snapshots, 1);
	assert_int_equal(a.raw.len, want.len + 4);
	assert_memory_equal(a.raw.data, want.data, want.len);
	buf_release(&want);
	viewer_release(&a);
	kept_end(&k);
}

static void
who_stops_reading_stops_nobody(void **state)
{
	struct kept k;
	struct viewer slow, fast;

	(void)state;
	kept_shell(&k, "stty -echo; echo ready; read -r l; "
		       "yes 0123456789012345678901234567890123456789 | "
		       "head -n 2000000; echo over; read -r l; echo \"<$l>\"; "
		       "sleep 100");
	viewer_attach(&slow, &k, "slow", VIEWER_READ_ONLY);
	viewer_attach(&fast, &k, "fast", 0);
	viewer_type(&fast, "go\n");
	viewer_until(&fast, "over");
	viewer_until(&slow, "over");
	assert_true(slow.snapshots > 1);
	assert_true(slow.raw.len < 80 << 20);
	viewer_type(&fast, "still\n");
	viewer_until(&slow, "<still>");
	viewer_release(&slow);
	viewer_release(&fast);
	kept_end(&k);
}

static void
who_joins_in_the_middle_sees_what_follows(void **state)
{
	struct kept k;
	struct viewer a;

	(void)state;
	/* An OSC of two MiB, and a person in the middle. */
	kept_shell(&k, "stty -echo; printf 'before\\r\\n\\033]52;c;'; "
		       "head -c 2000000 /dev/zero | tr '\\0' A; "
		       "printf '\\033]0;t\\007' >/dev/null; read -r l; "
		       "printf '\\007after\\r\\n'; sleep 100");
	viewer_attach(&a, &k, "a", 0);
	viewer_until(&a, "before");
	viewer_type(&a, "on\n");
	viewer_until(&a, "after");
	assert_false(viewer_shows(&a, "AAAA"));
	viewer_release(&a);
	kept_end(&k);
}

static void
the_undo_is_told_before_it_is_needed(void **state)
{
	struct kept k;
	struct viewer a;

	(void)state;
	kept_shell(&k, "stty -echo; echo ready; read -r l; "
		       "printf '\\033[?2004hpaste\\r\\n'; sleep 100");
	viewer_attach(&a, &k, "a", 0);
	viewer_until(&a, "ready");
	viewer_type(&a, "\n");
	viewer_until(&a, "paste");
	buf_byte(&a.undo, 0);
	assert_non_null(strstr((char *)a.undo.data, "\033[?2004l"));
	viewer_release(&a);
	kept_end(&k);
}

static void
who_is_behind_is_told_the_undo_of_what_it_sees(void **state)
{
	struct kept k;
	struct viewer slow, fast;
	bool pushed = false;

	(void)state;
	kept_shell(&k, "stty -echo; echo ready; read -r l; seq 100000; "
		       "printf '\\033[>1u'; seq 100000; printf '\\033[<u'; "
		       "seq 100000; printf over; sleep 1000");
	viewer_attach(&slow, &k, "slow", VIEWER_READ_ONLY);
	viewer_attach(&fast, &k, "fast", 0);
	viewer_type(&fast, "\n");
	viewer_until(&fast, "over");
	while (!viewer_shows(&slow, "over")) {
		struct screen_input in;
		size_t had = slow.raw.len;

		assert_true(viewer_next(&slow));
		screen_input(slow.screen, &in);
		if (!in.kitty || slow.raw.len == had)
			continue;
		pushed = true;
		assert_non_null(
			memmem(slow.undo.data, slow.undo.len, "\033[<1u", 5));
	}
	assert_true(pushed);
	assert_int_equal(slow.snapshots, 1);
	assert_null(memmem(slow.undo.data, slow.undo.len, "\033[<", 3));
	viewer_release(&slow);
	viewer_release(&fast);
	kept_end(&k);
}

/* --- anything at all -------------------------------------------------- */

static uint32_t seed;

static uint32_t
dice(uint32_t sides)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % sides;
}

static void
any_value(struct msg_writer *w, unsigned depth)
{
	static const char *const words[] = { "client", "cols",	 "rows",
					     "text",   "format", "history",
					     "inside", "fg",	 "vt" };
	static const uint64_t numbers[] = { 0, 1, 80, 24, 70000, UINT64_MAX };
	unsigned n = dice(4);

	switch (dice(depth > 3 ? 5 : 7)) {
	case 0:
		msg_uint(w, numbers[dice(6)]);
		break;
	case 1:
		msg_int(w, -(int64_t)dice(1000));
		break;
	case 2:
		msg_str(w, words[dice(9)]);
		break;
	case 3:
		msg_bin(w, "0123456789abcdefghij", dice(2) ? 16 : 20);
		break;
	case 4:
		msg_bool(w, dice(2));
		break;
	case 5:
		msg_array(w, n);
		while (n-- > 0)
			any_value(w, depth + 1);
		break;
	default:
		msg_map(w, n);
		while (n-- > 0) {
			msg_str(w, words[dice(9)]);
			any_value(w, depth + 1);
		}
	}
}

/* Mostly what attaches, types and asks; nothing that sends others away. */
static void
any_message(struct buf *out)
{
	static const enum msg_type types[] = {
		MSG_HELLO,   MSG_ATTACH,  MSG_ATTACH, MSG_INPUT, MSG_INPUT,
		MSG_RESIZE,  MSG_PROFILE, MSG_RESYNC, MSG_INFO,	 MSG_CAPTURE,
		MSG_CAPTURE, MSG_DETACH,  MSG_WATCH,  MSG_NAMED, MSG_LEAVE,
		MSG_OUTPUT,  MSG_NEW,	  200,
	};
	struct msg_writer w;
	enum msg_type type = types[dice(sizeof types / sizeof *types)];

	if (type == MSG_ATTACH && dice(2)) {
		msg_begin(&w, out, type, 1);
		msg_map(&w, 3);
		msg_str(&w, "client");
		msg_bin(&w, "0123456789abcdef", 16);
		msg_str(&w, "cols");
		any_value(&w, 9);
		msg_str(&w, "history");
		any_value(&w, 9);
	} else if (type == MSG_INPUT && dice(2)) {
		msg_begin(&w, out, type, 2);
		msg_uint(&w, dice(3));
		msg_bin(&w, "typed", dice(6));
	} else {
		unsigned n = dice(4);

		msg_begin(&w, out, type, n);
		while (n-- > 0)
			any_value(&w, 0);
	}
	msg_end(&w);
}

static void
no_message_harms_the_session(void **state)
{
	enum { PEERS = 8, ROUNDS = 4000 };
	struct local_call *peers[PEERS] = { 0 };
	struct kept k;
	struct viewer a;
	struct msg *m;

	(void)state;
	seed = getenv("SEED") ? (uint32_t)atoi(getenv("SEED")) : 1;
	kept_shell(&k, "stty raw -echo; echo ready; exec cat");
	viewer_attach(&a, &k, "a", VIEWER_READ_ONLY);
	viewer_until(&a, "ready");
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct local_call **p = &peers[dice(PEERS)];

		if (!*p)
			*p = kept_call(&k);
		for (unsigned n = dice(3); n > 0; n--)
			any_message(local_call_out(*p));
		int r = local_call_send(*p);
		for (unsigned n = dice(20); r == 0 && n > 0; n--)
			r = local_call_next(*p, 0, &m) == -EPIPE ? -EPIPE : 0;
		if (r < 0 || dice(30) == 0) {
			local_call_free(*p);
			*p = NULL;
		}
	}
	for (unsigned i = 0; i < PEERS; i++)
		local_call_free(peers[i]);
	viewer_release(&a);

	viewer_attach(&a, &k, "typist", 0);
	viewer_type(&a, "\r\nunharmed\r\n");
	viewer_until(&a, "unharmed");
	viewer_release(&a);
	kept_end(&k);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_client_sees_what_was_there_and_what_comes),
		cmocka_unit_test(each_byte_typed_arrives_once),
		cmocka_unit_test(a_gap_in_what_is_typed_ends_the_connection),
		cmocka_unit_test(who_only_reads_types_nothing),
		cmocka_unit_test(taking_over_leaves_only_the_watchers),
		cmocka_unit_test(a_session_is_not_shown_in_itself),
		cmocka_unit_test(the_size_is_that_of_who_types),
		cmocka_unit_test(reports_of_focus_and_mouse_are_no_typing),
		cmocka_unit_test(queries_are_answered_and_nobody_sees_them),
		cmocka_unit_test(the_program_is_answered_as_the_terminal_would),
		cmocka_unit_test(who_keeps_up_gets_every_byte),
		cmocka_unit_test(who_stops_reading_stops_nobody),
		cmocka_unit_test(who_joins_in_the_middle_sees_what_follows),
		cmocka_unit_test(the_undo_is_told_before_it_is_needed),
		cmocka_unit_test(
			who_is_behind_is_told_the_undo_of_what_it_sees),
		cmocka_unit_test(no_message_harms_the_session),
	};

	kept_roles(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
