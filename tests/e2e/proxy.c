/* e2e/proxy.c - a way between two machines, which can be made bad. */
#include "e2e/proxy.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"

enum {
	FLOWS = 64,
	BACKLOG = 128,
	PIECE = 16 << 10,
	SMALL = 256, /* a piece where the rate is limited */
	BUFFER = 4 << 10, /* asked of the kernel there: the queue of its way */
	QUEUE = 64 << 10, /* bytes under way, or 4 MiB of a long one */
	LONG_QUEUE = 4 << 20,
	NEAR = 0, /* who has connected */
	FAR = 1,
};

struct piece {
	struct piece *next;
	uint64_t at; /* us: when it arrives */
	size_t from, len; /* from: of data, already sent */
	uint8_t data[];
};

struct flow {
	bool used, joined, forgotten;
	int fd[2]; /* NEAR, FAR */
	struct way {
		struct piece *first, **last;
		size_t queued;
		bool over; /* nothing more comes in */
		bool full; /* who is to get it takes nothing now */
		uint64_t free_at; /* us: when the next may be read */
		uint64_t last_at; /* us: when the last arrives */
	} ways[2]; /* from NEAR, from FAR */
};

struct proxy {
	pthread_t thread;
	pthread_mutex_t lock;
	int listener, wake[2];
	struct sockaddr_in to;
	bool over;
	unsigned delay, rate, slice, percent, stall, dead;
	uint32_t seed;
	struct {
		unsigned way; /* 0: none is set */
		size_t left; /* bytes before it */
		unsigned bit;
		enum proxy_act act;
	} trap;
	bool sprung;
	size_t bytes[2], made;
	struct flow flows[FLOWS];
};

static uint64_t
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* --- sockets ------------------------------------------------------------ */

static void
make_small(int fd)
{
	static const int size = BUFFER;

	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
}

static int
socket_new(bool small)
{
	static const int yes = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
	if (small)
		make_small(fd);
	return fd;
}

static void
close_one(struct flow *f, int side, bool reset)
{
	static const struct linger now = { 1, 0 };

	if (f->fd[side] < 0)
		return;
	if (reset)
		setsockopt(f->fd[side], SOL_SOCKET, SO_LINGER, &now,
			   sizeof now);
	close(f->fd[side]);
	f->fd[side] = -1;
}

static void
flow_end(struct flow *f, bool reset)
{
	for (int side = 0; side < 2; side++) {
		close_one(f, side, reset);
		for (struct piece *p = f->ways[side].first, *next; p;
		     p = next) {
			next = p->next;
			free(p);
		}
	}
	*f = (struct flow){ .fd = { -1, -1 } };
}

static void
flow_new(struct proxy *p, int near)
{
	static const int yes = 1;
	struct flow *f = p->flows;

	while (f < p->flows + FLOWS && f->used)
		f++;
	if (f == p->flows + FLOWS) {
		close(near);
		return;
	}
	setsockopt(near, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
	*f = (struct flow){ .used = true, .fd = { near, -1 } };
	for (int i = 0; i < 2; i++)
		f->ways[i].last = &f->ways[i].first;
}

/* Nobody gets through to who listens while a way is dead. */
static void
join(struct proxy *p, struct flow *f)
{
	if (f->joined || p->dead)
		return;
	f->joined = true;
	f->fd[FAR] = socket_new(p->rate != 0);
	if (connect(f->fd[FAR], (struct sockaddr *)&p->to, sizeof p->to) < 0 &&
	    errno != EINPROGRESS)
		flow_end(f, true);
	else
		p->made++;
}

/* --- on the way --------------------------------------------------------- */

static bool
is_lost(struct proxy *p)
{
	p->seed = p->seed * 1664525 + 1013904223;
	return (p->seed >> 8) % 100 < p->percent;
}

static bool
may_read(const struct proxy *p, const struct flow *f, int side, uint64_t now)
{
	const struct way *w = &f->ways[side];
	size_t most = p->rate ? SMALL : p->delay ? LONG_QUEUE : QUEUE;

	return f->fd[side] >= 0 && !w->over && w->queued < most &&
	       w->free_at <= now;
}

static size_t
piece_size(const struct proxy *p)
{
	if (p->slice)
		return p->slice;
	return p->rate ? SMALL : PIECE;
}

static void
queue(struct proxy *p, struct way *w, const uint8_t *data, size_t len,
      uint64_t now)
{
	struct piece *piece = mem_alloc(sizeof *piece + len);
	uint64_t at = now + p->delay * 1000;

	for (uint64_t ms = p->stall; is_lost(p); ms *= 2)
		at += ms * 1000;
	if (at < w->last_at)
		at = w->last_at;
	*piece = (struct piece){ .at = w->last_at = at, .len = len };
	memcpy(piece->data, data, len);
	*w->last = piece;
	w->last = &piece->next;
	w->queued += len;
	if (p->rate)
		w->free_at = (w->free_at > now ? w->free_at : now) +
			     len * 1000000 / p->rate;
}

static void
take(struct proxy *p, struct flow *f, int side, uint64_t now)
{
	struct way *w = &f->ways[side];
	uint8_t data[PIECE];

	while (f->used && may_read(p, f, side, now)) {
		ssize_t n = read(f->fd[side], data, piece_size(p));

		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0) {
			w->over = true;
			if (n < 0 && !f->forgotten)
				flow_end(f, true);
		} else if (!f->forgotten) {
			queue(p, w, data, (size_t)n, now);
		}
	}
}

/* How much of len may go before the trap springs; it may be all. */
static size_t
up_to_trap(struct proxy *p, int side, uint8_t *data, size_t len)
{
	if (p->trap.way != 1u << side || p->trap.left >= len)
		return len;
	if (p->trap.act == PROXY_FLIP) {
		data[p->trap.left] ^= (uint8_t)(1 << p->trap.bit);
		p->trap.way = 0;
		p->sprung = true;
		return len;
	}
	return p->trap.left;
}

/* True: the flow is not what it was. */
static bool
spring(struct proxy *p, struct flow *f, int side)
{
	if (p->trap.way != 1u << side || p->trap.left > 0 ||
	    p->trap.act == PROXY_FLIP)
		return false;
	p->trap.way = 0;
	p->sprung = true;
	if (p->trap.act == PROXY_HANG)
		f->forgotten = true;
	else
		flow_end(f, p->trap.act == PROXY_RESET);
	return true;
}

/* Sends what has arrived; false: the flow has ended or takes no more. */
static bool
give_one(struct proxy *p, struct flow *f, int side)
{
	struct way *w = &f->ways[side];
	struct piece *x = w->first;
	size_t len = up_to_trap(p, side, x->data + x->from, x->len - x->from);

	ssize_t n = len == 0 ? 0
			     : send(f->fd[!side], x->data + x->from, len,
				    MSG_NOSIGNAL);
	if (n < 0 && errno == EAGAIN) {
		w->full = true;
		return false;
	}
	if (n < 0) {
		flow_end(f, true);
		return false;
	}
	if (p->trap.way == 1u << side)
		p->trap.left -= (size_t)n;
	p->bytes[side] += (size_t)n;
	w->queued -= (size_t)n;
	x->from += (size_t)n;
	if (x->from < x->len)
		return !spring(p, f, side);
	w->first = x->next;
	if (w->first == NULL)
		w->last = &w->first;
	free(x);
	return true;
}

static void
give(struct proxy *p, struct flow *f, int side, uint64_t now)
{
	struct way *w = &f->ways[side];

	w->full = false;
	if (p->dead & 1u << side || f->forgotten || !f->joined)
		return;
	while (w->first != NULL && w->first->at <= now)
		if (!give_one(p, f, side))
			return;
	if (w->first == NULL && w->over && f->fd[!side] >= 0)
		shutdown(f->fd[!side], SHUT_WR);
}

static void
serve(struct proxy *p, struct flow *f, uint64_t now)
{
	join(p, f);
	for (int side = 0; side < 2 && f->used; side++)
		take(p, f, side, now);
	for (int side = 0; side < 2 && f->used; side++)
		give(p, f, side, now);
	if (!f->used)
		return;
	bool up = f->ways[NEAR].over && f->ways[NEAR].first == NULL;
	bool down = f->ways[FAR].over && f->ways[FAR].first == NULL;
	if (f->forgotten) {
		for (int side = 0; side < 2; side++)
			if (f->ways[side].over)
				close_one(f, side, false);
		if (f->fd[NEAR] < 0 && f->fd[FAR] < 0)
			flow_end(f, false);
	} else if ((up && down) || (!f->joined && f->ways[NEAR].over)) {
		flow_end(f, false);
	}
}

/* --- the thread --------------------------------------------------------- */

static struct pollfd
watch(const struct proxy *p, const struct flow *f, int side, uint64_t now,
      uint64_t *next)
{
	const struct way *from = &f->ways[side];
	short events = 0;

	if (may_read(p, f, side, now))
		events |= POLLIN;
	else if (from->free_at > now && from->free_at < *next)
		*next = from->free_at;
	if (f->ways[!side].full)
		events |= POLLOUT;
	else if (f->ways[!side].first && f->ways[!side].first->at > now &&
		 f->ways[!side].first->at < *next)
		*next = f->ways[!side].first->at;
	return (struct pollfd){ events ? f->fd[side] : -1, events, 0 };
}

static void
turn(struct proxy *p)
{
	struct pollfd w[2 + 2 * FLOWS] = { { p->listener, POLLIN, 0 },
					   { p->wake[0], POLLIN, 0 } };
	uint64_t now = now_us(), next = now + 1000000;
	char data[64];
	nfds_t n = 2;
	int fd;

	for (int i = 0; i < FLOWS; i++)
		for (int side = 0; side < 2 && p->flows[i].used; side++)
			w[n++] = watch(p, &p->flows[i], side, now, &next);
	pthread_mutex_unlock(&p->lock);
	poll(w, n, (int)((next - now + 999) / 1000));
	pthread_mutex_lock(&p->lock);
	while (read(p->wake[0], data, sizeof data) > 0)
		continue;
	while ((fd = accept4(p->listener, NULL, NULL,
			     SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0)
		flow_new(p, fd);
	now = now_us();
	for (int i = 0; i < FLOWS; i++)
		if (p->flows[i].used)
			serve(p, &p->flows[i], now);
}

static void *
run(void *arg)
{
	struct proxy *p = arg;

	pthread_mutex_lock(&p->lock);
	while (!p->over)
		turn(p);
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

/* --- for tests ---------------------------------------------------------- */

struct proxy *
proxy_new(const char *address, uint16_t port)
{
	struct proxy *p = mem_zero(1, sizeof *p);
	struct sockaddr_in here = { .sin_family = AF_INET,
				    .sin_port = htons(PROXY_PORT) };

	assert_int_equal(inet_pton(AF_INET, address, &here.sin_addr), 1);
	p->to = here;
	p->to.sin_port = htons(port);
	for (int i = 0; i < FLOWS; i++)
		p->flows[i] = (struct flow){ .fd = { -1, -1 } };
	p->listener = socket_new(false);
	assert_int_equal(
		bind(p->listener, (struct sockaddr *)&here, sizeof here), 0);
	assert_int_equal(listen(p->listener, BACKLOG), 0);
	assert_int_equal(pipe2(p->wake, O_CLOEXEC | O_NONBLOCK), 0);
	pthread_mutex_init(&p->lock, NULL);
	assert_int_equal(pthread_create(&p->thread, NULL, run, p), 0);
	return p;
}

static void
begin(struct proxy *p)
{
	pthread_mutex_lock(&p->lock);
}

/* Has the thread look at what has changed. */
static void
end(struct proxy *p)
{
	ssize_t n = write(p->wake[1], "", 1);

	(void)n; /* full: it will look */
	pthread_mutex_unlock(&p->lock);
}

void
proxy_free(struct proxy *p)
{
	if (p == NULL)
		return;
	begin(p);
	p->over = true;
	end(p);
	pthread_join(p->thread, NULL);
	for (int i = 0; i < FLOWS; i++)
		flow_end(&p->flows[i], true);
	close(p->listener);
	close(p->wake[0]);
	close(p->wake[1]);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

void
proxy_delay(struct proxy *p, unsigned ms)
{
	begin(p);
	p->delay = ms;
	end(p);
}

void
proxy_rate(struct proxy *p, unsigned bytes)
{
	begin(p);
	p->rate = bytes;
	if (bytes)
		make_small(p->listener); /* who comes has it from there */
	end(p);
}

void
proxy_slice(struct proxy *p, unsigned bytes)
{
	begin(p);
	p->slice = bytes < PIECE ? bytes : PIECE;
	end(p);
}

void
proxy_stalls(struct proxy *p, unsigned percent, unsigned ms)
{
	begin(p);
	p->percent = percent;
	p->stall = ms;
	end(p);
}

void
proxy_dead(struct proxy *p, unsigned ways)
{
	begin(p);
	p->dead = ways;
	end(p);
}

static void
end_all(struct proxy *p, bool reset)
{
	for (int i = 0; i < FLOWS; i++)
		if (p->flows[i].used)
			flow_end(&p->flows[i], reset);
}

void
proxy_cut(struct proxy *p)
{
	begin(p);
	end_all(p, false);
	end(p);
}

void
proxy_reset(struct proxy *p)
{
	begin(p);
	end_all(p, true);
	end(p);
}

void
proxy_forget(struct proxy *p)
{
	begin(p);
	for (int i = 0; i < FLOWS; i++)
		p->flows[i].forgotten = p->flows[i].used;
	end(p);
}

void
proxy_trap(struct proxy *p, enum proxy_way way, size_t nth, enum proxy_act act,
	   bool fresh)
{
	begin(p);
	if (fresh)
		end_all(p, true);
	p->trap.way = way;
	p->trap.left = nth - 1;
	p->trap.bit = nth % 8;
	p->trap.act = act;
	p->sprung = false;
	end(p);
}

bool
proxy_sprung(struct proxy *p)
{
	begin(p);
	bool sprung = p->sprung;
	end(p);
	return sprung;
}

size_t
proxy_bytes(struct proxy *p, unsigned ways)
{
	begin(p);
	size_t n = (ways & PROXY_UP ? p->bytes[NEAR] : 0) +
		   (ways & PROXY_DOWN ? p->bytes[FAR] : 0);
	end(p);
	return n;
}

size_t
proxy_flows(struct proxy *p)
{
	begin(p);
	size_t n = p->made;
	end(p);
	return n;
}
