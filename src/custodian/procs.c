/* custodian/procs.c - the processes of a session, by its session id. */
#include "custodian/procs.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"

struct proc {
	pid_t pid;
	uint64_t started; /* ticks since boot */
};

uint64_t
procs_clock(void)
{
#ifdef __linux__
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	uint64_t hz = (uint64_t)sysconf(_SC_CLK_TCK);
	return (uint64_t)t.tv_sec * hz +
	       (uint64_t)t.tv_nsec / (1000000000 / hz);
#else
	return 0;
#endif
}

/* proc(5): the name in brackets may hold anything, so from its end. */
static bool
read_stat(int proc, const char *pid, pid_t sid, struct proc *out)
{
	char path[64], text[1024];
	int session;
	char state;
	unsigned long long started;

	snprintf(path, sizeof path, "%.32s/stat", pid);
	int fd = io_openat(proc, path, 0, 0);
	if (fd < 0)
		return false;
	ssize_t n = io_read(fd, text, sizeof text - 1);
	io_close(fd);
	if (n <= 0)
		return false;
	text[n] = 0;

	const char *p = strrchr(text, ')');
	if (!p || sscanf(p + 1,
			 " %c %*d %*d %d %*d %*d %*u %*u %*u %*u %*u %*u"
			 " %*u %*d %*d %*d %*d %*d %*d %llu",
			 &state, &session, &started) != 3)
		return false;
	if (session != sid || state == 'Z' || state == 'X')
		return false;
	*out = (struct proc){ (pid_t)strtol(pid, NULL, 10), started };
	return true;
}

/* All of the session; false if they cannot be listed. */
static bool
list(pid_t sid, struct buf *out)
{
	DIR *d = opendir("/proc");
	const struct dirent *e;
	struct proc p;
	bool any = false;

	if (!d)
		return false;
	while ((e = readdir(d))) {
		if (e->d_name[0] < '0' || e->d_name[0] > '9')
			continue;
		any = true;
		if (read_stat(dirfd(d), e->d_name, sid, &p))
			buf_append(out, &p, sizeof p);
	}
	closedir(d);
	return any;
}

unsigned
procs_signal(pid_t sid, int signum, uint64_t ended)
{
	struct buf all = { 0 };

	if (!list(sid, &all)) {
		buf_release(&all);
		return kill(-sid, signum) == 0;
	}

	const struct proc *p = (const void *)all.data;
	size_t n = all.len / sizeof *p;

	/*
	 * The number stays taken as long as one of the old ones is there; if
	 * all are younger than the leader's end, it is another session's.
	 */
	bool ours = ended == 0;
	for (size_t i = 0; i < n && !ours; i++)
		ours = p[i].started <= ended;
	if (!ours)
		n = 0;
	for (size_t i = 0; i < n && signum != 0; i++)
		kill(p[i].pid, signum);
	buf_release(&all);
	return (unsigned)n;
}

int
procs_status(pid_t pid)
{
	char path[64], text[1024];
	struct stat st;

	/* Of others' processes it says 0. */
	snprintf(path, sizeof path, "/proc/%ld", (long)pid);
	if (stat(path, &st) < 0 || st.st_uid != geteuid())
		return -1;
	snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
	int fd = io_open(path, O_RDONLY, 0);
	if (fd < 0)
		return -1;
	ssize_t n = io_read(fd, text, sizeof text - 1);
	io_close(fd);
	if (n <= 0)
		return -1;
	text[n] = 0;

	const char *p = strrchr(text, ')'), *last = strrchr(text, ' ');
	return p && last && strncmp(p, ") Z", 3) == 0
		       ? (int)strtol(last, NULL, 10)
		       : -1;
}
