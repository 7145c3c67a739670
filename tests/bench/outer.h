/* bench/outer.h - the terminal at the outside: a PTY that is read at once. */
#ifndef CDO_BENCH_OUTER_H
#define CDO_BENCH_OUTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

enum { OUTER_COLS = 120, OUTER_ROWS = 40 };

/* All-zero but for the first two is closed. */
struct outer {
	int fd; /* the master, non-blocking */
	pid_t pid;
	double started; /* bench_now just before the program was started */
	uint64_t bytes; /* came through since outer_open */
	FILE *keep; /* if not NULL, where they are written too */
	bool ended; /* the program closed its side */
	bool deaf; /* answers no queries: what comes is only payload */
	size_t seen; /* of a query that is not whole yet */
	char query[16];
};

/* Seconds that only go forward. */
double bench_now(void);

/*
 * Runs argv in a new PTY with this environment.  Returns 0 or -errno; a
 * program that cannot be run ends at once.
 */
int outer_open(struct outer *, char *const argv[], char *const envp[]);
/* Hangs up, waits for the program's end. */
void outer_close(struct outer *);
void outer_type(struct outer *, const char *keys);
/*
 * Reads until the marker has come through, answering what the program asks
 * its terminal.  Returns when it came (bench_now), or a negative number if
 * it did not within `limit` seconds or before the end.
 */
double outer_until(struct outer *, const char *marker, double limit);
/* Types `keys` every tenth of a second until the marker comes. */
double outer_call(struct outer *, const char *keys, const char *marker,
		  double limit);
/* Reads what is there. */
void outer_drain(struct outer *);

#endif
