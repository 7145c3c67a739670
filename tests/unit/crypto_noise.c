/* unit/crypto_noise.c - the promises of crypto/noise.h. */
#include "crypto/noise.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "base/json.h"
#include "base/str.h"
#include "vectors.h"

enum { MESSAGES = 3, BIG = 2048 };

/* Both ends of a handshake from fixed or fresh keys. */
struct ends {
	struct noise_pair device, host, device_e, host_e;
	uint8_t psk[NOISE_KEY];
	struct noise_options o[2]; /* [0] is the initiator */
	struct noise n[2];
};

static const uint8_t *
the_psk(void *ctx, const uint8_t key[NOISE_KEY])
{
	struct ends *e = ctx;

	return memcmp(key, e->device.public, NOISE_KEY) == 0 ? e->psk : NULL;
}

static void
set_up(struct ends *e, enum noise_pattern pattern)
{
	for (int i = 0; i < 2; i++)
		e->o[i] = (struct noise_options){
			.pattern = pattern,
			.initiator = i == 0,
			.prologue = "cdo",
			.prologue_len = 3,
			.self = i == 0 ? &e->device : &e->host,
			.remote = e->host.public,
			.psk = i == 0 ? e->psk : NULL,
			.find_psk = the_psk,
			.ctx = e,
			.ephemeral = i == 0 ? &e->device_e : &e->host_e,
		};
}

static void
begin(struct ends *e)
{
	for (int i = 0; i < 2; i++)
		noise_init(&e->n[i], &e->o[i]);
}

static void
fresh(struct ends *e, enum noise_pattern pattern)
{
	memset(e, 0, sizeof *e);
	noise_pair_make(&e->device);
	noise_pair_make(&e->host);
	noise_pair_make(&e->device_e);
	noise_pair_make(&e->host_e);
	randombytes_buf(e->psk, sizeof e->psk);
	set_up(e, pattern);
}

/* Message i from its writer; returns its length. */
static size_t
written(struct ends *e, int i, uint8_t out[BIG])
{
	size_t len = noise_size(&e->n[i % 2], 0);

	assert_int_equal(noise_write(&e->n[i % 2], NULL, 0, out), 0);
	return len;
}

static int
read_by(struct ends *e, int i, const uint8_t *msg, size_t len)
{
	uint8_t payload[BIG];

	return noise_read(&e->n[(i + 1) % 2], msg, len, payload);
}

/* Runs the first n messages as they should be. */
static void
run(struct ends *e, int n)
{
	uint8_t msg[BIG];

	begin(e);
	for (int i = 0; i < n; i++) {
		size_t len = written(e, i, msg);

		assert_int_equal(read_by(e, i, msg, len), 0);
	}
}

static void
replay(const struct json *v, enum noise_pattern pattern)
{
	struct ends e = { .o[0].initiator = false };
	struct hex prologue = hex_of(v, "init_prologue");
	const struct json *messages = json_get(v, "messages");
	struct noise_cipher c[2][2];
	uint8_t out[BIG], back[BIG];

	noise_pair_from(&e.device, hex_of(v, "init_static").data);
	noise_pair_from(&e.host, hex_of(v, "resp_static").data);
	noise_pair_from(&e.device_e, hex_of(v, "init_ephemeral").data);
	noise_pair_from(&e.host_e, hex_of(v, "resp_ephemeral").data);
	if (pattern == NOISE_XKPSK3) {
		const char *hex = json_at_str(json_get(v, "init_psks"), 0);

		assert_int_equal(sodium_hex2bin(e.psk, sizeof e.psk, hex,
						strlen(hex), NULL, NULL, NULL),
				 0);
	}
	set_up(&e, pattern);
	for (int i = 0; i < 2; i++) {
		e.o[i].prologue = prologue.data;
		e.o[i].prologue_len = prologue.len;
	}
	begin(&e);

	for (size_t i = 0; i < json_count(messages); i++) {
		const struct json *m = json_at(messages, i);
		struct hex payload = hex_of(m, "payload");
		struct hex want = hex_of(m, "ciphertext");
		size_t from = i % 2, to = 1 - from;

		if (i < MESSAGES) {
			assert_int_equal(noise_size(&e.n[from], payload.len),
					 want.len);
			assert_int_equal(noise_write(&e.n[from], payload.data,
						     payload.len, out),
					 0);
			assert_int_equal(
				noise_read(&e.n[to], out, want.len, back), 0);
		} else {
			assert_int_equal(noise_seal(&c[from][0], NULL, 0,
						    payload.data, payload.len,
						    out),
					 0);
			assert_int_equal(noise_open(&c[to][1], NULL, 0, out,
						    want.len, back),
					 0);
		}
		assert_memory_equal(out, want.data, want.len);
		assert_memory_equal(back, payload.data, payload.len);
		if (i + 1 == MESSAGES)
			for (int k = 0; k < 2; k++)
				noise_split(&e.n[k], &c[k][0], &c[k][1]);
	}
	if (json_str(v, "handshake_hash")) {
		struct hex h = hex_of(v, "handshake_hash");

		assert_memory_equal(e.n[0].h, h.data, h.len);
		assert_memory_equal(e.n[1].h, h.data, h.len);
	}
}

static void
replay_file(const char *file, enum noise_pattern pattern)
{
	struct json *all = vectors_public(file);
	const struct json *list = all;
	int n = 0;

	if (!all)
		skip();
	if (json_get(all, "vectors"))
		list = json_get(all, "vectors");
	for (size_t i = 0; i < json_count(list); i++)
		if (str_eq(json_str(json_at(list, i), "hash"), "SHA512")) {
			replay(json_at(list, i), pattern);
			n++;
		}
	assert_true(n > 0);
	json_free(all);
}

static void
the_public_vectors_of_xx_come_out(void **state)
{
	(void)state;
	replay_file("noise-XX.json", NOISE_XX);
}

static void
the_public_vectors_of_xk_come_out(void **state)
{
	(void)state;
	replay_file("noise-XK.json", NOISE_XK);
}

static void
the_public_vectors_of_xkpsk3_come_out(void **state)
{
	(void)state;
	replay_file("noise-XKpsk3.json", NOISE_XKPSK3);
}

static const enum noise_pattern all_patterns[] = { NOISE_XX, NOISE_XK,
						   NOISE_XKPSK3 };
enum { PATTERNS = 3 };

/* Both ends run up to message i; then somebody changes it. */
static void
each_change_of(struct ends *e, int i,
	       void (*change)(struct ends *, int i, uint8_t *msg, size_t len,
			      struct noise *before))
{
	uint8_t msg[BIG];

	run(e, i);
	struct noise before = e->n[(i + 1) % 2];
	size_t len = written(e, i, msg);
	change(e, i, msg, len, &before);
}

/* Whether message i, changed, leads to a link in the end. */
static bool
accepted(struct ends *e, int i, const uint8_t *msg, size_t len,
	 const struct noise *before)
{
	struct noise saved[2] = { e->n[0], e->n[1] };
	bool ok;

	e->n[(i + 1) % 2] = *before;
	ok = read_by(e, i, msg, len) == 0;
	for (int k = i + 1; ok && k < MESSAGES; k++) {
		uint8_t next[BIG];
		size_t n = noise_size(&e->n[k % 2], 0);

		ok = noise_write(&e->n[k % 2], NULL, 0, next) == 0 &&
		     read_by(e, k, next, n) == 0;
	}
	e->n[0] = saved[0];
	e->n[1] = saved[1];
	return ok;
}

static void
flip_all(struct ends *e, int i, uint8_t *msg, size_t len, struct noise *before)
{
	for (size_t bit = 0; bit < len * 8; bit++) {
		msg[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_false(accepted(e, i, msg, len, before));
		msg[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_true(accepted(e, i, msg, len, before));
}

static void
cut_all(struct ends *e, int i, uint8_t *msg, size_t len, struct noise *before)
{
	for (size_t cut = 0; cut < len; cut++)
		assert_false(accepted(e, i, msg, cut, before));
	msg[len] = 0;
	assert_int_equal(noise_size(before, 0), len);
}

static void
low_order_all(struct ends *e, int i, uint8_t *msg, size_t len,
	      struct noise *before)
{
	/* The points of order 1, 2, 4, 8 and their other encodings. */
	static const char *const points[] = {
		"00000000000000000000000000000000000000000000000000000000000000"
		"00",
		"01000000000000000000000000000000000000000000000000000000000000"
		"00",
		"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b8"
		"00",
		"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f11"
		"57",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
		"7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
		"7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
		"7f",
	};

	for (size_t p = 0; p < sizeof points / sizeof *points; p++)
		for (int high = 0; high < 2; high++) {
			uint8_t bad[BIG];

			memcpy(bad, msg, len);
			sodium_hex2bin(bad, NOISE_KEY, points[p], 64, NULL,
				       NULL, NULL);
			bad[31] |= (uint8_t)(high << 7);
			assert_false(accepted(e, i, bad, len, before));
		}
}

static void
every_flipped_bit_is_refused(void **state)
{
	(void)state;
	for (int p = 0; p < PATTERNS; p++)
		for (int i = 0; i < MESSAGES; i++) {
			struct ends e;

			fresh(&e, all_patterns[p]);
			each_change_of(&e, i, flip_all);
		}
}

static void
every_cut_is_refused(void **state)
{
	(void)state;
	for (int p = 0; p < PATTERNS; p++)
		for (int i = 0; i < MESSAGES; i++) {
			struct ends e;

			fresh(&e, all_patterns[p]);
			each_change_of(&e, i, cut_all);
		}
}

static void
every_low_order_ephemeral_is_refused(void **state)
{
	(void)state;
	for (int p = 0; p < PATTERNS; p++)
		for (int i = 0; i < 2; i++) {
			struct ends e;

			fresh(&e, all_patterns[p]);
			each_change_of(&e, i, low_order_all);
		}
}

static void
a_stranger_is_told_apart_from_a_forger(void **state)
{
	struct noise_pair stranger;
	uint8_t msg[BIG];
	struct ends e;

	(void)state;
	fresh(&e, NOISE_XKPSK3);
	run(&e, 2);
	noise_pair_make(&stranger);
	e.n[0].s = &stranger;
	assert_int_equal(noise_write(&e.n[0], NULL, 0, msg), 0);
	assert_int_equal(read_by(&e, 2, msg, 64), -ENOKEY);
	assert_false(noise_done(&e.n[1]));
}

static void
another_psk_prologue_or_host_is_refused(void **state)
{
	(void)state;
	for (int what = 0; what < 3; what++) {
		uint8_t msg[BIG], other[NOISE_KEY];
		struct ends e;
		int i, r = 0;

		fresh(&e, NOISE_XKPSK3);
		randombytes_buf(other, sizeof other);
		if (what == 0)
			e.o[0].psk = other;
		else if (what == 1)
			e.o[0].prologue = "cdO";
		else
			e.o[0].remote = e.host_e.public;
		begin(&e);
		for (i = 0; i < MESSAGES && r == 0; i++)
			r = read_by(&e, i, msg, written(&e, i, msg));
		assert_int_equal(r, -EBADMSG);
		assert_int_equal(i, what == 0 ? 3 : 1);
	}
}

static void
nobody_speaks_out_of_turn(void **state)
{
	uint8_t msg[BIG];
	struct ends e;

	(void)state;
	fresh(&e, NOISE_XX);
	begin(&e);
	assert_int_equal(noise_write(&e.n[1], NULL, 0, msg), -EINVAL);
	assert_int_equal(noise_read(&e.n[0], msg, 96, msg), -EINVAL);
	run(&e, MESSAGES);
	assert_int_equal(noise_write(&e.n[0], NULL, 0, msg), -EINVAL);
	assert_int_equal(noise_read(&e.n[0], msg, 96, msg), -EINVAL);
}

static void
a_failed_handshake_stays_so(void **state)
{
	uint8_t msg[BIG], bad[BIG];
	struct ends e;

	(void)state;
	fresh(&e, NOISE_XK);
	begin(&e);
	size_t len = written(&e, 0, msg);
	memcpy(bad, msg, len);
	bad[len - 1] ^= 1;
	assert_int_equal(read_by(&e, 0, bad, len), -EBADMSG);
	assert_int_equal(read_by(&e, 0, msg, len), -EINVAL);
}

static void
a_nonce_moves_on_success_only(void **state)
{
	struct noise_cipher a = { .keyed = true }, b = a;
	uint8_t sealed[5 + NOISE_TAG], plain[5];

	(void)state;
	assert_int_equal(noise_seal(&a, NULL, 0, "hello", 5, sealed), 0);
	sealed[0] ^= 1;
	assert_int_equal(noise_open(&b, NULL, 0, sealed, sizeof sealed, plain),
			 -EBADMSG);
	assert_int_equal(b.nonce, 0);
	sealed[0] ^= 1;
	assert_int_equal(noise_open(&b, NULL, 0, sealed, sizeof sealed, plain),
			 0);
	assert_int_equal(b.nonce, 1);
	/* The same again is a replay. */
	assert_int_equal(noise_open(&b, NULL, 0, sealed, sizeof sealed, plain),
			 -EBADMSG);
}

static void
the_last_nonce_is_never_used(void **state)
{
	struct noise_cipher c = { .keyed = true, .nonce = UINT64_MAX };
	uint8_t sealed[NOISE_TAG];

	(void)state;
	assert_int_equal(noise_seal(&c, NULL, 0, NULL, 0, sealed), -EOVERFLOW);
	assert_int_equal(noise_open(&c, NULL, 0, sealed, sizeof sealed, NULL),
			 -EBADMSG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_public_vectors_of_xx_come_out),
		cmocka_unit_test(the_public_vectors_of_xk_come_out),
		cmocka_unit_test(the_public_vectors_of_xkpsk3_come_out),
		cmocka_unit_test(every_flipped_bit_is_refused),
		cmocka_unit_test(every_cut_is_refused),
		cmocka_unit_test(every_low_order_ephemeral_is_refused),
		cmocka_unit_test(a_stranger_is_told_apart_from_a_forger),
		cmocka_unit_test(another_psk_prologue_or_host_is_refused),
		cmocka_unit_test(nobody_speaks_out_of_turn),
		cmocka_unit_test(a_failed_handshake_stays_so),
		cmocka_unit_test(a_nonce_moves_on_success_only),
		cmocka_unit_test(the_last_nonce_is_never_used),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
