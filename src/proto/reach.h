/* proto/reach.h - this user's server: found, or started. */
#ifndef CDO_PROTO_REACH_H
#define CDO_PROTO_REACH_H

#include <stdbool.h>

/* The runtime directory to look in: inside a session, its server's.  Caller
 * frees. */
char *reach_runtime(void);

/*
 * Connects to the server that listens in runtime; if there is none and `start`
 * is set, starts one, exactly one however many try at once.  Returns a socket,
 * non-blocking, or -errno with *why for people (caller frees; -ENOENT and
 * -ECONNREFUSED: there is none).
 */
int reach_server(const char *runtime, bool start, char **why);

#endif
