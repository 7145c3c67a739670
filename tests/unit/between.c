/* unit/between.c - two ends of a link, and a slow wire between them. */
#include "between.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

struct world w;

uint64_t
ms(void)
{
	return w.us / 1000;
}

void
start(uint64_t rate, unsigned way_ms, bool clear)
{
	struct noise_cipher a = { .keyed = true }, b = { .keyed = true };

	memset(&w, 0, sizeof w);
	w.us = 1000000;
	w.rate = rate;
	w.way_us = way_ms * 1000;
	randombytes_buf(a.key, sizeof a.key);
	randombytes_buf(b.key, sizeof b.key);
	for (int i = 0; i < 2; i++) {
		if (clear)
			link_init_clear(&w.link[i], ms());
		else
			link_init(&w.link[i], i ? &b : &a, i ? &a : &b, ms());
		w.chan[i] = chan_new(&w.link[i], i == HOST, ms());
	}
}

void
stop(void)
{
	for (int i = 0; i < 2; i++) {
		chan_free(w.chan[i]);
		link_wipe(&w.link[i]);
		buf_release(&w.to[i].queue);
		buf_release(&w.to[i].in);
	}
}

/* The socket's: bytes that have not left the machine. */
static uint64_t
not_sent(const struct wire *t)
{
	if (w.rate == 0 || t->busy_until <= w.us)
		return 0;
	return (t->busy_until - w.us) * w.rate / 1000000;
}

void
transmit(struct wire *t, const uint8_t *data, size_t len)
{
	uint64_t cost = w.rate ? len * 1000000 / w.rate : 0;

	buf_append(&t->queue, data, len);
	t->taken += len;
	t->busy_until = (t->busy_until > w.us ? t->busy_until : w.us) + cost;
	assert_true(t->n < 4096);
	unsigned at = (t->first + t->n++) % 4096;
	t->due[at].at = t->busy_until + w.way_us;
	t->due[at].upto = t->taken;
	if (t->queue.len > t->most)
		t->most = t->queue.len;
}

static void
on_event(int end, const struct chan_event *ev)
{
	struct stream *s = &w.got[end][ev->channel % STREAMS];

	switch (ev->type) {
	case CHAN_EV_OPEN:
		w.asked++;
		memcpy(w.target, ev->data, ev->len);
		w.target[ev->len] = '\0';
		break;
	case CHAN_EV_OPENED:
		s->opened = true;
		break;
	case CHAN_EV_REFUSED:
		s->refused = true;
		s->code = ev->code;
		break;
	case CHAN_EV_DATA:
		s->bytes += ev->len;
		if (memchr(ev->data, 'K', ev->len))
			w.key_at[end] = w.us;
		if (s->slow)
			s->owed += ev->len;
		else
			chan_took(w.chan[end], ev->channel, ev->len);
		break;
	case CHAN_EV_CLOSED:
		s->closed = true;
		break;
	case CHAN_EV_PONG:
		w.pongs++;
		break;
	case CHAN_EV_BYE:
		w.bye++;
		break;
	default:
		break;
	}
}

void
receive(int end)
{
	struct wire *t = &w.to[end];
	uint64_t upto = t->arrived;

	while (t->n > 0 && t->due[t->first].at <= w.us) {
		upto = t->due[t->first].upto;
		t->first = (t->first + 1) % 4096;
		t->n--;
	}
	buf_append(&t->in, t->queue.data, (size_t)(upto - t->arrived));
	buf_drop(&t->queue, (size_t)(upto - t->arrived));
	t->arrived = upto;
	while (!w.deaf[end]) {
		struct chan_event ev;
		ssize_t n = chan_read(w.chan[end], t->in.data, t->in.len, ms(),
				      &ev);

		if (n < 0)
			w.failed[end] = (int)n;
		if (n <= 0)
			break;
		on_event(end, &ev);
		buf_drop(&t->in, (size_t)n);
	}
}

void
speak(int end)
{
	static uint8_t out[LINK_ROOM];
	struct wire *t = &w.to[1 - end];

	while (not_sent(t) < NOTSENT) {
		ssize_t n = chan_write(w.chan[end], ms(), out);

		if (n < 0)
			w.failed[end] = (int)n;
		if (n <= 0)
			break;
		transmit(t, out, (size_t)n);
	}
}

void
turn(void)
{
	for (int i = 0; i < 2; i++) {
		receive(i);
		speak(i);
	}
}

void
settle(void)
{
	for (int i = 0; i < 50; i++) {
		w.us += 2 * w.way_us / 10;
		turn();
	}
}

uint32_t
opened(const char *target)
{
	int64_t n = chan_open(w.chan[DEVICE], target);

	assert_true(n > 0);
	settle();
	chan_accept(w.chan[HOST], (uint32_t)n);
	settle();
	assert_true(w.got[DEVICE][n % STREAMS].opened);
	return (uint32_t)n;
}

void
flood(int end, uint32_t channel, uint64_t *put)
{
	static uint8_t junk[CHAN_QUEUE];

	*put += chan_send(w.chan[end], channel, junk, sizeof junk);
}
