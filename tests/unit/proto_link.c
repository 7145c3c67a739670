/* unit/proto_link.c - the promises of proto/link.h. */
#include "proto/link.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "base/bytes.h"
#include "base/json.h"
#include "vectors.h"

enum { TYPE = LINK_ABOVE + 3, HOUR = 3600 * 1000 };

/* What [0] sends [1] receives. */
static void
linked(struct link l[2])
{
	struct noise_cipher a = { .keyed = true }, b = { .keyed = true };

	randombytes_buf(a.key, sizeof a.key);
	randombytes_buf(b.key, sizeof b.key);
	link_init(&l[0], &a, &b, 0);
	link_init(&l[1], &b, &a, 0);
}

static size_t
put(struct link *l, const void *data, size_t len, uint8_t *out)
{
	ssize_t n = link_write(l, TYPE, "head", 4, data, len, 0, out);

	assert_true(n > 0);
	return (size_t)n;
}

static void
frames_of_every_length_arrive(void **state)
{
	static uint8_t data[LINK_PAYLOAD], out[LINK_ROOM];

	(void)state;
	for (int clear = 0; clear < 2; clear++) {
		struct link l[2];
		struct link_frame f;

		linked(l);
		if (clear)
			for (int i = 0; i < 2; i++)
				link_init_clear(&l[i], 0);
		randombytes_buf(data, sizeof data);
		for (size_t len = 0; len + 4 <= LINK_PAYLOAD;
		     len += len < 100 || len > LINK_PAYLOAD - 100 ? 1 : 777) {
			size_t n = put(&l[0], data, len, out);

			assert_true(n <= LINK_FRAME);
			assert_int_equal(link_read(&l[1], out, n, &f), n);
			assert_int_equal(f.type, TYPE);
			assert_int_equal(f.len, 4 + len);
			assert_memory_equal(f.payload, "head", 4);
			assert_memory_equal(f.payload + 4, data, len);
			if (LINK_INNER + 4 + len <= LINK_PAD)
				assert_int_equal(n, LINK_HEAD + LINK_PAD +
							    (clear ? 0 : 16));
		}
	}
}

static void
a_frame_waits_until_it_is_whole(void **state)
{
	uint8_t out[LINK_ROOM], part[LINK_ROOM];
	struct link_frame f;
	struct link l[2];

	(void)state;
	linked(l);
	size_t n = put(&l[0], "x", 1, out);
	for (size_t cut = 0; cut < n; cut++) {
		memcpy(part, out, n);
		assert_int_equal(link_read(&l[1], part, cut, &f), 0);
		assert_memory_equal(part, out, n);
	}
	assert_int_equal(link_read(&l[1], out, n, &f), n);
}

static void
lengths_that_no_frame_has_end_the_link(void **state)
{
	static const unsigned odd[] = { 0, 1, 15, 16401, 32768, 65535 };
	static uint8_t data[LINK_HEAD + UINT16_MAX];
	struct link_frame f;
	struct link l[2];

	(void)state;
	for (unsigned i = 0; i < 10000; i++) {
		unsigned len = odd[i % 6];

		linked(l);
		bytes_put_be16(data, (uint16_t)len);
		/* Not a byte of what follows is waited for. */
		size_t n = i % 12 < 6 ? LINK_HEAD : sizeof data;
		assert_int_equal(link_read(&l[1], data, n, &f), -EMSGSIZE);
		assert_int_equal(link_read(&l[1], data, n, &f), -EMSGSIZE);
		link_init_clear(&l[0], 0);
		if (len < LINK_INNER || len > LINK_PLAIN)
			assert_int_equal(link_read(&l[0], data, n, &f),
					 -EMSGSIZE);
	}
	linked(l);
	bytes_put_be16(data, 16400);
	assert_int_equal(link_read(&l[1], data, LINK_HEAD, &f), 0);
	bytes_put_be16(data, 16);
	memset(data + 2, 0, 16);
	assert_int_equal(link_read(&l[1], data, 18, &f), -EBADMSG);
}

static void
every_flipped_bit_ends_the_link(void **state)
{
	uint8_t out[LINK_ROOM], bad[LINK_ROOM], good[LINK_ROOM];
	struct link_frame f;
	struct link l[2];

	(void)state;
	linked(l);
	size_t n = put(&l[0], "secret", 6, out);
	size_t m = put(&l[0], "after", 5, good);
	for (size_t bit = 0; bit < n * 8; bit++) {
		struct link to = l[1];

		memcpy(bad, out, n);
		bad[bit / 8] ^= (uint8_t)(1 << bit % 8);
		ssize_t r = link_read(&to, bad, n, &f);
		if (r == 0) /* longer than it was: it waits for more */
			continue;
		assert_true(r < 0);
		/* For good: nothing is skipped. */
		assert_int_equal(link_read(&to, good, m, &f), r);
		assert_int_equal(link_write(&to, TYPE, "", 0, "", 0, 0, bad),
				 r);
		assert_int_equal(link_end_of_file(&to), -ECONNRESET);
	}
}

static void
frames_come_once_and_in_order(void **state)
{
	uint8_t a[LINK_ROOM], b[LINK_ROOM], c[LINK_ROOM];
	struct link_frame f;
	struct link l[2];

	(void)state;
	linked(l);
	size_t n = put(&l[0], "1", 1, a);
	put(&l[0], "2", 1, b);
	struct link to = l[1];
	memcpy(c, b, n);
	assert_int_equal(link_read(&to, c, n, &f), -EBADMSG); /* skipped */

	to = l[1];
	memcpy(c, a, n);
	assert_int_equal(link_read(&to, c, n, &f), n);
	memcpy(c, a, n);
	assert_int_equal(link_read(&to, c, n, &f), -EBADMSG); /* again */

	to = l[0];
	memcpy(c, a, n);
	assert_int_equal(link_read(&to, c, n, &f), -EBADMSG); /* sent back */
}

static void
a_key_is_renewed_after_an_hour_or_a_gibibyte(void **state)
{
	struct json *v = vectors_own("cdo-pair-v1.json");
	struct hex first = hex_of(v, "session_device_to_host_key");
	uint8_t out[LINK_ROOM];
	struct link_frame f;
	struct link l[2];

	(void)state;
	linked(l);
	memcpy(l[0].send.key, first.data, NOISE_KEY);
	memcpy(l[1].receive.key, first.data, NOISE_KEY);
	for (int i = 0; i < 2; i++) {
		uint64_t now = i == 0 ? HOUR : HOUR + 1;

		if (i == 1)
			l[0].under = LINK_REKEY_BYTES;
		assert_int_equal(put(&l[0], "", 0, out), /* not yet: time 0 */
				 i == 0 ? 82 : 2 * 82);
		if (i == 1)
			l[0].under = 0;
		ssize_t n = 82;
		if (i == 0) {
			assert_int_equal(link_read(&l[1], out, 82, &f), 82);
			n = link_write(&l[0], TYPE, "", 0, "x", 1, now, out);
			assert_int_equal(n, 2 * 82);
		}
		assert_int_equal(link_read(&l[1], out, 82, &f), 82);
		assert_int_equal(f.type, 0);
		assert_int_equal(link_read(&l[1], out + 82, 82, &f), 82);
		assert_int_equal(f.type, TYPE);
		struct hex want =
			hex_of(v, i == 0 ? "rekeyed_once" : "rekeyed_twice");
		assert_memory_equal(l[0].send.key, want.data, NOISE_KEY);
		assert_memory_equal(l[1].receive.key, want.data, NOISE_KEY);
	}
	assert_int_equal(l[0].send.nonce, 5); /* it counts on */
	assert_false(link_old(&l[0], LINK_OLD_MS - 1));
	assert_true(link_old(&l[0], LINK_OLD_MS));
	json_free(v);
}

static void
bye_tells_a_wanted_end_from_a_cut(void **state)
{
	uint8_t out[LINK_ROOM];
	char text[LINK_BYE_TEXT * 2];
	struct link_frame f;
	struct link l[2];

	(void)state;
	linked(l);
	assert_int_equal(link_end_of_file(&l[1]), -ECONNRESET);
	memset(text, 'x', sizeof text);
	text[sizeof text - 1] = '\0';
	ssize_t n = link_bye(&l[0], LINK_BYE_REVOKED, text, out);
	assert_true(n > 0);
	assert_int_equal(link_bye(&l[0], LINK_BYE_DONE, "", out + n), -EPIPE);
	assert_int_equal(link_write(&l[0], TYPE, "", 0, "", 0, 0, out + n),
			 -EPIPE);
	assert_int_equal(link_read(&l[1], out, (size_t)n, &f), n);
	assert_int_equal(f.type, LINK_BYE);
	assert_int_equal(f.why, LINK_BYE_REVOKED);
	assert_int_equal(f.len, LINK_BYE_TEXT);
	assert_int_equal(link_end_of_file(&l[1]), 0);
	assert_int_equal(link_read(&l[1], out, 0, &f), 0);
	assert_int_equal(link_read(&l[1], out, 1, &f), -EPROTO);
}

/* Seals any plaintext as the next frame. */
static size_t
seal(struct link *l, const void *plain, size_t len, uint8_t *out)
{
	noise_seal(&l->send, NULL, 0, plain, len, out + LINK_HEAD);
	bytes_put_be16(out, (uint16_t)(len + NOISE_TAG));
	return LINK_HEAD + len + NOISE_TAG;
}

static void
nonsense_inside_ends_the_link_and_news_does_not(void **state)
{
	static const struct {
		uint8_t plain[6];
		size_t len;
		ssize_t want; /* -errno, or 0 */
	} cases[] = {
		{ { 0 }, 0, -EBADMSG },
		{ { TYPE }, 1, -EBADMSG },
		{ { TYPE, 0 }, 2, -EBADMSG },
		{ { TYPE, 0, 1 }, 3, -EBADMSG },
		{ { TYPE, 0xff, 0xff, 1, 1, 1 }, 6, -EBADMSG },
		{ { 0, 0, 0 }, 3, -EBADMSG },
		{ { LINK_BYE, 0, 1, 0 }, 4, -EBADMSG },
		{ { LINK_CHAFF, 0, 1, 0 }, 4, 0 },
		{ { 9, 0, 0 }, 3, 0 }, /* of a later version */
		{ { TYPE, 0, 0 }, 3, 0 },
	};
	uint8_t out[LINK_ROOM];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct link_frame f;
		struct link l[2];

		linked(l);
		size_t n = seal(&l[0], cases[i].plain, cases[i].len, out);
		ssize_t r = link_read(&l[1], out, n, &f);
		assert_int_equal(r, cases[i].want ? cases[i].want : (ssize_t)n);
		if (r > 0)
			assert_int_equal(f.type,
					 cases[i].plain[0] == TYPE ? TYPE : 0);
	}
}

static void
the_last_number_is_never_used(void **state)
{
	uint8_t out[LINK_ROOM];
	struct link l[2];

	(void)state;
	linked(l);
	l[0].send.nonce = UINT64_MAX - 1;
	put(&l[0], "x", 1, out);
	assert_int_equal(link_write(&l[0], TYPE, "", 0, "", 0, 0, out),
			 -EOVERFLOW);
	assert_int_equal(link_write(&l[0], TYPE, "", 0, "", 0, 0, out),
			 -EOVERFLOW);
}

static void
random_bytes_are_no_frames(void **state)
{
	static uint8_t data[LINK_FRAME];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		struct link_frame f;
		struct link l[2];

		linked(l);
		randombytes_buf(data, sizeof data);
		bytes_put_be16(data, (uint16_t)(16 + i * 16));
		assert_int_equal(link_read(&l[1], data, sizeof data, &f),
				 -EBADMSG);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_of_every_length_arrive),
		cmocka_unit_test(a_frame_waits_until_it_is_whole),
		cmocka_unit_test(lengths_that_no_frame_has_end_the_link),
		cmocka_unit_test(every_flipped_bit_ends_the_link),
		cmocka_unit_test(frames_come_once_and_in_order),
		cmocka_unit_test(a_key_is_renewed_after_an_hour_or_a_gibibyte),
		cmocka_unit_test(bye_tells_a_wanted_end_from_a_cut),
		cmocka_unit_test(
			nonsense_inside_ends_the_link_and_news_does_not),
		cmocka_unit_test(the_last_number_is_never_used),
		cmocka_unit_test(random_bytes_are_no_frames),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
