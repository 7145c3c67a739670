/* proto/chan.c - several connections over one link. */
#include "proto/chan.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "proto/chan_state.h"

/* On a slow way what is queued would be old when it arrives. */
enum { ROOM_MIN = 4 << 10 };

struct chan *
chan_new(struct link *link, bool host, uint64_t now_ms)
{
	struct chan *c = mem_zero(1, sizeof *c);

	c->link = link;
	c->host = host;
	c->heard = now_ms;
	return c;
}

void
chan_forget(struct channel *h)
{
	buf_release(&h->out);
	free(h->text);
	*h = (struct channel){ 0 };
}

void
chan_free(struct chan *c)
{
	if (!c)
		return;
	for (unsigned i = 0; i < CHAN_MAX; i++)
		chan_forget(&c->ch[i]);
	free(c);
}

static struct channel *
find(const struct chan *c, uint32_t number)
{
	for (unsigned i = 0; i < CHAN_MAX; i++)
		if (c->ch[i].state != FREE && c->ch[i].number == number)
			return (struct channel *)(uintptr_t)&c->ch[i];
	return NULL;
}

static struct channel *
give(struct chan *c, uint32_t number)
{
	for (unsigned i = 0; i < CHAN_MAX; i++)
		if (c->ch[i].state == FREE) {
			c->ch[i] = (struct channel){
				.number = number,
				.state = ASKED,
				.may_come = CHAN_WINDOW,
			};
			c->last = number;
			return &c->ch[i];
		}
	return NULL;
}

/* --- channels ----------------------------------------------------------- */

int64_t
chan_open(struct chan *c, const char *target)
{
	size_t len = strlen(target);

	assert(!c->host);
	if (len < 1 || len > CHAN_TARGET)
		return -EINVAL;
	if (c->last == UINT32_MAX)
		return -ENOSPC;
	struct channel *h = give(c, c->last + 1);
	if (!h)
		return -ENOSPC;
	h->due = DUE_OPEN;
	h->text = mem_str(target);
	h->may_send = EARLY;
	return h->number;
}

void
chan_accept(struct chan *c, uint32_t channel)
{
	struct channel *h = find(c, channel);

	if (!c->host || !h || h->state != ASKED || h->due || h->closing)
		return;
	h->state = OPEN;
	h->due = DUE_OPENED;
}

void
chan_refuse(struct chan *c, uint32_t channel, unsigned error, const char *text)
{
	struct channel *h = find(c, channel);

	if (!c->host || !h || h->state != ASKED || h->due || h->closing)
		return;
	h->due = DUE_REFUSED;
	h->error = error;
	h->text = mem_strn(text, strnlen(text, CHAN_TEXT));
	h->closing = true; /* what comes for it does not matter */
}

static bool
may_queue(const struct channel *h)
{
	return h && !h->closing && !h->got_close;
}

size_t
chan_room(const struct chan *c, uint32_t channel)
{
	const struct channel *h = find(c, channel);
	uint64_t most = 2 * pace_limit(&c->pace);

	if (!may_queue(h) || (c->host && h->state != OPEN))
		return 0;
	if (most < ROOM_MIN)
		most = ROOM_MIN;
	if (most > CHAN_QUEUE)
		most = CHAN_QUEUE;
	return h->out.len < most ? (size_t)most - h->out.len : 0;
}

size_t
chan_send(struct chan *c, uint32_t channel, const void *data, size_t len)
{
	size_t room = chan_room(c, channel);

	if (len > room)
		len = room;
	if (len > 0)
		buf_append(&find(c, channel)->out, data, len);
	return len;
}

void
chan_took(struct chan *c, uint32_t channel, size_t len)
{
	struct channel *h = find(c, channel);

	if (!h)
		return;
	assert(len <= CHAN_WINDOW - h->may_come - h->taken);
	h->taken += (uint32_t)len;
}

void
chan_close(struct chan *c, uint32_t channel)
{
	struct channel *h = find(c, channel);

	if (!h)
		return;
	/* A host that closes what it has not accepted says so. */
	if (c->host && h->state == ASKED)
		chan_refuse(c, channel, 1, "");
	else if (h->due & DUE_OPEN)
		chan_forget(h); /* nobody has heard of it */
	else
		h->closing = true;
}

unsigned
chan_count(const struct chan *c)
{
	unsigned n = 0;

	for (unsigned i = 0; i < CHAN_MAX; i++)
		n += c->ch[i].state != FREE;
	return n;
}

/* --- what comes --------------------------------------------------------- */

/* Whether the number is of a channel that was, so that late words are due. */
static bool
was(const struct chan *c, uint32_t number)
{
	return number > 0 && number <= c->last;
}

static int
on_open(struct chan *c, uint32_t number, const struct link_frame *f,
	struct chan_event *ev)
{
	if (!c->host || number <= c->last || f->len < 2 * NUMBER + 1 ||
	    f->len > 2 * NUMBER + CHAN_TARGET)
		return -EPROTO;
	struct channel *h = give(c, number);
	if (!h)
		return -EPROTO;
	h->may_send = bytes_be32(f->payload + NUMBER);
	*ev = (struct chan_event){
		.type = CHAN_EV_OPEN,
		.channel = number,
		.data = f->payload + 2 * NUMBER,
		.len = f->len - 2 * NUMBER,
	};
	return 0;
}

static int
on_opened(struct chan *c, struct channel *h, const struct link_frame *f,
	  struct chan_event *ev)
{
	if (c->host || h->state != ASKED || f->len < 2 * NUMBER)
		return -EPROTO;
	uint32_t window = bytes_be32(f->payload + NUMBER);
	uint32_t spent = EARLY - h->may_send;
	if (window < spent)
		return -EPROTO;
	h->state = OPEN;
	h->may_send = window - spent;
	if (!h->closing)
		ev->type = CHAN_EV_OPENED;
	return 0;
}

static int
on_refused(struct chan *c, struct channel *h, const struct link_frame *f,
	   struct chan_event *ev)
{
	if (c->host || h->state != ASKED || f->len < NUMBER + 2)
		return -EPROTO;
	if (!h->closing) {
		ev->type = CHAN_EV_REFUSED;
		ev->code = bytes_be16(f->payload + NUMBER);
		ev->data = f->payload + NUMBER + 2;
		ev->len = f->len - NUMBER - 2;
		if (ev->len > CHAN_TEXT)
			ev->len = CHAN_TEXT;
	}
	chan_forget(h);
	return 0;
}

static int
on_data(struct channel *h, const struct link_frame *f, struct chan_event *ev)
{
	uint32_t len = (uint32_t)(f->len - NUMBER);

	if (h->got_close || len > h->may_come)
		return -EPROTO;
	h->may_come -= len;
	if (h->closing) {
		h->taken += len;
	} else if (len > 0) {
		ev->type = CHAN_EV_DATA;
		ev->data = f->payload + NUMBER;
		ev->len = len;
	}
	return 0;
}

void
chan_bury(struct channel *h)
{
	if (h->said_close && h->got_close)
		chan_forget(h);
}

static int
on_close(struct channel *h, struct chan_event *ev)
{
	if (h->got_close)
		return -EPROTO;
	h->got_close = true;
	if (!h->closing)
		ev->type = CHAN_EV_CLOSED;
	h->closing = true;
	buf_clear(&h->out); /* it goes nowhere */
	chan_bury(h);
	return 0;
}

static int
on_more(struct channel *h, const struct link_frame *f)
{
	if (f->len < 2 * NUMBER)
		return -EPROTO;
	uint32_t more = bytes_be32(f->payload + NUMBER);
	if (more > UINT32_MAX - h->may_send)
		return -EPROTO;
	h->may_send += more;
	return 0;
}

/* Frames of a channel. */
static int
on_channel(struct chan *c, const struct link_frame *f, struct chan_event *ev)
{
	if (f->len < NUMBER)
		return -EPROTO;
	uint32_t number = bytes_be32(f->payload);
	if (f->type == CHAN_DATA)
		c->came += f->len - NUMBER;
	if (f->type == CHAN_OPEN)
		return on_open(c, number, f, ev);

	struct channel *h = find(c, number);
	if (!h || h->due & DUE_OPEN)
		return was(c, number) && !h ? 0 : -EPROTO;
	ev->channel = number;
	switch (f->type) {
	case CHAN_OPENED:
		return on_opened(c, h, f, ev);
	case CHAN_REFUSED:
		return on_refused(c, h, f, ev);
	case CHAN_DATA:
		return on_data(h, f, ev);
	case CHAN_CLOSE:
		return on_close(h, ev);
	default:
		return on_more(h, f);
	}
}

static uint64_t
be64(const uint8_t *p)
{
	return (uint64_t)bytes_be32(p) << 32 | bytes_be32(p + 4);
}

/* Frames of the link as a whole. */
static int
on_whole(struct chan *c, const struct link_frame *f, uint64_t now_ms,
	 struct chan_event *ev)
{
	if (f->len < 8)
		return -EPROTO;
	uint64_t v = be64(f->payload);
	switch (f->type) {
	case CHAN_PING:
		c->pong = v; /* the last one; they do not pile up */
		c->pong_due = true;
		return 0;
	case CHAN_PONG:
		if (v == c->ping && v > 0) {
			c->pinged = false;
			ev->type = CHAN_EV_PONG;
		}
		return 0;
	default:
		return pace_arrived(&c->pace, v, now_ms);
	}
}

static int
on_frame(struct chan *c, const struct link_frame *f, uint64_t now_ms,
	 struct chan_event *ev)
{
	switch (f->type) {
	case CHAN_OPEN:
	case CHAN_OPENED:
	case CHAN_REFUSED:
	case CHAN_DATA:
	case CHAN_CLOSE:
	case CHAN_WINDOW_MORE:
		return on_channel(c, f, ev);
	case CHAN_PING:
	case CHAN_PONG:
	case CHAN_ACK:
		return on_whole(c, f, now_ms, ev);
	case LINK_BYE:
		ev->type = CHAN_EV_BYE;
		ev->code = f->why;
		ev->data = f->payload;
		ev->len = f->len;
		return 0;
	default: /* of a later version */
		return 0;
	}
}

ssize_t
chan_read(struct chan *c, uint8_t *data, size_t len, uint64_t now_ms,
	  struct chan_event *ev)
{
	struct link_frame f;
	ssize_t n = link_read(c->link, data, len, &f);

	*ev = (struct chan_event){ .type = CHAN_EV_NONE };
	if (n <= 0)
		return n;
	c->heard = now_ms;
	c->owes = false;
	int r = on_frame(c, &f, now_ms, ev);
	if (r < 0) {
		c->link->failed = r;
		*ev = (struct chan_event){ .type = CHAN_EV_NONE };
		return r;
	}
	return n;
}

uint64_t
chan_wake(const struct chan *c, uint64_t now_ms)
{
	uint64_t at = chan_ping_at(c);
	/* When somebody ought to look at chan_unanswered. */
	const uint64_t looks[] = { c->owed + CHAN_LATE,
				   c->asked + CHAN_PONG_LATE };

	if (c->link->failed)
		return UINT64_MAX;
	for (size_t i = c->owes ? 0 : 1; c->pinged && i < 2; i++)
		if (looks[i] > now_ms && looks[i] < at)
			at = looks[i];
	return at;
}

/* --- is anybody there? -------------------------------------------------- */

void
chan_ping(struct chan *c)
{
	c->ping_due = true;
}

uint64_t
chan_unanswered(const struct chan *c, uint64_t now_ms)
{
	uint64_t ms = c->owes ? now_ms - c->owed : 0;

	if (c->pinged && now_ms - c->asked >= CHAN_PONG_LATE &&
	    now_ms - c->asked > ms)
		ms = now_ms - c->asked;
	return ms;
}

uint64_t
chan_silent(const struct chan *c, uint64_t now_ms)
{
	return now_ms - c->heard;
}

uint64_t
chan_round_trip(const struct chan *c)
{
	return c->pace.known ? c->pace.shortest : 0;
}
