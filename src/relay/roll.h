/* relay/roll.h - the devices that may come in. */
#ifndef CDO_RELAY_ROLL_H
#define CDO_RELAY_ROLL_H

#include <stdint.h>

#include "crypto/noise.h"
#include "proto/peers.h"

struct msg;

/* No allocation. */
struct roll {
	struct {
		uint8_t key[NOISE_KEY], psk[NOISE_KEY];
	} devices[PEERS_MAX];
	unsigned n;
};

/* POST_DEVICE and POST_FORGET. */
void roll_add(struct roll *, const struct msg *);
void roll_forget(struct roll *, const struct msg *);
/* For greet_options.find_psk: a device's psk, borrowed, or NULL. */
const uint8_t *roll_psk(void *roll, const uint8_t key[NOISE_KEY]);

#endif
