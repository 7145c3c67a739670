/* proto/peers.h - the machines that are paired with this one. */
#ifndef CDO_PROTO_PEERS_H
#define CDO_PROTO_PEERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/noise.h"
#include "proto/rights.h"

enum {
	PEER_NAME = 64, /* characters, printable ones */
	PEER_ADDRESS = 300, /* bytes of HOST:PORT */
	PEER_ADDRESSES = 8,
	PEERS_MAX = 256, /* of each kind */
};

enum peers_kind {
	PEERS_DEVICES, /* they attach to us */
	PEERS_HOSTS, /* we attach to them */
};

/*
 * A file each, devices/KEY or hosts/KEY in the state directory.  The key is
 * who it is; the name is for people, and one of its kind.
 */
struct peer {
	uint8_t key[NOISE_KEY]; /* static public key */
	uint8_t psk[NOISE_KEY];
	char *name;
	enum role role; /* a device's here, or ours there */
	uint64_t paired, seen; /* unix ms, 0: never */
	char **addresses; /* HOST:PORT, the last that answered first */
	char *relay; /* HOST:PORT of a rendezvous, or NULL */
	uint8_t relay_key[NOISE_KEY]; /* the host's address there */
	bool unconfirmed; /* the host may not have heard the end of pairing */
};

struct peers {
	struct peer *list;
	size_t n;
	/* Files that cannot be trusted or read: a line each; or NULL. */
	char *bad;
};

/*
 * Reads all of a kind; a device with a tombstone is none.  Returns 0, or
 * -errno with *why (caller frees).
 */
int peers_load(const char *state, enum peers_kind, struct peers *, char **why);
void peers_release(struct peers *); /* wipes */
void peer_release(struct peer *);
void peer_copy(struct peer *to, const struct peer *from);

/* Borrowed, or NULL. */
struct peer *peers_by_key(const struct peers *, const uint8_t key[NOISE_KEY]);
struct peer *peers_by_name(const struct peers *, const char *name);

/*
 * Writes one peer's file, old or new and never torn, and takes away its
 * tombstone.  0 or -errno.
 */
int peers_save(const char *state, enum peers_kind, const struct peer *);
/*
 * Forgets it.  Of a device a tombstone stays, so that no restored backup
 * brings it back.
 */
int peers_forget(const char *state, enum peers_kind, const struct peer *);

/*
 * A name for a newcomer: `wanted`, cleaned of what no name has, and with a
 * number behind it if another peer than that of `key` is called so.  A host's
 * name is as a session's.  Caller frees.
 */
char *peers_name(const struct peers *, enum peers_kind, const char *wanted,
		 size_t len, const uint8_t key[NOISE_KEY]);
/* Puts an address in front of the others. */
void peer_address(struct peer *, const char *address);

#endif
