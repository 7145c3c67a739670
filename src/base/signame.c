/* base/signame.c - signals by name. */
#include "base/signame.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <strings.h>

#include "base/str.h"

static const struct {
	const char *name;
	int number;
} names[] = {
	{ "SIGHUP", SIGHUP },	    { "SIGINT", SIGINT },
	{ "SIGQUIT", SIGQUIT },	    { "SIGILL", SIGILL },
	{ "SIGTRAP", SIGTRAP },	    { "SIGABRT", SIGABRT },
	{ "SIGBUS", SIGBUS },	    { "SIGFPE", SIGFPE },
	{ "SIGKILL", SIGKILL },	    { "SIGUSR1", SIGUSR1 },
	{ "SIGSEGV", SIGSEGV },	    { "SIGUSR2", SIGUSR2 },
	{ "SIGPIPE", SIGPIPE },	    { "SIGALRM", SIGALRM },
	{ "SIGTERM", SIGTERM },	    { "SIGCHLD", SIGCHLD },
	{ "SIGCONT", SIGCONT },	    { "SIGSTOP", SIGSTOP },
	{ "SIGTSTP", SIGTSTP },	    { "SIGTTIN", SIGTTIN },
	{ "SIGTTOU", SIGTTOU },	    { "SIGURG", SIGURG },
	{ "SIGXCPU", SIGXCPU },	    { "SIGXFSZ", SIGXFSZ },
	{ "SIGVTALRM", SIGVTALRM }, { "SIGPROF", SIGPROF },
	{ "SIGWINCH", SIGWINCH },   { "SIGIO", SIGIO },
	{ "SIGSYS", SIGSYS },
};

enum { NAMES = sizeof names / sizeof *names, SIGNAL_MAX = 64 };

const char *
signame(int signum)
{
	static char other[32];

	for (size_t i = 0; i < NAMES; i++)
		if (names[i].number == signum)
			return names[i].name;
	snprintf(other, sizeof other, "signal %d", signum);
	return other;
}

int
signame_number(const char *name)
{
	long n;

	if (str_int(name, 1, SIGNAL_MAX, &n) == 0)
		return (int)n;
	for (size_t i = 0; i < NAMES; i++)
		if (strcasecmp(names[i].name, name) == 0 ||
		    strcasecmp(names[i].name + 3, name) == 0)
			return names[i].number;
	return -EINVAL;
}
