/* cmd/unserved.h - find a session when no server can be had. */
#ifndef CDO_CMD_UNSERVED_H
#define CDO_CMD_UNSERVED_H

struct seen;

/*
 * Looks where a server would look, in the state and the runtime directory,
 * for the session that word means.  Returns 0, or -ENOENT if there is none or
 * more than one; seen_release it on success.
 */
int unserved_find(const char *word, struct seen *);

#endif
