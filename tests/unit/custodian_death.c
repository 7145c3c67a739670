/* unit/custodian_death.c - what a session survives, and how it ends. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/io.h"
#include "base/str.h"
#include "kept.h"
#include "proto/local.h"
#include "vt/screen.h"

static const char echo[] =
	"stty -echo; echo ready; "
	"while read -r l; do case $l in quit) exit 3;; esac; echo \"<$l>\"; "
	"done";

static void
another_custodian_knows_everything(void **state)
{
	struct kept k;
	struct viewer a;

	(void)state;
	kept_shell(&k, echo);
	viewer_attach(&a, &k, "a", 0);
	viewer_until(&a, "ready");
	for (int i = 0; i < 5; i++) {
		char text[32];

		snprintf(text, sizeof text, "round %d\n", i);
		viewer_type(&a, text);
		snprintf(text, sizeof text, "<round %d>", i);
		viewer_until(&a, text);
		uint64_t typed = a.typed;
		kill(kept_custodian(&k), SIGKILL);
		viewer_until_gone(&a);
		assert_true(a.eof);
		viewer_release(&a);
		viewer_attach(&a, &k, "a", 0);
		assert_int_equal(a.taken, typed);
		assert_true(viewer_shows(&a, text));
		assert_true(viewer_shows(&a, "ready"));
	}
	viewer_release(&a);
	kept_end(&k);
}

static void
a_killed_custodian_loses_no_line_of_a_flood(void **state)
{
	enum { LINES = 40000, KILLS = 25 };
	struct kept k;
	struct viewer a;
	long next = 1;

	(void)state;
	kept_shell(&k, "stty -echo; read -r l; i=0; "
		       "while [ $i -lt 40000 ]; do i=$((i+1)); echo $i; done; "
		       "echo over; read -r l");
	viewer_attach(&a, &k, "a", 0);
	viewer_type(&a, "go\n");
	viewer_until(&a, "0"); /* one of any ten lines: it may be far */
	viewer_release(&a);
	for (int i = 0; i < KILLS; i++)
		kill(kept_custodian(&k), SIGKILL);
	viewer_attach(&a, &k, "a", 0);
	viewer_until(&a, "over");
	viewer_release(&a);

	char *text = kept_capture(&k, LINES + 100), *rest;
	for (char *l = strtok_r(text, "\n", &rest); l;
	     l = strtok_r(NULL, "\n", &rest))
		if (l[0] >= '0' && l[0] <= '9')
			assert_int_equal(strtol(l, NULL, 10), next++);
	assert_int_equal(next, LINES + 1);
	free(text);
	kept_end(&k);
}

/* All that a person types, and up to where it was sent on this connection. */
struct typist {
	struct viewer v;
	struct buf all;
	uint64_t sent;
};

static void
send_rest(struct typist *t)
{
	struct msg_writer w;

	msg_begin(&w, local_call_out(t->v.call), MSG_INPUT, 2);
	msg_uint(&w, t->sent);
	msg_bin(&w, t->all.data + t->sent, t->all.len - t->sent);
	msg_end(&w);
	local_call_send(t->v.call);
	t->sent = t->all.len;
}

static void
reattach(struct typist *t, const struct kept *k)
{
	viewer_until_gone(&t->v);
	viewer_release(&t->v);
	viewer_attach(&t->v, k, "typist", 0);
	t->sent = t->v.taken;
	send_rest(t);
}

static void
what_is_typed_through_kills_arrives_once(void **state)
{
	enum { KILLS = 30, LINES = 40 };
	struct typist t = { 0 };
	struct kept k;
	unsigned next = 0;

	(void)state;
	kept_shell(&k, "stty raw -echo; echo ready; exec cat >typed");
	viewer_attach(&t.v, &k, "typist", 0);
	viewer_until(&t.v, "ready");
	for (unsigned i = 0; i < KILLS * LINES; i++) {
		buf_printf(&t.all, "%u\n", i);
		if (i % LINES == LINES / 2) {
			pid_t pid = kept_custodian(&k);

			send_rest(&t); /* it dies with this before it */
			kill(pid, SIGKILL);
			reattach(&t, &k);
		} else {
			send_rest(&t);
		}
	}
	while (t.v.taken < t.all.len)
		assert_true(viewer_next(&t.v));
	kill(k.program, SIGTERM);
	viewer_until_gone(&t.v);

	char *typed = kept_file(&k, "typed"), *rest;
	for (char *l = strtok_r(typed, "\n", &rest); l;
	     l = strtok_r(NULL, "\n", &rest))
		assert_int_equal(strtoul(l, NULL, 10), next++);
	assert_int_equal(next, KILLS * LINES);
	free(typed);
	viewer_release(&t.v);
	buf_release(&t.all);
	kept_end(&k);
}

static void
the_exit_status_outlives_the_custodian(void **state)
{
	struct kept k;
	struct viewer a;

	(void)state;
	kept_shell(&k, echo);
	kill(kept_custodian(&k), SIGKILL);
	viewer_attach(&a, &k, "a", 0);
	viewer_type(&a, "quit\n");
	viewer_until_gone(&a);
	assert_int_equal(a.gone, MSG_GONE_EXITED);
	assert_string_equal(a.text, "exit 3");
	viewer_release(&a);
	kept_end(&k);
}

static void
the_exit_status_outlives_the_keeper(void **state)
{
	struct kept k;
	struct viewer a;

	(void)state;
	kept_shell(&k, echo);
	viewer_attach(&a, &k, "a", 0);
	kill(kept_keeper(&k), SIGKILL);
	viewer_type(&a, "on we go\n");
	viewer_until(&a, "<on we go>");
	viewer_type(&a, "quit\n");
	viewer_until_gone(&a);
	assert_int_equal(a.gone, MSG_GONE_EXITED);
	assert_string_equal(a.text, "exit 3");
	viewer_release(&a);
	kept_end(&k);
}

static bool
linux_at_least(int major, int minor)
{
	struct utsname u;
	int a = 0, b = 0;

	if (uname(&u) < 0 || !str_eq(u.sysname, "Linux") ||
	    sscanf(u.release, "%d.%d", &a, &b) != 2)
		return false;
	return a > major || (a == major && b >= minor);
}

static void
the_session_outlives_both_of_its_first(void **state)
{
	struct kept k;
	struct viewer a;

	(void)state;
	kept_shell(&k, echo);
	kill(kept_custodian(&k), SIGKILL);
	viewer_attach(&a, &k, "a", 0);
	kill(kept_keeper(&k), SIGKILL);
	viewer_type(&a, "on we go\n");
	viewer_until(&a, "<on we go>");
	viewer_type(&a, "quit\n");
	viewer_until_gone(&a);
	assert_int_equal(a.gone, MSG_GONE_EXITED);
	/* Newer kernels tell the status of somebody else's child for sure. */
	if (linux_at_least(6, 15))
		assert_string_equal(a.text, "exit 3");
	else
		assert_true(str_eq(a.text, "exit 3") ||
			    str_eq(a.text, "exit 255"));
	viewer_release(&a);
	kept_end(&k);
}

static void
the_end_leaves_a_record_and_nothing_else(void **state)
{
	struct kept k;
	struct viewer a;

	(void)state;
	kept_shell(&k, "echo the last words; read -r l; exit 7");
	viewer_attach(&a, &k, "a", 0);
	viewer_until(&a, "the last words");
	viewer_type(&a, "\n");
	viewer_until_gone(&a);
	assert_string_equal(a.text, "exit 7");
	assert_true(viewer_shows(&a, "the last words"));
	kept_wait(&k);

	char *record = kept_file(&k, "exit.json");
	assert_non_null(strstr(record, "\"exit_code\": 7"));
	assert_non_null(strstr(record, "\"stopped\": false"));
	char *screen = kept_file(&k, "last.vt");
	assert_non_null(strstr(screen, "the last words"));
	assert_int_equal(access(k.socket, F_OK), -1);
	free(record);
	free(screen);
	viewer_release(&a);
	kept_end(&k);
}

static void
all_of_the_output_comes_before_the_end(void **state)
{
	struct kept k;
	struct viewer a;

	(void)state;
	kept_shell(&k, "read -r l; seq 1 20000; echo over");
	viewer_attach(&a, &k, "a", 0);
	viewer_type(&a, "\n");
	viewer_until_gone(&a);
	assert_int_equal(a.gone, MSG_GONE_EXITED);
	assert_true(viewer_shows(&a, "20000\nover"));
	viewer_release(&a);
	kept_end(&k);
}

static void
a_program_that_closes_its_terminal_lives_on(void **state)
{
	struct kept k;
	struct viewer a;

	(void)state;
	kept_shell(&k, "echo ready; "
		       "exec sleep 1000 </dev/null >/dev/null 2>&1");
	viewer_attach(&a, &k, "a", 0);
	viewer_until(&a, "ready");
	assert_int_equal(kill(k.program, 0), 0);
	kill(k.program, SIGTERM);
	viewer_until_gone(&a);
	assert_string_equal(a.text, "SIGTERM");
	viewer_release(&a);
	kept_end(&k);
}

static void
a_job_left_behind_does_not_hold_the_end(void **state)
{
	struct kept k;
	struct viewer a;
	int job = 0;

	(void)state;
	kept_shell(&k, "trap '' HUP; sleep 1000 & echo job $!; read -r l");
	viewer_attach(&a, &k, "a", 0);
	viewer_until(&a, "job ");
	buf_byte(&a.raw, 0);
	char *text = kept_capture(&k, 0);
	sscanf(text, "job %d", &job);
	assert_true(job > 0);
	viewer_type(&a, "\n");
	viewer_until_gone(&a);
	assert_string_equal(a.text, "exit 0");
	assert_int_equal(kill(job, SIGKILL), 0);
	free(text);
	viewer_release(&a);
	kept_end(&k);
}

/* MSG_STOP; waits for the answer. */
static void
stop(const struct kept *k, int signum, unsigned grace)
{
	struct local_call *c = kept_call(k);
	struct msg_writer w;
	struct msg *m;

	msg_begin(&w, local_call_out(c), MSG_STOP, 2);
	msg_uint(&w, (uint64_t)signum);
	msg_uint(&w, grace);
	msg_end(&w);
	assert_int_equal(local_call_send(c), 0);
	assert_int_equal(local_call_next(c, 20000, &m), 0);
	assert_int_equal(m->type, MSG_OK);
	local_call_free(c);
}

/* Not gone, and no zombie that somebody has yet to wait for. */
static bool
alive(pid_t pid)
{
	char *path = str_printf("/proc/%d/stat", pid);
	struct buf b = { 0 };
	char mark = 'Z';

	if (io_slurp(path, 4096, &b) == 0) {
		buf_byte(&b, 0);
		sscanf(strrchr((char *)b.data, ')'), ") %c", &mark);
	}
	free(path);
	buf_release(&b);
	return mark != 'Z' && mark != 'X';
}

static void
stopping_ends_also_those_who_will_not_hear(void **state)
{
	struct kept k;
	int deaf = 0;

	(void)state;
	kept_shell(&k,
		   "(trap '' HUP TERM; echo deaf $(exec sh -c 'echo $PPID');"
		   " while :; do read -r l || sleep 1000; done) & "
		   "trap '' HUP; wait; echo; sleep 1000");
	do {
		char *text = kept_capture(&k, 0);
		sscanf(text, "deaf %d", &deaf);
		free(text);
	} while (deaf == 0);
	stop(&k, 0, 100);
	assert_false(alive(deaf));
	char *record = kept_file(&k, "exit.json");
	assert_non_null(strstr(record, "\"stopped\": true"));
	free(record);
	kept_end(&k);
}

static void
stopping_may_take_another_signal(void **state)
{
	struct kept k;

	(void)state;
	kept_shell(&k, "trap 'exit 5' USR1; echo ready; while :; do read -r l; "
		       "done");
	struct viewer a;
	viewer_attach(&a, &k, "a", 0);
	viewer_until(&a, "ready");
	stop(&k, SIGUSR1, 20000);
	viewer_until_gone(&a);
	assert_string_equal(a.text, "exit 5");
	viewer_release(&a);
	kept_end(&k);
}

static void
what_cannot_start_says_so(void **state)
{
	struct kept k;
	static const struct {
		const char *cwd, *program, *stage;
		int error;
	} cases[] = {
		{ "/", "/no/such/program", "exec", ENOENT },
		{ "/", "no-such-program-anywhere", "exec", ENOENT },
		{ "/", "/etc/passwd", "exec", EACCES },
		{ "/no/such/directory", "/bin/sh", "cwd", ENOENT },
		{ "/etc/passwd", "/bin/sh", "cwd", ENOTDIR },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *want = str_printf("fail %s %d\n", cases[i].stage,
					cases[i].error);

		kept_start(&k, cases[i].cwd,
			   (const char *[]){ cases[i].program, NULL });
		assert_string_equal(k.report, want);
		assert_int_equal(access(k.socket, F_OK), -1);
		free(want);
		kept_end(&k);
	}
}

static void
bad_peers_harm_nobody(void **state)
{
	static const struct {
		const char *data;
		size_t len;
	} bad[] = {
		{ "GET / HTTP/1.1\r\n\r\n", 18 }, { "\xff\xff\xff\xff", 4 },
		{ "\0\0\0\5\xdd\xff\0\0\0", 9 },  { "\0\0\0\1\xc1", 5 },
		{ "\0\0\0\2\x91\x40", 6 }, /* MSG_ATTACH without a map */
		{ "\0\0\0\4\x93\x41\0\xc4", 8 }, /* half an MSG_INPUT */
	};
	struct kept k;
	struct viewer a;
	char byte[4096];

	(void)state;
	kept_shell(&k, echo);
	viewer_attach(&a, &k, "a", 0);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		int fd = local_connect(k.socket);

		io_nonblock(fd, false);
		assert_int_equal(io_write_all(fd, bad[i].data, bad[i].len), 0);
		ssize_t n; /* its hello, and then the end */
		do
			n = io_read(fd, byte, sizeof byte);
		while (n > 0);
		assert_true(n == 0 || n == -ECONNRESET);
		io_close(fd);
	}
	viewer_type(&a, "unharmed\n");
	viewer_until(&a, "<unharmed>");
	viewer_release(&a);
	kept_end(&k);
}

static void
the_silent_make_room_for_others(void **state)
{
	enum { SILENT = 400 };
	struct kept k;
	struct viewer a;
	int fds[SILENT];

	(void)state;
	kept_shell(&k, echo);
	for (int i = 0; i < SILENT; i++) {
		fds[i] = local_connect(k.socket);
		assert_true(fds[i] >= 0);
		if (i % 2) /* half a frame */
			io_write_all(fds[i], "\0\0\0\5\x92", 5);
	}
	viewer_attach(&a, &k, "a", 0);
	viewer_type(&a, "hello\n");
	viewer_until(&a, "<hello>");
	for (int i = 0; i < SILENT; i++)
		io_close(fds[i]);
	viewer_release(&a);
	kept_end(&k);
}

/* Entries of a directory. */
static unsigned
entries(const char *path)
{
	DIR *d = opendir(path);
	unsigned n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static void
a_thousand_visits_leave_nothing_behind(void **state)
{
	struct kept k;
	struct viewer a;

	(void)state;
	kept_shell(&k, echo);
	viewer_attach(&a, &k, "resident", 0);
	char *fds = str_printf("/proc/%d/fd", kept_custodian(&k));
	viewer_type(&a, "before\n");
	viewer_until(&a, "<before>");
	unsigned before = entries(fds);
	for (int i = 0; i < 1000; i++) {
		struct viewer v;
		char id[24];

		snprintf(id, sizeof id, "visitor %d", i);
		viewer_attach(&v, &k, id, i % 2 ? 0 : VIEWER_READ_ONLY);
		viewer_release(&v);
	}
	viewer_type(&a, "after\n");
	viewer_until(&a, "<after>");
	assert_true(entries(fds) <= before + 1); /* the last may still go */
	free(fds);
	viewer_release(&a);
	kept_end(&k);
}

static void
out_of_descriptors_the_session_goes_on(void **state)
{
	enum { MANY = 100 };
	struct rlimit few = { 40, 40 }, old;
	struct kept k;
	struct viewer a, b;
	int fds[MANY];

	(void)state;
	getrlimit(RLIMIT_NOFILE, &old);
	few.rlim_max = old.rlim_max;
	setrlimit(RLIMIT_NOFILE, &few);
	kept_shell(&k, echo);
	setrlimit(RLIMIT_NOFILE, &old);
	viewer_attach(&a, &k, "a", 0);
	for (int i = 0; i < MANY; i++)
		fds[i] = local_connect(k.socket);
	viewer_type(&a, "still\n");
	viewer_until(&a, "<still>");
	viewer_attach(&b, &k, "b", 0);
	viewer_until(&b, "<still>");
	for (int i = 0; i < MANY; i++)
		if (fds[i] >= 0)
			io_close(fds[i]);
	viewer_release(&a);
	viewer_release(&b);
	kept_end(&k);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(another_custodian_knows_everything),
		cmocka_unit_test(a_killed_custodian_loses_no_line_of_a_flood),
		cmocka_unit_test(what_is_typed_through_kills_arrives_once),
		cmocka_unit_test(the_exit_status_outlives_the_custodian),
		cmocka_unit_test(the_exit_status_outlives_the_keeper),
		cmocka_unit_test(the_session_outlives_both_of_its_first),
		cmocka_unit_test(the_end_leaves_a_record_and_nothing_else),
		cmocka_unit_test(all_of_the_output_comes_before_the_end),
		cmocka_unit_test(a_program_that_closes_its_terminal_lives_on),
		cmocka_unit_test(a_job_left_behind_does_not_hold_the_end),
		cmocka_unit_test(stopping_ends_also_those_who_will_not_hear),
		cmocka_unit_test(stopping_may_take_another_signal),
		cmocka_unit_test(what_cannot_start_says_so),
		cmocka_unit_test(bad_peers_harm_nobody),
		cmocka_unit_test(the_silent_make_room_for_others),
		cmocka_unit_test(a_thousand_visits_leave_nothing_behind),
		cmocka_unit_test(out_of_descriptors_the_session_goes_on),
	};

	kept_roles(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
