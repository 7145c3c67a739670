/* crypto/cpace.h - CPace: a weak code becomes a strong key. */
#ifndef CDO_CRYPTO_CPACE_H
#define CDO_CRYPTO_CPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

/* draft-irtf-cfrg-cpace-21, CPACE-RISTR255-SHA512, initiator-responder. */
enum {
	CPACE_POINT = 32,
	CPACE_ISK = 64,
	CPACE_TAG = 64,
};

struct cpace_bytes {
	const void *data;
	size_t len;
};

/* Appends data with its length in LEB128 before it: lv_cat() of one. */
void cpace_lv(struct buf *, const void *data, size_t len);

/* One side's secret scalar and what it sends; wiped by cpace_wipe. */
struct cpace {
	uint8_t y[32];
	uint8_t point[CPACE_POINT]; /* Ya or Yb */
};

/*
 * Draws a scalar (or takes `y`, for test vectors alone) and computes what to
 * send, from the code, the channel identifier and the session id.
 */
void cpace_start(struct cpace *, struct cpace_bytes prs, struct cpace_bytes ci,
		 struct cpace_bytes sid, const uint8_t *y);
/*
 * The intermediate session key.  a is what the initiator sent, b what the
 * responder did: point and associated data.  Returns 0, or -EBADMSG if
 * `theirs` is no point or the neutral one.
 */
int cpace_finish(const struct cpace *, struct cpace_bytes sid,
		 const uint8_t theirs[CPACE_POINT],
		 const uint8_t a_point[CPACE_POINT], struct cpace_bytes a_ad,
		 const uint8_t b_point[CPACE_POINT], struct cpace_bytes b_ad,
		 uint8_t isk[CPACE_ISK]);
/* Key confirmation: who knows isk and sent this point with this data. */
void cpace_tag(const uint8_t isk[CPACE_ISK], struct cpace_bytes sid,
	       const uint8_t point[CPACE_POINT], struct cpace_bytes ad,
	       uint8_t tag[CPACE_TAG]);
void cpace_wipe(struct cpace *);

#endif
