/* custodian/transcript.c - a recording: frames to bytes and back. */
#include "custodian/transcript.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/mem.h"

enum {
	/*
	 * A window of 128 KiB and small tables: 1 MiB of memory while something
	 * is recorded, and a tenth less on the disk than with the fastest level
	 * for a percent of a core, since more than 4 MB/s is left out.
	 */
	LEVEL = 5,
	WINDOW_LOG = 17,
	TABLE_LOG = 14,
	HEAD = 8, /* of a batch: its length and checksum */
	FIELDS = 3 * 10, /* the numbers of a frame, at most */
	APART = 1 + 10, /* and those of a batch, before all others */
	START_LEN = 4 + 8,
};

static const uint8_t magic[4] = { 'c', 'd', 'o', 1 };

/* CRC-32 (ISO 3309): what a byte does to it, and that with k zeros behind. */
static uint32_t crc[8][256];

static void
make_table(void)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t c = i;

		for (int bit = 0; bit < 8; bit++)
			c = c >> 1 ^ (c & 1 ? 0xedb88320 : 0);
		crc[0][i] = c;
	}
	for (int k = 1; k < 8; k++)
		for (uint32_t i = 0; i < 256; i++)
			crc[k][i] = crc[k - 1][i] >> 8 ^
				    crc[0][crc[k - 1][i] & 255];
}

/* Eight bytes at a time: one by one it costs more than to compress them. */
static uint32_t
checksum(const uint8_t *p, size_t len)
{
	uint32_t c = ~(uint32_t)0;

	if (!crc[0][1])
		make_table();
	for (; len >= 8; len -= 8, p += 8)
		c = crc[7][p[0] ^ (c & 255)] ^ crc[6][p[1] ^ (c >> 8 & 255)] ^
		    crc[5][p[2] ^ (c >> 16 & 255)] ^ crc[4][p[3] ^ c >> 24] ^
		    crc[3][p[4]] ^ crc[2][p[5]] ^ crc[1][p[6]] ^ crc[0][p[7]];
	for (; len; len--, p++)
		c = c >> 8 ^ crc[0][*p ^ (c & 255)];
	return ~c;
}

static void
put_number(struct buf *b, uint64_t v)
{
	for (; v > 127; v >>= 7)
		buf_byte(b, (uint8_t)(v | 128));
	buf_byte(b, (uint8_t)v);
}

/* Moves *p behind the number; false if there is no whole one. */
static bool
get_number(const uint8_t **p, const uint8_t *end, uint64_t *v)
{
	*v = 0;
	for (unsigned shift = 0; *p < end && shift < 64; shift += 7) {
		uint8_t c = *(*p)++;

		*v |= (uint64_t)(c & 127) << shift;
		if (c < 128)
			return true;
	}
	return false;
}

/* --- packing ----------------------------------------------------------- */

struct packer {
	ZSTD_CCtx *z; /* NULL while it rests */
	struct buf heads, data; /* of the batch so far */
	uint64_t time; /* of the last frame */
	enum transcript_kind kind; /* of that too, and its data's length */
	size_t len, len_at; /* which stands there in heads */
	bool dirty; /* the compressor holds what was not flushed */
};

struct packer *
packer_new(void)
{
	return mem_zero(1, sizeof(struct packer));
}

void
packer_free(struct packer *p)
{
	if (!p)
		return;
	ZSTD_freeCCtx(p->z);
	buf_release(&p->heads);
	buf_release(&p->data);
	free(p);
}

static void
wake(struct packer *p)
{
	if (p->z)
		return;
	p->z = ZSTD_createCCtx();
	if (!p->z)
		abort();
	ZSTD_CCtx_setParameter(p->z, ZSTD_c_compressionLevel, LEVEL);
	ZSTD_CCtx_setParameter(p->z, ZSTD_c_windowLog, WINDOW_LOG);
	ZSTD_CCtx_setParameter(p->z, ZSTD_c_hashLog, TABLE_LOG);
	ZSTD_CCtx_setParameter(p->z, ZSTD_c_chainLog, TABLE_LOG);
	ZSTD_CCtx_setParameter(p->z, ZSTD_c_checksumFlag, 1);
}

static void
squeeze(struct packer *p, const void *data, size_t len, ZSTD_EndDirective how,
	struct buf *out)
{
	ZSTD_inBuffer in = { data, len, 0 };
	size_t left;

	do {
		enum { STEP = 4096 };
		ZSTD_outBuffer to = { buf_room(out, STEP), STEP, 0 };

		left = ZSTD_compressStream2(p->z, &to, &in, how);
		/* Only memory can fail it. */
		if (ZSTD_isError(left))
			abort();
		buf_grew(out, to.pos);
	} while (how == ZSTD_e_continue ? in.pos < in.size : left > 0);
	p->dirty = how == ZSTD_e_continue;
}

static void
close_batch(struct packer *p, struct buf *out)
{
	struct buf batch = { 0 };
	uint8_t head[HEAD];

	if (!p->heads.len)
		return;
	wake(p);
	put_number(&batch, 0);
	put_number(&batch, p->heads.len);
	buf_append(&batch, p->heads.data, p->heads.len);
	buf_append(&batch, p->data.data, p->data.len);
	bytes_put_be32(head, (uint32_t)batch.len);
	bytes_put_be32(head + 4, checksum(batch.data, batch.len));
	squeeze(p, head, sizeof head, ZSTD_e_continue, out);
	squeeze(p, batch.data, batch.len, ZSTD_e_continue, out);
	buf_release(&batch);
	buf_clear(&p->heads);
	buf_clear(&p->data);
}

/* Whether it is only more of the last frame: output of the same moment. */
static bool
goes_on(const struct packer *p, enum transcript_kind kind, uint64_t time,
	size_t len)
{
	return p->heads.len && kind == TRANSCRIPT_OUTPUT && p->kind == kind &&
	       time == p->time && p->len + len <= TRANSCRIPT_PIECE;
}

static void
add(struct packer *p, enum transcript_kind kind, uint64_t time,
    const void *data, size_t len, struct buf *out)
{
	if (APART + p->heads.len + p->data.len + FIELDS + len >
	    TRANSCRIPT_BATCH)
		close_batch(p, out);
	if (goes_on(p, kind, time, len)) {
		p->heads.len = p->len_at;
		p->len += len;
	} else {
		put_number(&p->heads, kind);
		put_number(&p->heads, time > p->time ? time - p->time : 0);
		p->kind = kind;
		p->len = len;
		p->len_at = p->heads.len;
	}
	put_number(&p->heads, p->len);
	buf_append(&p->data, data, len);
	/* A clock that was set back goes on from where it is now. */
	p->time = time;
}

static void
begin(struct packer *p, uint64_t time, struct buf *out)
{
	uint8_t data[START_LEN];

	if (p->z)
		ZSTD_CCtx_reset(p->z, ZSTD_reset_session_only);
	buf_clear(&p->heads);
	buf_clear(&p->data);
	p->dirty = false;
	p->time = time;
	memcpy(data, magic, sizeof magic);
	bytes_put_be32(data + 4, (uint32_t)(time >> 32));
	bytes_put_be32(data + 8, (uint32_t)time);
	add(p, TRANSCRIPT_START, time, data, sizeof data, out);
}

void
packer_add(struct packer *p, const struct transcript_frame *f, struct buf *out)
{
	struct buf data = { 0 };
	size_t at = 0;

	switch (f->kind) {
	case TRANSCRIPT_START:
		begin(p, f->time, out);
		return;
	case TRANSCRIPT_SCREEN:
	case TRANSCRIPT_OUTPUT:
	case TRANSCRIPT_MARK:
		while (at < f->len) {
			size_t n = f->len - at;

			if (n > TRANSCRIPT_PIECE)
				n = TRANSCRIPT_PIECE;
			add(p, f->kind, f->time, f->data + at, n, out);
			at += n;
		}
		return;
	case TRANSCRIPT_KEY:
	case TRANSCRIPT_RESIZE:
		put_number(&data, f->cols);
		put_number(&data, f->rows);
		break;
	case TRANSCRIPT_EXIT:
		put_number(&data, (unsigned)f->exit_code);
		put_number(&data, (unsigned)f->signal);
		break;
	case TRANSCRIPT_GAP:
		put_number(&data, f->lost);
		put_number(&data, f->why);
		break;
	case TRANSCRIPT_END:
		break;
	}
	add(p, f->kind, f->time, data.data, data.len, out);
	buf_release(&data);
}

bool
packer_unflushed(const struct packer *p)
{
	return p->heads.len || p->dirty;
}

bool
packer_unrested(const struct packer *p)
{
	return p->heads.len || p->z;
}

void
packer_flush(struct packer *p, struct buf *out)
{
	close_batch(p, out);
	if (p->dirty)
		squeeze(p, NULL, 0, ZSTD_e_flush, out);
}

void
packer_rest(struct packer *p, struct buf *out)
{
	close_batch(p, out);
	if (!p->z)
		return;
	squeeze(p, NULL, 0, ZSTD_e_end, out);
	p->dirty = false;
	ZSTD_freeCCtx(p->z);
	p->z = NULL;
	buf_release(&p->heads);
	buf_release(&p->data);
}

/* --- unpacking --------------------------------------------------------- */

struct unpacker {
	ZSTD_DCtx *z;
	ZSTD_inBuffer in;
	uint8_t *batch; /* HEAD and TRANSCRIPT_BATCH bytes */
	size_t have; /* of it */
	size_t need; /* to go on: the head, then the whole */
	/* Of a whole, sound batch: its frames, and their data if apart. */
	const uint8_t *at, *end, *data, *data_end;
	uint64_t time;
	bool drained; /* the decompressor has no more without more input */
	bool started, damaged;
};

struct unpacker *
unpacker_new(void)
{
	struct unpacker *u = mem_zero(1, sizeof *u);

	u->z = ZSTD_createDCtx();
	if (!u->z)
		abort();
	/* What a stream asks for meets this limit before an allocator. */
	ZSTD_DCtx_setParameter(u->z, ZSTD_d_windowLogMax, WINDOW_LOG);
	u->batch = mem_alloc(HEAD + TRANSCRIPT_BATCH);
	u->need = HEAD;
	u->drained = true;
	return u;
}

void
unpacker_free(struct unpacker *u)
{
	if (!u)
		return;
	ZSTD_freeDCtx(u->z);
	free(u->batch);
	free(u);
}

void
unpacker_feed(struct unpacker *u, const void *data, size_t len)
{
	assert(u->in.pos == u->in.size);
	u->in = (ZSTD_inBuffer){ data, len, 0 };
}

/* Fills the batch up to what is needed; 1, 0 if bytes ran out, -EBADMSG. */
static int
fill(struct unpacker *u)
{
	while (u->have < u->need) {
		ZSTD_outBuffer to = { u->batch, u->need, u->have };

		/* Asked in vain a few times, it calls the stream broken. */
		if (u->drained && u->in.pos == u->in.size)
			return 0;
		if (ZSTD_isError(ZSTD_decompressStream(u->z, &to, &u->in)))
			return -EBADMSG;
		u->drained = to.pos < to.size;
		u->have = to.pos;
	}
	return 1;
}

/* Finds the frames of a payload, and their data. */
static bool
lay_out(struct unpacker *u, const uint8_t *p, const uint8_t *end)
{
	uint64_t len;

	u->at = p;
	u->end = end;
	u->data = NULL;
	if (*p != 0)
		return true; /* each frame's data is behind its numbers */
	if (!get_number(&p, end, &len) || !get_number(&p, end, &len) || !len ||
	    len > (uint64_t)(end - p))
		return false;
	u->at = p;
	u->end = u->data = p + len;
	u->data_end = end;
	return true;
}

/* The next batch, whole and sound: 1, 0 or -EBADMSG. */
static int
take_batch(struct unpacker *u)
{
	int r = fill(u);

	if (r == 1 && u->need == HEAD) {
		uint32_t len = bytes_be32(u->batch);

		if (!len || len > TRANSCRIPT_BATCH)
			return -EBADMSG;
		u->need += len;
		r = fill(u);
	}
	if (r < 1)
		return r;

	const uint8_t *payload = u->batch + HEAD;
	size_t len = u->need - HEAD;

	if (checksum(payload, len) != bytes_be32(u->batch + 4))
		return -EBADMSG;
	u->have = 0;
	u->need = HEAD;
	return lay_out(u, payload, payload + len) ? 1 : -EBADMSG;
}

static bool
take_start(struct unpacker *u, const struct transcript_frame *f)
{
	const uint8_t *p = f->data;

	if (f->len < START_LEN || memcmp(p, magic, sizeof magic) != 0)
		return false;
	u->time = (uint64_t)bytes_be32(p + 4) << 32 | bytes_be32(p + 8);
	u->started = true;
	return true;
}

static bool
two_numbers(const struct transcript_frame *f, uint64_t max, uint64_t *a,
	    uint64_t *b)
{
	const uint8_t *p = f->data, *end = f->data + f->len;

	return get_number(&p, end, a) && get_number(&p, end, b) && *b <= max;
}

/* Takes len bytes of the batch from *at; false if it has not so many. */
static bool
take_data(const uint8_t **at, const uint8_t *end, uint64_t len,
	  struct transcript_frame *f)
{
	if (len > (uint64_t)(end - *at))
		return false;
	*f = (struct transcript_frame){ .data = *at, .len = (size_t)len };
	*at += len;
	return true;
}

/* Reads the fields of a frame; 1, 0 if it is of no known kind, -EBADMSG. */
static int
take_fields(struct transcript_frame *f)
{
	uint64_t a = 0, b = 0;

	switch (f->kind) {
	case TRANSCRIPT_KEY:
	case TRANSCRIPT_RESIZE:
		if (!two_numbers(f, 0xffff, &a, &b) || !a || a > 0xffff || !b)
			return -EBADMSG;
		f->cols = (unsigned)a;
		f->rows = (unsigned)b;
		return 1;
	case TRANSCRIPT_EXIT:
		if (!two_numbers(f, 255, &a, &b) || a > 255)
			return -EBADMSG;
		f->exit_code = (int)a;
		f->signal = (int)b;
		return 1;
	case TRANSCRIPT_GAP:
		if (!two_numbers(f, 255, &a, &b))
			return -EBADMSG;
		f->lost = a;
		f->why = (enum transcript_why)b;
		return 1;
	case TRANSCRIPT_SCREEN:
	case TRANSCRIPT_OUTPUT:
	case TRANSCRIPT_MARK:
	case TRANSCRIPT_END:
		return 1;
	case TRANSCRIPT_START:
		break;
	}
	return 0;
}

static int
take_frame(struct unpacker *u, struct transcript_frame *f)
{
	uint64_t kind, since, len;

	if (!get_number(&u->at, u->end, &kind) ||
	    !get_number(&u->at, u->end, &since) ||
	    !get_number(&u->at, u->end, &len))
		return -EBADMSG;
	if (u->data ? !take_data(&u->data, u->data_end, len, f)
		    : !take_data(&u->at, u->end, len, f))
		return -EBADMSG;
	if (!u->started && (kind != TRANSCRIPT_START || !take_start(u, f)))
		return -EBADMSG;
	if (kind == TRANSCRIPT_START)
		return 0;
	if (__builtin_add_overflow(u->time, since, &u->time))
		return -EBADMSG;
	if (kind > INT_MAX)
		return 0;
	f->kind = (enum transcript_kind)kind;
	f->time = u->time;
	return take_fields(f);
}

int
unpacker_next(struct unpacker *u, struct transcript_frame *out)
{
	int r = u->damaged ? -EBADMSG : 0;

	while (r == 0) {
		if (u->at < u->end)
			r = take_frame(u, out);
		else if ((r = take_batch(u)) == 1)
			r = 0;
		else if (r == 0)
			return 0;
	}
	u->damaged = r < 0;
	return r;
}
