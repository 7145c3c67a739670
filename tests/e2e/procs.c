/* e2e/procs.c - the processes that a test has started, also indirectly. */
#include "procs.h"

#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

enum { PROCS_MAX = 4096, DEPTH_MAX = 32 };

void
procs_adopt(void)
{
#ifdef __linux__
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
#endif
}

struct process {
	pid_t pid, parent;
	char state;
};

/* What there is to know of a process; false if it is gone. */
static bool
look(pid_t pid, struct process *p)
{
	char path[64], text[512];
	long ppid = 0;

	snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
	FILE *f = fopen(path, "re");
	if (f == NULL)
		return false;
	size_t n = fread(text, 1, sizeof text - 1, f);
	fclose(f);
	text[n] = '\0';
	/* The name before may hold anything, parentheses too. */
	const char *end = strrchr(text, ')');
	if (end == NULL || sscanf(end + 1, " %c %ld", &p->state, &ppid) != 2)
		return false;
	p->pid = pid;
	p->parent = (pid_t)ppid;
	return true;
}

static bool
alive(const struct process *p)
{
	return p->state != 'Z' && p->state != 'X';
}

bool
procs_alive(pid_t pid)
{
	struct process p;

	return look(pid, &p) && alive(&p);
}

bool
procs_sleeps(pid_t pid)
{
	struct process p;

	return look(pid, &p) && p.state == 'S';
}

bool
procs_stopped(pid_t pid)
{
	struct process p;

	return look(pid, &p) && p.state == 'T';
}

/* All processes of the system, by their numbers; caller frees. */
static struct process *
table(size_t *n)
{
	struct process *all = NULL, p;
	size_t room = 0;
	DIR *dir = opendir("/proc");

	*n = 0;
	for (struct dirent *e; dir != NULL && (e = readdir(dir)) != NULL;) {
		pid_t pid = (pid_t)strtol(e->d_name, NULL, 10);
		if (pid <= 0 || !look(pid, &p))
			continue;
		if (*n == room) {
			room = room * 2 + 64;
			all = realloc(all, room * sizeof *all);
			if (all == NULL)
				abort();
		}
		all[(*n)++] = p;
	}
	if (dir != NULL)
		closedir(dir);
	return all;
}

static int
by_pid(const void *a, const void *b)
{
	const struct process *x = a, *y = b;

	return (x->pid > y->pid) - (x->pid < y->pid);
}

/* Whether it comes from this process. */
static bool
ours(const struct process *p, const struct process *all, size_t n)
{
	pid_t me = getpid();

	if (p->pid == me || !alive(p))
		return false;
	for (int i = 0; p != NULL && i < DEPTH_MAX; i++) {
		if (p->parent == me)
			return true;
		p = bsearch(&(struct process){ .pid = p->parent }, all, n,
			    sizeof *all, by_pid);
	}
	return false;
}

static bool
has_role(pid_t pid, const char *role)
{
	char path[64], text[4096];

	if (role == NULL)
		return true;
	snprintf(path, sizeof path, "/proc/%ld/cmdline", (long)pid);
	FILE *f = fopen(path, "re");
	if (f == NULL)
		return false;
	size_t n = fread(text, 1, sizeof text - 1, f);
	fclose(f);
	text[n] = '\0';
	size_t first = strlen(text) + 1;
	return first < n && strcmp(text + first, role) == 0;
}

bool
procs_has(pid_t pid, const char *option)
{
	char path[64], text[4096];

	snprintf(path, sizeof path, "/proc/%ld/cmdline", (long)pid);
	FILE *f = fopen(path, "re");
	if (f == NULL)
		return false;
	size_t n = fread(text, 1, sizeof text - 1, f), at = 0;
	fclose(f);
	text[n] = '\0';
	for (int i = 0; i < 2 && at < n; i++)
		at += strlen(text + at) + 1;
	return at < n && strcmp(text + at, option) == 0;
}

size_t
procs_find(const char *role, pid_t *pids, size_t max)
{
	size_t all, n = 0;
	struct process *p = table(&all);

	qsort(p, all, sizeof *p, by_pid);
	for (size_t i = 0; n < max && i < all; i++)
		if (ours(&p[i], p, all) && has_role(p[i].pid, role))
			pids[n++] = p[i].pid;
	free(p);
	return n;
}

void
procs_end(void)
{
	static pid_t pids[PROCS_MAX];
	pid_t pid;

	do {
		size_t n = procs_find(NULL, pids, PROCS_MAX);
		for (size_t i = 0; i < n; i++)
			kill(pids[i], SIGKILL);
		pid = waitpid(-1, NULL, n > 0 ? 0 : WNOHANG);
		while (pid > 0)
			pid = waitpid(-1, NULL, WNOHANG);
		if (pid == 0)
			poll(NULL, 0, 1);
	} while (pid == 0); /* until nobody is left who could become ours */
}
