/* fuzz/open.c - a seal that lets everything pass, for fuzzers alone. */
#include <stddef.h>
#include <string.h>

enum { TAG = 16 };

/*
 * Linked in place of libsodium's by --wrap, so that a fuzzer gets to what is
 * behind the seal; cdo itself has no such switch.
 */
int __wrap_crypto_aead_chacha20poly1305_ietf_decrypt(
	unsigned char *m, unsigned long long *mlen, unsigned char *nsec,
	const unsigned char *c, unsigned long long clen,
	const unsigned char *ad, unsigned long long adlen,
	const unsigned char *npub, const unsigned char *k);
int __wrap_crypto_aead_chacha20poly1305_ietf_encrypt(
	unsigned char *c, unsigned long long *clen, const unsigned char *m,
	unsigned long long mlen, const unsigned char *ad,
	unsigned long long adlen, const unsigned char *nsec,
	const unsigned char *npub, const unsigned char *k);

int
__wrap_crypto_aead_chacha20poly1305_ietf_decrypt(
	unsigned char *m, unsigned long long *mlen, unsigned char *nsec,
	const unsigned char *c, unsigned long long clen,
	const unsigned char *ad, unsigned long long adlen,
	const unsigned char *npub, const unsigned char *k)
{
	(void)mlen, (void)nsec, (void)ad, (void)adlen, (void)npub, (void)k;
	if (clen < TAG)
		return -1;
	memmove(m, c, (size_t)clen - TAG);
	return 0;
}

int
__wrap_crypto_aead_chacha20poly1305_ietf_encrypt(
	unsigned char *c, unsigned long long *clen, const unsigned char *m,
	unsigned long long mlen, const unsigned char *ad,
	unsigned long long adlen, const unsigned char *nsec,
	const unsigned char *npub, const unsigned char *k)
{
	(void)clen, (void)ad, (void)adlen, (void)nsec, (void)npub, (void)k;
	if (mlen > 0)
		memmove(c, m, (size_t)mlen);
	memset(c + mlen, 0, TAG);
	return 0;
}
