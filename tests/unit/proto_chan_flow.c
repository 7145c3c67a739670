/* unit/proto_chan_flow.c - the promises of proto/chan.h: who waits for whom. */
#include "proto/chan.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "between.h"

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

/* As when TCP waits for what was lost: nothing comes, then all at once. */
static void
a_wire_that_stalls_is_used_again_at_once(void **state)
{
	const uint64_t rate = 1 << 20;
	uint64_t put = 0;

	(void)state;
	start(rate, 25, false);
	int64_t n = chan_open(w.chan[DEVICE], "a");
	for (int t = 0; t < 30000; t++) {
		w.us += 1000;
		w.deaf[DEVICE] = t % 3000 > 2500;
		turn();
		chan_accept(w.chan[HOST], (uint32_t)n);
		flood(HOST, (uint32_t)n, &put);
	}
	uint64_t used = w.got[DEVICE][n % STREAMS].bytes * 100 / (rate * 30);
	print_message("# a wire that stalls a sixth of the time: %llu%% are "
		      "used\n",
		      (unsigned long long)used);
	assert_true(used >= 60);
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
	while (ms() < typed + 999) {
		w.us += 1000;
		turn();
	}
	assert_int_equal(w.to[HOST].taken - sent, 82);
	assert_int_equal(chan_wake(w.chan[DEVICE], ms()), typed + 1000);
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

/* As when the way ends while an answer to the last key but one is on it. */
static void
what_has_crossed_a_key_is_no_answer_to_it(void **state)
{
	(void)state;
	start(0, 10, false);
	opened("x");
	for (int t = 0; t < 2000; t++) {
		w.us += 1000;
		turn();
	}
	chan_send(w.chan[HOST], 1, "x", 1);
	speak(HOST);
	w.deaf[HOST] = true;
	uint64_t typed = ms();
	chan_send(w.chan[DEVICE], 1, "y", 1);
	speak(DEVICE);
	while (ms() < typed + 100) {
		w.us += 1000;
		turn();
	}
	assert_int_equal(chan_unanswered(w.chan[DEVICE], ms()), 0);
	w.deaf[DEVICE] = true;
	while (ms() < typed + 5000) {
		w.us += 1000;
		turn();
	}
	assert_true(chan_unanswered(w.chan[DEVICE], ms()) >= 3000);
	stop();
}

static void
a_way_that_is_dead_in_one_direction_is_noticed(void **state)
{
	(void)state;
	start(0, 10, false);
	opened("x");
	w.deaf[HOST] = true;
	uint64_t typed = ms();
	chan_send(w.chan[DEVICE], 1, "y", 1);
	speak(DEVICE);
	while (ms() < typed + 12500) {
		if (ms() % 100 == 0) {
			chan_send(w.chan[HOST], 1, "x", 1);
			speak(HOST);
		}
		w.us += 1000;
		turn();
	}
	assert_true(chan_unanswered(w.chan[DEVICE], ms()) >= 9000);
	stop();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_is_slow_stops_alone),
		cmocka_unit_test(every_flood_has_its_share),
		cmocka_unit_test(a_flood_never_delays_keys_of_another),
		cmocka_unit_test(the_wire_holds_half_a_second_at_most),
		cmocka_unit_test(a_wire_that_stalls_is_used_again_at_once),
		cmocka_unit_test(an_idle_link_says_little),
		cmocka_unit_test(who_does_not_answer_is_noticed),
		cmocka_unit_test(what_has_crossed_a_key_is_no_answer_to_it),
		cmocka_unit_test(
			a_way_that_is_dead_in_one_direction_is_noticed),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
