/* crypto/secret.c - bytes that nobody else may see, or guess. */
#include "crypto/secret.h"

#include <sodium.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

void
secret_wipe(void *data, size_t len)
{
	sodium_memzero(data, len);
}

bool
secret_equal(const void *a, const void *b, size_t len)
{
	return sodium_memcmp(a, b, len) == 0;
}

void
secret_random(void *data, size_t len)
{
	randombytes_buf(data, len);
}

void
secret_lock(void *data, size_t len)
{
	/* Refused past RLIMIT_MEMLOCK: then it is as safe as all else. */
	if (sodium_mlock(data, len) != 0)
		return;
}

void
secret_hash(const void *a, size_t a_len, const void *b, size_t b_len,
	    uint8_t out[SECRET_HASH])
{
	crypto_hash_sha512_state st;

	crypto_hash_sha512_init(&st);
	crypto_hash_sha512_update(&st, a, a_len);
	crypto_hash_sha512_update(&st, b, b_len);
	crypto_hash_sha512_final(&st, out);
	sodium_memzero(&st, sizeof st);
}

void
secret_process(void)
{
#ifdef __linux__
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}
