/* custodian/transcript.h - a recording: frames to bytes and back. */
#ifndef CDO_CUSTODIAN_TRANSCRIPT_H
#define CDO_CUSTODIAN_TRANSCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

/*
 * A segment is a zstd stream (`zstd -dc` takes it) of batches, each
 *
 *	u32 length, u32 CRC-32 of the payload, payload
 *
 * big-endian; a payload is whole frames, each three LEB128 numbers and bytes:
 *
 *	kind, milliseconds since the frame before, length, data
 *
 * If it begins with a zero, the numbers are apart from the data: what is alike
 * then stands together, and shrinks to two thirds of what it was:
 *
 *	0, length of all numbers, numbers of each frame, data of each frame
 *
 * The first frame of a segment is START.  Numbers in data are LEB128 too,
 * unless said otherwise.  Kinds only ever grow; a reader skips those it does
 * not know and what follows the fields it knows.
 */
enum transcript_kind {
	TRANSCRIPT_START = 1, /* "cdo\1", u64 big-endian: unix ms */
	/*
	 * The screen stands anew, at cols, rows; the bytes of the SCREEN
	 * frames behind it, on a terminal that had none, rebuild it.
	 */
	TRANSCRIPT_KEY = 2,
	TRANSCRIPT_SCREEN = 3, /* bytes */
	TRANSCRIPT_OUTPUT = 4, /* bytes: what the program wrote, less queries */
	TRANSCRIPT_RESIZE = 5, /* cols, rows */
	TRANSCRIPT_EXIT = 6, /* exit status, signal or 0 */
	/* `lost` bytes of output are not here; `why`; a KEY follows. */
	TRANSCRIPT_GAP = 7,
	TRANSCRIPT_MARK = 8, /* text */
	TRANSCRIPT_END = 9, /* nothing is lost to the next segment */
};

enum transcript_why {
	TRANSCRIPT_FLOOD = 1, /* too much of it */
	TRANSCRIPT_DISK = 2, /* it could not be written */
	/* Never written; found by who reads. */
	TRANSCRIPT_DAMAGED = 3, /* the rest of this segment cannot be read */
	TRANSCRIPT_DROPPED = 4, /* older segments made room for newer ones */
};

enum {
	TRANSCRIPT_PIECE = 32 << 10, /* of data in one frame, at most */
	TRANSCRIPT_BATCH = 64 << 10, /* of payload in one batch, at most */
};

struct transcript_frame {
	enum transcript_kind kind;
	uint64_t time; /* unix ms */
	const uint8_t *data; /* SCREEN, OUTPUT, MARK */
	size_t len;
	unsigned cols, rows; /* KEY, RESIZE */
	int exit_code, signal; /* EXIT */
	uint64_t lost; /* GAP */
	enum transcript_why why; /* GAP */
	bool joined; /* KEY, by who reads: it is what the frames before gave */
};

/* Frames to bytes. */
struct packer;

struct packer *packer_new(void);
void packer_free(struct packer *);
/*
 * Adds a frame; data longer than a piece becomes several.  What it makes
 * so far of the segment's bytes is appended to out.  START begins a segment:
 * all that was not flushed before is forgotten.  A time that lies before
 * the last frame's counts as the same moment.
 */
void packer_add(struct packer *, const struct transcript_frame *,
		struct buf *out);
/* Appends what makes every frame so far readable. */
void packer_flush(struct packer *, struct buf *out);
/*
 * As packer_flush, and gives the compressor's memory back; a frame may still
 * follow.
 */
void packer_rest(struct packer *, struct buf *out);
/* What packer_flush or packer_rest would do is there to be done. */
bool packer_unflushed(const struct packer *);
bool packer_unrested(const struct packer *);

/* Bytes to frames, in bounded memory, whatever the bytes. */
struct unpacker;

struct unpacker *unpacker_new(void);
void unpacker_free(struct unpacker *);
/* Bytes of the segment, borrowed until unpacker_next returns 0. */
void unpacker_feed(struct unpacker *, const void *data, size_t len);
/*
 * Returns 1 with the next frame, whose data is valid until the next call; 0
 * when it needs more bytes; -EBADMSG, for ever, if the segment is damaged
 * here.  START is taken, not returned.
 */
int unpacker_next(struct unpacker *, struct transcript_frame *out);

#endif
