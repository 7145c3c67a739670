/* unit/proto_pact.c - the promises of proto/pact.h. */
#include "proto/pact.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/json.h"
#include "proto/greet.h"
#include "vectors.h"

enum { DEVICE, HOST, MESSAGES = 4 };

static struct json *v;
static struct noise_pair self[2];

/* The scalars of the transcript, in the order in which they are drawn. */
static bool recorded;
static int drawn;

void __wrap_crypto_core_ristretto255_scalar_random(unsigned char *y);
void __real_crypto_core_ristretto255_scalar_random(unsigned char *y);

void
__wrap_crypto_core_ristretto255_scalar_random(unsigned char *y)
{
	if (recorded)
		memcpy(y, hex_in(v, drawn++ == 0 ? "device" : "host", "y").data,
		       32);
	else
		__real_crypto_core_ristretto255_scalar_random(y);
}

/* Two ends that have greeted each other with the keys of the transcript. */
static void
greeted(struct greet g[2])
{
	uint8_t m[GREET_OUT], out[GREET_OUT];
	size_t len, out_len;

	for (int i = 0; i < 2; i++) {
		struct noise_pair eph;

		noise_pair_from(
			&eph,
			hex_in(v, i ? "host" : "device", "ephemeral").data);
		greet_init(&g[i], &(struct greet_options){
					  .host = i == HOST,
					  .self = &self[i],
					  .type = GREET_PAIRING,
					  .pairing = true,
					  .ephemeral = recorded ? &eph : NULL,
				  });
	}
	len = (size_t)greet_start(&g[DEVICE], m);
	for (int to = HOST; len > 0; to = 1 - to) {
		assert_int_equal(greet_feed(&g[to], m, len, out, &out_len),
				 len);
		memcpy(m, out, out_len);
		len = out_len;
	}
	assert_true(greet_done(&g[0]) && greet_done(&g[1]));
}

static const char *const codes[2] = { "K7QM2XFD", "K7QM2XFD" };

struct ends {
	struct pact p[2];
	struct buf m[MESSAGES];
	const char *const *codes;
	int r; /* of the last pact_feed or pact_answer */
	int events[MESSAGES];
};

static void
begin(struct ends *e, const char *name)
{
	struct greet g[2];

	*e = (struct ends){ .codes = codes };
	drawn = 0;
	greeted(g);
	assert_int_equal(pact_init(&e->p[DEVICE], &g[DEVICE], name, "attach"),
			 0);
	assert_int_equal(
		pact_init(&e->p[HOST], &g[HOST], "workstation", "full"), 0);
}

static void
end(struct ends *e)
{
	for (int i = 0; i < 2; i++)
		pact_wipe(&e->p[i]);
	for (int i = 0; i < MESSAGES; i++)
		buf_release(&e->m[i]);
}

/* Delivers message i, and has the next one made. */
static int
deliver(struct ends *e, int i)
{
	struct pact *p = &e->p[(i + 1) % 2];
	struct buf none = { 0 },
		   *next = i + 1 < MESSAGES ? &e->m[i + 1] : &none;
	size_t used;
	int r = pact_feed(p, e->m[i].data, e->m[i].len, &used, next);

	if (r == PACT_ATTEMPT) {
		assert_int_equal(next->len, 0); /* counted before */
		r = pact_answer(p, e->codes[HOST], NULL, next);
		r = r < 0 ? r : PACT_ATTEMPT;
	} else if (r == PACT_PROVED && p->host) {
		pact_paired(p, next);
	}
	if (r < 0) {
		assert_int_equal(next->len, 0);
		assert_int_equal(pact_feed(p, "x", 1, &used, next), r);
	}
	buf_release(&none);
	e->r = r;
	return r;
}

static void
run(struct ends *e, int steps)
{
	pact_start(&e->p[DEVICE], e->codes[DEVICE], &e->m[0]);
	for (int i = 0; i < steps; i++)
		e->events[i] = deliver(e, i);
}

static void
the_transcript_comes_out(void **state)
{
	static const char *const names[] = { "m4", "m5", "m6", "m7" };
	static const int events[] = { PACT_ATTEMPT, PACT_PROVED, PACT_PROVED,
				      PACT_PAIRED };
	struct ends e;
	uint8_t psk[NOISE_KEY];
	char name[PACT_NAME + 1], role[PACT_ROLE + 1];

	(void)state;
	recorded = true;
	begin(&e, "laptop");
	run(&e, MESSAGES);
	recorded = false;
	for (int i = 0; i < MESSAGES; i++) {
		struct hex want = hex_in(v, "messages", names[i]);

		assert_int_equal(e.events[i], events[i]);
		assert_int_equal(e.m[i].len, 2 + want.len);
		assert_int_equal(bytes_be16(e.m[i].data), want.len);
		assert_memory_equal(e.m[i].data + 2, want.data, want.len);
	}
	for (int i = 0; i < 2; i++) {
		pact_psk(&e.p[i], psk);
		assert_memory_equal(psk, hex_of(v, "psk").data, NOISE_KEY);
		assert_memory_equal(pact_key(&e.p[i]), self[1 - i].public,
				    NOISE_KEY);
	}
	pact_peer_name(&e.p[HOST], name);
	pact_peer_role(&e.p[HOST], role);
	assert_string_equal(name, "laptop");
	assert_string_equal(role, "attach");
	pact_peer_name(&e.p[DEVICE], name);
	pact_peer_role(&e.p[DEVICE], role);
	assert_string_equal(name, "workstation");
	assert_string_equal(role, "full");
	end(&e);
}

static void
it_survives_every_split(void **state)
{
	struct ends e;

	(void)state;
	begin(&e, "laptop");
	pact_start(&e.p[DEVICE], codes[0], &e.m[0]);
	for (int i = 0; i < MESSAGES; i++) {
		struct pact *p = &e.p[(i + 1) % 2];
		size_t used;

		for (size_t k = 0; k + 1 < e.m[i].len; k++) {
			assert_int_equal(pact_feed(p, e.m[i].data + k, 1, &used,
						   &e.m[(i + 1) % MESSAGES]),
					 PACT_WAIT);
			assert_int_equal(used, 1);
		}
		buf_drop(&e.m[i], e.m[i].len - 1);
		assert_true(deliver(&e, i) > PACT_WAIT);
	}
	assert_int_equal(e.r, PACT_PAIRED);
	end(&e);
}

static void
another_code_pairs_nobody(void **state)
{
	static const char *const other[2] = { "K7QM2XFD", "K7QM2XFE" };
	struct ends e;

	(void)state;
	begin(&e, "laptop");
	e.codes = other;
	run(&e, 2);
	assert_int_equal(e.events[0], PACT_ATTEMPT);
	assert_int_equal(e.events[1], -EKEYREJECTED);
	assert_int_equal(e.m[2].len, 0);
	end(&e);
}

static void
every_flipped_bit_is_refused(void **state)
{
	unsigned runs = 0;

	(void)state;
	for (int i = 0; i < MESSAGES; i++) {
		struct ends e;

		begin(&e, "laptop");
		run(&e, i);
		struct pact was = e.p[(i + 1) % 2];
		for (size_t bit = 0; bit < e.m[i].len * 8; bit++) {
			struct buf out = { 0 };
			size_t used;

			e.p[(i + 1) % 2] = was;
			e.m[i].data[bit / 8] ^= (uint8_t)(1 << bit % 8);
			int r = pact_feed(&e.p[(i + 1) % 2], e.m[i].data,
					  e.m[i].len, &used, &out);
			/* Longer than it was: it waits, for ever. */
			assert_true(r < 0 || (r == PACT_WAIT && bit < 16));
			assert_int_equal(out.len, 0);
			e.m[i].data[bit / 8] ^= (uint8_t)(1 << bit % 8);
			buf_release(&out);
			runs++;
		}
		end(&e);
	}
	print_message("# %u bits flipped, none accepted\n", runs);
}

static void
what_is_cut_long_swapped_or_old_is_refused(void **state)
{
	(void)state;
	for (int i = 0; i < MESSAGES; i++)
		for (int k = 0; k < MESSAGES; k++) {
			struct ends e, old;

			begin(&e, "laptop");
			run(&e, i);
			begin(&old, "laptop");
			run(&old, k);
			struct buf m = e.m[i];
			e.m[i] = old.m[k];
			assert_true(deliver(&e, i) <= 0);
			e.m[i] = m;
			end(&e);
			end(&old);
		}
	for (int i = 0; i < MESSAGES; i++)
		for (int longer = -1; longer < 2; longer += 2) {
			struct ends e;

			begin(&e, "laptop");
			run(&e, i);
			unsigned len = bytes_be16(e.m[i].data);
			bytes_put_be16(e.m[i].data,
				       (uint16_t)((int)len + longer));
			buf_byte(&e.m[i], 0);
			assert_true(deliver(&e, i) < 0);
			end(&e);
		}
}

/* A point that is none, or that is neutral, in Ya and in Yb. */
static void
bad_points_are_refused(void **state)
{
	static const uint8_t bad[2][CPACE_POINT] = { { 0 }, { 0xff, 0xff } };

	(void)state;
	for (int i = 0; i < 2; i++)
		for (int k = 0; k < 2; k++) {
			struct ends e;
			size_t at = i == 0 ? 1 : CPACE_TAG + 1;

			begin(&e, "laptop");
			run(&e, i);
			/* Said by the end itself: opened, changed, sealed. */
			struct noise_cipher c = e.p[(i + 1) % 2].receive;
			size_t n = e.m[i].len - 2;
			noise_open(&c, NULL, 0, e.m[i].data + 2, n,
				   e.m[i].data + 2);
			memcpy(e.m[i].data + 2 + at, bad[k], CPACE_POINT);
			c = e.p[(i + 1) % 2].receive;
			noise_seal(&c, NULL, 0, e.m[i].data + 2, n - NOISE_TAG,
				   e.m[i].data + 2);
			assert_int_equal(deliver(&e, i), -EBADMSG);
			end(&e);
		}
}

static void
names_that_no_terminal_should_see_are_refused(void **state)
{
	static const struct {
		const char *name;
		bool good;
	} cases[] = {
		{ "laptop", true },
		{ "K\xc3\xbc"
		  "che \xe2\x82\xac \xf0\x9f\x92\xbb",
		  true },
		{ "\x1b[31m", false },
		{ "two\nlines", false },
		{ "\x7f", false },
		{ "\xc2\x9b"
		  "31m",
		  false },
		{ "\xff", false },
		{ "\xc3", false },
		{ "\xe2\x82", false },
		{ "\xc0\xaf", false },
		{ "a\xc3(", false },
	};
	char long_name[PACT_NAME + 2];
	struct greet g[2];
	struct pact p;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct ends e;

		begin(&e, cases[i].name);
		run(&e, 1);
		assert_int_equal(e.r, cases[i].good ? PACT_ATTEMPT : -EBADMSG);
		end(&e);
	}
	greeted(g);
	memset(long_name, 'x', sizeof long_name);
	long_name[PACT_NAME + 1] = '\0';
	assert_int_equal(pact_init(&p, &g[0], long_name, "full"), -EINVAL);
	assert_int_equal(pact_init(&p, &g[0], "", "full"), -EINVAL);
	assert_int_equal(pact_init(&p, &g[0], "x", ""), -EINVAL);
	assert_int_equal(pact_init(&p, &g[0], "x", "muchtoolong"), -EINVAL);
}

static void
a_man_in_the_middle_has_one_guess_and_it_is_wrong(void **state)
{
	static const char *const guess[2] = { "K7QM2XFD", "00000000" };
	struct ends a, b;

	(void)state;
	/* Towards each end he is the other one, with keys of his own. */
	struct noise_pair host = self[HOST], mallory;
	noise_pair_make(&mallory);
	self[HOST] = mallory;
	begin(&a, "laptop");
	self[HOST] = host;
	begin(&b, "laptop");
	a.codes = b.codes = codes;
	run(&a, 0);
	run(&b, 0);
	/* Even the right code's tags, passed on, are of another exchange. */
	assert_int_equal(deliver(&b, 0), PACT_ATTEMPT);
	struct buf m = { 0 };
	buf_append(&m, b.m[1].data, b.m[1].len);
	size_t used;
	struct buf out = { 0 };
	assert_true(pact_feed(&a.p[DEVICE], m.data, m.len, &used, &out) < 0);
	assert_int_equal(out.len, 0);
	buf_release(&m);
	end(&a);
	end(&b);

	begin(&a, "laptop");
	a.codes = guess;
	run(&a, 2);
	assert_int_equal(a.r, -EKEYREJECTED);
	end(&a);
}

static int
setup(void **state)
{
	(void)state;
	v = vectors_own("cdo-pair-v1.json");
	for (int i = 0; i < 2; i++)
		noise_pair_from(
			&self[i],
			hex_in(v, i ? "host" : "device", "static").data);
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
		cmocka_unit_test(the_transcript_comes_out),
		cmocka_unit_test(it_survives_every_split),
		cmocka_unit_test(another_code_pairs_nobody),
		cmocka_unit_test(every_flipped_bit_is_refused),
		cmocka_unit_test(what_is_cut_long_swapped_or_old_is_refused),
		cmocka_unit_test(bad_points_are_refused),
		cmocka_unit_test(names_that_no_terminal_should_see_are_refused),
		cmocka_unit_test(
			a_man_in_the_middle_has_one_guess_and_it_is_wrong),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, setup, teardown);
}
