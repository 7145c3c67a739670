/* proto/wire.c - bytes, and a hello, over a connected socket. */
#include "proto/wire.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"
#include "proto/msg.h"

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 /* who has none ignores SIGPIPE */
#endif
#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "0"
#endif

ssize_t
wire_send(int fd, struct iovec *iov, int n)
{
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = (size_t)n };
	ssize_t r;

	do
		r = sendmsg(fd, &m, MSG_NOSIGNAL);
	while (r < 0 && io_check(-1) == -EINTR);
	return r < 0 ? io_check(-1) : r;
}

ssize_t
wire_receive(int fd, void *data, size_t len)
{
	ssize_t n = io_read(fd, data, len);

	return n == -ECONNRESET ? 0 : n;
}

ssize_t
wire_send_buf(int fd, struct buf *b)
{
	ssize_t n = wire_send(fd, &(struct iovec){ b->data, b->len }, 1);

	if (n > 0)
		buf_drop(b, (size_t)n);
	return n;
}

void
wire_hello(struct buf *out, const char *who)
{
	struct msg_writer w;

	msg_begin(&w, out, MSG_HELLO, 2);
	msg_uint(&w, MSG_VERSION);
	msg_map(&w, 3);
	msg_str(&w, "role");
	msg_str(&w, who);
	msg_str(&w, "pid");
	msg_uint(&w, (uint64_t)getpid());
	msg_str(&w, "release");
	msg_str(&w, PACKAGE_VERSION);
	msg_end(&w);
}
