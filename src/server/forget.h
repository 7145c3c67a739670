/* server/forget.h - clear what has finished long ago (keep-finished). */
#ifndef CDO_SERVER_FORGET_H
#define CDO_SERVER_FORGET_H

struct forget;
struct server;

struct forget *forget_new(struct server *);
void forget_free(struct forget *);
/* The list or the option has changed. */
void forget_check(struct forget *);

#endif
