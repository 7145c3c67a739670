/* crypto/noise.h - Noise handshakes and the ciphers that follow them. */
#ifndef CDO_CRYPTO_NOISE_H
#define CDO_CRYPTO_NOISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The Noise Protocol Framework, revision 34, with 25519, ChaChaPoly, SHA512. */
enum {
	NOISE_KEY = 32,
	NOISE_TAG = 16,
	NOISE_HASH = 64,
	NOISE_MESSAGE_MAX = 65535, /* section 3 */
};

/* A static or ephemeral key pair; wiped by who holds it. */
struct noise_pair {
	uint8_t secret[NOISE_KEY];
	uint8_t public[NOISE_KEY];
};

/* A fresh one. */
void noise_pair_make(struct noise_pair *);
/* The one of this secret. */
void noise_pair_from(struct noise_pair *, const uint8_t secret[NOISE_KEY]);

/* CipherState, section 5.1.  All-zero has no key. */
struct noise_cipher {
	uint8_t key[NOISE_KEY];
	uint64_t nonce; /* of the next message */
	bool keyed;
};

/*
 * Encrypts len bytes to len + NOISE_TAG bytes at out (which may be plain).
 * Returns 0, or -EOVERFLOW once 2^64-1 messages were sent (security.md, 5).
 */
int noise_seal(struct noise_cipher *, const void *ad, size_t ad_len,
	       const void *plain, size_t len, uint8_t *out);
/*
 * Decrypts len bytes, tag included, to len - NOISE_TAG bytes at out (which
 * may be sealed).  Returns 0, or -EBADMSG; the nonce moves on success only.
 */
int noise_open(struct noise_cipher *, const void *ad, size_t ad_len,
	       const void *sealed, size_t len, uint8_t *out);
/* Rekey(), section 4.2; the nonce goes on. */
void noise_rekey(struct noise_cipher *);
void noise_cipher_wipe(struct noise_cipher *);

enum noise_pattern { NOISE_XX, NOISE_XK, NOISE_XKPSK3 };

struct noise_options {
	enum noise_pattern pattern;
	bool initiator;
	const void *prologue;
	size_t prologue_len;
	const struct noise_pair *self; /* the static key; borrowed */
	const uint8_t *remote; /* XK, initiator: the host's static key */
	const uint8_t *psk; /* XKpsk3, initiator */
	/*
	 * XKpsk3, responder: the psk of a peer with this static key, borrowed
	 * until the next call, or NULL if that one is not known.
	 */
	const uint8_t *(*find_psk)(void *ctx, const uint8_t key[NOISE_KEY]);
	void *ctx;
	/* For test vectors alone: the ephemeral key.  NULL: a fresh one. */
	const struct noise_pair *ephemeral;
};

/* A handshake; in the caller's storage, wiped by noise_wipe. */
struct noise {
	struct noise_cipher cipher;
	uint8_t ck[NOISE_HASH], h[NOISE_HASH];
	const struct noise_pair *s; /* borrowed: one copy is enough to guard */
	struct noise_pair e;
	uint8_t rs[NOISE_KEY], re[NOISE_KEY], psk[NOISE_KEY];
	bool initiator, has_e, failed;
	enum noise_pattern pattern;
	unsigned step; /* messages written and read */
	const uint8_t *(*find_psk)(void *ctx, const uint8_t key[NOISE_KEY]);
	void *ctx;
};

void noise_init(struct noise *, const struct noise_options *);
void noise_wipe(struct noise *);

/* How long the next message is with a payload of len bytes. */
size_t noise_size(const struct noise *, size_t len);
/*
 * Writes the next message, noise_size() bytes, to out.  Returns 0, -EINVAL
 * if it is not our turn, or -EBADMSG for a low-order remote key; a handshake
 * that failed once stays so.
 */
int noise_write(struct noise *, const void *payload, size_t len, uint8_t *out);
/*
 * Reads the next message; its payload, len less noise_size(n, 0) bytes, goes
 * to payload.  Returns 0; -EBADMSG if it was not made by who it must be made
 * by, or for us, or is too short; -ENOKEY if find_psk did not know who made
 * it; -EINVAL if it is not their turn.  A failure is for good.
 */
int noise_read(struct noise *, const void *msg, size_t len, uint8_t *payload);
bool noise_done(const struct noise *);
/* Once done: the ciphers of each direction.  n->h is the handshake hash. */
void noise_split(struct noise *, struct noise_cipher *send,
		 struct noise_cipher *receive);

/* HKDF (RFC 5869) with SHA-512, len <= NOISE_HASH. */
void noise_hkdf(const void *salt, size_t salt_len, const void *ikm,
		size_t ikm_len, const char *info, uint8_t *out, size_t len);

#endif
