/* fuzz/transcript.c - a segment of a recording, whatever its bytes. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/buf.h"
#include "custodian/transcript.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* So much of what it says: a small file may stand for a very large one. */
enum { ENOUGH = 16 << 20 };

static void
take(struct unpacker *u, size_t *taken)
{
	struct transcript_frame f;

	while (*taken < ENOUGH && unpacker_next(u, &f) == 1) {
		volatile uint8_t sum = 0;

		*taken += f.len + 1;
		if (f.len > TRANSCRIPT_BATCH)
			abort();
		for (size_t i = 0; i < f.len; i++)
			sum = (uint8_t)(sum + f.data[i]);
	}
}

/* The first byte says in what steps the rest comes. */
static void
unpack(const uint8_t *data, size_t len)
{
	struct unpacker *u = unpacker_new();
	size_t step = (size_t)data[0] * 16 + 1, taken = 0;

	for (size_t at = 1; at < len && taken < ENOUGH; at += step) {
		struct transcript_frame f;

		unpacker_feed(u, data + at, step < len - at ? step : len - at);
		take(u, &taken);
		if (unpacker_next(u, &f) < 0)
			break;
	}
	unpacker_free(u);
}

/* The bytes as a payload that is sound: what lies behind the checksum. */
static void
repack(const uint8_t *data, size_t len)
{
	struct packer *p = packer_new();
	struct buf out = { 0 };
	struct transcript_frame f = { .kind = TRANSCRIPT_START, .time = 1 };

	packer_add(p, &f, &out);
	for (size_t at = 1; at + 4 < len;) {
		size_t n = data[at + 1];

		f = (struct transcript_frame){
			.kind = (enum transcript_kind)(2 + data[at] % 8),
			.time = data[at + 2] * 1000u,
			.cols = data[at + 3],
			.rows = data[at + 4],
			.lost = data[at + 3],
			.why = (enum transcript_why)data[at + 4],
			.data = data + at,
			.len = n < len - at ? n : len - at,
		};
		packer_add(p, &f, &out);
		if (data[at] & 64)
			packer_flush(p, &out);
		if (data[at] & 128)
			packer_rest(p, &out);
		at += n + 1;
	}
	packer_rest(p, &out);

	struct unpacker *u = unpacker_new();
	size_t taken = 0;

	unpacker_feed(u, out.data, out.len);
	take(u, &taken);
	unpacker_free(u);
	packer_free(p);
	buf_release(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len == 0)
		return 0;
	unpack(data, len);
	repack(data, len);
	return 0;
}
