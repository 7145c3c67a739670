/* e2e/procs.h - the processes that a test has started, also indirectly. */
#ifndef CDO_E2E_PROCS_H
#define CDO_E2E_PROCS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * Whatever daemonizes becomes ours again when its parent ends, so that the
 * descendants are all that a test started.  Linux only: elsewhere there are
 * none to be found.
 */
void procs_adopt(void);

/*
 * Fills pids with at most `max` living descendants (zombies do not count);
 * returns how many.  Those whose argv[1] is `role`; NULL: all.
 */
size_t procs_find(const char *role, pid_t *pids, size_t max);
/* Whether this is the word behind its role (argv[2]). */
bool procs_has(pid_t pid, const char *option);

/* Kills all descendants and waits for their ends. */
void procs_end(void);

/* There, and no zombie. */
bool procs_alive(pid_t pid);
/* It has nothing to do. */
bool procs_sleeps(pid_t pid);
/* Stopped by a signal. */
bool procs_stopped(pid_t pid);

#endif
