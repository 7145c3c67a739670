/* client/patience.c - write to a busy terminal, for a moment only. */
#include "client/patience.h"

#include <signal.h>
#include <stdbool.h>
#include <sys/time.h>
#include <unistd.h>

/* That there is a handler is enough: it interrupts the write. */
static void
on_alarm(int signum)
{
	(void)signum;
}

static void
prepare(void)
{
	static bool done;
	struct sigaction act = { .sa_handler = on_alarm };
	sigset_t set;

	if (done)
		return;
	done = true;
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	sigaction(SIGALRM, &act, NULL);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

size_t
patience_write(int fd, const void *data, size_t len, unsigned ms)
{
	const struct timeval t = { .tv_usec = (suseconds_t)ms * 1000 };
	/* Again and again: the first may come before the write begins. */
	const struct itimerval on = { t, t }, off = { 0 };

	prepare();
	setitimer(ITIMER_REAL, &on, NULL);
	ssize_t n = write(fd, data, len);
	setitimer(ITIMER_REAL, &off, NULL);
	return n > 0 ? (size_t)n : 0;
}
