/* crypto/secret.h - bytes that nobody else may see, or guess. */
#ifndef CDO_CRYPTO_SECRET_H
#define CDO_CRYPTO_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SECRET_HASH = 64 };

/* Where a secret ends, it is wiped. */
void secret_wipe(void *data, size_t len);
/* Takes the same time wherever they differ. */
bool secret_equal(const void *a, const void *b, size_t len);
void secret_random(void *data, size_t len);
/* Keeps it out of swap and core files, as far as the system lets us. */
void secret_lock(void *data, size_t len);
/* SHA-512 of two pieces, one behind the other. */
void secret_hash(const void *a, size_t a_len, const void *b, size_t b_len,
		 uint8_t out[SECRET_HASH]);
/*
 * This process holds secrets: no core file, and no other process of the same
 * user may look into it.
 */
void secret_process(void);

#endif
