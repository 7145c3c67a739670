/* server/watch.h - the connection to one session's custodian. */
#ifndef CDO_SERVER_WATCH_H
#define CDO_SERVER_WATCH_H

#include <stdbool.h>

struct loop;
struct registry;
struct session;

/*
 * Connects s to its custodian, and again whenever that goes away, until the
 * session has ended or is lost; s->watch is set while there is one.  Changes
 * are told to the registry.
 */
void watch_start(struct loop *, struct registry *, struct session *s);
/* Takes in what the custodian has said so far. */
void watch_pump(struct session *s);
/* Whether its first word is still to come. */
bool watch_waits(const struct session *s);
/* Calls heard(ctx), or nobody, once it waits no more; s->watch is set. */
void watch_heard(struct session *s, void (*heard)(void *ctx), void *ctx);
/* It should look whether its socket is where it is looked for. */
void watch_look(struct session *s);
/* Its name is now s->name. */
void watch_named(struct session *s);
/* Says that this server goes on purpose, and disconnects. */
void watch_leave(struct session *s);

#endif
