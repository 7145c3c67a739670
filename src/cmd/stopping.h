/* cmd/stopping.h - end sessions and wait until they have ended. */
#ifndef CDO_CMD_STOPPING_H
#define CDO_CMD_STOPPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ask;
struct cmd;
struct seen;

#define STOPPING_DEFAULT UINT32_MAX /* grace as cdo.conf has it */

/* It runs, or waits to be started again by itself. */
bool stopping_needed(const struct seen *);

/*
 * Ends all of them at once: with signum (0: HUP and TERM) and, what is left
 * after grace_ms, with KILL; those that only wait are told not to.  Says what
 * could not be ended.  Returns the exit status.
 */
int stopping_run(struct ask *, const struct cmd *, const struct seen *list,
		 size_t n, int signum, uint64_t grace_ms);

#endif
