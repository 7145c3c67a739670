/* server/link.h - the links of devices that are connected. */
#ifndef CDO_SERVER_LINK_H
#define CDO_SERVER_LINK_H

#include <stddef.h>
#include <stdint.h>

#include "proto/link.h"

struct msg;
struct remote;

/* The gate has finished a handshake (POST_LINK); takes fd. */
void link_begin(struct remote *, const struct msg *, int fd);
/*
 * Ends all links of a device: it is told why, and a relay that does not go by
 * itself, at once, is killed.
 */
void link_end_all(struct remote *, const uint8_t key[NOISE_KEY], enum link_bye,
		  const char *text);
/* The server goes: all links end, and the devices come back to the next. */
void link_close(struct remote *);
/* How many it has; NULL: all. */
size_t link_count(const struct remote *, const uint8_t key[NOISE_KEY]);

#endif
