/* relay/strangers.h - what strangers may cost before they prove themselves. */
#ifndef CDO_RELAY_STRANGERS_H
#define CDO_RELAY_STRANGERS_H

#include <stdbool.h>
#include <stdint.h>

struct sockaddr;

/* The limits of security.md, 8. */
enum {
	STRANGERS_MAX = 64, /* at once */
	STRANGERS_KNOWN = 8, /* of them for where devices have come from */
	STRANGERS_RANDOM = 32, /* from here on some are refused at random */
	STRANGERS_SAME = 8, /* at once, of one source */
	STRANGERS_EACH = 5, /* handshakes a second, of one source */
	STRANGERS_ALL = 200, /* handshakes a second */
	STRANGERS_IDLE = 1000, /* ms: who is quiet so long makes room */
	STRANGERS_MS = 5000, /* from accept to the last handshake message */
	STRANGERS_TABLE = 4096, /* sources that are remembered */

	PENALTY_BAD = 5000, /* ms: a first message that is none */
	PENALTY_LATE = 10000, /* nothing in time */
	PENALTY_PAIRING = 60000, /* pairing where none is wanted */
	PENALTY_FROM = 15000, /* as much refuses */
	PENALTY_MAX = 600000,
};

/* Who is meant: an IPv4 address, or the first half of an IPv6 one. */
struct source {
	uint8_t bytes[8];
};
void source_of(struct source *, const struct sockaddr *);

struct stranger {
	struct source source;
	bool used, refused; /* the penalty has come to refuse */
	bool known; /* a paired device has come from there */
	uint64_t penalty; /* ms: until when it lasts */
	uint64_t counted, told; /* ms: when last */
	int32_t tokens; /* handshakes, thousandths */
};

/* No allocation; time is passed in. */
struct strangers {
	struct stranger table[STRANGERS_TABLE];
	uint64_t seed; /* which places of the table a source has */
	uint64_t counted;
	int32_t tokens, reserve; /* of all, and for known sources */
};

void strangers_init(struct strangers *, uint64_t seed, uint64_t now);
/*
 * Whether one of this source may sit down: `sitting` are, `same` of them of
 * this source; random is any number.
 */
bool strangers_enter(struct strangers *, const struct source *,
		     unsigned sitting, unsigned same, uint32_t random,
		     uint64_t now);
/* Whether there is time for a handshake now; takes it. */
bool strangers_work(struct strangers *, const struct source *, uint64_t now);
/* A device has: none of that counts, and who comes from there is not blamed. */
void strangers_proved(struct strangers *, const struct source *, uint64_t now);
void strangers_blame(struct strangers *, const struct source *, uint32_t ms,
		     uint64_t now);
/* Somebody is asked to come: what went before is forgotten. */
void strangers_forgive(struct strangers *);
/* Whether a line in the log is due: one each minute and source. */
bool strangers_tell(struct strangers *, const struct source *, uint64_t now);

#endif
