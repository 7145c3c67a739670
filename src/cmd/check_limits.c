/* cmd/check_limits.c - cdo doctor: how much the system lets us have. */
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/str.h"
#include "cmd/checks.h"

enum {
	FILES = 256, /* a server with a hundred sessions and commands */
	PROCESSES = 256,
	PTYS = 8, /* that are left */
};

static void
check_one(struct checks *c, const char *id, int resource, const char *what,
	  rlim_t least)
{
	struct rlimit l;

	if (getrlimit(resource, &l) != 0)
		return;
	if (l.rlim_cur == RLIM_INFINITY)
		checks_add(c, id, CHECK_OK, str_printf("no limit to %s", what),
			   NULL);
	else
		checks_add(c, id, l.rlim_cur < least ? CHECK_WARNING : CHECK_OK,
			   str_printf("%llu %s at most",
				      (unsigned long long)l.rlim_cur, what),
			   l.rlim_cur < least ? "raise it with ulimit" : NULL);
}

/* The number in a file of /proc; -1: there is none. */
static long
number(const char *path)
{
	struct buf b = { 0 };

	if (io_slurp(path, 64, &b) < 0)
		buf_clear(&b);
	char *text = buf_steal(&b);
	long n = *text == '\0' ? -1 : strtol(text, NULL, 10);
	free(text);
	return n;
}

void
check_limits(struct checks *c)
{
	long max = number("/proc/sys/kernel/pty/max");
	long used = number("/proc/sys/kernel/pty/nr");

	check_one(c, "files", RLIMIT_NOFILE, "open files in a process", FILES);
	check_one(c, "processes", RLIMIT_NPROC, "processes", PROCESSES);
	if (max < 0 || used < 0)
		return;
	checks_add(
		c, "ptys", max - used < PTYS ? CHECK_WARNING : CHECK_OK,
		str_printf("%ld of %ld pseudo-terminals are in use", used, max),
		max - used < PTYS ? "raise kernel.pty.max with sysctl" : NULL);
}
