/* server/revive.h - start again by itself what was asked to be. */
#ifndef CDO_SERVER_REVIVE_H
#define CDO_SERVER_REVIVE_H

struct revive;
struct server;
struct session;

struct revive *revive_new(struct server *);
void revive_free(struct revive *);
/* The list has changed: what has finished is due some time. */
void revive_check(struct revive *);
/* A person wants it to stay as it is; 0 or -errno. */
int revive_never(struct session *);

#endif
