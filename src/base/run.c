/* base/run.c - run a program of the system's and hear what it says. */
#include "base/run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"

enum { READ = 4096, SAID_MAX = 64 << 10 };

static int64_t
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Until its output ends; 0, or -ETIMEDOUT. */
static int
hear(int fd, int ms, struct buf *out)
{
	int64_t end = now() + ms;
	size_t start = out->len;
	ssize_t n;

	do {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int64_t left = end - now();

		if (left < 0 || poll(&p, 1, (int)left) == 0)
			return -ETIMEDOUT;
		n = io_read(fd, buf_room(out, READ), READ);
		if (n > 0 && out->len - start < SAID_MAX)
			buf_grew(out, (size_t)n);
	} while (n > 0);
	return 0;
}

static int
start(char *const argv[], int out, pid_t *pid)
{
	posix_spawn_file_actions_t acts;
	posix_spawnattr_t attr;
	sigset_t none;

	posix_spawn_file_actions_init(&acts);
	posix_spawn_file_actions_addopen(&acts, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&acts, out, 1);
	posix_spawn_file_actions_addopen(&acts, 2, "/dev/null", O_WRONLY, 0);
	posix_spawnattr_init(&attr);
	sigemptyset(&none);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
	int r = posix_spawnp(pid, argv[0], &acts, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&acts);
	return -r;
}

int
run_read(char *const argv[], int ms, struct buf *out)
{
	int pipe[2], status = 0;
	pid_t pid;
	int r = io_pipe(pipe);

	if (r < 0)
		return r;
	r = start(argv, pipe[1], &pid);
	io_close(pipe[1]);
	if (r < 0) {
		io_close(pipe[0]);
		return r;
	}
	r = hear(pipe[0], ms, out);
	io_close(pipe[0]);
	if (r < 0)
		kill(pid, SIGKILL);
	while (io_check(waitpid(pid, &status, 0)) == -EINTR)
		continue;
	if (r < 0)
		return r;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
