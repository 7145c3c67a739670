/* crypto/cpace.c - CPace: a weak code becomes a strong key. */
#include "crypto/cpace.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "base/buf.h"

static const char dsi[] = "CPaceRistretto255";
static const char dsi_isk[] = "CPaceRistretto255_ISK";
static const char dsi_mac[] = "CPaceMac";

enum {
	BLOCK = 128, /* s_in_bytes of SHA-512 */
	ALL = 1 << 10, /* of one string: one that grows leaves copies behind */
};

void
cpace_lv(struct buf *out, const void *data, size_t len)
{
	size_t n = len;

	for (; n >= 0x80; n >>= 7)
		buf_byte(out, (uint8_t)(n | 0x80));
	buf_byte(out, (uint8_t)n);
	buf_append(out, data, len);
}

/* Frees what may hold secrets. */
static void
burn(struct buf *b)
{
	sodium_memzero(b->data, b->len);
	buf_release(b);
}

/* generator_string(), section 7.1: the code is padded to a hash's block. */
static void
generator(struct cpace_bytes prs, struct cpace_bytes ci, struct cpace_bytes sid,
	  uint8_t g[CPACE_POINT])
{
	static const uint8_t zeros[BLOCK];
	struct buf s = { 0 };
	uint8_t hash[64];

	buf_room(&s, ALL);
	cpace_lv(&s, dsi, sizeof dsi - 1);
	cpace_lv(&s, prs.data, prs.len);
	cpace_lv(&s, zeros, s.len + 1 < BLOCK ? BLOCK - 1 - s.len : 0);
	cpace_lv(&s, ci.data, ci.len);
	cpace_lv(&s, sid.data, sid.len);
	crypto_hash_sha512(hash, s.data, s.len);
	crypto_core_ristretto255_from_hash(g, hash);
	sodium_memzero(hash, sizeof hash);
	burn(&s);
}

void
cpace_start(struct cpace *c, struct cpace_bytes prs, struct cpace_bytes ci,
	    struct cpace_bytes sid, const uint8_t *y)
{
	uint8_t g[CPACE_POINT];

	generator(prs, ci, sid, g);
	do {
		if (y)
			memcpy(c->y, y, sizeof c->y);
		else
			crypto_core_ristretto255_scalar_random(c->y);
		/* Fails for the neutral element alone: y is never 0. */
	} while (crypto_scalarmult_ristretto255(c->point, c->y, g) != 0 && !y);
	sodium_memzero(g, sizeof g);
}

int
cpace_finish(const struct cpace *c, struct cpace_bytes sid,
	     const uint8_t theirs[CPACE_POINT],
	     const uint8_t a_point[CPACE_POINT], struct cpace_bytes a_ad,
	     const uint8_t b_point[CPACE_POINT], struct cpace_bytes b_ad,
	     uint8_t isk[CPACE_ISK])
{
	uint8_t k[CPACE_POINT];
	struct buf s = { 0 };

	if (crypto_scalarmult_ristretto255(k, c->y, theirs) != 0)
		return -EBADMSG;
	buf_room(&s, ALL);
	cpace_lv(&s, dsi_isk, sizeof dsi_isk - 1);
	cpace_lv(&s, sid.data, sid.len);
	cpace_lv(&s, k, sizeof k);
	cpace_lv(&s, a_point, CPACE_POINT);
	cpace_lv(&s, a_ad.data, a_ad.len);
	cpace_lv(&s, b_point, CPACE_POINT);
	cpace_lv(&s, b_ad.data, b_ad.len);
	crypto_hash_sha512(isk, s.data, s.len);
	sodium_memzero(k, sizeof k);
	burn(&s);
	return 0;
}

void
cpace_tag(const uint8_t isk[CPACE_ISK], struct cpace_bytes sid,
	  const uint8_t point[CPACE_POINT], struct cpace_bytes ad,
	  uint8_t tag[CPACE_TAG])
{
	crypto_auth_hmacsha512_state mac;
	crypto_hash_sha512_state hash;
	struct buf s = { 0 };
	uint8_t key[64];

	crypto_hash_sha512_init(&hash);
	crypto_hash_sha512_update(&hash, (const uint8_t *)dsi_mac,
				  sizeof dsi_mac - 1);
	crypto_hash_sha512_update(&hash, sid.data, sid.len);
	crypto_hash_sha512_update(&hash, isk, CPACE_ISK);
	crypto_hash_sha512_final(&hash, key);

	cpace_lv(&s, point, CPACE_POINT);
	cpace_lv(&s, ad.data, ad.len);
	crypto_auth_hmacsha512_init(&mac, key, sizeof key);
	crypto_auth_hmacsha512_update(&mac, s.data, s.len);
	crypto_auth_hmacsha512_final(&mac, tag);
	buf_release(&s);
	sodium_memzero(key, sizeof key);
	sodium_memzero(&hash, sizeof hash);
	sodium_memzero(&mac, sizeof mac);
}

void
cpace_wipe(struct cpace *c)
{
	sodium_memzero(c, sizeof *c);
}
