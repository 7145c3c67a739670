/* server/pairing.h - a window in which a device may pair. */
#ifndef CDO_SERVER_PAIRING_H
#define CDO_SERVER_PAIRING_H

#include <stdbool.h>

struct msg;
struct msg_value;
struct msg_writer;
struct pairing_window;
struct remote;

/*
 * Who asked hears all that happens in `tell`, as maps for MSG_PAIRING; `over`
 * is called once the window has closed by itself.
 */
struct pairing_events {
	struct msg_writer *(*begin)(void *ctx, unsigned pairs);
	void (*end)(void *ctx);
	void (*over)(void *ctx);
};

/*
 * Opens one as the map of MSG_PAIR says; NULL with *why (caller frees).  The
 * code is made here, and lives as long as the window, nowhere else.
 */
struct pairing_window *pairing_new(struct remote *, const struct msg_value *map,
				   const struct pairing_events *, void *ctx,
				   char **why);
/* Closes it: who asked is gone. */
void pairing_free(struct pairing_window *);

/* Where the door has to be for it, or NULL; borrowed. */
const char *pairing_address(const struct pairing_window *);
/* The rendezvous where it has to be, or NULL; borrowed. */
const char *pairing_via(const struct pairing_window *);
/* That has given us a number, or does not take us. */
void pairing_number(struct pairing_window *, const char *digits);
void pairing_trouble(struct pairing_window *, const char *why);
/* The gate is there. */
void pairing_ready(struct pairing_window *);
/* POST_TRIED, POST_WRONG, POST_PROVED. */
void pairing_heard(struct pairing_window *, const struct msg *);
/* It closes for this reason. */
void pairing_fail(struct pairing_window *, const char *why);

#endif
