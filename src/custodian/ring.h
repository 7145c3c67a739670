/* custodian/ring.h - the newest bytes of the PTY, as clients see them. */
#ifndef CDO_CUSTODIAN_RING_H
#define CDO_CUSTODIAN_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct iovec;
struct memory_head;

enum {
	RING_WINDOW = 4 << 20,
	RING_READ = 64 << 10, /* the most that is read at once */
};

/*
 * Offsets count the bytes of the PTY's stream since the session's birth.  The
 * bytes and their offsets live in the session memory; the cuts here.
 */
struct ring;

/*
 * Borrows head and fd.  NULL if it cannot be mapped.  What a predecessor had
 * read and was killed before it could say so is there as well.
 */
struct ring *ring_new(struct memory_head *head, int fd);
void ring_free(struct ring *);

/*
 * Where the next bytes go, at most len <= RING_READ of them, all zero before;
 * the oldest that stand in the way are forgotten.  ring_grew says how many
 * came.
 */
uint8_t *ring_room(struct ring *, size_t len);
void ring_grew(struct ring *, size_t len);

uint64_t ring_begin(const struct ring *);
uint64_t ring_end(const struct ring *);
/* The bytes from offset on, up to ring_end in one piece. */
const uint8_t *ring_at(const struct ring *, uint64_t offset);

/* What screen_events.cut tells; in stream order. */
void ring_cut(struct ring *, uint64_t from, uint64_t to, const void *instead,
	      size_t len);
/* Somebody waits for what lies from `offset` on: ring_ease spares it. */
void ring_keep(struct ring *, uint64_t offset);
/* No client will ask for what lies before offset any more. */
void ring_passed(struct ring *, uint64_t offset);
/* What was cut from offset on is known, or will be told. */
void ring_known(struct ring *, uint64_t offset);
/* Who has all before this offset, or a later one, can be given the rest. */
uint64_t ring_served(const struct ring *);
/* Whether a client that has all before offset can be given the rest. */
bool ring_serves(const struct ring *, uint64_t offset);

/*
 * What clients see of [*from, to): at most max pieces and about `limit` bytes.
 * Moves *from to the end of what the pieces stand for; *bytes is their sum,
 * which may be 0 though *from moved.  Returns the number of pieces.
 */
int ring_slice(const struct ring *, uint64_t *from, uint64_t to, size_t limit,
	       struct iovec *iov, int max, size_t *bytes);

/* Forgets all but the newest `keep` bytes, and gives their memory back. */
void ring_trim(struct ring *, uint64_t keep);
/*
 * For once a second of a long output: what is older than RING_WINDOW bytes
 * and not waited for is forgotten, unless the ring will soon be around.
 */
void ring_ease(struct ring *);

#endif
