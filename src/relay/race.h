/* relay/race.h - one try to reach a host, at all its addresses at once. */
#ifndef CDO_RELAY_RACE_H
#define CDO_RELAY_RACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct link;
struct loop;
struct noise_pair;
struct peer;

enum race_loss {
	RACE_UNREACHABLE, /* nobody was there */
	RACE_SHUT, /* somebody was, and hung up before he had proved a thing */
	RACE_FALSE, /* somebody was who does not have the host's key */
};

struct race_events {
	/*
	 * A link: fd is the callee's, link is copied, early are bytes behind
	 * the handshake; address is the one of the peer's list, NULL: the way
	 * goes through its relay.
	 */
	void (*won)(void *ctx, int fd, const struct link *link,
		    const void *early, size_t len, const char *address);
	/* None; text for people is borrowed. */
	void (*lost)(void *ctx, enum race_loss, const char *text);
};

/*
 * Connects to the addresses of a peer, RACE_STEP apart, each for at most `ms`
 * with its handshake; the first that is through wins.  Names are looked up
 * anew.  self and peer are borrowed until the end.  One of the events comes,
 * once, not before this has returned; the race is to be freed then, or before.
 */
enum { RACE_STEP = 250, RACE_MS = 2000 };
struct race;
struct race *race_new(struct loop *, const struct noise_pair *self,
		      const struct peer *peer, uint64_t ms,
		      const struct race_events *, void *ctx);
void race_free(struct race *);

#endif
