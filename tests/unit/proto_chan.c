/* unit/proto_chan.c - the promises of proto/chan.h. */
#include "proto/chan.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "proto/pace.h"

enum { DEVICE, HOST };

/* --- two ends and a wire ------------------------------------------------ */

/*
 * Each direction takes bytes into a socket that hoards little, and delivers
 * them at a rate and after a way.
 */
struct wire {
	struct buf queue; /* in the socket and on its way */
	uint64_t taken; /* bytes in all */
	uint64_t busy_until; /* us */
	struct {
		uint64_t at; /* us: then these have arrived ... */
		uint64_t upto; /* ... of all that was sent */
	} due[4096];
	unsigned first, n;
	uint64_t arrived;
	struct buf in; /* of the receiver: not read yet */
	uint64_t most; /* that the queue has ever held */
};

enum { STREAMS = CHAN_MAX + 1, NOTSENT = 16 << 10 };

struct stream { /* what one end has received in a channel */
	uint64_t bytes;
	bool opened, closed, refused;
	unsigned code;
	bool slow; /* says nothing about taking */
	uint64_t owed;
};

static struct world {
	struct link link[2];
	struct chan *chan[2];
	struct wire to[2]; /* to[HOST] carries what the device says */
	struct stream got[2][STREAMS];
	uint64_t us, rate, way_us; /* bytes a second; 0: at once */
	bool deaf[2];
	char target[CHAN_TARGET + 1];
	unsigned asked, pongs, bye;
	int failed[2];
	uint64_t key_at[2]; /* us: when byte 'K' last came */
} w;

static uint64_t
ms(void)
{
	return w.us / 1000;
}

static void
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

static void
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

static void
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

static void
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

static void
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

static void
turn(void)
{
	for (int i = 0; i < 2; i++) {
		receive(i);
		speak(i);
	}
}

static void
settle(void)
{
	for (int i = 0; i < 50; i++) {
		w.us += 2 * w.way_us / 10;
		turn();
	}
}

static uint32_t
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

/* Keeps a channel's queue full; counts what was put in. */
static void
flood(int end, uint32_t channel, uint64_t *put)
{
	static uint8_t junk[CHAN_QUEUE];

	*put += chan_send(w.chan[end], channel, junk, sizeof junk);
}

/* --- channels ----------------------------------------------------------- */

static void
a_channel_is_opened_used_and_closed(void **state)
{
	(void)state;
	for (int clear = 0; clear < 2; clear++) {
		start(0, 0, clear);
		int64_t n = chan_open(w.chan[DEVICE], "server");
		assert_int_equal(n, 1);
		/* The first bytes go along with the question. */
		assert_int_equal(chan_send(w.chan[DEVICE], 1, "hello", 5), 5);
		settle();
		assert_int_equal(w.asked, 1);
		assert_string_equal(w.target, "server");
		assert_int_equal(w.got[HOST][1].bytes, 5);
		assert_int_equal(chan_room(w.chan[HOST], 1), 0);
		chan_accept(w.chan[HOST], 1);
		assert_int_equal(chan_send(w.chan[HOST], 1, "answer", 6), 6);
		settle();
		assert_int_equal(w.got[DEVICE][1].bytes, 6);

		/* What was queued still comes before the end. */
		assert_int_equal(chan_send(w.chan[HOST], 1, "last", 4), 4);
		chan_close(w.chan[HOST], 1);
		assert_int_equal(chan_send(w.chan[HOST], 1, "late", 4), 0);
		settle();
		assert_int_equal(w.got[DEVICE][1].bytes, 10);
		assert_true(w.got[DEVICE][1].closed);
		assert_false(w.got[HOST][1].closed);
		for (int i = 0; i < 2; i++)
			assert_int_equal(chan_count(w.chan[i]), 0);
		assert_int_equal(chan_open(w.chan[DEVICE], "server"), 2);
		stop();
	}
}

static void
a_refusal_tells_why(void **state)
{
	(void)state;
	start(0, 0, true);
	chan_open(w.chan[DEVICE], "nobody");
	chan_send(w.chan[DEVICE], 1, "hello", 5);
	settle();
	chan_refuse(w.chan[HOST], 1, 3, "no such session");
	settle();
	assert_true(w.got[DEVICE][1].refused);
	assert_int_equal(w.got[DEVICE][1].code, 3);
	for (int i = 0; i < 2; i++)
		assert_int_equal(chan_count(w.chan[i]), 0);
	stop();
}

static void
ends_may_cross(void **state)
{
	(void)state;
	for (int how = 0; how < 4; how++) {
		start(0, 0, true);
		chan_open(w.chan[DEVICE], "x");
		if (how > 0) {
			speak(DEVICE);
			receive(HOST);
		}
		if (how == 1)
			chan_refuse(w.chan[HOST], 1, 1, "");
		if (how == 2)
			chan_accept(w.chan[HOST], 1);
		chan_send(w.chan[DEVICE], 1, "x", 1);
		chan_close(w.chan[DEVICE], 1);
		if (how > 1)
			chan_close(w.chan[HOST], 1);
		settle();
		assert_int_equal(w.failed[0] | w.failed[1], 0);
		assert_false(w.got[DEVICE][1].closed);
		if (how == 3) /* it was not accepted, and nobody asks now */
			chan_accept(w.chan[HOST], 1);
		settle();
		if (w.got[HOST][1].closed)
			chan_close(w.chan[HOST], 1);
		settle();
		for (int i = 0; i < 2; i++)
			assert_int_equal(chan_count(w.chan[i]), 0);
		stop();
	}
}

static void
there_are_only_so_many(void **state)
{
	char long_target[CHAN_TARGET + 2];

	(void)state;
	start(0, 0, true);
	memset(long_target, 'x', sizeof long_target);
	long_target[CHAN_TARGET + 1] = '\0';
	assert_int_equal(chan_open(w.chan[DEVICE], long_target), -EINVAL);
	assert_int_equal(chan_open(w.chan[DEVICE], ""), -EINVAL);
	long_target[CHAN_TARGET] = '\0';
	for (int i = 0; i < CHAN_MAX; i++)
		assert_int_equal(chan_open(w.chan[DEVICE], long_target), i + 1);
	assert_int_equal(chan_open(w.chan[DEVICE], "x"), -ENOSPC);
	settle();
	assert_int_equal(w.asked, CHAN_MAX);
	assert_string_equal(w.target, long_target);
	/* However fast they come and go. */
	for (int i = 0; i < 1000; i++) {
		chan_close(w.chan[i % 2], (uint32_t)i + 1);
		settle();
		assert_int_equal(chan_open(w.chan[DEVICE], "x"),
				 CHAN_MAX + 1 + i);
		settle();
	}
	assert_int_equal(w.failed[0] | w.failed[1], 0);
	stop();
}

/* --- flow --------------------------------------------------------------- */

static void
who_is_slow_stops_alone(void **state)
{
	uint64_t put[3] = { 0 };
	uint32_t a, b;

	(void)state;
	start(0, 0, true);
	a = opened("a");
	b = opened("b");
	w.got[DEVICE][a].slow = true;
	for (int i = 0; i < 1000; i++) {
		flood(HOST, a, &put[a]);
		flood(HOST, b, &put[b]);
		w.us += 1000;
		turn();
	}
	assert_int_equal(w.got[DEVICE][a].bytes, CHAN_WINDOW);
	assert_true(put[a] <= CHAN_WINDOW + CHAN_QUEUE);
	assert_true(w.got[DEVICE][b].bytes > 50 * CHAN_WINDOW);

	/* It goes on where it was. */
	chan_took(w.chan[DEVICE], a, w.got[DEVICE][a].owed);
	w.got[DEVICE][a].slow = false;
	settle();
	assert_int_equal(w.got[DEVICE][a].bytes, put[a]);
	stop();
}

static void
every_flood_has_its_share(void **state)
{
	uint64_t put[4] = { 0 };

	(void)state;
	start(1 << 20, 20, true);
	for (int i = 0; i < 3; i++)
		opened("x");
	for (int t = 0; t < 10000; t++) {
		for (uint32_t i = 1; i <= 3; i++)
			flood(HOST, i, &put[i]);
		w.us += 1000;
		turn();
	}
	uint64_t all = 0;
	for (int i = 1; i <= 3; i++)
		all += w.got[DEVICE][i].bytes;
	for (int i = 1; i <= 3; i++)
		assert_true(w.got[DEVICE][i].bytes > all / 3 * 9 / 10);
	/* And the wire is used: nine tenths of it at the least. */
	assert_true(all > (uint64_t)(1 << 20) * 10 * 9 / 10);
	stop();
}

/* A key each 300 ms beside a flood; the longest and mean way of one, ms. */
static uint64_t
keys_beside_a_flood(uint64_t rate, unsigned way_ms, unsigned seconds,
		    uint64_t *mean, uint64_t *goodput)
{
	uint64_t put = 0, typed = 0, worst = 0, sum = 0, keys = 0;
	uint32_t a, b;

	start(rate, way_ms, false);
	int64_t na = chan_open(w.chan[DEVICE], "a");
	int64_t nb = chan_open(w.chan[DEVICE], "b");
	for (int i = 0; i < 3000; i++) {
		w.us += 1000;
		turn();
		if (i == 1000)
			chan_accept(w.chan[HOST], (uint32_t)na);
		if (i == 1000)
			chan_accept(w.chan[HOST], (uint32_t)nb);
	}
	a = (uint32_t)na;
	b = (uint32_t)nb;
	for (unsigned t = 0; t < seconds * 1000; t++) {
		flood(HOST, a, &put);
		if (t % 300 == 0 && typed == 0) {
			chan_send(w.chan[HOST], b, "K", 1);
			typed = w.us;
			w.key_at[DEVICE] = 0;
		}
		w.us += 1000;
		turn();
		if (typed && w.key_at[DEVICE]) {
			uint64_t took = (w.key_at[DEVICE] - typed) / 1000;

			/* The first seconds teach how fast the wire is. */
			if (t > 5000 && took > worst)
				worst = took;
			if (t > 5000) {
				sum += took;
				keys++;
			}
			typed = 0;
		}
	}
	*mean = sum / (keys ? keys : 1);
	*goodput = w.got[DEVICE][a].bytes / seconds;
	stop();
	return worst;
}

static void
a_flood_never_delays_keys_of_another(void **state)
{
	static const struct {
		uint64_t rate;
		unsigned way, most;
	} wires[] = {
		{ 8000, 25, 900 }, /* 64 kbit/s */
		{ 32000, 25, 600 },	{ 125000, 50, 550 },
		{ 1250000, 10, 400 },	{ 12500000, 1, 400 },
		{ 12500000, 100, 600 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof wires / sizeof *wires; i++) {
		uint64_t mean, goodput;
		uint64_t worst = keys_beside_a_flood(
			wires[i].rate, wires[i].way, 30, &mean, &goodput);

		print_message(
			"# %llu bytes/s, %u ms: a key beside a flood "
			"takes %llu ms, %llu at most; %llu%% are used\n",
			(unsigned long long)wires[i].rate, wires[i].way,
			(unsigned long long)mean, (unsigned long long)worst,
			(unsigned long long)(goodput * 100 / wires[i].rate));
		assert_true(worst <= wires[i].most);

		/* All of the wire, or what a window allows in a round trip. */
		uint64_t could = (uint64_t)CHAN_WINDOW * 500 / wires[i].way;
		if (could > wires[i].rate)
			could = wires[i].rate;
		assert_true(goodput > could * 3 / 4);
	}
}

static void
the_wire_holds_half_a_second_at_most(void **state)
{
	uint64_t put = 0;

	(void)state;
	start(8000, 25, false);
	int64_t n = chan_open(w.chan[DEVICE], "a");
	for (int t = 0; t < 30000; t++) {
		w.us += 1000;
		turn();
		chan_accept(w.chan[HOST], (uint32_t)n);
		flood(HOST, (uint32_t)n, &put);
		if (t == 5000)
			w.to[DEVICE].most = 0;
	}
	print_message("# 64 kbit/s: at most %llu bytes under way\n",
		      (unsigned long long)w.to[DEVICE].most);
	assert_true(w.to[DEVICE].most <= 4000);
	stop();
}

/* --- is anybody there? -------------------------------------------------- */

static void
an_idle_link_says_little(void **state)
{
	(void)state;
	start(0, 30, false);
	opened("x");
	uint64_t before = w.to[0].taken + w.to[1].taken;
	for (int t = 0; t < 10 * 60 * 1000; t++) {
		w.us += 1000;
		turn();
		for (int i = 0; i < 2; i++)
			assert_true(chan_silent(w.chan[i], ms()) < 21000);
	}
	uint64_t bytes = w.to[0].taken + w.to[1].taken - before;
	print_message("# an idle link: %llu bytes a minute\n",
		      (unsigned long long)bytes / 10);
	assert_true(bytes / 10 < 1000);
	stop();
}

static void
who_does_not_answer_is_noticed(void **state)
{
	(void)state;
	start(0, 10, false);
	opened("x");
	for (int t = 0; t < 100; t++) {
		w.us += 1000;
		turn();
	}
	assert_int_equal(chan_unanswered(w.chan[DEVICE], ms()), 0);
	w.deaf[HOST] = true;
	uint64_t typed = ms(), sent = w.to[HOST].taken;
	chan_send(w.chan[DEVICE], 1, "x", 1);
	speak(DEVICE);
	while (ms() < typed + 2999) {
		w.us += 1000;
		turn();
	}
	assert_int_equal(w.to[HOST].taken - sent, 82);
	assert_int_equal(chan_wake(w.chan[DEVICE], ms()), typed + 3000);
	w.us += 1000;
	turn();
	assert_int_equal(w.to[HOST].taken - sent, 2 * 82); /* the PING */
	while (ms() < typed + 12000) {
		w.us += 1000;
		turn();
	}
	assert_int_equal(w.to[HOST].taken - sent, 2 * 82); /* but one */
	assert_int_equal(chan_unanswered(w.chan[DEVICE], ms()), 12000);

	/* It was only asleep. */
	w.deaf[HOST] = false;
	for (int t = 0; t < 100; t++) {
		w.us += 1000;
		turn();
	}
	assert_int_equal(chan_unanswered(w.chan[DEVICE], ms()), 0);
	chan_ping(w.chan[DEVICE]);
	w.pongs = 0;
	for (int t = 0; t < 100; t++) {
		w.us += 1000;
		turn();
	}
	assert_int_equal(w.pongs, 1);
	stop();
}

/* --- peers that break the rules ----------------------------------------- */

/* Says a frame of this type to `end`. */
static ssize_t
say(int end, unsigned type, const void *data, size_t len)
{
	uint8_t out[LINK_ROOM];
	struct chan_event ev;
	ssize_t n =
		link_write(&w.link[1 - end], type, data, len, "", 0, ms(), out);

	assert_true(n > 0);
	ssize_t r = chan_read(w.chan[end], out, (size_t)n, ms(), &ev);
	assert_true(r == n || r < 0);
	return r < 0 ? r : 0;
}

static void
who_breaks_the_rules_is_out(void **state)
{
	static const struct {
		int end;
		unsigned type;
		const char data[16];
		size_t len;
		ssize_t want;
	} cases[] = {
		/* Channel 1 is open, 2 is asked for. */
		{ HOST, CHAN_OPEN, "\0\0\0\3\0\0\1\0x", 9, 0 },
		{ HOST, CHAN_OPEN, "\0\0\0\2\0\0\1\0x", 9, -EPROTO },
		{ HOST, CHAN_OPEN, "\0\0\0\0\0\0\1\0x", 9, -EPROTO },
		{ HOST, CHAN_OPEN, "\0\0\0\3\0\0\1\0", 8, -EPROTO },
		{ HOST, CHAN_OPEN, "\0\0\0", 3, -EPROTO },
		{ DEVICE, CHAN_OPEN, "\0\0\0\3\0\0\1\0x", 9, -EPROTO },
		{ HOST, CHAN_OPENED, "\0\0\0\2\0\1\0\0", 8, -EPROTO },
		{ DEVICE, CHAN_OPENED, "\0\0\0\2\0\1\0\0", 8, 0 },
		{ DEVICE, CHAN_OPENED, "\0\0\0\2\0\1\0", 7, -EPROTO },
		{ DEVICE, CHAN_OPENED, "\0\0\0\2\0\0\0\0", 8, -EPROTO },
		{ DEVICE, CHAN_OPENED, "\0\0\0\1\0\1\0\0", 8, -EPROTO },
		{ DEVICE, CHAN_OPENED, "\0\0\0\3\0\1\0\0", 8, -EPROTO },
		{ DEVICE, CHAN_REFUSED, "\0\0\0\2\0\1no", 8, 0 },
		{ DEVICE, CHAN_REFUSED, "\0\0\0\2\0", 5, -EPROTO },
		{ DEVICE, CHAN_REFUSED, "\0\0\0\1\0\1no", 8, -EPROTO },
		{ HOST, CHAN_REFUSED, "\0\0\0\2\0\1no", 8, -EPROTO },
		{ HOST, CHAN_DATA, "\0\0\0\1x", 5, 0 },
		{ HOST, CHAN_DATA, "\0\0\0\3x", 5, -EPROTO },
		{ HOST, CHAN_DATA, "\0\0\0\0x", 5, -EPROTO },
		{ HOST, CHAN_DATA, "\0\0\0", 3, -EPROTO },
		{ HOST, CHAN_CLOSE, "\0\0\0\1", 4, 0 },
		{ HOST, CHAN_CLOSE, "\0\0\0\4", 4, -EPROTO },
		{ HOST, CHAN_WINDOW_MORE, "\0\0\0\1\0\0\0\1", 8, 0 },
		{ HOST, CHAN_WINDOW_MORE, "\0\0\0\1\xff\xff\xff\xff", 8,
		  -EPROTO },
		{ HOST, CHAN_WINDOW_MORE, "\0\0\0\1\0\0\0", 7, -EPROTO },
		{ HOST, CHAN_PING, "12345678", 8, 0 },
		{ HOST, CHAN_PING, "1234567", 7, -EPROTO },
		{ HOST, CHAN_PONG, "12345678", 8, 0 },
		{ HOST, CHAN_ACK, "\0\0\0\0\0\0\0\1", 8, -EPROTO },
		{ HOST, CHAN_ACK, "\0\0\0\0\0\0\0\0", 8, 0 },
		{ HOST, CHAN_ACK + 1, "anything", 8, 0 },
		{ HOST, 255, "", 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		start(0, 0, true);
		opened("x");
		chan_open(w.chan[DEVICE], "y");
		chan_send(w.chan[DEVICE], 2, "x", 1);
		settle();
		ssize_t r = say(cases[i].end, cases[i].type, cases[i].data,
				cases[i].len);
		if (r != cases[i].want)
			fail_msg("case %zu: %zd", i, r);
		if (r < 0) { /* for good */
			uint8_t out[LINK_ROOM];

			assert_int_equal(
				chan_write(w.chan[cases[i].end], ms(), out), r);
			assert_int_equal(chan_wake(w.chan[cases[i].end], ms()),
					 UINT64_MAX);
		}
		stop();
	}
}

static void
a_window_is_not_a_wish(void **state)
{
	static uint8_t data[LINK_PAYLOAD] = { 0, 0, 0, 1 };
	size_t sent = 0;
	ssize_t r = 0;

	(void)state;
	start(0, 0, true);
	opened("x");
	w.got[HOST][1].slow = true;
	while (r == 0 && sent < 2 * CHAN_WINDOW) {
		r = say(HOST, CHAN_DATA, data, sizeof data);
		sent += sizeof data - 4;
	}
	assert_int_equal(r, -EPROTO);
	assert_true(sent - (sizeof data - 4) <= CHAN_WINDOW);
	stop();
}

static void
questions_do_not_pile_up(void **state)
{
	uint8_t out[LINK_ROOM];
	unsigned frames = 0;
	ssize_t n;

	(void)state;
	start(0, 0, true);
	opened("x");
	for (int i = 0; i < 10000; i++)
		say(HOST, CHAN_PING, "12345678", 8);
	while ((n = chan_write(w.chan[HOST], ms(), out)) > 0)
		frames++;
	assert_int_equal(frames, 1);
	stop();
}

static void
a_wanted_end_is_told(void **state)
{
	uint8_t out[LINK_ROOM];

	(void)state;
	start(0, 0, false);
	ssize_t n = link_bye(&w.link[HOST], LINK_BYE_REVOKED, "gone", out);
	transmit(&w.to[DEVICE], out, (size_t)n);
	settle();
	assert_int_equal(w.bye, 1);
	assert_int_equal(link_end_of_file(&w.link[DEVICE]), 0);
	stop();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_channel_is_opened_used_and_closed),
		cmocka_unit_test(a_refusal_tells_why),
		cmocka_unit_test(ends_may_cross),
		cmocka_unit_test(there_are_only_so_many),
		cmocka_unit_test(who_is_slow_stops_alone),
		cmocka_unit_test(every_flood_has_its_share),
		cmocka_unit_test(a_flood_never_delays_keys_of_another),
		cmocka_unit_test(the_wire_holds_half_a_second_at_most),
		cmocka_unit_test(an_idle_link_says_little),
		cmocka_unit_test(who_does_not_answer_is_noticed),
		cmocka_unit_test(who_breaks_the_rules_is_out),
		cmocka_unit_test(a_window_is_not_a_wish),
		cmocka_unit_test(questions_do_not_pile_up),
		cmocka_unit_test(a_wanted_end_is_told),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
