/* unit/crypto_pairing.c - the promises of crypto/cpace.h and pairing.h. */
#include "crypto/pairing.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "base/buf.h"
#include "base/json.h"
#include "vectors.h"

static struct cpace_bytes
bytes(const struct hex *h)
{
	return (struct cpace_bytes){ h->data, h->len };
}

static void
the_vectors_of_the_draft_come_out(void **state)
{
	struct json *all = vectors_public("cpace-ristretto255.json");

	(void)state;
	if (!all)
		skip();
	const struct json *run = json_get(all, "run");
	struct hex prs = hex_of(run, "PRS"), ci = hex_of(run, "CI");
	struct hex sid = hex_of(run, "sid");
	struct hex ada = hex_of(run, "ADa"), adb = hex_of(run, "ADb");
	struct hex isk = hex_of(run, "ISK_IR");
	struct cpace a, b;
	uint8_t got[CPACE_ISK];

	cpace_start(&a, bytes(&prs), bytes(&ci), bytes(&sid),
		    hex_of(run, "ya").data);
	cpace_start(&b, bytes(&prs), bytes(&ci), bytes(&sid),
		    hex_of(run, "yb").data);
	assert_memory_equal(a.point, hex_of(run, "Ya").data, CPACE_POINT);
	assert_memory_equal(b.point, hex_of(run, "Yb").data, CPACE_POINT);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(cpace_finish(i ? &b : &a, bytes(&sid),
					      i ? a.point : b.point, a.point,
					      bytes(&ada), b.point, bytes(&adb),
					      got),
				 0);
		assert_memory_equal(got, isk.data, CPACE_ISK);
	}

	static const char *const bad[] = { "invalid_not_decodable",
					   "invalid_identity" };
	for (int i = 0; i < 2; i++)
		assert_int_equal(
			cpace_finish(&a, bytes(&sid),
				     hex_in(all, "points", bad[i]).data,
				     a.point, bytes(&ada), b.point, bytes(&adb),
				     got),
			-EBADMSG);
	json_free(all);
}

/* Both ends up to the end of the handshake; [0] is the device. */
struct ends {
	struct noise_pair s[2];
	struct noise n[2];
	struct noise_cipher send[2], receive[2];
	struct pairing p[2];
};

static struct noise_pair
pair_of(const struct json *v, const char *who, const char *key)
{
	struct noise_pair pair;

	noise_pair_from(&pair, hex_in(v, who, key).data);
	return pair;
}

static void
handshake(struct ends *e, const struct json *v)
{
	struct hex prologue = hex_of(v, "pairing_prologue");
	static const char *const names[] = { "m1", "m2", "m3" };
	uint8_t msg[256], none[1];

	for (int i = 0; i < 2; i++) {
		const char *who = i == 0 ? "device" : "host";
		struct noise_pair eph = pair_of(v, who, "ephemeral");

		e->s[i] = pair_of(v, who, "static");
		noise_init(&e->n[i], &(struct noise_options){
					     .pattern = NOISE_XX,
					     .initiator = i == 0,
					     .prologue = prologue.data,
					     .prologue_len = prologue.len,
					     .self = &e->s[i],
					     .ephemeral = &eph });
	}
	for (int i = 0; i < 3; i++) {
		struct hex want = hex_in(v, "messages", names[i]);

		assert_int_equal(noise_size(&e->n[i % 2], 0), want.len);
		assert_int_equal(noise_write(&e->n[i % 2], NULL, 0, msg), 0);
		assert_memory_equal(msg, want.data, want.len);
		assert_int_equal(
			noise_read(&e->n[1 - i % 2], msg, want.len, none), 0);
	}
	for (int i = 0; i < 2; i++)
		noise_split(&e->n[i], &e->send[i], &e->receive[i]);
}

static void
start(struct ends *e, const struct json *v, const char *code[2])
{
	for (int i = 0; i < 2; i++) {
		const char *who = i == 0 ? "device" : "host";
		struct hex ad = hex_in(v, who, "ad"), y = hex_in(v, who, "y");

		assert_int_equal(pairing_init(&e->p[i],
					      &(struct pairing_options){
						      .host = i == 1,
						      .code = code[i],
						      .link = &e->n[i],
						      .ad = bytes(&ad),
						      .y = y.data }),
				 0);
	}
}

/* Seals what `from` says and compares it with the transcript. */
static void
as_recorded(struct ends *e, int from, const struct buf *plain,
	    const struct json *v, const char *name)
{
	struct hex want = hex_in(v, "messages", name);
	uint8_t sealed[PAIRING_MESSAGE_MAX + NOISE_TAG];

	assert_int_equal(plain->len + NOISE_TAG, want.len);
	assert_int_equal(noise_seal(&e->send[from], NULL, 0, plain->data,
				    plain->len, sealed),
			 0);
	assert_memory_equal(sealed, want.data, want.len);
}

static const char *const right[2] = { "K7QM2XFD", "K7QM2XFD" };

static void
the_transcript_of_a_pairing_comes_out(void **state)
{
	struct json *v = vectors_own("cdo-pair-v1.json");
	struct buf hello = { 0 }, answer = { 0 }, proof = { 0 }, done = { 0 };
	struct ends e = { 0 };
	uint8_t psk[2][NOISE_KEY];

	(void)state;
	handshake(&e, v);
	assert_memory_equal(e.n[0].h, hex_of(v, "sid_is_handshake_hash").data,
			    NOISE_HASH);
	start(&e, v, (const char **)(uintptr_t)right);
	pairing_hello(&e.p[0], &hello);
	as_recorded(&e, 0, &hello, v, "m4");
	assert_int_equal(
		pairing_take_hello(&e.p[1], hello.data, hello.len, &answer), 0);
	as_recorded(&e, 1, &answer, v, "m5");
	assert_int_equal(
		pairing_take_answer(&e.p[0], answer.data, answer.len, &proof),
		0);
	as_recorded(&e, 0, &proof, v, "m6");
	assert_int_equal(pairing_take_proof(&e.p[1], proof.data, proof.len), 0);
	buf_str(&done, "paired");
	as_recorded(&e, 1, &done, v, "m7");

	for (int i = 0; i < 2; i++) {
		pairing_psk(&e.p[i], psk[i]);
		assert_memory_equal(psk[i], hex_of(v, "psk").data, NOISE_KEY);
		pairing_wipe(&e.p[i]);
	}
	buf_release(&hello);
	buf_release(&answer);
	buf_release(&proof);
	buf_release(&done);
	json_free(v);
}

struct host {
	struct hex device, psk;
};

static const uint8_t *
psk_of(void *ctx, const uint8_t key[NOISE_KEY])
{
	struct host *h = ctx;

	return memcmp(key, h->device.data, NOISE_KEY) == 0 ? h->psk.data : NULL;
}

static void
the_transcript_of_a_session_comes_out(void **state)
{
	struct json *v = vectors_own("cdo-pair-v1.json");
	struct hex prologue = hex_of(v, "session_prologue");
	struct noise_pair s[2] = { pair_of(v, "device", "static"),
				   pair_of(v, "host", "static") };
	struct noise_pair eph[2] = { pair_of(v, "device", "session_ephemeral"),
				     pair_of(v, "host", "session_ephemeral") };
	struct host h = { .psk = hex_of(v, "psk") };
	struct noise n[2];
	struct noise_cipher send, receive;
	uint8_t msg[256], none[1];
	static const char *const names[] = { "m1", "m2", "m3" };

	(void)state;
	memcpy(h.device.data, s[0].public, NOISE_KEY);
	for (int i = 0; i < 2; i++)
		noise_init(&n[i], &(struct noise_options){
					  .pattern = NOISE_XKPSK3,
					  .initiator = i == 0,
					  .prologue = prologue.data,
					  .prologue_len = prologue.len,
					  .self = &s[i],
					  .remote = s[1].public,
					  .psk = h.psk.data,
					  .find_psk = psk_of,
					  .ctx = &h,
					  .ephemeral = &eph[i] });
	for (int i = 0; i < 3; i++) {
		struct hex want = hex_in(v, "session_messages", names[i]);

		assert_int_equal(noise_size(&n[i % 2], 0), want.len);
		assert_int_equal(noise_write(&n[i % 2], NULL, 0, msg), 0);
		assert_memory_equal(msg, want.data, want.len);
		assert_int_equal(noise_read(&n[1 - i % 2], msg, want.len, none),
				 0);
	}
	assert_memory_equal(n[0].h, hex_of(v, "session_handshake_hash").data,
			    NOISE_HASH);
	noise_split(&n[0], &send, &receive);
	assert_memory_equal(send.key,
			    hex_of(v, "session_device_to_host_key").data,
			    NOISE_KEY);

	struct hex first =
		hex_in(v, "session_messages", "m4_first_frame_resume");
	noise_seal(&send, NULL, 0, "resume", 6, msg);
	assert_int_equal(first.len, 6 + NOISE_TAG);
	assert_memory_equal(msg, first.data, first.len);
	noise_rekey(&send);
	assert_memory_equal(send.key, hex_of(v, "rekeyed_once").data,
			    NOISE_KEY);
	noise_rekey(&send);
	assert_memory_equal(send.key, hex_of(v, "rekeyed_twice").data,
			    NOISE_KEY);
	json_free(v);
}

static void
another_code_is_refused_at_both_ends(void **state)
{
	const char *codes[2] = { "K7QM2XFD", "K7QM2XFE" };
	struct json *v = vectors_own("cdo-pair-v1.json");
	struct buf hello = { 0 }, answer = { 0 }, proof = { 0 };
	struct ends e = { 0 };

	(void)state;
	handshake(&e, v);
	start(&e, v, codes);
	pairing_hello(&e.p[0], &hello);
	assert_int_equal(
		pairing_take_hello(&e.p[1], hello.data, hello.len, &answer), 0);
	assert_int_equal(
		pairing_take_answer(&e.p[0], answer.data, answer.len, &proof),
		-EKEYREJECTED);
	assert_int_equal(proof.len, 0);
	/* A device that goes on all the same cannot prove anything. */
	buf_append(&proof, answer.data, CPACE_TAG);
	assert_int_equal(pairing_take_proof(&e.p[1], proof.data, proof.len),
			 -EKEYREJECTED);
	buf_release(&hello);
	buf_release(&answer);
	buf_release(&proof);
	json_free(v);
}

static void
every_flipped_bit_and_cut_of_the_exchange_is_refused(void **state)
{
	struct json *v = vectors_own("cdo-pair-v1.json");
	struct buf hello = { 0 }, answer = { 0 }, proof = { 0 };
	struct ends e = { 0 };

	(void)state;
	handshake(&e, v);
	start(&e, v, (const char **)(uintptr_t)right);
	pairing_hello(&e.p[0], &hello);
	struct pairing host = e.p[1], device = e.p[0];

	pairing_take_hello(&e.p[1], hello.data, hello.len, &answer);
	for (size_t bit = 0; bit < answer.len * 8; bit++) {
		struct pairing d = device;

		answer.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_true(pairing_take_answer(&d, answer.data, answer.len,
						&proof) < 0);
		answer.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (size_t cut = 0; cut < answer.len; cut++) {
		struct pairing d = device;

		assert_true(pairing_take_answer(&d, answer.data, cut, &proof) <
			    0);
	}
	assert_int_equal(proof.len, 0);
	assert_int_equal(
		pairing_take_answer(&e.p[0], answer.data, answer.len, &proof),
		0);
	for (size_t bit = 0; bit < proof.len * 8; bit++) {
		proof.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(
			pairing_take_proof(&e.p[1], proof.data, proof.len),
			-EKEYREJECTED);
		proof.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}

	/* A changed hello is found out by the proof at the latest. */
	for (size_t bit = 0; bit < hello.len * 8; bit++) {
		struct pairing h = host;
		struct buf other = { 0 };

		hello.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (pairing_take_hello(&h, hello.data, hello.len, &other) == 0)
			assert_int_equal(
				pairing_take_proof(&h, proof.data, proof.len),
				-EKEYREJECTED);
		hello.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		buf_release(&other);
	}
	buf_release(&hello);
	buf_release(&answer);
	buf_release(&proof);
	json_free(v);
}

static void
a_code_is_read_as_people_type_it(void **state)
{
	static const char *const good[] = { "K7QM-2XFD", "k7qm2xfd",
					    "K7QM 2xFD ", "k-7-q-m2xfd" };
	static const char *const bad[] = { "", "K7QM-2XF", "K7QM-2XFDA",
					   "K7QM_2XFD", "U7QM-2XFD" };
	char code[PAIRING_CODE + 1], shown[PAIRING_CODE + 2];

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		assert_int_equal(pairing_code_read(good[i], code), 0);
		assert_string_equal(code, "K7QM2XFD");
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(pairing_code_read(bad[i], code), -EINVAL);
	assert_int_equal(pairing_code_read("oOiIlL00", code), 0);
	assert_string_equal(code, "00111100");

	for (int i = 0; i < 100; i++) {
		char again[PAIRING_CODE + 1];

		pairing_code_make(code);
		pairing_code_show(code, shown);
		assert_int_equal(pairing_code_read(shown, again), 0);
		assert_string_equal(again, code);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_vectors_of_the_draft_come_out),
		cmocka_unit_test(the_transcript_of_a_pairing_comes_out),
		cmocka_unit_test(the_transcript_of_a_session_comes_out),
		cmocka_unit_test(another_code_is_refused_at_both_ends),
		cmocka_unit_test(
			every_flipped_bit_and_cut_of_the_exchange_is_refused),
		cmocka_unit_test(a_code_is_read_as_people_type_it),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
