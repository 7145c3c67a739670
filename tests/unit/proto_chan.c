/* unit/proto_chan.c - the promises of proto/chan.h: what is a channel. */
#include "proto/chan.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "between.h"

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

static void
channels_are_asked_for_in_their_order(void **state)
{
	(void)state;
	start(0, 0, true);
	for (int i = 1; i <= 3; i++)
		opened("x");
	/* The places of the first and the last are free, in this order. */
	chan_close(w.chan[DEVICE], 1);
	settle();
	assert_int_equal(chan_open(w.chan[DEVICE], "x"), 4);
	chan_close(w.chan[DEVICE], 2);
	assert_int_equal(chan_open(w.chan[DEVICE], "x"), 5);
	chan_close(w.chan[DEVICE], 4);
	assert_int_equal(chan_open(w.chan[DEVICE], "x"), 6);
	settle();
	assert_int_equal(w.failed[0] | w.failed[1], 0);
	assert_int_equal(w.asked, 5);
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
		cmocka_unit_test(channels_are_asked_for_in_their_order),
		cmocka_unit_test(who_breaks_the_rules_is_out),
		cmocka_unit_test(a_window_is_not_a_wish),
		cmocka_unit_test(questions_do_not_pile_up),
		cmocka_unit_test(a_wanted_end_is_told),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
