/* proto/chan_write.c - what of several connections goes next. */
#include <string.h>

#include "base/bytes.h"
#include "proto/chan_state.h"

enum {
	CHUNK_MAX = LINK_PAYLOAD - NUMBER,
	CHUNK_MIN = 512,
	GIVE_BACK = CHAN_WINDOW / 8,
	ACK_DUE = 1 << 10, /* less than PACE_MIN, or both would wait */
	/* What has little to say does not wait for acknowledgements. */
	SMALL_OVER = 16 << 10,
};

/* The peer is to answer this. */
static void
expect(struct chan *c, uint64_t now_ms)
{
	if (!c->owes)
		c->owed = now_ms;
	c->owes = true;
	if (!c->unsure)
		c->doubt = now_ms;
	c->unsure = true;
}

static ssize_t
put_number(struct chan *c, unsigned type, uint64_t v, uint64_t now_ms,
	   uint8_t *out)
{
	uint8_t b[8];

	bytes_put_be32(b, (uint32_t)(v >> 32));
	bytes_put_be32(b + 4, (uint32_t)v);
	return link_write(c->link, type, b, sizeof b, NULL, 0, now_ms, out);
}

/*
 * Frames that come do not tell that ours arrive: they may be older, or the
 * way may be dead in one direction.  A PONG does.
 */
uint64_t
chan_ping_at(const struct chan *c)
{
	unsigned idle = c->host ? CHAN_PING_IDLE_HOST : CHAN_PING_IDLE;
	uint64_t at = c->heard + idle;

	if (c->ping_due)
		return 0;
	if (c->pinged)
		return UINT64_MAX;
	uint64_t sure = UINT64_MAX;
	if (c->owes)
		sure = c->owed + (c->host ? CHAN_PING_BUSY : CHAN_PING_SURE);
	else if (c->unsure && !c->host)
		sure = c->heard + CHAN_PING_SURE;
	/* However much comes. */
	if (c->unsure && !c->host && c->doubt + CHAN_PING_BUSY < sure)
		sure = c->doubt + CHAN_PING_BUSY;
	return sure < at ? sure : at;
}

static ssize_t
put_link(struct chan *c, uint64_t now_ms, uint8_t *out)
{
	if (c->pong_due) {
		c->pong_due = false;
		return put_number(c, CHAN_PONG, c->pong, now_ms, out);
	}
	if (now_ms >= chan_ping_at(c)) {
		c->ping_due = false;
		c->pinged = true;
		c->asked = now_ms;
		expect(c, now_ms);
		c->unsure = false;
		return put_number(c, CHAN_PING, ++c->ping, now_ms, out);
	}
	if (c->came - c->acked >= ACK_DUE) {
		c->acked = c->came;
		return put_number(c, CHAN_ACK, c->came, now_ms, out);
	}
	return 0;
}

static ssize_t
put_open(struct chan *c, struct channel *h, uint64_t now_ms, uint8_t *out)
{
	uint8_t b[2 * NUMBER];

	bytes_put_be32(b, h->number);
	bytes_put_be32(b + NUMBER, CHAN_WINDOW);
	expect(c, now_ms);
	h->due = 0;
	return link_write(c->link, CHAN_OPEN, b, sizeof b, h->text,
			  strlen(h->text), now_ms, out);
}

/* Those that are to be asked for, in the order of their numbers. */
static ssize_t
put_opens(struct chan *c, uint64_t now_ms, uint8_t *out)
{
	struct channel *first = NULL;

	for (unsigned i = 0; i < CHAN_MAX; i++) {
		struct channel *h = &c->ch[i];

		if (h->due & DUE_OPEN && (!first || h->number < first->number))
			first = h;
	}
	return first ? put_open(c, first, now_ms, out) : 0;
}

static ssize_t
put_refused(struct chan *c, struct channel *h, uint64_t now_ms, uint8_t *out)
{
	uint8_t b[NUMBER + 2];

	bytes_put_be32(b, h->number);
	bytes_put_be16(b + NUMBER, (uint16_t)h->error);
	ssize_t n = link_write(c->link, CHAN_REFUSED, b, sizeof b, h->text,
			       strlen(h->text), now_ms, out);
	chan_forget(h);
	return n;
}

static ssize_t
put_two(struct chan *c, unsigned type, uint32_t a, uint32_t b, uint64_t now_ms,
	uint8_t *out)
{
	uint8_t bytes[2 * NUMBER];

	bytes_put_be32(bytes, a);
	bytes_put_be32(bytes + NUMBER, b);
	return link_write(c->link, type, bytes, sizeof bytes, NULL, 0, now_ms,
			  out);
}

/* What there is to say of a channel beside its data. */
static ssize_t
put_channel(struct chan *c, struct channel *h, uint64_t now_ms, uint8_t *out)
{
	uint8_t number[NUMBER];
	uint32_t taken = h->taken;

	if (h->due & DUE_OPEN) /* in its turn: put_opens */
		return 0;
	if (h->due & DUE_REFUSED)
		return put_refused(c, h, now_ms, out);
	if (h->due & DUE_OPENED) {
		h->due = 0;
		return put_two(c, CHAN_OPENED, h->number, CHAN_WINDOW, now_ms,
			       out);
	}
	if (taken >= GIVE_BACK && !h->got_close && !h->said_close) {
		h->may_come += taken;
		h->taken = 0;
		return put_two(c, CHAN_WINDOW_MORE, h->number, taken, now_ms,
			       out);
	}
	if (h->closing && !h->said_close && h->out.len == 0) {
		bytes_put_be32(number, h->number);
		h->said_close = true;
		chan_bury(h);
		return link_write(c->link, CHAN_CLOSE, number, sizeof number,
				  NULL, 0, now_ms, out);
	}
	return 0;
}

/* A fraction of what may be under way, so that others have their turn. */
static size_t
chunk(const struct chan *c)
{
	uint64_t n = pace_limit(&c->pace) / 8;

	return n < CHUNK_MIN   ? CHUNK_MIN
	       : n < CHUNK_MAX ? (size_t)n
			       : CHUNK_MAX;
}

static ssize_t
put_data(struct chan *c, struct channel *h, size_t len, uint64_t now_ms,
	 uint8_t *out)
{
	uint8_t number[NUMBER];

	bytes_put_be32(number, h->number);
	ssize_t n = link_write(c->link, CHAN_DATA, number, sizeof number,
			       h->out.data, len, now_ms, out);
	if (n < 0)
		return n;
	expect(c, now_ms);
	pace_sent(&c->pace, len, now_ms);
	h->may_send -= (uint32_t)len;
	buf_drop(&h->out, len);
	if (h->out.len == 0)
		buf_clear(&h->out);
	return n;
}

/* How many bytes of the channel may go now, as far as the channel goes. */
static size_t
sendable(const struct channel *h)
{
	size_t n = h->out.len;

	if (h->state == FREE || h->due & (DUE_OPEN | DUE_REFUSED))
		return 0;
	return n < h->may_send ? n : h->may_send;
}

/*
 * Who has little to say is not held up by what is under way; but many that
 * have little have much together.
 */
static struct channel *
next_small(struct chan *c)
{
	uint64_t room = pace_room(&c->pace);
	uint64_t out = c->pace.sent - c->pace.arrived;

	if (room == 0 && out > pace_limit(&c->pace) + SMALL_OVER)
		return NULL;
	for (unsigned i = 0; i < CHAN_MAX; i++) {
		unsigned at = (c->turn + i) % CHAN_MAX;
		struct channel *h = &c->ch[at];

		if (sendable(h) == 0 || h->out.len > CHAN_SMALL)
			continue;
		c->turn = (at + 1) % CHAN_MAX;
		return h;
	}
	return NULL;
}

static struct channel *
next_large(struct chan *c, size_t *len)
{
	uint64_t room = pace_room(&c->pace);

	for (unsigned i = 0; i < CHAN_MAX; i++) {
		unsigned at = (c->turn + i) % CHAN_MAX;
		size_t all = sendable(&c->ch[at]), n = chunk(c);

		if (all == 0)
			continue;
		if (n > all)
			n = all;
		if (n > room)
			n = (size_t)room;
		if (n < all && n < CHUNK_MIN) { /* no crumbs */
			pace_held(&c->pace);
			return NULL;
		}
		c->turn = (at + 1) % CHAN_MAX;
		*len = n;
		return &c->ch[at];
	}
	return NULL;
}

ssize_t
chan_write(struct chan *c, uint64_t now_ms, uint8_t *out)
{
	struct channel *h;
	size_t len;
	ssize_t n;

	if (c->link->failed)
		return c->link->failed;
	n = put_link(c, now_ms, out);
	if (n == 0 && !c->host)
		n = put_opens(c, now_ms, out);
	for (unsigned i = 0; i < CHAN_MAX && n == 0; i++)
		if (c->ch[i].state != FREE)
			n = put_channel(c, &c->ch[i], now_ms, out);
	if (n != 0)
		return n;
	if ((h = next_small(c)))
		return put_data(c, h, sendable(h), now_ms, out);
	if ((h = next_large(c, &len)))
		return put_data(c, h, len, now_ms, out);
	return 0;
}
