/* unit/gated.h - a gate in a process of its own, and us as its server. */
#ifndef CDO_UNIT_GATED_H
#define CDO_UNIT_GATED_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "crypto/noise.h"
#include "proto/msg.h"
#include "relay/sandbox.h"

enum { GATED_PATIENCE = 20000 }; /* ms */

struct gated {
	char *dir;
	pid_t pid;
	int sock, door;
	struct sockaddr_in at;
	uint8_t key[NOISE_KEY]; /* the gate's */
	struct noise_pair device; /* it may come in */
	uint8_t psk[NOISE_KEY];
	struct sandbox box; /* what it says confines it */
	struct buf in;
	struct msg msg;
};

/* For cmocka: *state becomes a struct gated. */
int gated_enter(void **state);
/* Fails the test if the gate did not end well. */
int gated_leave(void **state);

/*
 * The next message of this type from the gate, with its descriptor if fd is
 * not NULL; others are passed over.  NULL: it has ended.
 */
const struct msg *gated_until(struct gated *, unsigned type, int *fd);
/* Sends and releases out. */
void gated_post(struct gated *, struct buf *out, int fd);
/* A connection from 127.N.N.N; attackers have other addresses than we. */
int gated_dial(struct gated *, uint32_t host);
/* Until the peer sends or hangs up: how many bytes, 0 for an end. */
ssize_t gated_hear(int fd, void *data, size_t len);
/* A handshake as `who` with this psk; whether it came to its end. */
bool gated_shake(struct gated *, int fd, const struct noise_pair *who,
		 const uint8_t *psk);
/* Monotonic ms. */
long gated_now(void);

#endif
