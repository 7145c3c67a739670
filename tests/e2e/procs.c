/* e2e/procs.c - the processes that a test has started, also indirectly. */
#include "e2e/procs.h"

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

/* The parent and the state of a process; false if it is gone. */
static bool
look(pid_t pid, pid_t *parent, char *state)
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
	const char *p = strrchr(text, ')');
	if (p == NULL || sscanf(p + 1, " %c %ld", state, &ppid) != 2)
		return false;
	*parent = (pid_t)ppid;
	return true;
}

bool
procs_alive(pid_t pid)
{
	pid_t parent;
	char state;

	return look(pid, &parent, &state) && state != 'Z' && state != 'X';
}

bool
procs_sleeps(pid_t pid)
{
	pid_t parent;
	char state;

	return look(pid, &parent, &state) && state == 'S';
}

bool
procs_stopped(pid_t pid)
{
	pid_t parent;
	char state;

	return look(pid, &parent, &state) && state == 'T';
}

static bool
ours(pid_t pid)
{
	pid_t me = getpid(), up;
	char state;

	if (pid == me || !procs_alive(pid))
		return false;
	for (int i = 0; i < DEPTH_MAX && look(pid, &up, &state); i++) {
		if (up == me)
			return true;
		pid = up;
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
	DIR *dir = opendir("/proc");
	size_t n = 0;

	if (dir == NULL)
		return 0;
	for (struct dirent *e; n < max && (e = readdir(dir)) != NULL;) {
		pid_t pid = (pid_t)strtol(e->d_name, NULL, 10);
		if (pid > 0 && ours(pid) && has_role(pid, role))
			pids[n++] = pid;
	}
	closedir(dir);
	return n;
}

void
procs_end(void)
{
	static pid_t pids[PROCS_MAX];

	for (;;) {
		size_t n = procs_find(NULL, pids, PROCS_MAX);
		for (size_t i = 0; i < n; i++)
			kill(pids[i], SIGKILL);
		/* Until there is nobody left who could become ours. */
		pid_t pid = waitpid(-1, NULL, n > 0 ? 0 : WNOHANG);
		if (pid < 0)
			return;
		if (pid == 0)
			poll(NULL, 0, 1);
	}
}
