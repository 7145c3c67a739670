/* proto/wire.h - bytes, and a hello, over a connected socket. */
#ifndef CDO_PROTO_WIRE_H
#define CDO_PROTO_WIRE_H

#include <sys/types.h>

struct buf;
struct iovec;

/* As writev, but a peer that left is an error and no signal. */
ssize_t wire_send(int fd, struct iovec *iov, int n);
/* Sends what the socket takes, and drops it from b. */
ssize_t wire_send_buf(int fd, struct buf *b);
/* As read; a peer that left without reading all we sent has left as well. */
ssize_t wire_receive(int fd, void *data, size_t len);
/* Appends our MSG_HELLO. */
void wire_hello(struct buf *out, const char *who);

#endif
