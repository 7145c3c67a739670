/* relay/end.h - the local socket of a channel. */
#ifndef CDO_RELAY_END_H
#define CDO_RELAY_END_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct chan;
struct loop;
struct loop_fd;

struct end {
	struct end *next, **list;
	struct chan *chan;
	uint32_t channel;
	void *owner;
	int fd; /* -1 until the host has one */
	struct loop_fd *watch;
	unsigned want;
	struct buf to; /* came from the wire, for fd */
	bool closed; /* the channel is gone; fd gets what is in `to` */
};

/* Puts it in front of the list. */
struct end *end_new(struct end **list, struct chan *, uint32_t channel,
		    void *owner);
/* Takes it out, and closes its socket. */
void end_free(struct end *);
/* Takes fd; `ready` is told when there is something to give or take. */
void end_connect(struct end *, struct loop *, int fd,
		 void (*ready)(void *end, unsigned events));
/* The one of a channel that is open, or NULL. */
struct end *end_find(struct end *list, uint32_t channel);

/*
 * Gives the socket what it takes; takes from it what the channel does.  False
 * if the end is no more: the socket's, and so the channel's.
 */
bool end_give(struct end *);
bool end_take(struct end *);
/* Waits for what is possible now. */
void end_want(struct end *);

#endif
