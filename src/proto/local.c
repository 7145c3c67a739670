/* proto/local.c - messages over Unix sockets between processes of one user. */
#include "proto/local.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/path.h"
#include "proto/frame.h"
#include "proto/msg.h"
#include "proto/wire.h"

enum {
	BACKLOG = 128,
	DYING = 1000, /* ms */
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

static int
connect_to(const char *path, bool now)
{
	struct sockaddr_un sa;
	int r = address(path, &sa);

	if (r < 0)
		return r;

	int fd = new_socket();
	if (fd < 0)
		return fd;
	if (now)
		io_nonblock(fd, true);
	r = io_check(connect(fd, (struct sockaddr *)&sa, sizeof sa));
	if (r < 0) {
		io_close(fd);
		return r;
	}
	return same_user(fd);
}

bool
local_answers(const char *path)
{
	struct sockaddr_un sa;

	if (address(path, &sa) < 0)
		return false;
	int fd = new_socket();
	if (fd < 0)
		return false;
	io_nonblock(fd, true);
	int r = io_check(connect(fd, (struct sockaddr *)&sa, sizeof sa));
	io_close(fd);
	return r == 0 || r == -EAGAIN; /* which says that many are waiting */
}

/* The same name in the second place; NULL: there is none. */
static char *
second(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir = path_runtime_second(), *other = NULL;

	if (dir != NULL)
		other = path_join(dir, slash == NULL ? path : slash + 1);
	free(dir);
	return other;
}

/* There, or in the second place. */
static int
connect_either(const char *path, bool now)
{
	int fd = connect_to(path, now);
	char *other = fd == -ENOENT || fd == -ENOTDIR ? second(path) : NULL;

	if (other != NULL && strcmp(other, path) != 0) {
		int r = connect_to(other, now);

		if (r >= 0)
			fd = r;
	}
	free(other);
	return fd == -ENOTDIR ? -ENOENT : fd;
}

int
local_connect(const char *path)
{
	return connect_either(path, false);
}

int
local_connect_now(const char *path)
{
	return connect_either(path, true);
}

static int
bind_private(int fd, const struct sockaddr_un *sa)
{
	mode_t old = umask(0177);
	int r = io_check(bind(fd, (const struct sockaddr *)sa, sizeof *sa));

	umask(old);
	return r;
}

/*
 * Whether nobody is there any more.  One that was killed may be let go of by
 * the kernel piece by piece, and its listener last: who lives says hello.
 */
static bool
is_gone(const char *path)
{
	int fd;
	char c;

	while ((fd = connect_to(path, false)) >= 0) {
		struct pollfd p = { fd, POLLIN, 0 };
		bool ends = poll(&p, 1, DYING) == 1 &&
			    recv(fd, &c, 1, MSG_PEEK) <= 0;

		io_close(fd);
		if (!ends)
			return false;
	}
	return fd == -ECONNREFUSED;
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
	if (r == -EADDRINUSE && is_gone(path)) {
		unlink(path);
		r = bind_private(fd, &sa);
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

static size_t
smaller(size_t a, size_t b)
{
	return a < b ? a : b;
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
	/* The rest of a long message is read in one go. */
	if (n == 0 && need > l->in.len + l->room)
		l->room = smaller(need - l->in.len, READ_MAX);
	if (n < 0)
		lost(l, -EPROTO);
	else if (l->in.len == 0)
		buf_clear(&l->in);
}

static void
read_some(struct local *l)
{
	ssize_t n = wire_receive(l->fd, buf_room(&l->in, l->room), l->room);

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

	while (l->out.len > 0 && (n = wire_send_buf(l->fd, &l->out)) > 0)
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
	ssize_t sent = wire_send(l->fd, all, n + 1);
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
	wire_hello(&l->out, who);
}
