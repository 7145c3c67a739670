/* proto/chan_state.h - what both halves of proto/chan share. */
#ifndef CDO_PROTO_CHAN_STATE_H
#define CDO_PROTO_CHAN_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "proto/chan.h"
#include "proto/pace.h"

enum {
	NUMBER = 4, /* bytes of a channel's number */
	/* The device sends so much before it knows that it may. */
	EARLY = 16 << 10,
};

enum channel_state {
	FREE,
	ASKED, /* OPEN was sent, or has come, and is not answered */
	OPEN,
};

/* What is still to be said of a channel, in this order. */
enum channel_due { DUE_OPEN = 1, DUE_OPENED = 2, DUE_REFUSED = 4 };

struct channel {
	uint32_t number;
	enum channel_state state;
	unsigned due; /* enum channel_due */
	bool closing; /* by us: what comes does not matter */
	bool said_close, got_close;
	uint32_t may_send, may_come; /* bytes: the windows */
	uint32_t taken; /* of what came; to be given back */
	struct buf out; /* to be sent */
	char *text; /* the target, or why it was refused */
	unsigned error;
};

struct chan {
	struct link *link;
	bool host;
	struct channel ch[CHAN_MAX];
	uint32_t last; /* number that was given */
	unsigned turn; /* whose data come next */
	struct pace pace; /* of the bytes in DATA */
	uint64_t came, acked; /* the same of what comes */

	uint64_t heard; /* ms: the peer's last frame */
	uint64_t owed; /* ms: what we sent first after that; see `owes` */
	bool owes;
	bool unsure; /* what came last may be older than what we sent last */
	uint64_t doubt; /* ms: since when */
	bool ping_due, pong_due;
	bool pinged; /* and not answered */
	uint64_t asked; /* ms: when that was */
	uint64_t ping, pong; /* what is to be said back */
};

/* No such channel any more. */
void chan_forget(struct channel *);
/* If both ends have closed it. */
void chan_bury(struct channel *);
/* When a PING is due. */
uint64_t chan_ping_at(const struct chan *);

#endif
