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
check_one(struct checks *c, const char *id, rlim_t now, const char *what,
	  rlim_t least)
{
	if (now == RLIM_INFINITY)
		checks_add(c, id, CHECK_OK, str_printf("no limit to %s", what),
			   NULL);
	else
		checks_add(c, id, now < least ? CHECK_WARNING : CHECK_OK,
			   str_printf("%llu %s at most",
				      (unsigned long long)now, what),
			   now < least ? "raise it with ulimit" : NULL);
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
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) == 0)
		check_one(c, "files", l.rlim_cur, "open files in a process",
			  FILES);
	if (getrlimit(RLIMIT_NPROC, &l) == 0)
		check_one(c, "processes", l.rlim_cur, "processes", PROCESSES);
	if (max < 0 || used < 0)
		return;
	checks_add(
		c, "ptys", max - used < PTYS ? CHECK_WARNING : CHECK_OK,
		str_printf("%ld of %ld pseudo-terminals are in use", used, max),
		max - used < PTYS ? "raise kernel.pty.max with sysctl" : NULL);
}
