/* unit/relay_sandbox.c - what a process in the sandbox can do no more. */
#include "relay/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static int
opens_a_file(void)
{
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static int
opens_a_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}

static int
starts_another(void)
{
	return fork();
}

static int
signals_by_hand(void)
{
	return kill(getpid(), 0);
}

/* The kernel would send it for this one. */
static int
signals_through_a_socket(void)
{
	return fcntl(3, F_SETOWN, getpid());
}

static int
turns_memory_into_code(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? -1 : mprotect(p, 4096, PROT_READ | PROT_EXEC);
}

/* What is its work goes on. */
static int
reads_and_writes(void)
{
	int fds[2] = { 3, 4 };
	char c = 'x';
	int flags = fcntl(fds[0], F_GETFL);

	return flags >= 0 && fcntl(fds[0], F_SETFL, flags | O_NONBLOCK) == 0 &&
			       write(fds[1], &c, 1) == 1 &&
			       read(fds[0], &c, 1) == 1
		       ? 0
		       : -1;
}

/* Whether it succeeds in there. */
static bool
succeeds(int (*act)(void))
{
	int fds[2], status;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct sandbox box;

		if (dup2(fds[0], 3) < 0 || dup2(fds[1], 4) < 0)
			_exit(2);
		sandbox_enter(&box);
		_exit(act() >= 0 ? 0 : 1);
	}
	close(fds[0]);
	close(fds[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void
it_can_talk_and_do_nothing_else(void **state)
{
	static int (*const acts[])(void) = {
		opens_a_file,
		opens_a_socket,
		starts_another,
		signals_by_hand,
		signals_through_a_socket,
		turns_memory_into_code,
	};
	struct sandbox gives;

	(void)state;
	assert_true(succeeds(reads_and_writes));
	sandbox_look(&gives);
	if (!gives.seccomp)
		skip();
	for (size_t i = 0; i < sizeof acts / sizeof *acts; i++)
		if (succeeds(acts[i]))
			fail_msg("number %zu succeeds", i);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_can_talk_and_do_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
