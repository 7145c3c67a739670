/* server/remote.h - paired devices, and the way in for them. */
#ifndef CDO_SERVER_REMOTE_H
#define CDO_SERVER_REMOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/peers.h"

struct gate;
struct link_relay;
struct loop_timer;
struct pairing_window;
struct place;
struct server;

/* One in a server; its files share it. */
struct remote {
	struct server *srv;
	struct peers devices;
	struct gate *gate; /* NULL: no process */
	struct link_relay *links; /* list */
	struct pairing_window *window; /* NULL: nobody pairs */
	unsigned windows; /* numbers given */

	char *address; /* where to listen, or NULL */
	struct place *place; /* at a rendezvous, or NULL */
	int door; /* the listening socket, -1 */
	char *bound; /* where it is */
	int failed; /* -errno of the last try to bind */
	struct loop_timer *again;
	unsigned tries;
};

struct remote *remote_new(struct server *);
/* The links end; the devices come back to the next server. */
void remote_free(struct remote *);
/*
 * Options, devices or windows have changed: opens or closes the door.  It is
 * open while there is a device that could come in, or one that may pair.
 */
void remote_check(struct remote *);
/* Whether it will try once more to listen, in a moment. */
bool remote_waits(const struct remote *);
/*
 * The address to listen at for a window: `wanted`, or that of cdo.conf, or the
 * one before, or that of the default route.  NULL with *why; caller frees.
 */
char *remote_choose(struct remote *, const char *wanted, char **why);
/* From now on it is there, also in the next server; "listen" or "relay". */
void remote_remember(struct remote *, const char *what, const char *address);

/* A device is new, or has changed: written down, and told to the gate. */
int remote_save(struct remote *, struct peer *);
/*
 * It is let in no more and its links end, whatever the disk says; 0 or -errno
 * of that.
 */
int remote_revoke(struct remote *, struct peer *);

#endif
