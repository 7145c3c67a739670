/* e2e/guard.c - whatever tests have started ends with them. */
#include "guard.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "procs.h"

/* Not in TMPDIR, which may be long. */
static char dir[] = "/tmp/cdo-test.XXXXXX";
static volatile sig_atomic_t tests; /* their process */

static bool made;

const char *
guard_dir(void)
{
	return made ? dir : "/tmp";
}

static void
cut(int signum)
{
	(void)signum;
	kill((pid_t)tests, SIGKILL);
}

static int
wait_for_tests(void)
{
	int status = 0;

	/* Orphans come here too. */
	while (waitpid(-1, &status, 0) != (pid_t)tests)
		continue;
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	fprintf(stderr, "# the tests were ended by signal %d\n",
		WTERMSIG(status));
	return 128 + WTERMSIG(status);
}

static void
remove_dir(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		execlp("rm", "rm", "-rf", dir, (char *)NULL);
		_exit(127);
	}
	waitpid(pid, NULL, 0);
}

void
guard_begin(void)
{
	static const int asked[] = { SIGTERM, SIGINT, SIGHUP };
	struct sigaction end = { .sa_handler = cut, .sa_flags = SA_RESTART };
	sigset_t some, old;

	procs_adopt();
	if (mkdtemp(dir) == NULL) {
		perror(dir);
		exit(99);
	}
	made = true;
	sigemptyset(&some);
	for (size_t i = 0; i < sizeof asked / sizeof *asked; i++)
		sigaddset(&some, asked[i]);
	sigprocmask(SIG_BLOCK, &some, &old);
	tests = (sig_atomic_t)fork();
	if (tests == 0) {
		sigprocmask(SIG_SETMASK, &old, NULL);
		return;
	}
	for (size_t i = 0; tests > 0 && i < sizeof asked / sizeof *asked; i++)
		sigaction(asked[i], &end, NULL);
	sigprocmask(SIG_SETMASK, &old, NULL);
	int status = tests > 0 ? wait_for_tests() : 99;
	procs_end();
	remove_dir();
	exit(status);
}
