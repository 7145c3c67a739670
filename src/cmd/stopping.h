/* cmd/stopping.h - end sessions and wait until they have ended. */
#ifndef CDO_CMD_STOPPING_H
#define CDO_CMD_STOPPING_H

#include <stddef.h>
#include <stdint.h>

struct cmd;
struct seen;

#define STOPPING_DEFAULT UINT32_MAX /* grace as cdo.conf has it */

/*
 * Ends all of them at once: with signum (0: HUP and TERM) and, what is left
 * after grace_ms, with KILL.  Says what could not be ended.  Returns the exit
 * status.
 */
int stopping_run(const struct cmd *, const struct seen *list, size_t n,
		 int signum, uint64_t grace_ms);

#endif
