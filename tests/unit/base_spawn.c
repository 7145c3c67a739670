/* unit/base_spawn.c - the promises of base/spawn.h. */
#include "base/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/io.h"
#include "base/str.h"
#include "base/words.h"

static char *argv0;
static char child_word[] = "child";

/* What the child finds out about itself, written to its descriptor 3. */
static int
child(void)
{
	struct stat null, st;
	struct sigaction usr1;
	sigset_t mask;
	int open_fds = 0;

	stat("/dev/null", &null);
	bool nulls = true;
	for (int fd = 0; fd < 2; fd++)
		nulls &= fstat(fd, &st) == 0 && st.st_rdev == null.st_rdev;
	for (int fd = 3; fd < 200; fd++)
		open_fds += fcntl(fd, F_GETFD) >= 0;
	sigaction(SIGUSR1, NULL, &usr1);
	sigprocmask(SIG_SETMASK, NULL, &mask);
	const char *word = getenv("WORD");
	char *s = str_printf("leader %d null %d open %d default %d "
			     "blocked %d word %s second ",
			     getsid(0) == getpid(), nulls, open_fds,
			     usr1.sa_handler == SIG_DFL,
			     sigismember(&mask, SIGUSR2), word ? word : "-");
	io_write_all(3, s, strlen(s));
	free(s);

	char rest[16];
	ssize_t n = io_read(4, rest, sizeof rest);
	if (n > 0)
		io_write_all(3, rest, (size_t)n);
	io_write_all(2, "to stderr", 9);
	return 7;
}

static void
ignore(int signum)
{
	(void)signum;
}

static void
a_child_has_what_it_was_given_and_nothing_else(void **state)
{
	char *argv[] = { argv0, child_word, NULL };
	int out[2], in[2], err[2];
	char got[256] = "";
	char **env = NULL;
	sigset_t usr2;

	(void)state;
	assert_int_equal(io_pipe(out), 0);
	assert_int_equal(io_pipe(in), 0);
	assert_int_equal(io_pipe(err), 0);
	int stray = dup(out[0]); /* inheritable */
	signal(SIGUSR1, SIG_IGN);
	sigemptyset(&usr2);
	sigaddset(&usr2, SIGUSR2);
	sigprocmask(SIG_BLOCK, &usr2, NULL);
	words_set(&env, "WORD", "spoken");

	/* in[0] stands below where it goes, out[1] may stand anywhere. */
	const int fds[] = { out[1], in[0] };
	pid_t pid = spawn_self(argv, env, fds, 2, err[1]);
	assert_true(pid > 0);
	io_close(out[1]);
	io_close(err[1]);
	assert_int_equal(io_write(in[1], "end", 3), 3);

	size_t len = 0;
	ssize_t n;
	while ((n = io_read(out[0], got + len, sizeof got - 1 - len)) > 0)
		len += (size_t)n;
	assert_string_equal(got, "leader 1 null 1 open 2 default 1 "
				 "blocked 0 word spoken second end");
	assert_int_equal(io_read(err[0], got, sizeof got), 9);
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), 7);
	sigprocmask(SIG_UNBLOCK, &usr2, NULL);
	signal(SIGUSR1, SIG_DFL);
	words_free(env);
	io_close(stray);
	io_close(out[0]);
	io_close(in[0]);
	io_close(in[1]);
	io_close(err[0]);
}

static void
descriptors_may_trade_places(void **state)
{
	char *argv[] = { argv0, child_word, NULL };
	int out[2], in[2], saved[2], status;
	char c;

	(void)state;
	/* What stands on 3 and 4 is moved away, and back at the end. */
	for (int i = 0; i < 2; i++)
		saved[i] = fcntl(3 + i, F_DUPFD_CLOEXEC, 200);
	io_close(3);
	io_close(4);
	assert_int_equal(io_pipe(in), 0);
	assert_int_equal(io_pipe(out), 0);
	/* The child wants its output on 3 and its input on 4. */
	int read_end = fcntl(out[0], F_DUPFD_CLOEXEC, 100);
	int out_end = fcntl(out[1], F_DUPFD_CLOEXEC, 100);
	int in_end = fcntl(in[0], F_DUPFD_CLOEXEC, 100);
	for (int i = 0; i < 2; i++) {
		io_close(in[i]);
		io_close(out[i]);
	}
	assert_int_equal(dup2(in_end, 3), 3);
	assert_int_equal(dup2(out_end, 4), 4);
	io_close(in_end);
	io_close(out_end);

	const int fds[] = { 4, 3 };
	pid_t pid = spawn_self(argv, NULL, fds, 2, -1);
	assert_true(pid > 0);
	io_close(3);
	io_close(4);
	assert_int_equal(io_read(read_end, &c, 1), 1);
	assert_int_equal(c, 'l');
	while (io_read(read_end, &c, 1) > 0)
		continue;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), 7);
	io_close(read_end);
	for (int i = 0; i < 2; i++) {
		if (saved[i] < 0)
			continue;
		dup2(saved[i], 3 + i);
		io_close(saved[i]);
	}
}

static void
this_binary_is_known_by_an_absolute_path(void **state)
{
	char *real = realpath(argv0, NULL), *mine;

	(void)state;
	assert_int_equal(spawn_self_path()[0], '/');
	mine = realpath(spawn_self_path(), NULL);
	assert_string_equal(mine, real);
	free(mine);

	/* A lie in argv[0] does not help. */
	if (access("/proc/self/exe", F_OK) == 0) {
		spawn_init("/bin/sh");
		assert_string_equal(spawn_self_path(), real);
		spawn_init("no-such-program");
		assert_string_equal(spawn_self_path(), real);
		spawn_init(argv0);
	}
	free(real);
}

static void
too_few_descriptors_is_an_error_and_no_child(void **state)
{
	char *argv[] = { argv0, child_word, NULL };
	int bad[] = { -1 };

	(void)state;
	assert_int_equal(spawn_self(argv, NULL, bad, 1, -1), -EBADF);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* reaped */
}

int
main(int argc, char **argv)
{
	if (argc > 1)
		return child();
	argv0 = argv[0];
	spawn_init(argv[0]);
	signal(SIGPIPE, ignore);

	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_child_has_what_it_was_given_and_nothing_else),
		cmocka_unit_test(descriptors_may_trade_places),
		cmocka_unit_test(this_binary_is_known_by_an_absolute_path),
		cmocka_unit_test(too_few_descriptors_is_an_error_and_no_child),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
