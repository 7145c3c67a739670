/* proto/tcp.h - connections to other machines, and from them. */
#ifndef CDO_PROTO_TCP_H
#define CDO_PROTO_TCP_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Waits for poll's `events`, `ms` at most: > 0, -ETIMEDOUT or -errno.
 */
int tcp_wait(int fd, short events, int64_t ms);
/*
 * Connects to an address of host, the first that answers; each has ms.  The
 * descriptor, non-blocking, or -errno: that of the last, or -EHOSTUNREACH
 * with *why (static) if the name does not resolve.
 */
int tcp_dial(const char *host, uint16_t port, int64_t ms, const char **why);
/*
 * Listens there; a name (else a number alone) is looked up.  The descriptor
 * or -errno.
 */
int tcp_listen(const char *host, uint16_t port, bool name);

#endif
