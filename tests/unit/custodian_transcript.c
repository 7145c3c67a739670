/* unit/custodian_transcript.c - the promises of custodian/transcript.h. */
#include "custodian/transcript.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/io.h"

static const uint8_t text[] = "\033[1mhello\033[m \xe2\x9c\xb3\r\n";

static const struct transcript_frame frames[] = {
	{ .kind = TRANSCRIPT_START, .time = 1700000000000 },
	{ .kind = TRANSCRIPT_KEY,
	  .time = 1700000000000,
	  .cols = 80,
	  .rows = 24 },
	{ .kind = TRANSCRIPT_SCREEN,
	  .time = 1700000000000,
	  .data = text,
	  .len = 5 },
	{ .kind = TRANSCRIPT_OUTPUT,
	  .time = 1700000000001,
	  .data = text,
	  .len = sizeof text - 1 },
	{ .kind = TRANSCRIPT_RESIZE,
	  .time = 1700000009999,
	  .cols = 2000,
	  .rows = 1 },
	{ .kind = TRANSCRIPT_OUTPUT,
	  .time = 1700086400000,
	  .data = text,
	  .len = 1 },
	{ .kind = TRANSCRIPT_GAP,
	  .time = 1700086400000,
	  .lost = (uint64_t)1 << 40,
	  .why = TRANSCRIPT_FLOOD },
	{ .kind = TRANSCRIPT_MARK,
	  .time = 1700086400000,
	  .data = text,
	  .len = 3 },
	{ .kind = TRANSCRIPT_EXIT,
	  .time = 1700086400000,
	  .exit_code = 143,
	  .signal = 15 },
	{ .kind = TRANSCRIPT_END, .time = 1700086400000 },
};
enum { FRAMES = sizeof frames / sizeof frames[0] };

/* The frames above; flushed after each, and rested after the fourth. */
static void
pack(struct buf *out)
{
	struct packer *p = packer_new();

	for (int i = 0; i < FRAMES; i++) {
		packer_add(p, &frames[i], out);
		if (i == 4)
			packer_rest(p, out);
		else
			packer_flush(p, out);
		assert_false(packer_unflushed(p));
	}
	packer_free(p);
}

static void
assert_frame(const struct transcript_frame *f,
	     const struct transcript_frame *want)
{
	assert_int_equal(f->kind, want->kind);
	assert_int_equal(f->time, want->time);
	assert_int_equal(f->cols, want->cols);
	assert_int_equal(f->rows, want->rows);
	assert_int_equal(f->exit_code, want->exit_code);
	assert_int_equal(f->signal, want->signal);
	assert_int_equal(f->lost, want->lost);
	assert_int_equal(f->why, want->why);
	if (!want->data)
		return;
	assert_int_equal(f->len, want->len);
	assert_memory_equal(f->data, want->data, want->len);
}

/*
 * Reads, and demands that the frames are the first of those above.  Returns
 * how many there were; *end is 0, or -EBADMSG if the bytes are damaged.
 */
static int
unpack(const uint8_t *data, size_t len, size_t step, int *end)
{
	struct unpacker *u = unpacker_new();
	struct transcript_frame f;
	int n = 0;

	*end = 0;
	for (size_t at = 0; at < len && *end == 0; at += step) {
		unpacker_feed(u, data + at, step < len - at ? step : len - at);
		while ((*end = unpacker_next(u, &f)) == 1) {
			n++;
			assert_in_range(n, 1, FRAMES - 1);
			assert_frame(&f, &frames[n]);
		}
	}
	assert_int_equal(unpacker_next(u, &f), *end);
	unpacker_free(u);
	return n;
}

static void
every_kind_of_frame_comes_back(void **state)
{
	struct buf b = { 0 };
	int end;

	(void)state;
	pack(&b);
	assert_int_equal(unpack(b.data, b.len, b.len, &end), FRAMES - 1);
	assert_int_equal(end, 0);
	buf_release(&b);
}

/* Each frame's data behind its numbers, as it was once written. */
static void
what_an_earlier_release_wrote_is_read(void **state)
{
	const char *top = getenv("CDO_TOP_SRCDIR");
	char path[4096];
	struct buf b = { 0 };
	int end;

	(void)state;
	snprintf(path, sizeof path, "%s/tests/golden/transcript-0.1.0.zst",
		 top ? top : ".");
	assert_int_equal(io_slurp(path, 1 << 20, &b), 0);
	for (size_t step = 1; step < b.len; step++) {
		assert_int_equal(unpack(b.data, b.len, step, &end), FRAMES - 1);
		assert_int_equal(end, 0);
	}
	buf_release(&b);
}

static void
output_of_one_moment_is_one_frame(void **state)
{
	struct packer *p = packer_new();
	struct unpacker *u = unpacker_new();
	struct transcript_frame f = frames[0];
	struct buf b = { 0 };

	(void)state;
	packer_add(p, &f, &b);
	f = frames[3];
	for (int i = 0; i < 5000; i++)
		packer_add(p, &f, &b);
	f.time++;
	packer_add(p, &f, &b);
	packer_rest(p, &b);
	unpacker_feed(u, b.data, b.len);
	size_t all = 0, n = 0;
	while (unpacker_next(u, &f) == 1) {
		assert_in_range(f.len, 1, TRANSCRIPT_PIECE);
		for (size_t i = 0; i < f.len; i++, all++)
			assert_int_equal(f.data[i], text[all % frames[3].len]);
		n++;
	}
	assert_int_equal(all, 5001 * frames[3].len);
	assert_int_equal(f.time, frames[3].time + 1);
	assert_in_range(n, 2, all / TRANSCRIPT_PIECE + 3);
	packer_free(p);
	unpacker_free(u);
	buf_release(&b);
}

static void
frames_survive_every_split(void **state)
{
	struct buf b = { 0 };
	int end;

	(void)state;
	pack(&b);
	for (size_t step = 1; step < b.len; step++) {
		assert_int_equal(unpack(b.data, b.len, step, &end), FRAMES - 1);
		assert_int_equal(end, 0);
	}
	buf_release(&b);
}

static void
a_reader_may_ask_in_vain_as_often_as_it_likes(void **state)
{
	struct unpacker *u = unpacker_new();
	struct transcript_frame f;
	struct buf b = { 0 };
	int n = 0;

	(void)state;
	pack(&b);
	for (size_t at = 0; at < b.len; at++) {
		for (int i = 0; i < 100; i++)
			assert_int_equal(unpacker_next(u, &f), 0);
		unpacker_feed(u, b.data + at, 1);
		while (unpacker_next(u, &f) == 1)
			n++;
	}
	assert_int_equal(n, FRAMES - 1);
	unpacker_free(u);
	buf_release(&b);
}

static void
what_was_flushed_is_readable_at_once(void **state)
{
	struct packer *p = packer_new();
	struct buf b = { 0 };
	int end;

	(void)state;
	for (int i = 0; i < FRAMES; i++) {
		packer_add(p, &frames[i], &b);
		packer_flush(p, &b);
		assert_int_equal(unpack(b.data, b.len, b.len, &end), i);
		assert_int_equal(end, 0);
	}
	packer_free(p);
	buf_release(&b);
}

static void
a_segment_cut_anywhere_gives_its_first_frames(void **state)
{
	struct buf b = { 0 };
	int end, before = 0;

	(void)state;
	pack(&b);
	for (size_t len = 0; len < b.len; len++) {
		int n = unpack(b.data, len, b.len, &end);

		assert_int_equal(end, 0);
		assert_true(n >= before);
		before = n;
	}
	buf_release(&b);
}

/* unpack() demands that no frame is any other than it was. */
static void
a_damaged_byte_never_becomes_a_frame(void **state)
{
	struct buf b = { 0 };
	int end, noticed = 0;

	(void)state;
	pack(&b);
	for (size_t at = 0; at < b.len; at++) {
		uint8_t was = b.data[at];

		for (unsigned flip = 1; flip < 256; flip = flip * 2 + 1) {
			b.data[at] = (uint8_t)(was ^ flip);
			int n = unpack(b.data, b.len, b.len, &end);
			noticed += end != 0 || n < FRAMES - 1;
		}
		b.data[at] = was;
	}
	assert_true(noticed > 0);
	buf_release(&b);
}

static void
long_data_comes_in_pieces(void **state)
{
	enum { LEN = 5 * TRANSCRIPT_PIECE + 7 };
	struct packer *p = packer_new();
	struct unpacker *u = unpacker_new();
	struct transcript_frame f = frames[0];
	struct buf b = { 0 };
	uint8_t *data = malloc(LEN);
	size_t got = 0;

	(void)state;
	for (size_t i = 0; i < LEN; i++)
		data[i] = (uint8_t)(i * i >> 8);
	packer_add(p, &f, &b);
	f.kind = TRANSCRIPT_OUTPUT;
	f.data = data;
	f.len = LEN;
	packer_add(p, &f, &b);
	packer_rest(p, &b);
	unpacker_feed(u, b.data, b.len);
	while (unpacker_next(u, &f) == 1) {
		assert_int_equal(f.kind, TRANSCRIPT_OUTPUT);
		assert_in_range(f.len, 1, TRANSCRIPT_PIECE);
		assert_memory_equal(f.data, data + got, f.len);
		got += f.len;
	}
	assert_int_equal(got, LEN);
	free(data);
	buf_release(&b);
	packer_free(p);
	unpacker_free(u);
}

static void
a_clock_that_is_set_back_only_stops_time(void **state)
{
	static const uint64_t in[] = { 5000, 6000, 1000, 1500 };
	static const uint64_t out[] = { 5000, 6000, 6000, 6500 };
	struct packer *p = packer_new();
	struct unpacker *u = unpacker_new();
	struct transcript_frame f = { .kind = TRANSCRIPT_START, .time = 5000 };
	struct buf b = { 0 };

	(void)state;
	packer_add(p, &f, &b);
	for (int i = 0; i < 4; i++) {
		f = (struct transcript_frame){ .kind = TRANSCRIPT_END,
					       .time = in[i] };
		packer_add(p, &f, &b);
	}
	packer_flush(p, &b);
	unpacker_feed(u, b.data, b.len);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(unpacker_next(u, &f), 1);
		assert_int_equal(f.time, out[i]);
	}
	buf_release(&b);
	packer_free(p);
	unpacker_free(u);
}

/* What zstd makes of raw bytes, with a window of its own. */
static int
unpack_raw(const void *raw, size_t len, int window)
{
	ZSTD_CCtx *z = ZSTD_createCCtx();
	size_t room = ZSTD_compressBound(len) + 64;
	uint8_t *packed = malloc(room);
	ZSTD_inBuffer in = { raw, len, 0 };
	ZSTD_outBuffer to = { packed, room, 0 };
	struct unpacker *u = unpacker_new();
	struct transcript_frame f;

	ZSTD_CCtx_setParameter(z, ZSTD_c_windowLog, window);
	/* Flushed first, or the frame would say how small it is. */
	ZSTD_compressStream2(z, &to, &in, ZSTD_e_flush);
	ZSTD_compressStream2(z, &to, &in, ZSTD_e_end);
	unpacker_feed(u, packed, to.pos);
	int r = unpacker_next(u, &f);
	unpacker_free(u);
	free(packed);
	ZSTD_freeCCtx(z);
	return r;
}

static void
what_asks_for_much_memory_is_refused(void **state)
{
	uint8_t head[8] = { 0 };

	(void)state;
	/* Four bytes of a batch's head: neither enough nor wrong. */
	bytes_put_be32(head, TRANSCRIPT_BATCH);
	assert_int_equal(unpack_raw(head, 4, 17), 0);
	assert_int_equal(unpack_raw(head, 4, 18), -EBADMSG);
	assert_int_equal(unpack_raw(head, 4, 27), -EBADMSG);
	assert_int_equal(unpack_raw(head, 8, 17), 0);
	bytes_put_be32(head, TRANSCRIPT_BATCH + 1);
	assert_int_equal(unpack_raw(head, 8, 17), -EBADMSG);
	bytes_put_be32(head, UINT32_MAX);
	assert_int_equal(unpack_raw(head, 8, 17), -EBADMSG);
	bytes_put_be32(head, 0);
	assert_int_equal(unpack_raw(head, 8, 17), -EBADMSG);
}

static void
a_packer_at_rest_has_nothing_to_do(void **state)
{
	struct packer *p = packer_new();
	struct buf b = { 0 };
	int end;

	(void)state;
	assert_false(packer_unflushed(p));
	assert_false(packer_unrested(p));
	for (int i = 0; i < FRAMES; i++) {
		packer_add(p, &frames[i], &b);
		assert_true(packer_unflushed(p));
		assert_true(packer_unrested(p));
		packer_rest(p, &b);
		assert_false(packer_unrested(p));
	}
	assert_int_equal(unpack(b.data, b.len, 1, &end), FRAMES - 1);
	packer_free(p);
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_frame_comes_back),
		cmocka_unit_test(what_an_earlier_release_wrote_is_read),
		cmocka_unit_test(output_of_one_moment_is_one_frame),
		cmocka_unit_test(frames_survive_every_split),
		cmocka_unit_test(a_reader_may_ask_in_vain_as_often_as_it_likes),
		cmocka_unit_test(what_was_flushed_is_readable_at_once),
		cmocka_unit_test(a_segment_cut_anywhere_gives_its_first_frames),
		cmocka_unit_test(a_damaged_byte_never_becomes_a_frame),
		cmocka_unit_test(long_data_comes_in_pieces),
		cmocka_unit_test(a_clock_that_is_set_back_only_stops_time),
		cmocka_unit_test(what_asks_for_much_memory_is_refused),
		cmocka_unit_test(a_packer_at_rest_has_nothing_to_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
