/* soak/way.c - what a bad way to another machine costs, and what it may not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "e2e/couple.h"
#include "e2e/judge.h"
#include "e2e/proxy.h"
#include "e2e/term.h"
#include "e2e/world.h"
#include "soak/common.h"

/*
 * Rows of the fault table, and how many make check does of each; the variables
 * ask for more: CDO_FLIPS (B4), CDO_OUTAGES, in seconds (B5), CDO_STEP, bytes
 * between two cuts (B9), CDO_LOSSY, seconds (B1), CDO_CHANGES (B7),
 * CDO_FORGOTTEN and CDO_IDLE, seconds before (B8), CDO_ONE_WAY, seconds (B10),
 * CDO_QUIET, seconds of an idle link.
 */
enum {
	FLIPS = 50,
	STEP = 47,
	LOSSY = 6,
	CHANGES = 3,
	TRUSTED = 30, /* seconds, see client/hold.h */
	IDLE = 16, /* longer than the device asks whether anybody is there */

	HANDSHAKE_UP = 8 + 2 + 48 + 2 + 64,
	HANDSHAKE_DOWN = 2 + 48,
	RESUME = 320, /* bytes of the first frames after it */
	HANG_STEP = 4, /* one of so many cuts is also a silence */
};

struct scene {
	struct couple *c;
	struct proxy *p;
	struct typist y;
	struct soak_times times;
};

static struct scene
begin(void **state)
{
	struct scene s = { .c = *state };

	s.p = couple_between(s.c);
	couple_pair(s.c, NULL);
	typist_start(&s.y, s.c->host, s.c->device, "desk/");
	return s;
}

/* All that was typed has arrived, once; how long things took. */
static void
finish(struct scene *s, const char *what, long n, long limit)
{
	struct count c = typist_stop(&s->y);

	print_message("# %ld %s: %lu of %lu bytes typed lost, %zu "
		      "connections\n",
		      n, what, c.lost, c.typed, proxy_flows(s->p));
	soak_times_tell(&s->times, what, limit);
	assert_int_equal(c.lost, 0);
	assert_int_equal(c.told, 0);
}

static void
patience(long more)
{
	alarm((unsigned)(more + world_patience() / 1000 * 4));
}

/* Types until the trap has sprung, and on until all is back. */
static void
until_over_it(struct scene *s)
{
	patience(0);
	while (!proxy_sprung(s->p))
		typist_for(&s->y, 5);
	long begun = world_now();
	typist_key(&s->y);
	typist_all_back(&s->y);
	soak_times_add(&s->times, world_now() - begun);
}

static void
a_flipped_bit_is_never_shown_nor_typed(void **state)
{
	struct scene s = begin(state);
	long n = soak_number("CDO_FLIPS", FLIPS);

	for (long i = 0; i < n; i++) {
		proxy_trap(s.p, i % 2 ? PROXY_UP : PROXY_DOWN,
			   1 + judge_dice(400), PROXY_FLIP, false);
		until_over_it(&s);
	}
	finish(&s, "flipped bits", n, 1000);
}

static long
cut_at(struct scene *s, enum proxy_way way, size_t at, enum proxy_act act)
{
	proxy_trap(s->p, way, at, act, true);
	until_over_it(s);
	return 1;
}

static void
wherever_a_new_link_is_cut_another_one_comes(void **state)
{
	struct scene s = begin(state);
	size_t step = (size_t)soak_number("CDO_STEP", STEP), i = 0;
	long n = 0;

	for (int down = 0; down < 2; down++) {
		enum proxy_way way = down ? PROXY_DOWN : PROXY_UP;
		size_t end = RESUME + (down ? HANDSHAKE_DOWN : HANDSHAKE_UP);

		for (size_t at = 1; at <= end; at += step) {
			n += cut_at(&s, way, at,
				    i++ % 2 ? PROXY_RESET : PROXY_END);
			if (step == 1)
				n += cut_at(&s, way, at,
					    i % 2 ? PROXY_RESET : PROXY_END);
			if (step == 1 || i % HANG_STEP == 0)
				n += cut_at(&s, way, at, PROXY_HANG);
		}
	}
	finish(&s, "ends, resets and silences at a byte", n, 3000);
}

/* --- outages ------------------------------------------------------------ */

static bool
banner_is_shown(struct term *t, void *arg)
{
	(void)arg;
	return strstr(term_screen(t), "reconnecting") != NULL;
}

/* Some keys are typed before, at its beginning, meanwhile, and after it. */
static long
outage(struct scene *s, unsigned ways, long seconds)
{
	struct term *t = s->y.t;

	patience(seconds);
	typist_for(&s->y, 50);
	typist_all_back(&s->y);
	long begun = world_now();
	/* What was under way TCP would send much later. */
	proxy_forget(s->p);
	proxy_dead(s->p, ways);
	struct typist first = s->y;
	typist_key(&s->y);
	first.all.len = s->y.all.len;
	first.all.data = s->y.all.data;
	term_until(t, "the banner", banner_is_shown, NULL);
	long shown = world_now() - begun;
	for (long at = 1000; world_now() - begun < seconds * 1000;) {
		world_pump(s->c->device, 100);
		if (world_now() - begun < at)
			continue;
		typist_key(&s->y);
		at += seconds > 60 ? 20000 : 1000;
		first.all.data = s->y.all.data;
	}
	proxy_dead(s->p, 0);
	begun = world_now();
	typist_all_back(&first);
	soak_times_add(&s->times, world_now() - begun);
	/* After so long they are sent only if one says so. */
	if (seconds > TRUSTED) {
		term_until_text(t, "Enter sends");
		term_type(t, "\r");
	}
	typist_all_back(&s->y);
	typist_for(&s->y, 50);
	term_until_no_text(t, "reconnecting");
	return shown;
}

static void
an_outage_is_told_and_costs_nothing(void **state)
{
	const char *list = getenv("CDO_OUTAGES");
	struct scene s = begin(state);
	long n = 0, shown = 0;
	char *end;

	for (const char *p = list ? list : "10"; *p != '\0'; p = end, n++) {
		long ms = outage(&s, PROXY_BOTH, strtol(p, &end, 10));

		assert_true(end > p);
		shown = ms > shown ? ms : shown;
		end += *end == ',';
	}
	print_message("# the banner after %ld ms at most\n", shown);
	soak_limit("the banner", shown, 5000);
	finish(&s, "outages", n, 2000);
}

static void
one_dead_direction_is_as_good_as_two(void **state)
{
	struct scene s = begin(state);
	long seconds = soak_number("CDO_ONE_WAY", 0), n = 0;

	if (seconds == 0)
		world_skip("CDO_ONE_WAY=SECONDS does it");
	for (; n < 6; n++) {
		long ms = outage(&s, n % 2 ? PROXY_UP : PROXY_DOWN, seconds);

		soak_limit("the banner", ms, 12000);
	}
	finish(&s, "times one direction was dead", n, 2000);
}

static void
a_way_that_forgot_us_while_idle_costs_seconds(void **state)
{
	struct scene s = begin(state);
	long n = soak_number("CDO_FORGOTTEN", 0);

	if (n == 0)
		world_skip("CDO_FORGOTTEN=N does it");
	for (long i = 0; i < n; i++) {
		long end = world_now() + soak_number("CDO_IDLE", IDLE) * 1000;

		patience(soak_number("CDO_IDLE", IDLE));
		while (world_now() < end)
			world_pump(s.c->device, 1000);
		proxy_forget(s.p);
		long begun = world_now();
		typist_key(&s.y);
		typist_all_back(&s.y);
		soak_times_add(&s.times, world_now() - begun);
	}
	finish(&s, "ways forgotten", n, 7000);
}

/* --- loss --------------------------------------------------------------- */

/*
 * A way of 50 ms that loses 5% each way, as TCP makes it look: nothing is
 * lost, but sometimes all that follows waits for a fifth of a second or more.
 */
static void
loss_delays_keys_and_nothing_else(void **state)
{
	struct scene s = begin(state);
	long seconds = soak_number("CDO_LOSSY", LOSSY), n = 0;

	patience(seconds);
	proxy_delay(s.p, 25);
	proxy_stalls(s.p, 5, 200);
	size_t before = proxy_flows(s.p);
	for (long end = world_now() + seconds * 1000; world_now() < end; n++) {
		long begun = world_now();

		typist_key(&s.y);
		typist_all_back(&s.y);
		soak_times_add(&s.times, world_now() - begun);
		while (world_now() - begun < 100)
			world_pump(s.c->device, 10);
	}
	assert_int_equal(proxy_flows(s.p), before);
	proxy_stalls(s.p, 0, 0);
	finish(&s, "keys over a way of 50 ms that loses 5%", n, 2000);
}

static void
an_idle_link_says_little(void **state)
{
	struct scene s = begin(state);
	long seconds = soak_number("CDO_QUIET", 0);

	if (seconds == 0)
		world_skip("CDO_QUIET=SECONDS does it");
	patience(seconds);
	/* What was said last is confirmed before. */
	for (long end = world_now() + 5000; world_now() < end;)
		world_pump(s.c->device, 100);
	size_t before = proxy_bytes(s.p, PROXY_BOTH);
	for (long end = world_now() + seconds * 1000; world_now() < end;)
		world_pump(s.c->device, 1000);
	long bytes = (long)(proxy_bytes(s.p, PROXY_BOTH) - before);
	print_message("# %ld bytes in %ld s of an idle link\n", bytes, seconds);
	soak_limit("bytes a minute", bytes * 60 / seconds, 1000);
	finish(&s, "idle links", 1, 0);
}

/* --- another address ---------------------------------------------------- */

static void
a_new_address_while_typing_costs_a_second(void **state)
{
	long n = soak_number("CDO_CHANGES", CHANGES);

	if (!soak_own_network())
		world_skip("no network of its own here");
	struct scene s = begin(state);
	for (long i = 0; i < n; i++) {
		patience(0);
		typist_for(&s.y, judge_dice(50));
		proxy_forget(s.p);
		soak_new_address((unsigned)i);
		long begun = world_now();
		typist_key(&s.y);
		typist_all_back(&s.y);
		soak_times_add(&s.times, world_now() - begun);
	}
	finish(&s, "changes of the address", n, 1500);
}

/* With an argument only the tests whose names it fits, as a pattern. */
int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		couple_test(a_flipped_bit_is_never_shown_nor_typed),
		couple_test(wherever_a_new_link_is_cut_another_one_comes),
		couple_test(an_outage_is_told_and_costs_nothing),
		couple_test(one_dead_direction_is_as_good_as_two),
		couple_test(a_way_that_forgot_us_while_idle_costs_seconds),
		couple_test(an_idle_link_says_little),
		couple_test(loss_delays_keys_and_nothing_else),
		couple_test(a_new_address_while_typing_costs_a_second),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return world_run(tests);
}
