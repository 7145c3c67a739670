/* cmd/kicking.h - send a session's clients away. */
#ifndef CDO_CMD_KICKING_H
#define CDO_CMD_KICKING_H

#include <stdint.h>

struct cmd;
struct seen;

/*
 * Detaches client number `client` of the session, 0: all of them.  With `to`,
 * a session's id, it goes there instead, and 0 is the one that typed last.
 * Returns the exit status, after "cannot DEED 'NAME': REASON" if not 0.
 */
int kicking_run(const struct cmd *, const struct seen *, uint64_t client,
		const char *to, const char *deed);

#endif
