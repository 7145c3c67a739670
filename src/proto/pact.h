/* proto/pact.h - a pairing, message by message, after its handshake. */
#ifndef CDO_PROTO_PACT_H
#define CDO_PROTO_PACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "crypto/noise.h"
#include "crypto/pairing.h"

struct buf;
struct greet;

/*
 * After a greet of GREET_PAIRING, in frames of u16 length and a sealed message
 * each, without padding or type (security.md, 3):
 *
 *	device	Ya, ADa		48 to 304 bytes, sealed
 *	host	Tb, Yb, ADb	the attempt was counted before
 *	device	Ta		it knows that the host knows the code
 *	host	"paired"	and has written down the device
 *
 * Bytes in, bytes out; whoever waits does so elsewhere.
 */
enum {
	PACT_NAME = 64, /* bytes of a name, 1 at least, UTF-8, no controls */
	PACT_ROLE = 8,
	PACT_FRAME = 2 + PAIRING_MESSAGE_MAX + NOISE_TAG,
};

/* What pact_feed has come to. */
enum pact_event {
	PACT_WAIT, /* for more bytes */
	/*
	 * Host: somebody tries.  Count it now, whatever follows; then
	 * pact_answer, or close.  The peer's name is not proved yet.
	 */
	PACT_ATTEMPT,
	/*
	 * The peer knows the code: pact_peer_name and _role, pact_psk and
	 * pact_key are good.  Device: write the host down as unconfirmed, then
	 * send what is in out.  Host: write the device down, then pact_paired.
	 */
	PACT_PROVED,
	PACT_PAIRED, /* device: the host has us on its list */
};

/* In the caller's storage; wiped by pact_wipe. */
struct pact {
	struct noise_cipher send, receive;
	struct noise link; /* the finished handshake */
	struct pairing pairing;
	uint8_t in[PACT_FRAME];
	size_t have;
	bool host;
	uint8_t step; /* messages taken and sent */
	uint8_t ad[PAIRING_AD_MAX];
	size_t ad_len;
	int failed; /* -errno, for good */
};

/*
 * Takes over from a greet that is done (and wipes it).  name and role are
 * ours: what we are called, and what we ask for or grant ("view", "attach",
 * "full").  -EINVAL if they are empty or too long.  *self of the greet must
 * still be there.
 */
int pact_init(struct pact *, struct greet *, const char *name,
	      const char *role);
void pact_wipe(struct pact *);

/* Device: appends its first message.  code is in normal form. */
void pact_start(struct pact *, const char *code, struct buf *out);
/*
 * Takes bytes in pieces of any size, up to the end of one message; *used says
 * how many.  What is to be sent is appended to out.  Returns an event, or
 * -errno for good:
 *	-EKEYREJECTED	the peer has another code
 *	-EMSGSIZE, -EBADMSG, -EPROTO	nonsense, or not from this peer
 */
int pact_feed(struct pact *, const void *data, size_t len, size_t *used,
	      struct buf *out);
/*
 * Host, after PACT_ATTEMPT: the answer, made with the code of the window.
 * role is what the device gets, NULL for what pact_init was told.  0, or
 * -errno for good.
 */
int pact_answer(struct pact *, const char *code, const char *role,
		struct buf *out);
/* Host, after PACT_PROVED: tells the device. */
void pact_paired(struct pact *, struct buf *out);

/*
 * Of the peer; names that a terminal cannot show were refused (-EBADMSG).
 * Both NUL-ended.
 */
void pact_peer_name(const struct pact *, char out[PACT_NAME + 1]);
void pact_peer_role(const struct pact *, char out[PACT_ROLE + 1]);
/* The peer's static key; borrowed. */
const uint8_t *pact_key(const struct pact *);
/* For sessions to come; after PACT_PROVED. */
void pact_psk(const struct pact *, uint8_t psk[NOISE_KEY]);

#endif
