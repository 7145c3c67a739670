/* client/direct.h - the session's own bytes, straight to the terminal. */
#ifndef CDO_CLIENT_DIRECT_H
#define CDO_CLIENT_DIRECT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct tty;

/* All-zero is ready. */
struct direct {
	bool pushed; /* the user's screen is in the terminal's scrollback */
	bool given; /* the terminal has bytes of the session ... */
	struct buf undo; /* ... which this undoes */
	struct buf told; /* what the custodian told last */
};

/*
 * MSG_UNDO.  If output is being discarded, `shown` is false: then it undoes
 * what the terminal will have after the next snapshot.
 */
void direct_told(struct direct *, const void *undo, size_t len, bool shown);

/*
 * Queues what comes before a snapshot: what the terminal has of the session
 * is undone; or, the first time, the user's screen of `rows` goes to the
 * scrollback and the title to the terminal's stack.
 */
void direct_before(struct direct *, struct tty *, unsigned rows);
/* A part of a snapshot, or output. */
void direct_write(struct direct *, struct tty *, const void *, size_t len);

/* Queues what undoes all that was given.  Afterwards nothing was. */
void direct_undo(struct direct *, struct tty *);
/*
 * Queues the end: undo, and `park` to put the cursor below the text (NULL:
 * to the bottom).  The next snapshot starts afresh.
 */
void direct_leave(struct direct *, struct tty *, const void *park, size_t len);
void direct_release(struct direct *);

#endif
