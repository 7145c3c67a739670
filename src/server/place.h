/* server/place.h - our place at a blind relay, where devices call. */
#ifndef CDO_SERVER_PLACE_H
#define CDO_SERVER_PLACE_H

#include <stdbool.h>
#include <stdint.h>

struct place;
struct remote;

/* Starts the process that keeps it, at this address. */
struct place *place_new(struct remote *, const char *address);
void place_free(struct place *);
const char *place_address(const struct place *);
/* A number for pairing is wanted, or no longer. */
void place_want_number(struct place *, bool wanted);
/* What is wrong with it, or NULL; borrowed. */
const char *place_trouble(const struct place *);

#endif
