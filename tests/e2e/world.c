/* e2e/world.c - where a test lives: directories, environment, commands. */
#include "e2e/world.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "e2e/guard.h"
#include "e2e/procs.h"
#include "e2e/term.h"

enum { ENV_MAX = 64, ARGS_MAX = 32 };

long
world_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

long
world_patience(void)
{
	const char *s = getenv("E2E_PATIENCE");

	return s != NULL ? strtol(s, NULL, 10) : 60000;
}

void *
world_keep(struct world *w, void *p, void (*release)(void *))
{
	w->kept = mem_grow(w->kept, w->nkept + 1, sizeof *w->kept);
	w->kept[w->nkept++] = (struct kept){ p, release };
	return p;
}

char *
world_text(struct world *w, const char *fmt, ...)
{
	char *s = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&s, fmt, ap) < 0)
		abort();
	va_end(ap);
	return world_keep(w, s, free);
}

void
world_set(struct world *w, const char *name, const char *value)
{
	size_t len = strlen(name), i = 0;

	for (; w->env[i] != NULL; i++)
		if (strncmp(w->env[i], name, len) == 0 && w->env[i][len] == '=')
			break;
	bool found = w->env[i] != NULL;
	if (found)
		free(w->env[i]);
	if (value != NULL) {
		assert_true(i < ENV_MAX - 1);
		w->env[i] = str_printf("%s=%s", name, value);
	} else if (found) {
		size_t last = i;
		while (w->env[last + 1] != NULL)
			last++;
		w->env[i] = last > i ? w->env[last] : NULL;
		w->env[last] = NULL;
	}
}

const char *
world_home(struct world *w)
{
	return world_text(w, "%s/home", w->dir);
}

/* The directory where cdo was built. */
static const char *
build_dir(void)
{
	const char *dir = getenv("CDO_TOP_BUILDDIR");

	return dir != NULL ? dir : ".";
}

static void
set_environment(struct world *w)
{
	static const char *const handed[] = { "ASAN_OPTIONS", "UBSAN_OPTIONS",
					      "LSAN_OPTIONS" };
	char *dir = realpath(build_dir(), NULL);

	assert_non_null(dir);
	w->env = mem_zero(ENV_MAX, sizeof *w->env);
	world_set(w, "PATH",
		  world_text(w, "%s/bin:%s:%s", w->dir, dir, getenv("PATH")));
	free(dir);
	world_set(w, "HOME", world_home(w));
	world_set(w, "TMPDIR", w->dir);
	world_set(w, "TERM", "xterm-256color");
	world_set(w, "LC_ALL", "C.UTF-8");
	world_set(w, "TZ", "UTC");
	world_set(w, "SHELL", "/bin/bash");
	world_set(w, "PS1", "ready$ ");
	world_set(w, "HISTFILE", "/dev/null");
	world_set(w, "CDO_RUNTIME_DIR", world_text(w, "%s/run", w->dir));
	world_set(w, "CDO_STATE_DIR", world_text(w, "%s/state", w->dir));
	world_set(w, "CDO_CONFIG", world_text(w, "%s/cdo.conf", w->dir));
	for (size_t i = 0; i < sizeof handed / sizeof *handed; i++)
		if (getenv(handed[i]) != NULL)
			world_set(w, handed[i], getenv(handed[i]));
}

int
world_setup(void **state)
{
	struct world *w = mem_zero(1, sizeof *w);

	/* A last net, should a test ever wait for what has no watchdog. */
	alarm((unsigned)(world_patience() / 1000 * 4));
	signal(SIGPIPE, SIG_IGN);
	procs_adopt();
	snprintf(w->dir, sizeof w->dir, "%s/XXXXXX", guard_dir());
	if (mkdtemp(w->dir) == NULL)
		return -1;
	set_environment(w);
	mkdir(world_home(w), 0700);
	mkdir(world_text(w, "%s/bin", w->dir), 0700);
	world_file(w, "cdo.conf", "");
	world_file(w, "home/.bashrc", "PS1='ready$ '\n");
	*state = w;
	return 0;
}

int
world_teardown(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < WORLD_TERMS; i++)
		if (w->terms[i] != NULL)
			term_free(w->terms[i]);
	procs_end();
	pid_t pid = fork();
	if (pid == 0) {
		execlp("rm", "rm", "-rf", w->dir, (char *)NULL);
		_exit(127);
	}
	waitpid(pid, NULL, 0);
	for (char **p = w->env; *p != NULL; p++)
		free(*p);
	free(w->env);
	for (size_t i = 0; i < w->nkept; i++)
		w->kept[i].release(w->kept[i].p);
	free(w->kept);
	free(w);
	return 0;
}

void
world_forget(struct world *w, struct term *t)
{
	for (int i = 0; i < WORLD_TERMS; i++)
		if (w->terms[i] == t)
			w->terms[i] = NULL;
	term_free(t);
}

char *
world_file(struct world *w, const char *name, const char *content)
{
	char *path = world_text(w, "%s/%s", w->dir, name);
	FILE *f = fopen(path, "we");

	if (f == NULL || fputs(content, f) < 0 || fclose(f) != 0)
		fail_msg("cannot write %s: %s", path, strerror(errno));
	return path;
}

/* Polls the terminals and up to two more descriptors. */
static void
serve(struct world *w, int ms, struct pollfd *more, nfds_t nmore)
{
	struct pollfd p[WORLD_TERMS + 2];
	struct term *who[WORLD_TERMS];
	nfds_t n = 0;

	for (int i = 0; i < WORLD_TERMS; i++) {
		struct term *t = w->terms[i];
		if (t == NULL || term_fd(t) < 0)
			continue;
		p[n] = (struct pollfd){ .fd = term_fd(t), .events = POLLIN };
		if (term_wants_write(t))
			p[n].events |= POLLOUT;
		who[n++] = t;
	}
	if (nmore > 0)
		memcpy(p + n, more, nmore * sizeof *more);
	if (poll(p, n + nmore, ms) <= 0)
		return;
	if (nmore > 0)
		memcpy(more, p + n, nmore * sizeof *more);
	for (nfds_t i = 0; i < n; i++)
		if (p[i].revents != 0)
			term_serve(who[i]);
}

void
world_pump(struct world *w, int ms)
{
	serve(w, ms, NULL, 0);
}

static pid_t
start(struct world *w, const char *const argv[], int out, int err)
{
	pid_t pid = fork();

	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);
		dup2(null, STDIN_FILENO);
		dup2(out >= 0 ? out : null, STDOUT_FILENO);
		dup2(err >= 0 ? err : null, STDERR_FILENO);
		signal(SIGPIPE, SIG_DFL);
		if (chdir(world_home(w)) < 0)
			_exit(126);
		environ = w->env; /* its PATH counts */
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	assert_true(pid > 0);
	return pid;
}

pid_t
world_start(struct world *w, const char *const argv[])
{
	return start(w, argv, -1, -1);
}

static bool
has_ended(void *ctx)
{
	int *both = ctx; /* pid, status */
	int status;

	if (waitpid(both[0], &status, WNOHANG) != both[0])
		return false;
	both[1] = WIFEXITED(status) ? WEXITSTATUS(status)
				    : 128 + WTERMSIG(status);
	return true;
}

int
world_wait(struct world *w, pid_t pid)
{
	int both[2] = { pid, -1 };

	world_until(w, "the end of a command", has_ended, both);
	return both[1];
}

/* Appends what there is; false at the end. */
static bool
slurp(int fd, struct buf *to)
{
	char data[4096];
	ssize_t n = read(fd, data, sizeof data);

	if (n > 0)
		buf_append(to, data, (size_t)n);
	return n > 0;
}

struct result
world_command(struct world *w, const char *const argv[])
{
	struct buf text[2] = { { 0 }, { 0 } };
	int out[2], err[2];
	long end = world_now() + world_patience();

	if (pipe2(out, O_CLOEXEC) < 0 || pipe2(err, O_CLOEXEC) < 0)
		fail_msg("pipe: %s", strerror(errno));
	pid_t pid = start(w, argv, out[1], err[1]);
	close(out[1]);
	close(err[1]);
	struct pollfd p[2] = { { .fd = out[0], .events = POLLIN },
			       { .fd = err[0], .events = POLLIN } };
	while (p[0].fd >= 0 || p[1].fd >= 0) {
		long left = end - world_now();
		if (left <= 0) {
			print_error("# %s %s keeps its output open\n# %.*s\n",
				    argv[0], argv[1] ? argv[1] : "",
				    (int)text[1].len, (char *)text[1].data);
			kill(pid, SIGKILL);
			fail();
		}
		p[0].revents = p[1].revents = 0;
		serve(w, (int)left, p, 2);
		for (int i = 0; i < 2; i++)
			if (p[i].revents != 0 && !slurp(p[i].fd, &text[i]))
				p[i].fd = -1;
	}
	close(out[0]);
	close(err[0]);
	return (struct result){
		.status = world_wait(w, pid),
		.out = world_keep(w, buf_steal(&text[0]), free),
		.err = world_keep(w, buf_steal(&text[1]), free),
	};
}

static struct result
cdo_va(struct world *w, va_list ap)
{
	const char *argv[ARGS_MAX] = { "cdo" };

	for (int n = 1; n < ARGS_MAX - 1; n++)
		if ((argv[n] = va_arg(ap, const char *)) == NULL)
			break;
	return world_command(w, argv);
}

struct result
cdo(struct world *w, ...)
{
	va_list ap;

	va_start(ap, w);
	struct result r = cdo_va(w, ap);
	va_end(ap);
	return r;
}

char *
cdo_ok(struct world *w, ...)
{
	va_list ap;

	va_start(ap, w);
	struct result r = cdo_va(w, ap);
	va_end(ap);
	if (r.status != 0)
		fail_msg("cdo ended with %d: %s", r.status, r.err);
	return r.out;
}

void
world_script(struct world *w, const char *name, const char *script)
{
	char *path = world_file(w, world_text(w, "bin/%s", name),
				world_text(w, "#!/bin/sh\n%s\n", script));

	chmod(path, 0700);
}

char *
world_dir(struct world *w, const char *name)
{
	char *path = world_text(w, "%s/%s", w->dir, name);

	if (mkdir(path, 0700) < 0)
		fail_msg("cannot make %s: %s", path, strerror(errno));
	return path;
}

void
world_sh(struct world *w, const char *script)
{
	struct result r =
		world_command(w, (const char *[]){ "sh", "-c", script, NULL });

	if (r.status != 0)
		fail_msg("'%s' ended with %d: %s", script, r.status, r.err);
}
