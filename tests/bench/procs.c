/* bench/procs.c - the processes of one multiplexer, found by a mark. */
#include "bench/procs.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Returns how many bytes of /proc/PID/NAME were read, with a NUL behind. */
static size_t
slurp(pid_t pid, const char *name, char *data, size_t size)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/%ld/%s", (long)pid, name);
	FILE *f = fopen(path, "re");
	size_t n = f != NULL ? fread(data, 1, size - 1, f) : 0;
	if (f != NULL)
		fclose(f);
	data[n] = '\0';
	return n;
}

/* The number behind `key` in a file of "Key:  number" lines. */
static uint64_t
number(const char *text, const char *key)
{
	const char *p = strstr(text, key);

	return p != NULL ? strtoull(p + strlen(key), NULL, 10) : 0;
}

static bool
marked(pid_t pid, const char *mark)
{
	static char env[1 << 17];
	size_t n = slurp(pid, "environ", env, sizeof env);

	for (const char *p = env; p < env + n; p += strlen(p) + 1)
		if (strncmp(p, "BENCH_MARK=", 11) == 0)
			return strcmp(p + 11, mark) == 0;
	return false;
}

static void
describe(struct proc *p)
{
	char text[4096];
	size_t n = slurp(p->pid, "cmdline", text, sizeof text);
	const char *role = text + strlen(text) + 1;

	if (role < text + n)
		snprintf(p->role, sizeof p->role, "%.31s", role);
	p->inner = strcmp(p->role, "--inner") == 0;
	slurp(p->pid, "comm", text, sizeof text);
	snprintf(p->comm, sizeof p->comm, "%.*s", (int)strcspn(text, "\n"),
		 text);
	slurp(p->pid, "smaps_rollup", text, sizeof text);
	p->pss = number(text, "\nPss:") * 1024;
	slurp(p->pid, "status", text, sizeof text);
	p->switches = number(text, "\nvoluntary_ctxt_switches:");
}

size_t
procs_find(const char *mark, struct proc *procs, size_t max)
{
	DIR *dir = opendir("/proc");
	size_t n = 0;

	if (dir == NULL)
		return 0;
	for (struct dirent *e; n < max && (e = readdir(dir)) != NULL;) {
		pid_t pid = (pid_t)strtol(e->d_name, NULL, 10);
		if (pid <= 0 || pid == getpid() || !marked(pid, mark))
			continue;
		procs[n] = (struct proc){ .pid = pid };
		describe(&procs[n++]);
	}
	closedir(dir);
	return n;
}

void
procs_kill(const char *mark)
{
	struct proc procs[64];

	for (size_t n; (n = procs_find(mark, procs, 64)) > 0;) {
		for (size_t i = 0; i < n; i++)
			kill(procs[i].pid, SIGKILL);
		/* They are nobody's children or ours (bench reaps them). */
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		usleep(1000);
	}
}
