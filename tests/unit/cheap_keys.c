/* unit/cheap_keys.c - key pairs that cost nothing, for simulations alone. */
#include <stdint.h>
#include <string.h>

#include "survivors.h"

/*
 * The hashes and the seals are real, but the group is one of small numbers:
 * what is tried here is who says what when, and a handshake is to cost little.
 */
static const uint64_t prime = (UINT64_C(1) << 31) - 1;

int __wrap_crypto_scalarmult_curve25519(unsigned char *q,
					const unsigned char *n,
					const unsigned char *p);
int __wrap_crypto_scalarmult_curve25519_base(unsigned char *q,
					     const unsigned char *n);
void __wrap_randombytes_buf(void *buf, size_t len);

int
__wrap_crypto_scalarmult_curve25519(unsigned char *q, const unsigned char *n,
				    const unsigned char *p)
{
	uint64_t a, b;

	memcpy(&a, n, sizeof a);
	memcpy(&b, p, sizeof b);
	a = (a % prime) * (b % prime) % prime;
	memset(q, 0, 32);
	memcpy(q, &a, sizeof a);
	return a == 0 ? -1 : 0;
}

int
__wrap_crypto_scalarmult_curve25519_base(unsigned char *q,
					 const unsigned char *n)
{
	const unsigned char three[32] = { 3 };

	return __wrap_crypto_scalarmult_curve25519(q, n, three);
}

/* From the same dice as all else, so that a seed tells everything. */
void
__wrap_randombytes_buf(void *buf, size_t len)
{
	uint8_t *p = buf;

	for (size_t i = 0; i < len; i++)
		p[i] = (uint8_t)(1 + dice(255));
}
