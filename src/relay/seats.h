/* relay/seats.h - where strangers sit until they have proved themselves. */
#ifndef CDO_RELAY_SEATS_H
#define CDO_RELAY_SEATS_H

#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>

#include "proto/greet.h"
#include "relay/strangers.h"

struct pollfd;

/* One who has not proved himself yet, as accepted. */
struct seat {
	int fd; /* -1: empty */
	uint64_t until;
	struct source source;
	union {
		struct sockaddr any;
		struct sockaddr_in in4;
		struct sockaddr_in6 in6;
	} from;
	struct greet greet;
};

/* How many of STRANGERS_MAX are taken; by those of one source, NULL: by all. */
unsigned seats_taken(const struct seat *, const struct source *);
/* Who has sat longest, and said nothing of worth; likewise.  Or NULL. */
struct seat *seats_oldest(struct seat *, const struct source *);
/*
 * As poll, but those without a descriptor do not count for its limit, which is
 * that of descriptors.  When it fails nothing has come.
 */
void seats_poll(struct pollfd *, unsigned n, int ms);

#endif
