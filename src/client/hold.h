/* client/hold.h - what becomes of keys while nobody answers. */
#ifndef CDO_CLIENT_HOLD_H
#define CDO_CLIENT_HOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "client/input.h"

/*
 * security.md, 6: for HOLD_KEEP all that is typed is kept, and sent when the
 * link is back.  Then text is held, and counted; other keys are refused, and
 * counted, and Ctrl-C throws away what is held.  After HOLD_TRUST it is sent
 * only if the user says so.  A paste is kept or refused as a whole.
 */
enum {
	HOLD_KEEP = 5000, /* ms */
	HOLD_TRUST = 30000,
	HOLD_MAX = 64 << 10, /* bytes */
};

/* All-zero is ready. */
struct hold {
	struct buf bytes;
	unsigned keys; /* held */
	unsigned refused;
	bool asks; /* whether what is held is to be sent */
	bool keeps; /* the paste that is coming */
};

enum hold_verdict {
	HOLD_PASS, /* it goes its way */
	HOLD_TAKEN, /* it does not: what is counted may have changed */
	HOLD_SEND, /* as taken, and what is held is to be sent now */
	HOLD_WHAT, /* it was no answer to the question */
};

/* An answer is due from now on; `pasting`: in the middle of a paste. */
void hold_begin(struct hold *, bool pasting);
/* A key, a text or a piece of a paste; for `ms` no answer has come; 0: none
 * is due. */
enum hold_verdict hold_key(struct hold *, uint64_t ms, enum input_kind,
			   const void *data, size_t len);
/* It came after so long.  True: what is held is to be sent now. */
bool hold_end(struct hold *, uint64_t ms);
/* It was sent, or is not to be. */
void hold_forget(struct hold *);

#endif
