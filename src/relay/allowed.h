/* relay/allowed.h - the hosts that may register at a blind relay. */
#ifndef CDO_RELAY_ALLOWED_H
#define CDO_RELAY_ALLOWED_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/identity.h"

enum { ALLOWED_MAX = 64 };

struct allowed {
	char list[ALLOWED_MAX][IDENTITY_SHOWN]; /* fingerprints */
	unsigned n;
};

/*
 * A line for each; blanks and what follows a # do not count.  0, also if the
 * file is not there; or -errno with *why for people (caller frees).
 */
int allowed_read(struct allowed *, const char *path, char **why);
bool allowed_has(const struct allowed *, const uint8_t key[NOISE_KEY]);

#endif
