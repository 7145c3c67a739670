/* unit/relay_strangers.c - the promises of relay/strangers.h. */
#include "relay/strangers.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

static struct strangers all;
static uint64_t now;

static int
setup(void **state)
{
	(void)state;
	now = 1000000;
	strangers_init(&all, 0x123456789abcdef, now);
	return 0;
}

static struct source
v4(uint32_t n)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(n) };
	struct source s;

	source_of(&s, (struct sockaddr *)&in);
	return s;
}

static struct source
v6(const char *text)
{
	struct sockaddr_in6 in = { .sin6_family = AF_INET6 };
	struct source s;

	assert_int_equal(inet_pton(AF_INET6, text, &in.sin6_addr), 1);
	source_of(&s, (struct sockaddr *)&in);
	return s;
}

static bool
enters(struct source s)
{
	return strangers_enter(&all, &s, 0, 0, 0, now);
}

static void
a_source_is_an_address_or_half_of_a_long_one(void **state)
{
	struct source a = v6("2001:db8:1:2::1"), b = v6("2001:db8:1:2:3::9");
	struct source c = v6("2001:db8:1:3::1"), d = v6("::ffff:192.0.2.1");
	struct source e = v4(0xc0000201), f = v4(0xc0000202);

	(void)state;
	assert_memory_equal(&a, &b, sizeof a);
	assert_memory_not_equal(&a, &c, sizeof a);
	assert_memory_equal(&d, &e, sizeof d);
	assert_memory_not_equal(&e, &f, sizeof e);
}

static void
no_more_than_eight_of_a_source_and_sixty_four_in_all(void **state)
{
	struct source s = v4(1);

	(void)state;
	assert_true(strangers_enter(&all, &s, 31, 7, 0, now));
	assert_false(strangers_enter(&all, &s, 8, 8, 99, now));
	assert_false(strangers_enter(&all, &s, 64, 0, 99, now));
}

static void
from_half_on_some_are_refused_at_random(void **state)
{
	(void)state;
	for (unsigned sitting = 0; sitting <= 64; sitting++) {
		struct source s = v4(sitting);
		unsigned in = 0;

		for (uint32_t random = 0; random < 100; random++)
			in += strangers_enter(&all, &s, sitting, 0, random,
					      now);
		if (sitting < 32)
			assert_int_equal(in, 100);
		else if (sitting < 56)
			assert_int_equal(in,
					 100 - (30 + 70 * (sitting - 32) / 32));
		else
			assert_int_equal(in, 0);
	}
}

static void
the_last_seats_are_for_where_devices_have_come_from(void **state)
{
	struct source s = v4(1), other = v4(2);

	(void)state;
	strangers_proved(&all, &s, now);
	assert_false(strangers_enter(&all, &other, 56, 0, 99, now));
	assert_true(strangers_enter(&all, &s, 63, 0, 0, now));
	assert_false(strangers_enter(&all, &s, 64, 0, 0, now));
}

static void
a_source_has_five_handshakes_a_second(void **state)
{
	struct source s = v4(1);
	unsigned n = 0;

	(void)state;
	/* Twenty seconds, tried each 10 ms: what it had, and five a second. */
	for (int i = 0; i < 2000; i++, now += 10)
		n += strangers_work(&all, &s, now);
	assert_in_range(n, 8 + 98, 8 + 101);
}

static void
who_proves_himself_is_not_counted(void **state)
{
	struct source s = v4(1);

	(void)state;
	for (int i = 0; i < 100; i++) {
		assert_true(strangers_work(&all, &s, now));
		strangers_proved(&all, &s, now);
	}
}

static void
all_together_have_two_hundred_a_second_and_known_ones_more(void **state)
{
	struct source known = v4(7);
	unsigned n = 0, mine = 0;

	(void)state;
	assert_true(strangers_work(&all, &known, now));
	strangers_proved(&all, &known, now);
	for (uint32_t i = 0; i < 100000; i++) {
		struct source s = v4(1000 + i);

		n += strangers_work(&all, &s, now);
		if (i % 1000 == 0) { /* 100 in ten seconds */
			mine += strangers_work(&all, &known, now);
			strangers_proved(&all, &known, now);
			now += 100;
		}
	}
	assert_in_range(n + mine, 2100, 2300);
	assert_int_equal(mine, 100);
}

static void
penalties_add_up_and_refuse_from_fifteen_seconds_on(void **state)
{
	struct source s = v4(1), other = v4(2);

	(void)state;
	strangers_blame(&all, &s, PENALTY_BAD, now);
	strangers_blame(&all, &s, PENALTY_BAD, now);
	assert_true(enters(s));
	strangers_blame(&all, &s, PENALTY_BAD, now);
	assert_false(enters(s));
	assert_true(enters(other));
	now += 14999;
	assert_false(enters(s));
	now += 1;
	assert_true(enters(s));
	/* Ten minutes at most. */
	for (int i = 0; i < 1000; i++)
		strangers_blame(&all, &s, PENALTY_PAIRING, now);
	now += PENALTY_MAX - 1;
	assert_false(enters(s));
	now += 1;
	assert_true(enters(s));
}

static void
a_device_with_a_bad_way_is_not_blamed(void **state)
{
	struct source s = v4(1);

	(void)state;
	for (int i = 0; i < 3; i++)
		strangers_blame(&all, &s, PENALTY_LATE, now);
	assert_false(enters(s));
	strangers_proved(&all, &s, now);
	assert_true(enters(s));
	for (int i = 0; i < 100; i++)
		strangers_blame(&all, &s, PENALTY_LATE, now);
	assert_true(enters(s));
}

static void
a_flood_of_sources_does_not_grow_and_forgets_the_oldest(void **state)
{
	struct source s = v4(1);

	(void)state;
	for (int i = 0; i < 3; i++)
		strangers_blame(&all, &s, PENALTY_BAD, now);
	for (uint32_t i = 0; i < 1000000; i++) {
		struct source x = v4(100 + i);

		/* It goes on coming, so it is not the one that is forgotten. */
		if (i % 256 == 0) {
			assert_false(enters(s));
			now++;
		}
		strangers_enter(&all, &x, 0, 0, 0, now);
	}
}

static void
a_line_a_minute_is_told(void **state)
{
	struct source s = v4(1);
	unsigned n = 0;

	(void)state;
	for (int i = 0; i < 600; i++, now += 500)
		n += strangers_tell(&all, &s, now);
	assert_int_equal(n, 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup(f, setup)
		T(a_source_is_an_address_or_half_of_a_long_one),
		T(no_more_than_eight_of_a_source_and_sixty_four_in_all),
		T(from_half_on_some_are_refused_at_random),
		T(the_last_seats_are_for_where_devices_have_come_from),
		T(a_source_has_five_handshakes_a_second),
		T(who_proves_himself_is_not_counted),
		T(all_together_have_two_hundred_a_second_and_known_ones_more),
		T(penalties_add_up_and_refuse_from_fifteen_seconds_on),
		T(a_device_with_a_bad_way_is_not_blamed),
		T(a_flood_of_sources_does_not_grow_and_forgets_the_oldest),
		T(a_line_a_minute_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
