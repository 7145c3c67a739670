/* bench/mux.c - how each multiplexer is told to start, attach and list. */
#include "bench/mux.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/far.h"
#include "bench/procs.h"

#define DEVICE "/device" /* of what is another machine, in mux->dir */

static const char *const names[MUXES] = {
	[MUX_BARE] = "bare",	 [MUX_DTACH] = "dtach", [MUX_TMUX] = "tmux",
	[MUX_SCREEN] = "screen", [MUX_CDO] = "cdo",
};

__attribute__((format(printf, 1, 2))) static char *
format(const char *fmt, ...)
{
	char *s = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&s, fmt, ap) < 0)
		abort();
	va_end(ap);
	return s;
}

char *
mux_find(const char *name, const char *path)
{
	while (path != NULL && *path != '\0') {
		int len = (int)strcspn(path, ":");
		char *file = format("%.*s/%s", len, path, name);
		if (access(file, X_OK) == 0)
			return file;
		free(file);
		path += len + (path[len] == ':');
	}
	return NULL;
}

static bool
listed(const char *list, const char *name)
{
	size_t len = strlen(name);

	for (const char *p = list; p != NULL; p = strchr(p, ',')) {
		p += *p == ',';
		if (strncmp(p, name, len) == 0 &&
		    (p[len] == ',' || p[len] == '\0'))
			return true;
	}
	return list == NULL;
}

static char **
environment(const struct mux *m, const char *place)
{
	char **env = calloc(16, sizeof *env);
	int n = 0;

	env[n++] = format("PATH=%s", getenv("PATH"));
	env[n++] = format("HOME=%s", m->dir);
	env[n++] = strdup("TERM=xterm-256color");
	env[n++] = strdup("COLORTERM=truecolor");
	env[n++] = strdup("LC_ALL=C.UTF-8");
	env[n++] = strdup("SHELL=/bin/sh");
	env[n++] = format("BENCH_MARK=%s", m->mark);
	env[n++] = format("SCREENDIR=%s/sockets", m->dir);
	env[n++] = format("CDO_RUNTIME_DIR=%s%s/run", m->dir, place);
	env[n++] = format("CDO_STATE_DIR=%s%s/state", m->dir, place);
	env[n++] = format("CDO_CONFIG=%s/cdo.conf", m->dir);
	env[n++] = format("FAR_DEVICE=%s" DEVICE, m->dir);
	env[n++] = format("FAR_CDO=%s", m->binary);
	return env;
}

/* Runs it to its end without a terminal; returns its exit status or -1. */
static int
run(const struct mux *m, char *const argv[])
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		execve(argv[0], argv, m->env);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/*
 * The words of its commands.  "BIN" stands for the binary, "SOCKET" for the
 * server's socket, "PATH", "NAME" and "DESK" for the session, the last one
 * from another machine, "CMD" for the program and its arguments; "SSH" and
 * "CONF" for how to get there.
 */
enum { WORDS = 20 };
static const struct {
	const char *start[WORDS], *attach[WORDS], *far[WORDS], *list[WORDS];
	bool forgets; /* attach shows nothing of before by itself */
} words[MUXES] = {
	[MUX_BARE] = { .attach = { "CMD" }, .forgets = true },
	[MUX_DTACH] = {
		.start = { "BIN", "-n", "PATH", "-r", "winch", "CMD" },
		.attach = { "BIN", "-a", "PATH", "-r", "winch" },
		.forgets = true,
	},
	[MUX_TMUX] = {
		.start = { "BIN", "-S", "SOCKET", "-f", "/dev/null", "set",
			   "-g", "history-limit", "20000", ";", "new-session",
			   "-d", "-s", "NAME", "-x", "120", "-y", "40", "CMD" },
		.attach = { "BIN", "-S", "SOCKET", "attach", "-t", "NAME" },
		.far = { "SSH", "-F", "CONF", "-tt", "box", "BIN", "-S",
			 "SOCKET", "attach", "-t", "NAME" },
		.list = { "BIN", "-S", "SOCKET", "ls" },
	},
	[MUX_SCREEN] = {
		.start = { "BIN", "-U", "-c", "/dev/null", "-h", "20000",
			   "-ln", "-dmS", "NAME", "CMD" },
		.attach = { "BIN", "-U", "-c", "/dev/null", "-r", "NAME" },
	},
	[MUX_CDO] = {
		.start = { "BIN", "new", "-d", "-s", "120x40", "-n", "NAME",
			   "--", "CMD" },
		.attach = { "BIN", "attach", "NAME" },
		.far = { "BIN", "attach", "DESK" },
		.list = { "BIN", "ls" },
	},
};

/* What argv points to is the mux's, cmd's, or lives until the next call. */
static void
fill(const struct mux *m, const char *const *from, unsigned n,
     char *const cmd[], char *argv[MUX_WORDS])
{
	static char name[32], desk[32], path[512], sock[512];
	const struct {
		const char *word;
		char *for_what;
	} stands[] = {
		{ "BIN", m->binary },
		{ "NAME", name },
		{ "DESK", desk },
		{ "PATH", path },
		{ "SOCKET", sock },
		{ "SSH", m->far != NULL ? m->far->ssh : NULL },
		{ "CONF", m->far != NULL ? m->far->conf : NULL },
	};
	int to = 0;

	snprintf(name, sizeof name, "s%u", n);
	snprintf(desk, sizeof desk, "desk/s%u", n);
	snprintf(path, sizeof path, "%s/sockets/s%u", m->dir, n);
	snprintf(sock, sizeof sock, "%s/sockets/tmux", m->dir);
	for (; *from != NULL; from++) {
		if (strcmp(*from, "CMD") == 0) {
			while (*cmd != NULL && to < MUX_WORDS - 1)
				argv[to++] = *cmd++;
			continue;
		}
		argv[to] = (char *)(uintptr_t)*from;
		for (size_t i = 0; i < sizeof stands / sizeof *stands; i++)
			if (strcmp(*from, stands[i].word) == 0)
				argv[to] = stands[i].for_what;
		to++;
	}
	argv[to] = NULL;
}

static bool
is_far(const struct mux *m)
{
	return m->far != NULL && words[m->id].far[0] != NULL;
}

char *const *
mux_environment(const struct mux *m)
{
	return is_far(m) ? m->far_env : m->env;
}

int
mux_start(const struct mux *m, unsigned n, char *const cmd[])
{
	char *argv[MUX_WORDS];

	if (words[m->id].start[0] == NULL)
		return 0;
	if (is_far(m) && m->id == MUX_CDO &&
	    run(m, (char *[]){ (char[]){ "/bin/sh" }, (char[]){ "-c" },
			       (char *)(uintptr_t)far_pairing, NULL }) != 0)
		return -1;
	fill(m, words[m->id].start, n, cmd, argv);
	return run(m, argv) == 0 ? 0 : -1;
}

void
mux_attach(const struct mux *m, unsigned n, char *const cmd[],
	   char *argv[MUX_WORDS])
{
	fill(m, is_far(m) ? words[m->id].far : words[m->id].attach, n, cmd,
	     argv);
}

bool
mux_remembers(const struct mux *m)
{
	return !words[m->id].forgets;
}

int
mux_list(const struct mux *m)
{
	char *argv[MUX_WORDS];

	if (words[m->id].list[0] == NULL)
		return -1;
	fill(m, words[m->id].list, 0, NULL, argv);
	return run(m, argv) == 0 ? 0 : -1;
}

void
mux_remove(const char *path)
{
	DIR *dir = opendir(path);

	if (dir != NULL) {
		for (struct dirent *e; (e = readdir(dir)) != NULL;) {
			if (strcmp(e->d_name, ".") == 0 ||
			    strcmp(e->d_name, "..") == 0)
				continue;
			char *below = format("%s/%s", path, e->d_name);
			if (unlink(below) < 0)
				mux_remove(below);
			free(below);
		}
		closedir(dir);
	}
	rmdir(path);
}

static void
make_dirs(const struct mux *m)
{
	char *sockets = format("%s/sockets", m->dir);
	char *conf = format("%s/cdo.conf", m->dir);

	mkdir(m->dir, 0700);
	mkdir(sockets, 0700);
	int fd = open(conf, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd >= 0)
		close(fd);
	free(sockets);
	free(conf);
}

void
mux_clear(const struct mux *m)
{
	procs_kill(m->mark);
	mux_remove(m->dir);
	make_dirs(m);
}

void
mux_init(struct mux all[MUXES], const char *dir, const char *cdo,
	 const char *only)
{
	for (int i = 0; i < MUXES; i++) {
		struct mux *m = &all[i];

		*m = (struct mux){ .id = i, .name = names[i] };
		if (i == MUX_CDO)
			m->binary = cdo != NULL ? realpath(cdo, NULL) : NULL;
		else
			m->binary = i == MUX_BARE ? strdup("")
						  : mux_find(names[i],
							     getenv("PATH"));
		m->used = m->binary != NULL && listed(only, names[i]);
		m->dir = format("%s/%s", dir, names[i]);
		m->mark = format("%s", m->dir);
		m->env = environment(m, "");
		m->far_env = environment(m, DEVICE);
		make_dirs(m);
	}
}

static void
release(char **env)
{
	for (char **p = env; *p != NULL; p++)
		free(*p);
	free(env);
}

void
mux_release(struct mux all[MUXES])
{
	for (int i = 0; i < MUXES; i++) {
		struct mux *m = &all[i];

		procs_kill(m->mark);
		mux_remove(m->dir);
		release(m->env);
		release(m->far_env);
		free(m->binary);
		free(m->dir);
		free(m->mark);
	}
}
