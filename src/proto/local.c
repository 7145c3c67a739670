/* proto/local.c - messages over Unix sockets between processes of one user. */
#include "proto/local.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/path.h"
#include "proto/frame.h"
#include "proto/msg.h"

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "0"
#endif

enum {
	BACKLOG = 128,
	READ_MIN = 4 << 10,
	READ_MAX = 256 << 10,
	IOV_COUNT = 64,
};

/* --- sockets ---------------------------------------------------------- */

static int
address(const char *path, struct sockaddr_un *sa)
{
	int r = path_socket_fits(path);

	if (r < 0)
		return r;
	*sa = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(sa->sun_path, path, strlen(path));
	return 0;
}

static int
new_socket(void)
{
	int fd = io_check(socket(AF_UNIX, SOCK_STREAM, 0));

	if (fd >= 0)
		io_cloexec(fd, true);
	return fd;
}

/* Takes fd.  Returns it if the process at its other end is this user's. */
static int
same_user(int fd)
{
	uid_t uid;
	int r;

#ifdef SO_PEERCRED
	struct ucred cred;
	socklen_t len = sizeof cred;

	r = io_check(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len));
	uid = cred.uid;
#else
	gid_t gid;

	r = io_check(getpeereid(fd, &uid, &gid));
#endif
	if (r == 0 && uid != geteuid())
		r = -EPERM;
	if (r == 0)
		r = io_nonblock(fd, true);
	if (r < 0)
		io_close(fd);
	return r < 0 ? r : fd;
}

int
local_connect(const char *path)
{
	struct sockaddr_un sa;
	int r = address(path, &sa);

	if (r < 0)
		return r;

	int fd = new_socket();
	if (fd < 0)
		return fd;
	r = io_check(connect(fd, (struct sockaddr *)&sa, sizeof sa));
	if (r < 0) {
		io_close(fd);
		return r;
	}
	return same_user(fd);
}

static int
bind_private(int fd, const struct sockaddr_un *sa)
{
	mode_t old = umask(0177);
	int r = io_check(bind(fd, (const struct sockaddr *)sa, sizeof *sa));

	umask(old);
	return r;
}

int
local_listen(const char *path)
{
	struct sockaddr_un sa;
	int r = address(path, &sa);

	if (r < 0)
		return r;

	int fd = new_socket();
	if (fd < 0)
		return fd;
	r = bind_private(fd, &sa);
	if (r == -EADDRINUSE) {
		int other = local_connect(path);

		if (other >= 0)
			io_close(other);
		if (other == -ECONNREFUSED) {
			unlink(path);
			r = bind_private(fd, &sa);
		}
	}
	if (r == 0)
		r = io_check(listen(fd, BACKLOG));
	if (r == 0)
		r = io_nonblock(fd, true);
	if (r < 0) {
		io_close(fd);
		return r;
	}
	return fd;
}

int
local_accept(int listener)
{
	int fd = io_check(accept(listener, NULL, NULL));

	if (fd < 0)
		return fd;
	io_cloexec(fd, true);
	return same_user(fd);
}

/* As writev, but a peer that left is an error and no signal. */
static ssize_t
send_iov(int fd, struct iovec *iov, int n)
{
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = (size_t)n };
	ssize_t r;

	do
		r = sendmsg(fd, &m, MSG_NOSIGNAL);
	while (r < 0 && io_check(-1) == -EINTR);
	return r < 0 ? io_check(-1) : r;
}

/* As read; a peer that left without reading all we sent has left as well. */
static ssize_t
receive(int fd, void *data, size_t len)
{
	ssize_t n = io_read(fd, data, len);

	return n == -ECONNRESET ? 0 : n;
}

static ssize_t
send_buf(int fd, struct buf *b)
{
	ssize_t n = send_iov(fd, &(struct iovec){ b->data, b->len }, 1);

	if (n > 0)
		buf_drop(b, (size_t)n);
	return n;
}

static void
write_hello(struct buf *out, const char *who)
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

/* --- in a loop -------------------------------------------------------- */

struct local {
	int fd; /* -1 once the peer is gone */
	struct loop_fd *watch;
	const struct local_events *events;
	void *ctx;
	struct buf in, out;
	struct msg msg;
	size_t room; /* how much the next read asks for */
	unsigned want; /* LOOP_READ, LOOP_WRITE: out waits for the socket */
	bool busy; /* a callback may be running ... */
	bool doomed; /* ... in which local_free was called */
};

static void
want(struct local *l, unsigned events)
{
	if (l->want != events && l->watch) {
		l->want = events;
		loop_fd_want(l->watch, events);
	}
}

static void
close_socket(struct local *l)
{
	loop_fd_free(l->watch);
	l->watch = NULL;
	if (l->fd >= 0)
		io_close(l->fd);
	l->fd = -1;
}

static void
destroy(struct local *l)
{
	close_socket(l);
	msg_release(&l->msg);
	buf_release(&l->in);
	buf_release(&l->out);
	free(l);
}

static void
lost(struct local *l, int why)
{
	close_socket(l);
	buf_release(&l->out);
	if (!l->doomed)
		l->events->gone(l->ctx, why);
}

/* Hands on the whole messages of l->in. */
static void
dispatch(struct local *l)
{
	const uint8_t *payload;
	size_t need = 0;
	int n = 0;

	while (!l->doomed && l->fd >= 0 &&
	       (n = frame_look(l->in.data, l->in.len, &payload, &need)) > 0) {
		if (msg_read(&l->msg, payload, (size_t)n) < 0) {
			n = -EPROTO;
			break;
		}
		l->events->got(l->ctx, &l->msg);
		buf_drop(&l->in, FRAME_HEAD + (size_t)n);
	}
	if (l->doomed || l->fd < 0)
		return;
	if (n < 0)
		lost(l, -EPROTO);
	else if (l->in.len == 0)
		buf_clear(&l->in);
}

static void
read_some(struct local *l)
{
	ssize_t n = receive(l->fd, buf_room(&l->in, l->room), l->room);

	if (n == -EAGAIN)
		return;
	if (n <= 0) {
		lost(l, (int)n);
		return;
	}
	buf_grew(&l->in, (size_t)n);
	if ((size_t)n == l->room && l->room < READ_MAX)
		l->room *= 2;
	else if ((size_t)n < l->room / 4 && l->room > READ_MIN)
		l->room /= 2;
	dispatch(l);
}

/* Sends what the socket takes of the queue. */
static void
send_some(struct local *l)
{
	ssize_t n = 0;

	while (l->out.len > 0 && (n = send_buf(l->fd, &l->out)) > 0)
		continue;
	if (n == -EAGAIN) {
		want(l, l->want | LOOP_WRITE);
		return;
	}
	if (n < 0) {
		/* The read side tells, outside of whoever is writing here. */
		buf_clear(&l->out);
		want(l, LOOP_READ);
		return;
	}
	buf_clear(&l->out);
	want(l, l->want & ~(unsigned)LOOP_WRITE);
}

static void
on_ready(void *ctx, unsigned events)
{
	struct local *l = ctx;

	l->busy = true;
	if (events & LOOP_WRITE) {
		send_some(l);
		if (l->out.len == 0 && l->events->drained)
			l->events->drained(l->ctx);
	}
	if (events & (LOOP_READ | LOOP_HUP) && !l->doomed && l->fd >= 0)
		read_some(l);
	l->busy = false;
	if (l->doomed)
		destroy(l);
}

void
local_pump(struct local *l)
{
	if (l->fd >= 0 && !l->busy)
		on_ready(l, LOOP_READ);
}

struct local *
local_new(struct loop *loop, int fd, const struct local_events *events,
	  void *ctx)
{
	struct local *l = mem_zero(1, sizeof *l);

	*l = (struct local){
		.fd = fd,
		.events = events,
		.ctx = ctx,
		.room = READ_MIN,
		.want = LOOP_READ,
	};
	l->watch = loop_fd_new(loop, fd, LOOP_READ, on_ready, l);
	return l;
}

void
local_free(struct local *l)
{
	if (!l || l->doomed)
		return;
	if (l->fd >= 0)
		send_some(l);
	close_socket(l);
	l->doomed = true;
	if (!l->busy)
		destroy(l);
}

int
local_fd(const struct local *l)
{
	return l->fd;
}

struct buf *
local_out(struct local *l)
{
	return &l->out;
}

void
local_flush(struct local *l)
{
	if (l->fd < 0)
		buf_clear(&l->out);
	else if (l->out.len > 0 && !(l->want & LOOP_WRITE))
		send_some(l);
}

size_t
local_queued(const struct local *l)
{
	return l->out.len;
}

bool
local_blocked(const struct local *l)
{
	return l->want & LOOP_WRITE;
}

/* Queues what stands in iov after its first `sent` bytes. */
static void
queue_rest(struct buf *out, const struct iovec *iov, int n, size_t sent)
{
	for (int i = 0; i < n; i++) {
		size_t skip = sent < iov[i].iov_len ? sent : iov[i].iov_len;

		sent -= skip;
		buf_append(out, (const char *)iov[i].iov_base + skip,
			   iov[i].iov_len - skip);
	}
}

void
local_send_with(struct local *l, const struct iovec *iov, int n)
{
	struct iovec all[IOV_COUNT];

	if (l->fd < 0) {
		buf_clear(&l->out);
		return;
	}
	if (l->want & LOOP_WRITE || n >= IOV_COUNT) {
		queue_rest(&l->out, iov, n, 0);
		local_flush(l);
		return;
	}

	all[0] = (struct iovec){ l->out.data, l->out.len };
	memcpy(all + 1, iov, sizeof *iov * (size_t)n);
	ssize_t sent = send_iov(l->fd, all, n + 1);
	size_t head = l->out.len;
	if (sent < 0)
		sent = 0; /* send_some meets the error again and tells */
	if ((size_t)sent < head) {
		buf_drop(&l->out, (size_t)sent);
		queue_rest(&l->out, iov, n, 0);
	} else {
		buf_clear(&l->out);
		queue_rest(&l->out, iov, n, (size_t)sent - head);
	}
	if (l->out.len > 0)
		send_some(l);
}

void
local_pause(struct local *l, bool pause)
{
	unsigned rest = l->want & LOOP_WRITE;

	want(l, rest | (pause ? LOOP_HUP : LOOP_READ));
}

void
local_hello(struct local *l, const char *who)
{
	write_hello(&l->out, who);
}

/* --- ask and wait ----------------------------------------------------- */

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
	write_hello(&c->out, who);
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
		ssize_t n = send_buf(c->fd, &c->out);

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

		ssize_t n = receive(c->fd, buf_room(&c->in, READ_MIN * 4),
				    READ_MIN * 4);
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
