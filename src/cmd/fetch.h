/* cmd/fetch.h - a session's record on another machine, as files here. */
#ifndef CDO_CMD_FETCH_H
#define CDO_CMD_FETCH_H

#include <stdbool.h>

struct ask;
struct seen;

/*
 * Copies what the session has left on disk there to a directory of this
 * process, and says so in s->dir; of one that is here, does nothing.  `all`:
 * the recording too, else only the last screen if there is one.  Again: what
 * has come since.  0, or the exit status after "cannot DEED 'NAME': REASON".
 */
int fetch_record(struct ask *, struct seen *s, bool all, const char *deed);
/* Removes it. */
void fetch_done(void);

#endif
