/* proto/local_call.c - ask over a Unix socket, and wait. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/mem.h"
#include "proto/frame.h"
#include "proto/local.h"
#include "proto/msg.h"
#include "proto/wire.h"

enum { READ = 16 << 10 };

struct local_call {
	int fd;
	struct buf in, out;
	size_t used; /* of in: the message that was handed out last */
	struct msg msg;
};

struct local_call *
local_call_new(int fd, const char *who)
{
	struct local_call *c = mem_zero(1, sizeof *c);

	c->fd = fd;
	wire_hello(&c->out, who);
	return c;
}

void
local_call_free(struct local_call *c)
{
	if (!c)
		return;
	io_close(c->fd);
	msg_release(&c->msg);
	buf_release(&c->in);
	buf_release(&c->out);
	free(c);
}

struct buf *
local_call_out(struct local_call *c)
{
	return &c->out;
}

/* Waits; 1 when fd is ready, 0 when the time is over, or -errno. */
static int
wait_for(int fd, short events, int ms)
{
	return io_check(poll(&(struct pollfd){ fd, events, 0 }, 1, ms));
}

int
local_call_send(struct local_call *c)
{
	while (c->out.len > 0) {
		ssize_t n = wire_send_buf(c->fd, &c->out);

		if (n == -EAGAIN)
			n = wait_for(c->fd, POLLOUT, -1);
		if (n < 0 && n != -EINTR)
			return (int)n;
	}
	return 0;
}

static int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Takes the next message from c->in: 1, 0 if it is not whole, -EPROTO. */
static int
take(struct local_call *c)
{
	const uint8_t *payload;
	size_t need;

	buf_drop(&c->in, c->used);
	c->used = 0;
	int n = frame_look(c->in.data, c->in.len, &payload, &need);
	if (n == 0)
		return 0;
	if (n < 0 || msg_read(&c->msg, payload, (size_t)n) < 0)
		return -EPROTO;
	c->used = FRAME_HEAD + (size_t)n;
	return 1;
}

int
local_call_next(struct local_call *c, int ms, struct msg **msg)
{
	int64_t until = now_ms() + ms;

	for (;;) {
		int r = take(c);
		if (r < 0)
			return r;
		if (r > 0 && c->msg.type == MSG_HELLO)
			continue;
		if (r > 0) {
			*msg = &c->msg;
			return 0;
		}

		ssize_t n = wire_receive(c->fd, buf_room(&c->in, READ), READ);
		if (n == 0)
			return -EPIPE;
		if (n > 0) {
			buf_grew(&c->in, (size_t)n);
			continue;
		}
		if (n != -EAGAIN)
			return (int)n;

		int64_t left = ms < 0 ? -1 : until - now_ms();
		if (ms >= 0 && left <= 0)
			return -ETIMEDOUT;
		r = wait_for(c->fd, POLLIN, (int)left);
		if (r < 0 && r != -EINTR)
			return r;
	}
}
