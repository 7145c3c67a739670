/* proto/rendezvous.h - what a blind relay is told, by hosts and by devices. */
#ifndef CDO_PROTO_RENDEZVOUS_H
#define CDO_PROTO_RENDEZVOUS_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/noise.h"

/*
 * Both dial it; it joins two connections, and what goes through is sealed for
 * the other end.  Eight bytes in clear come first, as in proto/greet, and then
 *
 *	REGISTER	a host: its public key there (32).  The relay proves
 *			whose that is by Noise_XK, itself the initiator: 48,
 *			48, 64 bytes.  Sealed notes follow, 48 bytes each.
 *	PICK		a host: the ticket of a call (16)
 *	CALL		a device: the host's key there (32)
 *	NUMBER		a device that pairs: four digits (4).  It is told the
 *			host's key there (32) when the host has picked up.
 *
 * and once a host has picked up, the bytes of the two are each other's.
 */
enum {
	RENDEZVOUS_HELLO = 8,
	RENDEZVOUS_VERSION = 1,
	RENDEZVOUS_TICKET = 16,
	RENDEZVOUS_DIGITS = 4,
	RENDEZVOUS_OPENING = RENDEZVOUS_HELLO + NOISE_KEY,
	RENDEZVOUS_M1 = 48,
	RENDEZVOUS_M2 = 48,
	RENDEZVOUS_M3 = 64,
	RENDEZVOUS_PLAIN = 32,
	RENDEZVOUS_NOTE = RENDEZVOUS_PLAIN + NOISE_TAG,
	RENDEZVOUS_QUIET = 20000, /* ms, then a note that nothing is new */
	RENDEZVOUS_LOST = 60000, /* ms without a note, or a byte */
};

/* After those of proto/greet, so that none is taken for another. */
enum rendezvous_type {
	RENDEZVOUS_REGISTER = 4,
	RENDEZVOUS_PICK = 5,
	RENDEZVOUS_CALL = 6,
	RENDEZVOUS_NUMBER = 7,
};

/* First byte of a note; the rest is zeros. */
enum rendezvous_note {
	RENDEZVOUS_ALIVE = 1, /* both ways */
	RENDEZVOUS_CALLED = 2, /* to the host: ticket */
	RENDEZVOUS_NUMBERED = 3, /* to the host: digits */
	RENDEZVOUS_WANT_NUMBER = 4, /* from the host */
	RENDEZVOUS_DROP_NUMBER = 5,
};

/* How many bytes follow the hello of this type; 0: there is none. */
size_t rendezvous_follows(unsigned type);
/* Writes hello and what follows; returns how many bytes. */
size_t rendezvous_open(enum rendezvous_type, const void *data,
		       uint8_t out[RENDEZVOUS_OPENING]);
/* A device calls the host of this key: 40 bytes, then it goes on as if there
 * were no relay. */
size_t rendezvous_call(uint8_t out[RENDEZVOUS_OPENING],
		       const uint8_t key[NOISE_KEY]);
/* The type, or 0 if it is no hello of these. */
unsigned rendezvous_type(const uint8_t hello[RENDEZVOUS_HELLO]);

/* The handshake of REGISTER; host: the responder. */
void rendezvous_begin(struct noise *, bool host, const struct noise_pair *self,
		      const uint8_t *remote);

#endif
