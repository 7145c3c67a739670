/* proto/pass.c - messages between our processes, each with a descriptor. */
#include "proto/pass.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/io.h"
#include "base/loop.h"
#include "base/mem.h"
#include "crypto/secret.h"
#include "proto/frame.h"
#include "proto/msg.h"

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 /* who has none ignores SIGPIPE */
#endif
#ifndef MSG_CMSG_CLOEXEC
#define MSG_CMSG_CLOEXEC 0
#endif

enum {
	FDS = 4, /* that are noticed where one may be */
	TURN = 16, /* messages before others have theirs */
};

/* --- one system call ---------------------------------------------------- */

union control {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(sizeof(int) * FDS)];
};

/* Bytes, with fd unless that is -1.  How many went, or -errno. */
static ssize_t
put(int sock, const void *data, size_t len, int fd)
{
	union control control = { .bytes = { 0 } };
	struct iovec iov = { (void *)(uintptr_t)data, len };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	int r;

	if (fd >= 0) {
		m.msg_control = control.bytes;
		m.msg_controllen = CMSG_SPACE(sizeof fd);
		struct cmsghdr *c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof fd);
		memcpy(CMSG_DATA(c), &fd, sizeof fd);
	}
	do
		r = io_check((int)sendmsg(sock, &m, MSG_NOSIGNAL));
	while (r == -EINTR);
	return r;
}

/* Moves the descriptors of a message to fds; returns how many there are. */
static int
descriptors(struct msghdr *m, int fds[FDS])
{
	int n = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		size_t got = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < got && n < FDS; i++)
			memcpy(&fds[n++], CMSG_DATA(c) + i * sizeof(int),
			       sizeof(int));
	}
	return n;
}

/*
 * At most len bytes, and a descriptor if one stands where *fd is not NULL.
 * How many came, 0 at the end of file, or -errno.
 */
static ssize_t
get(int sock, void *data, size_t len, int *fd)
{
	union control control;
	struct iovec iov = { data, len };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = control.bytes,
			    .msg_controllen = sizeof control.bytes };
	int fds[FDS], r;

	do
		r = io_check((int)recvmsg(sock, &m, MSG_CMSG_CLOEXEC));
	while (r == -EINTR);
	if (r < 0)
		return r == -ECONNRESET ? 0 : r;

	int n = descriptors(&m, fds);
	/* Truncated to none: we have no room for one more.  It is lost. */
	if (n == 0)
		return r;
	if (n == 1 && fd && *fd < 0 && !(m.msg_flags & MSG_CTRUNC)) {
		io_cloexec(fds[0], true);
		*fd = fds[0];
		return r;
	}
	for (int i = 0; i < n; i++)
		io_close(fds[i]);
	return -EPROTO;
}

/* --- a message that is coming ------------------------------------------- */

/*
 * The next read, which ends with the head or with the payload, so that no
 * descriptor comes along with the bytes of another message.  Returns 1 once
 * the frame in `in` is whole, 0 if not, -EPIPE at the end of file, or -errno.
 */
static int
advance(int sock, struct buf *in, int *fd)
{
	size_t want = FRAME_HEAD;

	if (in->len >= FRAME_HEAD)
		want += bytes_be32(in->data);
	size_t left = want - in->len;
	ssize_t n =
		get(sock, buf_room(in, left), left, in->len == 0 ? fd : NULL);
	if (n == 0)
		return -EPIPE;
	if (n < 0)
		return (int)n;
	buf_grew(in, (size_t)n);
	if (in->len < FRAME_HEAD)
		return 0;
	uint32_t len = bytes_be32(in->data);
	if (len == 0 || len > PASS_MAX)
		return -EPROTO;
	return in->len == FRAME_HEAD + (size_t)len;
}

/* Keys and codes go this way: what was used leaves no copy. */
static void
used(struct buf *b, size_t len)
{
	if (len == 0)
		return;
	secret_wipe(b->data, len);
	buf_drop(b, len);
}

static int
parse(const struct buf *in, struct msg *msg)
{
	return msg_read(msg, in->data + FRAME_HEAD, in->len - FRAME_HEAD);
}

static void
drop_fd(int *fd)
{
	if (*fd >= 0)
		io_close(*fd);
	*fd = -1;
}

/* --- in a loop ---------------------------------------------------------- */

struct packet {
	struct packet *next;
	struct buf bytes;
	int fd; /* -1 once it is on its way */
};

struct pass {
	int sock; /* -1 once the peer is gone */
	struct loop_fd *watch;
	const struct pass_events *events;
	void *ctx;
	struct buf in;
	int in_fd;
	struct msg msg;
	struct packet *first, **last;
	size_t queued;
	bool paused, busy, doomed; /* as in proto/local */
};

static void
want(struct pass *p)
{
	unsigned events = p->paused ? LOOP_HUP : LOOP_READ;

	if (p->first)
		events |= LOOP_WRITE;
	if (p->watch)
		loop_fd_want(p->watch, events);
}

static void
drop_first(struct pass *p)
{
	struct packet *k = p->first;

	p->first = k->next;
	if (!p->first)
		p->last = &p->first;
	p->queued -= k->bytes.len;
	drop_fd(&k->fd);
	used(&k->bytes, k->bytes.len);
	buf_release(&k->bytes);
	free(k);
}

static void
send_some(struct pass *p)
{
	while (p->first && p->sock >= 0) {
		struct packet *k = p->first;
		ssize_t n = put(p->sock, k->bytes.data, k->bytes.len, k->fd);

		if (n == -EAGAIN)
			break;
		if (n < 0) { /* the read side tells */
			while (p->first)
				drop_first(p);
			break;
		}
		drop_fd(&k->fd);
		used(&k->bytes, (size_t)n);
		p->queued -= (size_t)n;
		if (k->bytes.len == 0)
			drop_first(p);
	}
	want(p);
}

static void
close_socket(struct pass *p)
{
	loop_fd_free(p->watch);
	p->watch = NULL;
	if (p->sock >= 0)
		io_close(p->sock);
	p->sock = -1;
	drop_fd(&p->in_fd);
	while (p->first)
		drop_first(p);
}

static void
destroy(struct pass *p)
{
	close_socket(p);
	msg_release(&p->msg);
	used(&p->in, p->in.len);
	buf_release(&p->in);
	free(p);
}

static void
lost(struct pass *p, int why)
{
	close_socket(p);
	p->events->gone(p->ctx, why == -EPIPE ? 0 : why);
}

/* False if there is no more to be done now. */
static bool
read_one(struct pass *p)
{
	int r = advance(p->sock, &p->in, &p->in_fd);

	if (r == 1)
		r = parse(&p->in, &p->msg) < 0 ? -EPROTO : 1;
	if (r == -EAGAIN)
		return false;
	if (r < 0) {
		lost(p, r);
		return false;
	}
	if (r == 1) {
		int fd = p->in_fd;

		p->in_fd = -1;
		p->events->got(p->ctx, &p->msg, fd);
		used(&p->in, p->in.len);
	}
	return true;
}

static void
ready(void *ctx, unsigned events)
{
	struct pass *p = ctx;

	p->busy = true;
	if (events & LOOP_WRITE)
		send_some(p);
	if (events & (LOOP_READ | LOOP_HUP))
		for (int i = 0; i < TURN * 2; i++)
			if (p->doomed || p->sock < 0 || p->paused ||
			    !read_one(p))
				break;
	p->busy = false;
	if (p->doomed)
		destroy(p);
}

struct pass *
pass_new(struct loop *loop, int sock, const struct pass_events *events,
	 void *ctx)
{
	struct pass *p = mem_zero(1, sizeof *p);

	*p = (struct pass){
		.sock = sock,
		.events = events,
		.ctx = ctx,
		.in_fd = -1,
		.last = &p->first,
	};
	io_nonblock(sock, true);
	p->watch = loop_fd_new(loop, sock, LOOP_READ, ready, p);
	return p;
}

void
pass_free(struct pass *p)
{
	if (!p || p->doomed)
		return;
	send_some(p);
	close_socket(p);
	p->doomed = true;
	if (!p->busy)
		destroy(p);
}

void
pass_send(struct pass *p, struct buf *frame, int fd)
{
	if (p->sock < 0 || frame->len == 0) {
		drop_fd(&fd);
		used(frame, frame->len);
		return;
	}
	struct packet *k = mem_zero(1, sizeof *k);
	k->bytes = *frame;
	k->fd = fd;
	*frame = (struct buf){ 0 };
	*p->last = k;
	p->last = &k->next;
	p->queued += k->bytes.len;
	send_some(p);
}

size_t
pass_queued(const struct pass *p)
{
	return p->queued;
}

void
pass_pause(struct pass *p, bool pause)
{
	p->paused = pause;
	want(p);
}

/* --- and without -------------------------------------------------------- */

int
pass_put(int sock, struct buf *frame, int fd)
{
	while (frame->len > 0) {
		ssize_t n = put(sock, frame->data, frame->len, fd);

		if (n < 0)
			return (int)n;
		used(frame, (size_t)n);
		fd = -1;
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

static int
wait_for(int sock, int ms, int64_t until)
{
	int64_t left = ms < 0 ? -1 : until - now_ms();

	if (ms >= 0 && left < 0)
		left = 0;
	int r = io_check(
		poll(&(struct pollfd){ sock, POLLIN, 0 }, 1, (int)left));
	return r == 0 ? -ETIMEDOUT : r;
}

int
pass_get(int sock, int ms, struct buf *in, struct msg *msg, int *fd)
{
	int64_t until = now_ms() + ms;
	int r = 0;

	*fd = -1;
	used(in, in->len);
	while (r == 0 || r == -EINTR) {
		r = wait_for(sock, ms, until);
		if (r > 0)
			r = advance(sock, in, fd);
		if (r == -EAGAIN)
			r = 0;
	}
	if (r == 1)
		r = parse(in, msg) < 0 ? -EPROTO : 1;
	if (r < 0)
		drop_fd(fd);
	return r < 0 ? r : 0;
}
