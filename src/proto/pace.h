/* proto/pace.h - how much may be under way before keys would wait for it. */
#ifndef CDO_PROTO_PACE_H
#define CDO_PROTO_PACE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A sender that is told what has arrived (or was shown) learns from it how
 * fast the way is and how long, and keeps no more under way than what that
 * carries in its round trip and PACE_DELAY.  So whatever queues there are
 * hold PACE_DELAY, whether the way carries a kilobyte a second or a gigabyte.
 *
 * Time is passed in, in ms.  All-zero is ready.
 */
enum {
	PACE_DELAY = 200, /* ms */
	PACE_MIN = 2 << 10, /* bytes: with less a slow way runs dry */
	PACE_MAX = 8 << 20,
};

struct pace {
	uint64_t sent, arrived; /* bytes in all */
	uint64_t limit; /* 0: nothing is known yet, PACE_MIN */
	uint64_t shortest; /* ms of a round trip; see `known` */
	bool known;
	/* The round that is measured: */
	bool measuring;
	bool full; /* more was wanted than it had room for */
	bool probing; /* with little under way, to see how long the way is */
	uint64_t mark; /* it ends when this has arrived */
	uint64_t began, before; /* when; what had arrived then */
	uint64_t probed; /* when it was last seen */
};

/* How many bytes may be sent now; PACE_MIN or more when nothing is out. */
uint64_t pace_room(const struct pace *);
/* What is sent waits for room. */
void pace_held(struct pace *);
void pace_sent(struct pace *, uint64_t bytes, uint64_t now_ms);
/*
 * So many have arrived, in all.  0, or -EPROTO for a number that cannot be:
 * fewer than before, or more than were sent.
 */
int pace_arrived(struct pace *, uint64_t total, uint64_t now_ms);
/* How many bytes may be under way. */
uint64_t pace_limit(const struct pace *);

#endif
