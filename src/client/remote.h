/* client/remote.h - what a lost link to a session's machine shows and does. */
#ifndef CDO_CLIENT_REMOTE_H
#define CDO_CLIENT_REMOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/hold.h"

struct client;
struct loop_timer;

struct remote {
	struct loop_timer *tick; /* NULL: the session is on this machine */
	uint32_t number; /* of the connection, see client/far.h */
	uint64_t since; /* ms: an answer is due since then; 0: none is */
	bool down; /* the link is lost */
	bool typed; /* something was, meanwhile */
	struct hold hold;
};

void remote_start(struct client *);
void remote_stop(struct client *);
/* A connection; a descriptor or -errno. */
int remote_connect(struct client *);
/*
 * The connection has ended.  True: that is settled, the client waits or ends;
 * false: the session's process has gone, and another may be there.
 */
bool remote_gone(struct client *);
/* The session answers again, and shows what it had. */
void remote_back(struct client *);
/* It is left as it is: what was typed and not sent is said. */
void remote_leave(struct client *);
/* True: these bytes are not to be sent now. */
bool remote_takes(struct client *, const void *data, size_t len);

#endif
