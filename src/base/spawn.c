/* base/spawn.c - start a process of ours that outlives us. */
#include "base/spawn.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/path.h"

extern char **environ;

static char *self;

/* On Linux a second name of this binary, which no upgrade takes away. */
static const char running[] = "/proc/self/exe";

static bool
same_file(const char *a, const char *b)
{
	struct stat x, y;

	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

/* The absolute path of the program that a shell finds for name, or NULL. */
static char *
search(const char *name)
{
	const char *dir = getenv("PATH");

	while (dir && *dir) {
		size_t n = strcspn(dir, ":");
		char *d = mem_strn(dir, n), *path = path_join(d, name);

		free(d);
		if (path[0] == '/' && access(path, X_OK) == 0)
			return path;
		free(path);
		dir += n + (dir[n] == ':');
	}
	return NULL;
}

void
spawn_init(const char *argv0)
{
	free(self);
	self = NULL;
	if (argv0 && argv0[0] == '/') {
		self = mem_str(argv0);
	} else if (argv0 && strchr(argv0, '/')) {
		char *cwd = getcwd(NULL, 0);

		if (cwd)
			self = path_join(cwd, argv0);
		free(cwd);
	} else if (argv0) {
		self = search(argv0);
	}

	/* argv[0] may say anything; the kernel knows. */
	char *real = realpath(running, NULL);
	if (real && (!self || !same_file(self, real))) {
		free(self);
		self = real;
		real = NULL;
	}
	free(real);
}

const char *
spawn_self_path(void)
{
	return self ? self : running;
}

/* Every descriptor from `first` on is closed by exec. */
static void
forget_from(int first)
{
#ifdef HAVE_CLOSE_RANGE
	enum { CLOEXEC = 4 }; /* CLOSE_RANGE_CLOEXEC, in newer headers */

	if (close_range((unsigned)first, ~0U, CLOEXEC) == 0)
		return;
#endif
	for (int fd = first, max = (int)sysconf(_SC_OPEN_MAX); fd < max; fd++)
		io_cloexec(fd, true);
}

static int
reset_signals(void)
{
	struct sigaction def = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int s = 1; s < NSIG; s++)
		sigaction(s, &def, NULL); /* KILL and STOP refuse: fine */
	sigemptyset(&none);
	return io_check(sigprocmask(SIG_SETMASK, &none, NULL));
}

/*
 * Puts fds where they are wanted.  First all are copied out of the way, for
 * one may stand where another has to go.
 */
static int
place(int *fds, int nfds, int err_fd, int report)
{
	int above = 3 + nfds, null, r;

	null = io_check(io_open("/dev/null", O_RDWR, 0));
	if (null < 0)
		return null;
	int err = err_fd >= 0 ? err_fd : null;
	int *all[] = { &null, &err, &report };
	for (size_t i = 0; i < 3; i++) {
		*all[i] = io_check(fcntl(*all[i], F_DUPFD_CLOEXEC, above));
		if (*all[i] < 0)
			return *all[i];
	}
	for (int i = 0; i < nfds; i++) {
		fds[i] = io_check(fcntl(fds[i], F_DUPFD_CLOEXEC, above));
		if (fds[i] < 0)
			return fds[i];
	}

	if ((r = io_check(dup2(null, 0))) < 0 ||
	    (r = io_check(dup2(null, 1))) < 0 ||
	    (r = io_check(dup2(err, 2))) < 0)
		return r;
	for (int i = 0; i < nfds; i++)
		if ((r = io_check(dup2(fds[i], 3 + i))) < 0)
			return r;
	forget_from(above);
	return report;
}

/* In the child: becomes the new process, or says on report why not. */
static void
become(char *const argv[], char *const env[], int *fds, int nfds, int err_fd,
       int report)
{
	int r, to;

	setsid();
	to = r = place(fds, nfds, err_fd, report);
	if (r >= 0)
		r = reset_signals();
	if (r >= 0) {
		r = io_check(execve(spawn_self_path(), argv, env));
		if (r == -ENOENT)
			r = io_check(execve(running, argv, env));
	}
	io_write_all(to >= 0 ? to : report, &r, sizeof r);
	_exit(127);
}

pid_t
spawn_self(char *const argv[], char *const env[], const int *fds, int nfds,
	   int err_fd)
{
	int report[2], r, failed = 0;
	int *mine = mem_dup(fds, sizeof *fds * (size_t)nfds);
	sigset_t all, old;

	r = io_pipe(report);
	if (r < 0) {
		free(mine);
		return r;
	}

	/* No handler of ours may run in the child. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	pid_t pid = io_check(fork());
	if (pid == 0)
		become(argv, env ? env : environ, mine, nfds, err_fd,
		       report[1]);
	sigprocmask(SIG_SETMASK, &old, NULL);

	io_close(report[1]);
	if (pid > 0 &&
	    io_read(report[0], &failed, sizeof failed) == sizeof failed) {
		while (io_check(waitpid(pid, NULL, 0)) == -EINTR)
			continue;
		pid = failed;
	}
	io_close(report[0]);
	free(mine);
	return pid;
}
