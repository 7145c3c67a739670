/* proto/resume.h - what stays exact when connections and custodians die. */
#ifndef CDO_PROTO_RESUME_H
#define CDO_PROTO_RESUME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/*
 * The rules of both ends, without any input or output of their own: bytes and
 * answers go in, what is to be sent or written comes out.
 *
 * Input is one stream of bytes for each client, with offsets from 0 on.  The
 * client keeps what was not taken; the custodian knows for each client what it
 * has taken, in memory that outlives it, and drops what comes again.  What it
 * was about to write when it was killed may have been written or not: that is
 * in doubt, is told as a number of bytes, and never sent again.
 *
 * Output has the offsets of the PTY's stream.  Who says up to where it has
 * shown it is sent what follows, if that is there.
 */

/* --- the client's end of its input -------------------------------------- */

/* All-zero is ready. */
struct resume_sender {
	struct buf bytes; /* not taken yet */
	uint64_t start; /* the offset of the first of them */
	uint64_t sent; /* up to here in this connection */
	uint64_t ever; /* up to here in any */
	uint64_t open; /* up to here they may be sent; see resume_open */
	uint64_t doubted; /* bytes in doubt that were told so far */
	uint64_t since; /* as greeted last */
};

void resume_release(struct resume_sender *);
void resume_add(struct resume_sender *, const void *data, size_t len);
/* What was added up to now may be sent. */
void resume_open(struct resume_sender *);
/*
 * What to send next: at most max bytes from *offset on, which then count as
 * sent.  Returns how many; 0 if there are none.  *data is good until the next
 * call with this sender.
 */
size_t resume_send(struct resume_sender *, size_t max, uint64_t *offset,
		   const uint8_t **data);
/* The custodian has taken everything before this offset. */
void resume_took(struct resume_sender *, uint64_t offset);

/* How a custodian greets a client that comes back. */
struct resume_greeting {
	bool same; /* session: its epoch is that of before */
	uint64_t taken, doubted;
	/*
	 * A number for the time since which it knows this client.  Another
	 * one than before: the client had fallen out.
	 */
	uint64_t since;
};
struct resume_loss {
	uint64_t unsure; /* bytes that may have arrived, or not */
	uint64_t dropped; /* bytes that were meant for another session */
};
/*
 * A new connection: what is neither taken nor in doubt is to be sent again.
 * Of what was sent to a custodian that has forgotten this client nobody knows
 * whether it arrived, so it is not sent twice.
 */
struct resume_loss resume_again(struct resume_sender *,
				const struct resume_greeting *);

/* --- the custodian's end ------------------------------------------------ */

enum {
	RESUME_CLIENTS = 64,
	RESUME_WRITE = 1024, /* bytes in one write: so many can be in doubt */
};

/* What outlives a custodian, for each client; all-zero for nobody. */
struct resume_row {
	uint8_t id[16];
	uint64_t taken; /* all before this offset was written */
	uint64_t intent; /* a write up to here was about to be made */
	uint64_t used; /* grows; the smallest is the one to forget */
};

struct resume_more {
	uint64_t doubted; /* bytes in doubt so far */
	uint64_t since; /* see struct resume_greeting */
};

struct resume_taker {
	struct resume_row *rows; /* RESUME_CLIENTS of them, borrowed */
	struct resume_more *more; /* likewise */
	uint64_t *uses; /* for resume_row.used; borrowed */
	struct buf bytes; /* taken in, not written yet */
	struct buf runs; /* whose they are */
	uint64_t next[RESUME_CLIENTS]; /* written, and what is queued */
	unsigned attached[RESUME_CLIENTS];
};

/* rows, more and uses are set, the rest is zero. */
void resume_taker_init(struct resume_taker *);
void resume_taker_release(struct resume_taker *);
/*
 * Finds or makes the row of a client's id; of those that are not attached the
 * one that was longest ago makes room.  To be given back by resume_leave.
 */
unsigned resume_enter(struct resume_taker *, const uint8_t id[16]);
void resume_leave(struct resume_taker *, unsigned row);
/*
 * A client's bytes from its offset on.  What came before is dropped, the rest
 * queued.  0, or -EPROTO if something is missing between.
 */
int resume_typed(struct resume_taker *, unsigned row, uint64_t offset,
		 const void *data, size_t len);
/* Bytes of no client, in their turn. */
void resume_insert(struct resume_taker *, const void *data, size_t len);
/*
 * What to write next, as one write; returns how much, 0 if there is nothing.
 * resume_wrote is told at once how much of it was, 0 for none.
 */
size_t resume_write(struct resume_taker *, const uint8_t **data);
void resume_wrote(struct resume_taker *, size_t n);

/* --- output ------------------------------------------------------------- */

/* Up to where somebody has shown the session, and in which of its sizes. */
struct resume_place {
	uint64_t at;
	uint64_t resizes; /* how often the size had changed */
};
/*
 * Whether output can go on at `was` for a session that is at `now`, and has
 * all output from `first` on.  If not, *missed is how many bytes are gone.
 */
bool resume_joins(const struct resume_place *was,
		  const struct resume_place *now, uint64_t first,
		  uint64_t *missed);

#endif
