/* proto/greet.h - the hello and the handshake that open a remote link. */
#ifndef CDO_PROTO_GREET_H
#define CDO_PROTO_GREET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "crypto/noise.h"

/*
 * Who dials (the device) sends eight bytes in clear: "CDO1", a type, the
 * version, 0, 0.  They are in the prologue of the Noise handshake that
 * follows, three messages of exactly one length each, with that length (u16,
 * big-endian) before them:
 *
 *	session, XKpsk3	48, 48, 64
 *	pairing, XX	32, 96, 64
 *
 * Then both ends speak frames (proto/link for a session, proto/pact for a
 * pairing).  The device's first frame may follow its last message at once.
 *
 * Bytes in, bytes out: no descriptor, no clock, no allocation.
 */
enum {
	GREET_HELLO = 8,
	GREET_VERSION = 1,
	GREET_OUT = GREET_HELLO + 2 + 96, /* the most that is sent at once */
	/* What a stranger costs, in a slot that was there before he came. */
	GREET_SLOT = 512,
};

enum greet_type {
	GREET_SESSION = 1,
	GREET_PAIRING = 2,
	GREET_CLEAR = 3, /* through ssh: frames without a seal, see below */
};

struct greet_options {
	bool host; /* it answers; else the device, which begins */
	const struct noise_pair *self; /* the static key; borrowed */
	enum greet_type type; /* device: GREET_SESSION or GREET_PAIRING */
	const uint8_t *remote; /* device, session: the host's static key */
	const uint8_t *psk; /* device, session; copied */
	/*
	 * Host: the psk of the device with this static key, borrowed until the
	 * next call, or NULL if it is not known (or revoked).
	 */
	const uint8_t *(*find_psk)(void *ctx, const uint8_t key[NOISE_KEY]);
	void *ctx;
	bool pairing; /* host: a pairing is welcome; else -EACCES */
	/* For test vectors alone: the ephemeral key, copied.  NULL: fresh. */
	const struct noise_pair *ephemeral;
};

/* In the caller's storage; wiped by greet_wipe. */
struct greet {
	struct noise noise; /* once done: .h is the hash, .rs the peer's key */
	uint8_t in[96]; /* the hello, or the message that is coming */
	uint8_t have; /* bytes of it */
	uint8_t want; /* its length; 0: the length is coming */
	uint8_t type; /* enum greet_type; 0: the hello has not come */
	bool host, pairing;
	int16_t failed; /* -errno, for good */
};

/*
 * The options are not needed afterwards, but for *self, ctx and what it
 * borrows.
 */
void greet_init(struct greet *, const struct greet_options *);
void greet_wipe(struct greet *);

/*
 * Device: what to send first, hello and message 1, to out.  Returns how many
 * bytes, or -errno (-EBADMSG: the host's key is of low order).
 */
int greet_start(struct greet *, uint8_t out[GREET_OUT]);
/*
 * Takes bytes of the peer in pieces of any size.  Returns how many of them it
 * used; all, unless the handshake is done, and then the rest are frames.
 * *out_len bytes at out are to be sent now, 0 for none.
 *
 * On -errno the link is to be closed without a word, *out_len is 0, and every
 * further call returns the same:
 *	-EPROTO		no hello of ours, or a type that cannot be here
 *	-EPROTONOSUPPORT	another version of the hello
 *	-EACCES		a pairing, and none is welcome
 *	-EMSGSIZE	a message of another length than it must have
 *	-EBADMSG	it was not made by who it must be made by, or for us
 *	-ENOKEY		find_psk did not know the device
 */
ssize_t greet_feed(struct greet *, const void *data, size_t len,
		   uint8_t out[GREET_OUT], size_t *out_len);
/* How many bytes greet_feed waits for at least; 0 once done or failed. */
size_t greet_wants(const struct greet *);
/*
 * Device: the host has proved that it holds its key (its message 2 was good).
 * If the link ends after that, before any frame, the host does not want us.
 */
bool greet_met(const struct greet *);
bool greet_done(const struct greet *);
/* Once done: the ciphers of each direction.  The greet is to be wiped. */
void greet_split(struct greet *, struct noise_cipher *send,
		 struct noise_cipher *receive);

/*
 * Through ssh nothing is sealed and nobody needs to prove anything: both ends
 * send the hello of GREET_CLEAR and then frames in clear (link_init_clear).
 * What the far shell says before its hello is to be passed over.
 */
void greet_clear(uint8_t hello[GREET_HELLO]);
/*
 * Looks for the hello of GREET_CLEAR in data[0..len).  Returns how many bytes
 * can be dropped: up to its end with *found, else those that cannot be a part
 * of it (so a caller that keeps the rest and appends to it finds every one).
 * -EPROTONOSUPPORT if it is of another version.  How much noise is too much
 * is the caller's to say.
 */
ssize_t greet_find_clear(const void *data, size_t len, bool *found);

#endif
