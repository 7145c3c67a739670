/* server/serve.h - those who ask something of the server. */
#ifndef CDO_SERVER_SERVE_H
#define CDO_SERVER_SERVE_H

#include <stdbool.h>

#include "proto/rights.h"

struct serve;
struct server;

struct serve *serve_new(struct server *);
void serve_free(struct serve *);
/*
 * Lets a paired device in, through its relay, with the rights of its role.
 * Takes fd.  0, or -EUSERS if devices have too many connections already.
 */
int serve_device(struct serve *, int fd, enum role, const char *device);
/* From now on those who connected are heard. */
void serve_open(struct serve *);
/* The listener moves: not to be watched, or again. */
void serve_move(struct serve *, bool now);
/* The list has changed: tell those who watch it, soon. */
void serve_changed(struct serve *);

#endif
