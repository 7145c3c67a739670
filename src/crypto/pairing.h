/* crypto/pairing.h - the pairing exchange inside a Noise_XX link. */
#ifndef CDO_CRYPTO_PAIRING_H
#define CDO_CRYPTO_PAIRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/cpace.h"
#include "crypto/noise.h"

struct buf;

enum {
	PAIRING_CODE = 8, /* symbols, 40 bits */
	PAIRING_AD_MAX = 256, /* a name and a role */
	PAIRING_MESSAGE_MAX = CPACE_TAG + 1 + CPACE_POINT + 2 + PAIRING_AD_MAX,
};

/* A fresh code in its normal form, Crockford's base32, and a NUL. */
void pairing_code_make(char code[PAIRING_CODE + 1]);
/* As it is shown: "K7QM-2XFD". */
void pairing_code_show(const char code[PAIRING_CODE + 1],
		       char out[PAIRING_CODE + 2]);
/*
 * What a person typed, in normal form: upper case, O is 0, I and L are 1,
 * dashes and blanks do not count.  0, or -EINVAL if it is no code.
 */
int pairing_code_read(const char *typed, char code[PAIRING_CODE + 1]);

/*
 * One side of it (security.md, 3): bytes in, bytes out.  The messages travel
 * inside the finished Noise_XX link:
 *
 *	device: pairing_init             -> m4 = pairing_hello
 *	host:   pairing_init, take_hello -> m5 = Tb, Yb, ADb
 *	device: take_answer              -> m6 = Ta
 *	host:   take_proof: the device knows the code
 *
 * Before take_hello the host has counted the attempt.
 */
struct pairing {
	bool host;
	struct cpace cpace;
	uint8_t sid[NOISE_HASH];
	uint8_t ad[PAIRING_AD_MAX], peer_ad[PAIRING_AD_MAX];
	size_t ad_len, peer_ad_len;
	uint8_t peer_point[CPACE_POINT];
	uint8_t isk[CPACE_ISK];
};

struct pairing_options {
	bool host;
	const char *code; /* in normal form */
	const struct noise *link; /* the finished handshake */
	/* Associated data: lv_cat(name, role); copied. */
	struct cpace_bytes ad;
	const uint8_t *y; /* for test vectors alone */
};

/* 0, or -EINVAL if the associated data is too long. */
int pairing_init(struct pairing *, const struct pairing_options *);
void pairing_wipe(struct pairing *);

/* Appends m4. */
void pairing_hello(const struct pairing *, struct buf *out);
/* Each takes the peer's message, and appends ours.  0 or -EBADMSG; take_answer
 * and take_proof: -EKEYREJECTED if the peer has another code. */
int pairing_take_hello(struct pairing *, const void *msg, size_t len,
		       struct buf *out);
int pairing_take_answer(struct pairing *, const void *msg, size_t len,
			struct buf *out);
int pairing_take_proof(struct pairing *, const void *msg, size_t len);
/* Once the peer has proved itself: the psk of their sessions. */
void pairing_psk(const struct pairing *, uint8_t psk[NOISE_KEY]);

#endif
