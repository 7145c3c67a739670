/* proto/identity.h - the key pairs that say who this machine is. */
#ifndef CDO_PROTO_IDENTITY_H
#define CDO_PROTO_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/noise.h"

/* One for each part it plays, never one for two (security.md, 4). */
enum identity {
	IDENTITY_HOST, /* host.key: others attach to us */
	IDENTITY_DEVICE, /* device.key: we attach to others */
	IDENTITY_RELAY, /* relay.key: our address at a rendezvous */
};

/* 32 symbols in groups of four, a check symbol, and a NUL. */
enum { IDENTITY_SHOWN = 32 + 8 + 1 + 1 };

/*
 * Reads the key pair from the state directory; `make` makes it if it is
 * missing, one for all who try at once.  Returns 0, -ENOENT, or -errno with
 * *why for people (caller frees).  The pair is the caller's to wipe.
 */
int identity_load(const char *state, enum identity, bool make,
		  struct noise_pair *, char **why);

/* What people compare; the key itself is what counts. */
void identity_show(const uint8_t key[NOISE_KEY], char out[IDENTITY_SHOWN]);

#endif
