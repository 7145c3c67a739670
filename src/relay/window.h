/* relay/window.h - a time in which a device may pair, and who tries. */
#ifndef CDO_RELAY_WINDOW_H
#define CDO_RELAY_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/pact.h"

struct buf;
struct greet;

enum {
	WINDOW_TRIES = 3, /* then the code is burned */
	/* ms: its share comes along with the handshake's end, and then: */
	WINDOW_SHARE_MS = 3000,
	WINDOW_MS = 10000, /* for the rest of a try */
};

/* One at a time, and one that tries; wiped by window_shut. */
struct window {
	bool open;
	uint64_t number; /* the server's */
	char code[PAIRING_CODE + 1];
	char role[PACT_ROLE + 1]; /* what the device gets */
	char name[PACT_NAME + 1]; /* ours */
	unsigned tries; /* counted ones */

	int fd; /* of who tries, -1 */
	uint64_t until;
	char *address; /* its */
	bool counted; /* its try is among them ... */
	bool proved; /* ... and right */
	bool wasted; /* see window_wasted */
	struct pact pact;
	int server; /* where to tell it */
};

void window_init(struct window *, int server);
void window_open(struct window *, uint64_t number, const char *code,
		 const char *role, const char *name);
void window_shut(struct window *);
/* Takes over one that is done with its handshake; takes fd and address. */
void window_take(struct window *, struct greet *, int fd, char *address,
		 uint64_t now);
/* It has sent something, or has left. */
void window_read(struct window *);
void window_late(struct window *, uint64_t now);
/* Whether one has held the only place since the last call and tried nothing. */
bool window_wasted(struct window *);
/* The server has written the device down, or could not. */
void window_written(struct window *, uint64_t number, bool done);

#endif
