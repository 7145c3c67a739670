/* proto/link.h - frames, sealed, in one strict order. */
#ifndef CDO_PROTO_LINK_H
#define CDO_PROTO_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "crypto/noise.h"

/*
 * On the wire: u16 length, big-endian, and so many bytes, 16 to 16400: a
 * Noise transport message (ChaCha20-Poly1305, no associated data, the nonce
 * counts the messages of its direction).  In it, at most 16384 bytes:
 *
 *	u8 type, u16 n, n bytes of payload, zeros
 *
 * The zeros fill up short ones to LINK_PAD, so that a key looks like any
 * other.  In a clear link (through ssh) the same stands there unsealed.
 *
 * Bytes in, bytes out: no descriptor, no allocation; time is passed in.
 * Any failure is for good: the link is to be closed, never a frame skipped.
 */
enum {
	LINK_HEAD = 2, /* the length */
	LINK_INNER = 3, /* type and n */
	LINK_PLAIN = 16384,
	LINK_PAYLOAD = LINK_PLAIN - LINK_INNER,
	LINK_PAD = 64,
	LINK_SEALED_MIN = NOISE_TAG,
	LINK_SEALED_MAX = LINK_PLAIN + NOISE_TAG,
	/* One frame, and so the least that a receive buffer must hold. */
	LINK_FRAME = LINK_HEAD + LINK_SEALED_MAX,
	/* What link_write may need: a frame, and a REKEY before it. */
	LINK_ROOM = LINK_FRAME + LINK_HEAD + LINK_PAD + NOISE_TAG,
	LINK_BYE_TEXT = 256,
};

enum link_type {
	/* The last frame under this key; Rekey() and go on counting. */
	LINK_REKEY = 1,
	/* u16 reason (the user's own), text: a wanted end; nothing follows. */
	LINK_BYE = 2,
	/* Thrown away; reserved to hide when one types.  None is sent yet. */
	LINK_CHAFF = 3,
	/* From here on they are proto/chan's. */
	LINK_ABOVE = 16,
};

/* Why a link ends that ends with BYE. */
enum link_bye {
	LINK_BYE_DONE = 0, /* nobody needs it any more */
	LINK_BYE_GOING = 1, /* that end stops, or is replaced: dial again */
	LINK_BYE_REVOKED = 2, /* this device is not welcome any more */
	LINK_BYE_REPLACED = 3, /* by a newer link of this device */
};

/* When a direction gets a new key, whatever comes first. */
#define LINK_REKEY_BYTES (UINT64_C(1) << 30)
#define LINK_REKEY_MS (UINT64_C(3600) * 1000)
/* After this a new handshake is due. */
#define LINK_OLD_MS (UINT64_C(24) * 3600 * 1000)

/* In the caller's storage; wiped by link_wipe. */
struct link {
	struct noise_cipher send, receive;
	bool clear;
	bool said_bye, got_bye;
	int failed; /* -errno, for good */
	uint64_t born, keyed; /* ms: when it began, and its key for sending */
	uint64_t under; /* bytes sealed under that key */
};

/* Copies both ciphers, see greet_split. */
void link_init(struct link *, const struct noise_cipher *send,
	       const struct noise_cipher *receive, uint64_t now_ms);
void link_init_clear(struct link *, uint64_t now_ms);
void link_wipe(struct link *);

/*
 * Writes a frame of this type (>= LINK_ABOVE) whose payload is head and data,
 * head_len + len <= LINK_PAYLOAD, to out, which has LINK_ROOM bytes; data may
 * lie anywhere outside of it.  If a new key is due, the REKEY goes first.
 * Returns how many bytes to send, or -EPIPE after link_bye, -EOVERFLOW when
 * the counter is used up, or what the link failed with.
 */
ssize_t link_write(struct link *, unsigned type, const void *head,
		   size_t head_len, const void *data, size_t len,
		   uint64_t now_ms, uint8_t *out);
/* The same with the last frame, BYE; text is cut to LINK_BYE_TEXT bytes. */
ssize_t link_bye(struct link *, enum link_bye why, const char *text,
		 uint8_t *out);

struct link_frame {
	unsigned type; /* 0: it was the link's own, pass on; or LINK_BYE */
	const uint8_t *payload; /* in data */
	size_t len;
	/* Of LINK_BYE: why, and the text in payload and len. */
	unsigned why;
};
/*
 * Opens the first frame of data[0..len) in place, if it is whole.  Returns
 * how many bytes of data it was, which the caller drops after use, with
 * *frame filled; 0 if more must come first; or -errno, for good:
 *	-EMSGSIZE	a length that no frame has
 *	-EBADMSG	not sealed by the peer as its next frame, or nonsense
 *	-EPROTO		a frame after BYE
 */
ssize_t link_read(struct link *, uint8_t *data, size_t len,
		  struct link_frame *frame);
/*
 * What an end of file means: 0 after BYE, else -ECONNRESET: it was cut, and
 * what was on its way is lost.
 */
int link_end_of_file(const struct link *);
/* A new handshake is due, at the next quiet moment. */
bool link_old(const struct link *, uint64_t now_ms);

#endif
