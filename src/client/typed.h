/* client/typed.h - what was typed, kept until the custodian has it. */
#ifndef CDO_CLIENT_TYPED_H
#define CDO_CLIENT_TYPED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum {
	TYPED_MAX = 1 << 20, /* more is not read from the terminal */
	TYPED_FRAME = 64 << 10, /* bytes in one message */
};

/*
 * One stream of bytes with offsets from 0 on, for the life of the client
 * (security.md, 6).  All-zero is ready.
 */
struct typed {
	struct buf bytes; /* not taken yet */
	uint64_t start; /* the offset of the first of them */
	uint64_t sent; /* up to here in this connection */
	uint64_t open; /* up to here they may be sent; see typed_open */
};

void typed_add(struct typed *, const void *data, size_t len);
/* What was added up to now may be sent. */
void typed_open(struct typed *);
/* Appends messages with what may be sent and was not. */
void typed_send(struct typed *, struct buf *out);
/* The custodian has taken everything before this offset. */
void typed_taken(struct typed *, uint64_t offset);
/*
 * A new connection, whose custodian has taken everything before the offset:
 * the rest is to be sent again.  If it has forgotten this client, which of
 * the rest arrived is unknown, and nothing is sent twice.
 */
void typed_again(struct typed *, uint64_t taken);
/* Another session answers here: nothing of this is meant for it. */
void typed_forget(struct typed *);
bool typed_full(const struct typed *);
void typed_release(struct typed *);

#endif
