/* server/link.h - the links of devices that are connected. */
#ifndef CDO_SERVER_LINK_H
#define CDO_SERVER_LINK_H

#include <stddef.h>
#include <stdint.h>

#include "proto/link.h"

struct link_relay;
struct msg;
struct remote;

/* The gate has finished a handshake (POST_LINK); takes fd. */
void link_begin(struct remote *, const struct msg *, int fd);
/* Tells the device why, and ends its relay. */
void link_end(struct link_relay *, enum link_bye, const char *text);
/* The same for all links of a device. */
void link_end_all(struct remote *, const uint8_t key[NOISE_KEY], enum link_bye,
		  const char *text);
/* How many it has; NULL: all. */
size_t link_count(const struct remote *, const uint8_t key[NOISE_KEY]);

#endif
