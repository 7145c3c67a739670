/* unit/proto_greet.c - the promises of proto/greet.h. */
#include "proto/greet.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "base/json.h"
#include "counted.h"
#include "vectors.h"

/* --- two ends, with the keys of the transcript -------------------------- */

enum { MESSAGES = 3, DEVICE = 0, HOST = 1 };

struct message {
	uint8_t data[GREET_OUT];
	size_t len;
};

static struct json *v;
static struct noise_pair self[2];
static uint8_t psk[NOISE_KEY];
static bool known = true;

static const uint8_t *
find_psk(void *ctx, const uint8_t key[NOISE_KEY])
{
	(void)ctx;
	if (!known || memcmp(key, self[DEVICE].public, NOISE_KEY) != 0)
		return NULL;
	return psk;
}

static struct noise_pair
pair_of(const char *who, const char *key)
{
	struct noise_pair pair;

	noise_pair_from(&pair, hex_in(v, who, key).data);
	return pair;
}

static void
begin(struct greet g[2], enum greet_type type, bool fresh)
{
	static const char *const who[] = { "device", "host" };

	for (int i = 0; i < 2; i++) {
		struct noise_pair eph = pair_of(
			who[i], type == GREET_SESSION ? "session_ephemeral"
						      : "ephemeral");

		greet_init(&g[i], &(struct greet_options){
					  .host = i == HOST,
					  .self = &self[i],
					  .type = type,
					  .remote = self[HOST].public,
					  .psk = psk,
					  .find_psk = find_psk,
					  .pairing = true,
					  .ephemeral = fresh ? NULL : &eph,
				  });
	}
}

static ssize_t
feed(struct greet *g, const struct message *in, struct message *out)
{
	return greet_feed(g, in->data, in->len, out->data, &out->len);
}

/* Runs `steps` messages; m[steps] is the next one, not delivered. */
static void
run(struct greet g[2], struct message m[MESSAGES + 1], int steps)
{
	m[0].len = (size_t)greet_start(&g[DEVICE], m[0].data);
	for (int i = 0; i < steps; i++)
		assert_int_equal(feed(&g[(i + 1) % 2], &m[i], &m[i + 1]),
				 m[i].len);
}

/*
 * Delivers message i, changed, and then goes on as if nothing were wrong.
 * True if both ends believe that they are linked.
 */
static bool
accepted(struct greet g[2], struct message m[MESSAGES + 1], int i)
{
	struct message out = { .len = 0 };

	for (; i < MESSAGES; i++) {
		ssize_t r = feed(&g[(i + 1) % 2], &m[i], &out);

		if (r < 0) {
			assert_int_equal(out.len, 0);
			assert_int_equal(feed(&g[(i + 1) % 2], &m[i], &out), r);
			assert_int_equal(greet_wants(&g[(i + 1) % 2]), 0);
			return false;
		}
		if (out.len > 0)
			m[i + 1] = out;
		else if (!greet_done(&g[(i + 1) % 2]))
			return false;
	}
	return greet_done(&g[0]) && greet_done(&g[1]);
}

/* --- the tests ---------------------------------------------------------- */

static const enum greet_type both[] = { GREET_SESSION, GREET_PAIRING };

static void
the_transcript_comes_out_byte_by_byte(void **state)
{
	static const char *const names[] = { "m1", "m2", "m3" };

	(void)state;
	for (int t = 0; t < 2; t++) {
		const char *where = t == 0 ? "session_messages" : "messages";
		struct greet g[2];
		struct message m = { .len = 0 }, next = { .len = 0 };

		begin(g, both[t], false);
		m.len = (size_t)greet_start(&g[DEVICE], m.data);
		for (int i = 0; i < MESSAGES; i++) {
			struct hex want = hex_in(v, where, names[i]);
			size_t head = i == 0 ? GREET_HELLO + 2 : 2;

			assert_int_equal(m.len, head + want.len);
			assert_memory_equal(m.data + head, want.data, want.len);
			for (size_t k = 0; k < m.len; k++) {
				assert_int_equal(next.len, 0);
				assert_true(greet_wants(&g[(i + 1) % 2]) > 0);
				assert_int_equal(
					greet_feed(&g[(i + 1) % 2], m.data + k,
						   1, next.data, &next.len),
					1);
			}
			m = next;
			next.len = 0;
		}
		assert_true(greet_done(&g[0]) && greet_done(&g[1]));
		assert_true(greet_met(&g[DEVICE]));
		assert_memory_equal(g[0].noise.h, g[1].noise.h, NOISE_HASH);
		assert_memory_equal(g[HOST].noise.rs, self[DEVICE].public,
				    NOISE_KEY);
	}
}

static void
the_ciphers_fit_and_what_follows_is_left(void **state)
{
	struct message m[MESSAGES + 1], out;
	struct noise_cipher send[2], receive[2];
	uint8_t more[GREET_OUT + 3];
	struct greet g[2];

	(void)state;
	begin(g, GREET_SESSION, false);
	run(g, m, 2);
	memcpy(more, m[2].data, m[2].len);
	assert_int_equal(
		greet_feed(&g[HOST], more, m[2].len + 3, out.data, &out.len),
		m[2].len);
	assert_int_equal(greet_feed(&g[HOST], more, 3, out.data, &out.len), 0);
	for (int i = 0; i < 2; i++)
		greet_split(&g[i], &send[i], &receive[i]);
	for (int i = 0; i < 2; i++)
		assert_memory_equal(send[i].key, receive[1 - i].key, NOISE_KEY);
	assert_memory_equal(send[DEVICE].key,
			    hex_of(v, "session_device_to_host_key").data,
			    NOISE_KEY);
}

static void
every_flipped_bit_is_refused(void **state)
{
	unsigned runs = 0;

	(void)state;
	for (int t = 0; t < 2; t++)
		for (int i = 0; i < MESSAGES; i++) {
			struct message m[MESSAGES + 1] = { 0 };
			struct greet g[2];

			begin(g, both[t], false);
			run(g, m, i);
			for (size_t bit = 0; bit < m[i].len * 8; bit++) {
				struct message n[MESSAGES + 1];
				struct greet h[2] = { g[0], g[1] };

				memcpy(n, m, sizeof n);
				n[i].data[bit / 8] ^= (uint8_t)(1 << bit % 8);
				assert_false(accepted(h, n, i));
				/* Not a byte to who has not got it right. */
				if (i == 0 && t == 0)
					assert_int_equal(n[1].len, 0);
				runs++;
			}
		}
	print_message("# %u bits flipped, none accepted\n", runs);
}

static void
every_cut_waits_and_then_goes_on(void **state)
{
	(void)state;
	for (int t = 0; t < 2; t++)
		for (int i = 0; i < MESSAGES; i++) {
			struct message m[MESSAGES + 1] = { 0 };
			struct greet g[2];

			begin(g, both[t], false);
			run(g, m, i);
			for (size_t cut = 0; cut < m[i].len; cut++) {
				struct message out = { .len = 1 };
				struct greet h = g[(i + 1) % 2];

				assert_int_equal(greet_feed(&h, m[i].data, cut,
							    out.data, &out.len),
						 cut);
				assert_int_equal(out.len, 0);
				assert_false(greet_done(&h));
				assert_true(greet_wants(&h) > 0 &&
					    greet_wants(&h) <= m[i].len - cut);
				assert_int_equal(greet_feed(&h, m[i].data + cut,
							    m[i].len - cut,
							    out.data, &out.len),
						 m[i].len - cut);
			}
		}
}

static void
other_lengths_are_refused(void **state)
{
	(void)state;
	for (int t = 0; t < 2; t++)
		for (int i = 0; i < MESSAGES; i++)
			for (unsigned len = 0; len <= UINT16_MAX; len += 13) {
				struct message m[MESSAGES + 1] = { 0 }, out;
				size_t at = i == 0 ? GREET_HELLO : 0;
				struct greet g[2];

				if (len > 200)
					len += 997;
				begin(g, both[t], false);
				run(g, m, i);
				if (len == m[i].len - at - 2)
					continue;
				m[i].data[at] = (uint8_t)(len >> 8);
				m[i].data[at + 1] = (uint8_t)len;
				assert_int_equal(
					feed(&g[(i + 1) % 2], &m[i], &out),
					-EMSGSIZE);
				assert_int_equal(out.len, 0);
			}
}

static void
a_byte_more_is_refused(void **state)
{
	(void)state;
	for (int t = 0; t < 2; t++)
		for (int i = 0; i < MESSAGES - 1; i++) {
			struct message m[MESSAGES + 1] = { 0 }, out;
			struct greet g[2];

			begin(g, both[t], false);
			run(g, m, i);
			m[i].data[m[i].len++] = 0x5a;
			if (i == 1) { /* then a frame has begun */
				assert_int_equal(feed(&g[0], &m[i], &out),
						 m[i].len - 1);
				continue;
			}
			/* It is the beginning of a length that is wrong. */
			assert_int_equal(feed(&g[(i + 1) % 2], &m[i], &out),
					 m[i].len);
			assert_false(greet_done(&g[(i + 1) % 2]));
			assert_int_equal(feed(&g[(i + 1) % 2], &m[i], &out),
					 -EMSGSIZE);
		}
}

static void
what_is_swapped_or_comes_again_is_refused(void **state)
{
	struct message old[MESSAGES + 1] = { 0 }, m[MESSAGES + 1], out;
	struct greet g[2];

	(void)state;
	begin(g, GREET_SESSION, true);
	run(g, old, MESSAGES);
	for (int i = 0; i < 200; i++) {
		begin(g, GREET_SESSION, true);
		/* An old message 1 may be answered: it proves nothing. */
		assert_true(feed(&g[HOST], &old[0], &out) > 0);
		assert_int_equal(feed(&g[HOST], &old[2], &out), -EBADMSG);
		assert_int_equal(out.len, 0);

		begin(g, GREET_SESSION, true);
		run(g, m, 1);
		assert_int_equal(feed(&g[DEVICE], &old[1], &out), -EBADMSG);
		assert_false(greet_met(&g[DEVICE]));
	}
	for (int a = 0; a < MESSAGES; a++)
		for (int b = 0; b < MESSAGES; b++) {
			if (a == b)
				continue;
			begin(g, GREET_SESSION, true);
			run(g, m, a);
			assert_true(feed(&g[(a + 1) % 2], &old[b], &out) < 0);
		}
}

static void
one_type_is_never_taken_for_the_other(void **state)
{
	(void)state;
	for (int t = 0; t < 2; t++) {
		struct message m[MESSAGES + 1] = { 0 }, out;
		struct greet g[2];

		begin(g, both[t], false);
		run(g, m, 0);
		m[0].data[4] = (uint8_t)both[1 - t];
		assert_int_equal(feed(&g[HOST], &m[0], &out), -EMSGSIZE);
		assert_int_equal(out.len, 0);
	}
}

static void
a_hello_is_refused_in_silence(void **state)
{
	static const struct {
		const char hello[GREET_HELLO + 1];
		int want;
	} cases[] = {
		{ "GET / HT", -EPROTO },
		{ "SSH-2.0-", -EPROTO },
		{ "\x16\x03\x01\x02\x00\x01\x00\x01", -EPROTO },
		{ "CDO1\x03\x01\0\0", -EPROTO },
		{ "CDO1\x00\x01\0\0", -EPROTO },
		{ "CDO1\x01\x00\0\0", -EPROTONOSUPPORT },
		{ "CDO1\x01\x02\0\0", -EPROTONOSUPPORT },
		{ "CDO1\x01\x01\1\0", -EPROTONOSUPPORT },
		{ "CDO1\x01\x01\0\1", -EPROTONOSUPPORT },
		{ "CDO1\x02\x01\0\0", -EACCES },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct greet g;
		uint8_t out[GREET_OUT];
		size_t len;

		greet_init(&g, &(struct greet_options){ .host = true,
							.self = &self[HOST],
							.find_psk = find_psk });
		assert_int_equal(
			greet_feed(&g, cases[i].hello, GREET_HELLO, out, &len),
			cases[i].want);
		assert_int_equal(len, 0);
	}
}

static void
a_device_that_is_not_known_gets_no_further(void **state)
{
	struct message m[MESSAGES + 1] = { 0 }, out;
	struct greet g[2];

	(void)state;
	begin(g, GREET_SESSION, true);
	run(g, m, 2);
	known = false;
	assert_int_equal(feed(&g[HOST], &m[2], &out), -ENOKEY);
	known = true;
	assert_int_equal(out.len, 0);
	assert_true(greet_met(&g[DEVICE])); /* it knows whom it has met */

	/* The wrong psk is as bad, but told apart. */
	begin(g, GREET_SESSION, true);
	psk[0] ^= 1;
	struct greet_options o = { .self = &self[DEVICE],
				   .type = GREET_SESSION,
				   .remote = self[HOST].public,
				   .psk = psk };
	greet_init(&g[DEVICE], &o);
	run(g, m, 1);
	psk[0] ^= 1;
	assert_true(feed(&g[DEVICE], &m[1], &m[2]) > 0);
	assert_int_equal(feed(&g[HOST], &m[2], &out), -EBADMSG);
}

/* The points whose order divides 8, and the same with the bit that X25519
 * ignores. */
static const char *const low_order[] = {
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0100000000000000000000000000000000000000000000000000000000000000",
	"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
	"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
};

enum { LOW = sizeof low_order / sizeof *low_order };

static void
point(int i, uint8_t out[NOISE_KEY])
{
	sodium_hex2bin(out, NOISE_KEY, low_order[i % LOW], 64, NULL, NULL,
		       NULL);
	if (i >= LOW)
		out[31] |= 0x80;
}

static void
points_of_low_order_are_refused_in_each_slot(void **state)
{
	unsigned tried = 0;

	(void)state;
	for (int p = 0; p < 2 * LOW; p++) {
		struct message m[MESSAGES + 1] = { 0 };
		struct greet g[2];
		uint8_t bad[NOISE_KEY];

		point(p, bad);
		/* Ephemeral keys, which stand in clear. */
		for (int t = 0; t < 2; t++)
			for (int i = 0; i < 2; i++) {
				size_t at = i == 0 ? GREET_HELLO + 2 : 2;

				begin(g, both[t], false);
				run(g, m, i);
				memcpy(m[i].data + at, bad, NOISE_KEY);
				assert_false(accepted(g, m, i));
				tried++;
			}
		/* Static keys, of an end that would send such a one. */
		for (int t = 0; t < 2; t++)
			for (int i = 0; i < 2; i++) {
				struct noise_pair own = self[i];

				memcpy(self[i].public, bad, NOISE_KEY);
				begin(g, both[t], false);
				m[0].len = 0;
				int r = greet_start(&g[DEVICE], m[0].data);
				if (r >= 0) {
					m[0].len = (size_t)r;
					assert_false(accepted(g, m, 0));
				}
				self[i] = own;
				tried++;
			}
	}
	print_message("# %u points of low order, none accepted\n", tried);
}

static void
a_stranger_costs_no_allocation(void **state)
{
	struct message m[MESSAGES + 1] = { 0 };
	struct greet g[2];

	(void)state;
	assert_true(sizeof(struct greet) <= GREET_SLOT);
	for (int t = 0; t < 2; t++) {
		begin(g, both[t], true);
		unsigned before = allocations;
		run(g, m, MESSAGES);
		assert_int_equal(allocations, before);
	}
	/* Nor does one that says all sorts of things. */
	unsigned before = allocations;
	for (int i = 0; i < 10000; i++) {
		uint8_t noise[300], out[GREET_OUT];
		size_t len;

		randombytes_buf(noise, sizeof noise);
		if (i % 2)
			memcpy(noise, "CDO1\x01\x01\0\0\0\x30", 10);
		begin(g, GREET_SESSION, true);
		before = allocations;
		assert_true(greet_feed(&g[HOST], noise, sizeof noise, out,
				       &len) < 0);
		assert_int_equal(len, 0);
		assert_int_equal(allocations, before);
	}
}

static void
nothing_secret_is_left_in_a_greet_that_failed(void **state)
{
	struct message m[MESSAGES + 1] = { 0 }, out;
	static const struct noise nothing;
	struct greet g[2];

	(void)state;
	begin(g, GREET_SESSION, true);
	run(g, m, 1);
	m[1].data[20] ^= 1;
	assert_int_equal(feed(&g[DEVICE], &m[1], &out), -EBADMSG);
	assert_memory_equal(&g[DEVICE].noise, &nothing, sizeof nothing);
}

static void
a_clear_hello_is_found_in_any_noise(void **state)
{
	static const char noise[] = "Welcome!\r\nCDO1 CDO1\x03 last login\n";
	uint8_t all[sizeof noise + GREET_HELLO + 4];
	size_t len = sizeof noise - 1;

	(void)state;
	memcpy(all, noise, len);
	greet_clear(all + len);
	len += GREET_HELLO;
	memcpy(all + len, "more", 4);
	for (size_t cut = 0; cut <= len; cut++) {
		uint8_t have[sizeof all];
		bool found;
		ssize_t n = greet_find_clear(all, cut, &found);

		if (cut < len)
			assert_false(found);
		if (n == -EPROTONOSUPPORT)
			fail_msg("noise of %zu bytes is no version", cut);
		memcpy(have, all + n, len + 4 - (size_t)n);
		if (!found) {
			size_t left = len + 4 - (size_t)n;
			ssize_t k = greet_find_clear(have, left, &found);

			assert_true(found);
			n += k;
		}
		assert_int_equal(n, len);
	}

	bool found;
	all[len - GREET_HELLO + 5]++;
	assert_int_equal(greet_find_clear(all, len, &found), -EPROTONOSUPPORT);
	assert_false(found);
}

static int
setup(void **state)
{
	(void)state;
	v = vectors_own("cdo-pair-v1.json");
	self[DEVICE] = pair_of("device", "static");
	self[HOST] = pair_of("host", "static");
	memcpy(psk, hex_of(v, "psk").data, sizeof psk);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	json_free(v);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_transcript_comes_out_byte_by_byte),
		cmocka_unit_test(the_ciphers_fit_and_what_follows_is_left),
		cmocka_unit_test(every_flipped_bit_is_refused),
		cmocka_unit_test(every_cut_waits_and_then_goes_on),
		cmocka_unit_test(other_lengths_are_refused),
		cmocka_unit_test(a_byte_more_is_refused),
		cmocka_unit_test(what_is_swapped_or_comes_again_is_refused),
		cmocka_unit_test(one_type_is_never_taken_for_the_other),
		cmocka_unit_test(a_hello_is_refused_in_silence),
		cmocka_unit_test(a_device_that_is_not_known_gets_no_further),
		cmocka_unit_test(points_of_low_order_are_refused_in_each_slot),
		cmocka_unit_test(a_stranger_costs_no_allocation),
		cmocka_unit_test(nothing_secret_is_left_in_a_greet_that_failed),
		cmocka_unit_test(a_clear_hello_is_found_in_any_noise),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, setup, teardown);
}
