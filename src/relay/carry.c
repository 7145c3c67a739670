/* relay/carry.c - one link: its wire, its channels, and their local ends. */
#include "relay/carry.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/loop.h"
#include "base/mem.h"
#include "proto/chan.h"
#include "proto/link.h"
#include "proto/wire.h"
#include "relay/end.h"

enum {
	IN = 4 * LINK_FRAME,
	OUT = 3 * LINK_ROOM,
	USER_TIMEOUT = 20000, /* ms of silence on TCP's level */
	HOARD = 16 << 10, /* unsent bytes in the kernel */
};

struct carry {
	struct loop *loop;
	int in, out;
	struct loop_fd *watch_in, *watch_out; /* one and NULL for a socket */
	unsigned want_in, want_out;
	struct loop_timer *timer;
	uint64_t wakes; /* when the timer fires, 0: it does not run */
	struct link link;
	struct chan *chan;
	struct end *ends;
	const struct carry_events *events;
	void *ctx;
	uint8_t *got; /* IN bytes, `have` of them read from the wire */
	size_t have;
	uint8_t *due; /* OUT bytes, from..to of them to be written */
	size_t from, to;
	bool over; /* gone was told, or is not to be */
	unsigned busy; /* callbacks may be running ... */
	bool doomed; /* ... in which carry_free was called */
};

static void settle(struct carry *c);
static void digest(struct carry *c);

/* --- coming to an end --------------------------------------------------- */

static void
shut(struct carry *c)
{
	c->over = true;
	while (c->ends != NULL)
		end_free(c->ends);
	loop_timer_free(c->timer);
	loop_fd_free(c->watch_in);
	loop_fd_free(c->watch_out);
	c->timer = NULL;
	c->watch_in = c->watch_out = NULL;
	if (c->in >= 0)
		io_close(c->in);
	if (c->out >= 0 && c->out != c->in)
		io_close(c->out);
	c->in = c->out = -1;
}

static void
destroy(struct carry *c)
{
	shut(c);
	chan_free(c->chan);
	link_wipe(&c->link);
	free(c->got);
	free(c->due);
	free(c);
}

void
carry_free(struct carry *c)
{
	if (c == NULL || c->doomed)
		return;
	shut(c);
	c->doomed = true;
	if (c->busy == 0)
		destroy(c);
}

/* Around everything that may call back.  False: c is no more. */
static void
enter(struct carry *c)
{
	c->busy++;
}

static bool
leave(struct carry *c)
{
	if (--c->busy > 0)
		return true;
	if (!c->doomed)
		return true;
	destroy(c);
	return false;
}

static void
lost(struct carry *c, int why, unsigned bye, const uint8_t *text, size_t len)
{
	if (c->over)
		return;
	shut(c);
	c->events->gone(c->ctx, why, bye, text, len);
}

/* --- local ends --------------------------------------------------------- */

static void
on_local(void *ctx, unsigned events)
{
	struct end *e = ctx;
	struct carry *c = e->owner;

	enter(c);
	bool there = !(events & LOOP_WRITE) || end_give(e);
	if (there && events & (LOOP_READ | LOOP_HUP) && !e->closed &&
	    end_take(e))
		end_want(e);
	settle(c);
	leave(c);
}

/* --- the wire, out ------------------------------------------------------ */

static ssize_t
put(int fd, const uint8_t *data, size_t len)
{
	struct iovec one = { (void *)(uintptr_t)data, len };
	ssize_t n = wire_send(fd, &one, 1);

	/* A pipe, of ssh. */
	return n == -ENOTSOCK ? io_write(fd, data, len) : n;
}

static void
want_wire(struct carry *c, bool write)
{
	struct loop_fd *w = c->watch_out != NULL ? c->watch_out : c->watch_in;
	unsigned *have = c->watch_out != NULL ? &c->want_out : &c->want_in;
	unsigned want = c->watch_out != NULL ? 0 : LOOP_READ;

	if (write)
		want |= LOOP_WRITE;
	if (want != *have)
		loop_fd_want(w, *have = want);
}

/* Fills `due`; 0, or -errno for good. */
static int
gather(struct carry *c)
{
	uint64_t now = loop_now(c->loop);

	if (c->from == c->to)
		c->from = c->to = 0;
	while (OUT - c->to >= LINK_ROOM) {
		ssize_t n = chan_write(c->chan, now, c->due + c->to);

		if (n < 0)
			return (int)n;
		if (n == 0)
			return 0;
		c->to += (size_t)n;
	}
	return 0;
}

/* Sends until the wire or the channels have enough. */
static void
push(struct carry *c)
{
	int r = 0;

	while (!c->over) {
		r = gather(c);
		if (r < 0)
			break;
		if (c->from == c->to) {
			want_wire(c, false);
			return;
		}
		ssize_t n = put(c->out, c->due + c->from, c->to - c->from);
		if (n == -EAGAIN) {
			want_wire(c, true);
			return;
		}
		if (n < 0) {
			/* What the peer said last may still be read: BYE. */
			r = n == -EPIPE || n == -ECONNRESET ? -ECONNRESET
							    : (int)n;
			break;
		}
		c->from += (size_t)n;
	}
	if (!c->over)
		lost(c, r, 0, NULL, 0);
}

static void
on_timer(void *ctx)
{
	struct carry *c = ctx;

	c->wakes = 0;
	enter(c);
	/* At first: what came with the handshake, outside of carry_new. */
	digest(c);
	settle(c);
	if (!c->over && c->events->late != NULL)
		c->events->late(c->ctx);
	leave(c);
}

/* After anything that may have given the channels something to say. */
static void
settle(struct carry *c)
{
	if (c->over)
		return;
	push(c);
	if (c->over)
		return;
	for (struct end *e = c->ends; e != NULL; e = e->next)
		end_want(e);

	/* Moved only to be earlier: one that comes early looks again. */
	uint64_t now = loop_now(c->loop), due = chan_wake(c->chan, now);
	if (due == UINT64_MAX || (c->wakes != 0 && c->wakes <= due))
		return;
	c->wakes = due > now ? due : now + 1;
	loop_timer_start(c->timer, c->wakes - now);
}

/* --- the wire, in ------------------------------------------------------- */

static void
deliver(struct carry *c, const struct chan_event *ev)
{
	struct end *e = end_find(c->ends, ev->channel);

	if (e == NULL) {
		chan_took(c->chan, ev->channel, ev->len);
		return;
	}
	buf_append(&e->to, ev->data, ev->len);
	if (e->fd >= 0 && !(e->want & LOOP_WRITE))
		end_give(e);
}

static void
happened(struct carry *c, const struct chan_event *ev)
{
	const struct carry_events *on = c->events;
	struct end *e;

	switch (ev->type) {
	case CHAN_EV_NONE:
		break;
	case CHAN_EV_OPEN:
		end_new(&c->ends, c->chan, ev->channel, c);
		on->open(c->ctx, ev->channel, ev->data, ev->len);
		break;
	case CHAN_EV_OPENED:
		if (on->opened != NULL)
			on->opened(c->ctx, ev->channel);
		break;
	case CHAN_EV_REFUSED:
		if ((e = end_find(c->ends, ev->channel)) != NULL) {
			e->closed = true;
			end_free(e);
		}
		if (on->refused != NULL)
			on->refused(c->ctx, ev->channel, ev->code, ev->data,
				    ev->len);
		break;
	case CHAN_EV_DATA:
		deliver(c, ev);
		break;
	case CHAN_EV_CLOSED:
		if ((e = end_find(c->ends, ev->channel)) != NULL) {
			e->closed = true;
			end_give(e);
		}
		break;
	case CHAN_EV_PONG:
		if (on->pong != NULL)
			on->pong(c->ctx);
		break;
	case CHAN_EV_BYE:
		lost(c, 0, ev->code, ev->data, ev->len);
		break;
	}
}

/* Takes all whole frames of c->got. */
static void
digest(struct carry *c)
{
	size_t at = 0;
	ssize_t n = 0;

	while (!c->over && at < c->have) {
		struct chan_event ev = { 0 };

		n = chan_read(c->chan, c->got + at, c->have - at,
			      loop_now(c->loop), &ev);
		if (n <= 0)
			break;
		at += (size_t)n;
		happened(c, &ev);
	}
	if (c->over)
		return;
	if (n < 0) {
		lost(c, (int)n, 0, NULL, 0);
		return;
	}
	c->have -= at;
	memmove(c->got, c->got + at, c->have);
}

static void
pull(struct carry *c)
{
	ssize_t n = io_read(c->in, c->got + c->have, IN - c->have);

	if (n == -EAGAIN)
		return;
	if (n == 0)
		n = link_end_of_file(&c->link);
	if (n <= 0) {
		lost(c, (int)n, LINK_BYE_DONE, NULL, 0);
		return;
	}
	c->have += (size_t)n;
	digest(c);
}

static void
on_wire(void *ctx, unsigned events)
{
	struct carry *c = ctx;

	enter(c);
	if (events & (LOOP_READ | LOOP_HUP))
		pull(c);
	settle(c);
	leave(c);
}

static void
on_wire_out(void *ctx, unsigned events)
{
	struct carry *c = ctx;

	(void)events;
	enter(c);
	settle(c);
	leave(c);
}

/* --- for others --------------------------------------------------------- */

struct carry *
carry_new(struct loop *loop, const struct carry_options *o)
{
	struct carry *c = mem_zero(1, sizeof *c);

	c->loop = loop;
	c->in = o->in;
	c->out = o->out;
	c->events = o->events;
	c->ctx = o->ctx;
	c->link = *o->link;
	c->chan = chan_new(&c->link, o->host, loop_now(loop));
	c->got = mem_alloc(IN);
	c->due = mem_alloc(OUT);
	c->have = o->early_len < IN ? o->early_len : IN;
	if (c->have > 0)
		memcpy(c->got, o->early, c->have);
	io_nonblock(c->in, true);
	io_nonblock(c->out, true);
	c->want_in = LOOP_READ;
	c->watch_in = loop_fd_new(loop, c->in, LOOP_READ, on_wire, c);
	if (c->out != c->in)
		c->watch_out = loop_fd_new(loop, c->out, 0, on_wire_out, c);
	c->timer = loop_timer_new(loop, on_timer, c);
	c->wakes = loop_now(loop);
	loop_timer_start(c->timer, 0);
	return c;
}

void
carry_bye(struct carry *c, unsigned why, const char *text)
{
	if (!c->over) {
		if (c->from > 0) {
			memmove(c->due, c->due + c->from, c->to - c->from);
			c->to -= c->from;
			c->from = 0;
		}
		if (OUT - c->to >= LINK_ROOM) {
			ssize_t n = link_bye(&c->link, (enum link_bye)why, text,
					     c->due + c->to);
			if (n > 0)
				c->to += (size_t)n;
		}
		put(c->out, c->due, c->to);
	}
	carry_free(c);
}

int64_t
carry_open(struct carry *c, const char *target, int fd)
{
	int64_t channel = c->over ? -ENOTCONN : chan_open(c->chan, target);

	if (channel < 0) {
		io_close(fd);
		return channel;
	}
	struct end *e = end_new(&c->ends, c->chan, (uint32_t)channel, c);
	end_connect(e, c->loop, fd, on_local);
	enter(c);
	if (end_take(e))
		end_want(e);
	settle(c);
	leave(c);
	return channel;
}

void
carry_accept(struct carry *c, uint32_t channel, int fd)
{
	struct end *e = c->over ? NULL : end_find(c->ends, channel);

	if (e == NULL) {
		io_close(fd);
		return;
	}
	enter(c);
	chan_accept(c->chan, channel);
	end_connect(e, c->loop, fd, on_local);
	if (end_give(e) && end_take(e))
		end_want(e);
	settle(c);
	leave(c);
}

void
carry_refuse(struct carry *c, uint32_t channel, unsigned error,
	     const char *text)
{
	struct end *e = c->over ? NULL : end_find(c->ends, channel);

	if (e == NULL)
		return;
	enter(c);
	chan_refuse(c->chan, channel, error, text);
	end_free(e);
	settle(c);
	leave(c);
}

void
carry_ping(struct carry *c)
{
	if (c->over)
		return;
	enter(c);
	chan_ping(c->chan);
	settle(c);
	leave(c);
}

const struct chan *
carry_chan(const struct carry *c)
{
	return c->chan;
}

void
carry_tune(int fd)
{
	static const int yes = 1;

	/* Of a pipe or a Unix socket these are not, and refused. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
#ifdef TCP_NOTSENT_LOWAT
	static const int hoard = HOARD;
	setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &hoard, sizeof hoard);
#endif
#ifdef TCP_USER_TIMEOUT
	static const unsigned timeout = USER_TIMEOUT;
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout, sizeof timeout);
#endif
}
