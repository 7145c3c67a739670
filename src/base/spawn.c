/* base/spawn.c - start a process, of ours mostly, that outlives us. */
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

/* What is to become of a child. */
struct child {
	const char *program; /* found on PATH; NULL: this binary */
	char *const *argv;
	char *const *env;
	bool near; /* to us: see spawn_near */
	int in, out, err; /* -1: /dev/null */
	int *fds, nfds;
};

/*
 * Puts its descriptors where they are wanted.  First all are copied out of the
 * way, for one may stand where another has to go.
 */
static int
place(struct child *c, int report)
{
	int above = 3 + c->nfds, null, r;

	null = io_check(io_open("/dev/null", O_RDWR, 0));
	if (null < 0)
		return null;
	int *all[] = { &c->in, &c->out, &c->err, &report };
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		int from = *all[i] >= 0 ? *all[i] : null;

		*all[i] = io_check(fcntl(from, F_DUPFD_CLOEXEC, above));
		if (*all[i] < 0)
			return *all[i];
	}
	for (int i = 0; i < c->nfds; i++) {
		c->fds[i] = io_check(fcntl(c->fds[i], F_DUPFD_CLOEXEC, above));
		if (c->fds[i] < 0)
			return c->fds[i];
	}

	if ((r = io_check(dup2(c->in, 0))) < 0 ||
	    (r = io_check(dup2(c->out, 1))) < 0 ||
	    (r = io_check(dup2(c->err, 2))) < 0)
		return r;
	for (int i = 0; i < c->nfds; i++)
		if ((r = io_check(dup2(c->fds[i], 3 + i))) < 0)
			return r;
	forget_from(above);
	return report;
}

/* What the terminal's keys and its closing do to us alone. */
static void
ignore_terminal(void)
{
	static const int signals[] = { SIGHUP, SIGINT, SIGQUIT, SIGTSTP };
	struct sigaction ign = { .sa_handler = SIG_IGN };

	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		sigaction(signals[i], &ign, NULL);
}

/* In the child: becomes the new process, or says on report why not. */
static void
become(struct child *c, int report)
{
	int r, to;

	if (!c->near)
		setsid();
	to = r = place(c, report);
	if (r >= 0)
		r = reset_signals();
	if (r >= 0 && c->near)
		ignore_terminal();
	if (r >= 0 && c->program != NULL) {
		r = io_check(execvp(c->program, c->argv));
	} else if (r >= 0) {
		r = io_check(execve(spawn_self_path(), c->argv, c->env));
		if (r == -ENOENT)
			r = io_check(execve(running, c->argv, c->env));
	}
	io_write_all(to >= 0 ? to : report, &r, sizeof r);
	_exit(127);
}

static pid_t
start(struct child *c)
{
	int report[2], r, failed = 0;
	sigset_t all, old;

	r = io_pipe(report);
	if (r < 0)
		return r;

	/* No handler of ours may run in the child. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	pid_t pid = io_check(fork());
	if (pid == 0)
		become(c, report[1]);
	sigprocmask(SIG_SETMASK, &old, NULL);

	io_close(report[1]);
	if (pid > 0 &&
	    io_read(report[0], &failed, sizeof failed) == sizeof failed) {
		while (io_check(waitpid(pid, NULL, 0)) == -EINTR)
			continue;
		pid = failed;
	}
	io_close(report[0]);
	return pid;
}

pid_t
spawn_self(char *const argv[], char *const env[], const int *fds, int nfds,
	   int err_fd)
{
	struct child c = {
		.argv = argv,
		.env = env != NULL ? env : environ,
		.in = -1,
		.out = -1,
		.err = err_fd,
		.fds = mem_dup(fds, sizeof *fds * (size_t)nfds),
		.nfds = nfds,
	};
	pid_t pid = start(&c);

	free(c.fds);
	return pid;
}

pid_t
spawn_near(char *const argv[], const int *fds, int nfds)
{
	struct child c = {
		.argv = argv,
		.env = environ,
		.near = true,
		.in = -1,
		.out = -1,
		.err = STDERR_FILENO,
		.fds = mem_dup(fds, sizeof *fds * (size_t)nfds),
		.nfds = nfds,
	};
	pid_t pid = start(&c);

	free(c.fds);
	return pid;
}

pid_t
spawn_system(char *const argv[], int in, int out, int err)
{
	struct child c = {
		.program = argv[0],
		.argv = argv,
		.env = environ,
		.near = true,
		.in = in,
		.out = out,
		.err = err,
	};

	return start(&c);
}
