/* bench/procs.h - the processes of one multiplexer, found by a mark. */
#ifndef CDO_BENCH_PROCS_H
#define CDO_BENCH_PROCS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * The mark is a word in the environment, "BENCH_MARK=...", which whatever
 * the multiplexer starts inherits.  Linux only: elsewhere there are none.
 */
struct proc {
	pid_t pid;
	char comm[32];
	char role[32]; /* its argv[1] */
	uint64_t pss; /* bytes; 0 if it cannot be known */
	uint64_t switches; /* times it went to sleep by itself */
	bool inner; /* the program inside, not the multiplexer */
};

/* Fills procs with at most `max`; returns how many. */
size_t procs_find(const char *mark, struct proc *procs, size_t max);
/* Kills them all, also those that they start meanwhile. */
void procs_kill(const char *mark);

#endif
