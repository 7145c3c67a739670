/* server/create.h - make a session of what MSG_NEW asks for. */
#ifndef CDO_SERVER_CREATE_H
#define CDO_SERVER_CREATE_H

#include <stdbool.h>

struct create;
struct msg_value;
struct server;
struct session;

/*
 * MSG_NEW's map: id (str: the session's to be, if that is free, so that who
 * lost the answer can look whether it came to be), agent (str: a profile or a
 * program, or nil), command[] (the words behind it), cwd (absolute), env[] and
 * given[] (K=V), name (or nil), labels (map), cols, rows, umask, share (bool:
 * others' agents in cwd are fine), persist and record (bool, or nil for the
 * default), policy ("never", "on-failure", "always"), again (bool: a finished
 * session of this name runs again, in its place, if there is one), restart
 * (name or id: that finished session does).  Whatever is not said of one that
 * runs again is as it was.
 */

/*
 * Calls `done` once, now or later: with the session, or with NULL, an enum
 * msg_error and what to tell people.  Returns what create_forget takes, or
 * NULL if `done` was called already.  far: a device asks.
 */
struct create *create_session(struct server *, const struct msg_value *map,
			      bool far,
			      void (*done)(void *ctx, struct session *,
					   int error, const char *text),
			      void *ctx);
/* Nobody waits for the answer any more. */
void create_forget(struct create *);

#endif
