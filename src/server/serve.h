/* server/serve.h - what commands ask of the server. */
#ifndef CDO_SERVER_SERVE_H
#define CDO_SERVER_SERVE_H

#include <stdbool.h>

struct serve;
struct server;

struct serve *serve_new(struct server *);
void serve_free(struct serve *);
/* From now on those who connected are heard. */
void serve_open(struct serve *);
/* The listener moves: not to be watched, or again. */
void serve_move(struct serve *, bool now);
/* The list has changed: tell those who watch it, soon. */
void serve_changed(struct serve *);

#endif
