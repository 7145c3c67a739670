/* proto/berth.h - a listening socket whose directory may vanish. */
#ifndef CDO_PROTO_BERTH_H
#define CDO_PROTO_BERTH_H

#include <stdbool.h>

struct loop;

/*
 * systemd takes a user's runtime directory away when the last login ends, and
 * nobody else may make it again.  Then the socket is bound in the second place
 * (path_runtime_second), and in the first when that is back; local_connect
 * looks in both.  Noticed by the mounts that come and go; and with berth_notice
 * whatever else removes it.
 */
struct berth;

/*
 * first: the path where fd listens, or did.  fd keeps its number, but what it
 * stands for changes between ready(ctx, false), when it is to be watched no
 * more, and ready(ctx, true).  Checks at once.
 */
struct berth *berth_new(struct loop *, const char *first, int fd,
			void (*ready)(void *ctx, bool now), void *ctx);
void berth_free(struct berth *);
/*
 * From now on also a plain removal is noticed, a moment later.  If another
 * process has the place by then, taken(ctx) is told, and nothing else done.
 */
void berth_notice(struct berth *, void (*taken)(void *ctx));
/* Looks whether the socket is where it should be. */
void berth_check(struct berth *);
/* Where it is bound now; borrowed until the next check. */
const char *berth_path(const struct berth *);
/* Removes it from there, unless another process has taken the place. */
void berth_unlink(struct berth *);

#endif
