/* proto/chan.h - several connections over one link. */
#ifndef CDO_PROTO_CHAN_H
#define CDO_PROTO_CHAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "proto/link.h"

/*
 * Each channel carries the bytes of one local connection (messages, which are
 * not looked into).  The device opens them, the host accepts or refuses.  Each
 * direction of a channel has a window: so many bytes may be sent that the far
 * end of it has not taken, so nothing piles up, and a channel whose reader is
 * slow stops alone.
 *
 * What to send next is decided when the wire has room for it, not before:
 * first what the link needs itself, then channels that have little to say
 * (keys, echoes), then the others in turn, in pieces that the wire carries in
 * a fraction of a second.  How much is under way unacknowledged is limited to
 * what the wire carries in its round trip and CHAN_DELAY, so that keys do not
 * wait behind a flood in some queue on the way.  For that to work the socket
 * must not hoard either: TCP_NOTSENT_LOWAT (16 KiB), TCP_NODELAY.
 *
 * No descriptor, no timer; time is passed in, in monotonic ms.  Memory: at most
 * CHAN_MAX channels with CHAN_QUEUE bytes each to be sent.  What was received
 * is the caller's, at most CHAN_WINDOW bytes of each channel that it has not
 * taken.
 */
enum {
	CHAN_MAX = 64, /* open at once */
	CHAN_TARGET = 255, /* bytes of a target, at least 1 */
	CHAN_TEXT = 256, /* bytes of a text for people */
	CHAN_WINDOW = 1 << 20,
	CHAN_QUEUE = 128 << 10,
	CHAN_SMALL = 1 << 10, /* who has no more queued than this goes first */
	CHAN_DELAY = 200, /* ms of the wire that a flood may fill */

	/* A frame is due from the peer; see chan_unanswered. */
	CHAN_PING_SURE = 1000, /* ms after something was sent: the device's
				* PING, though frames came meanwhile */
	CHAN_PING_BUSY = 3000, /* ms: the host's, and however much comes */
	CHAN_LATE = 3000, /* ms without an answer: somebody may want to know */
	CHAN_PONG_LATE = 9000, /* ms, though other frames come */
	CHAN_PING_IDLE = 15000, /* ms of silence: the device's PING */
	CHAN_PING_IDLE_HOST = 20000,
};

/* Types of frames, see link.h.  Numbers are big-endian. */
enum chan_type {
	CHAN_OPEN = 16, /* u32 channel, u32 window, target */
	CHAN_OPENED = 17, /* u32 channel, u32 window */
	CHAN_REFUSED = 18, /* u32 channel, u16 enum msg_error, text */
	CHAN_DATA = 19, /* u32 channel, bytes */
	CHAN_CLOSE = 20, /* u32 channel: no more from here, nor to here */
	CHAN_WINDOW_MORE = 21, /* u32 channel, u32 bytes */
	CHAN_PING = 22, /* u64, to be said back */
	CHAN_PONG = 23, /* u64 */
	CHAN_ACK = 24, /* u64: bytes in DATA that have come, in all */
};

struct chan;

/* Host or device.  Borrows the link, whose frames it reads and writes. */
struct chan *chan_new(struct link *, bool host, uint64_t now_ms);
void chan_free(struct chan *);

/* --- channels ----------------------------------------------------------- */

/*
 * Device: asks for a connection to target ("server", or a session's id).
 * Returns the channel's number, > 0, never used again in this link; -ENOSPC if
 * CHAN_MAX are open, -EINVAL for a target that is empty or too long.  Data may
 * be sent at once.
 */
int64_t chan_open(struct chan *, const char *target);
/* Host: answers CHAN_EV_OPEN; later is fine too.  Other channels: no effect. */
void chan_accept(struct chan *, uint32_t channel);
/* error: enum msg_error.  The channel is gone. */
void chan_refuse(struct chan *, uint32_t channel, unsigned error,
		 const char *text);
/* How many bytes chan_send takes now; 0 for a channel that is not open. */
size_t chan_room(const struct chan *, uint32_t channel);
/*
 * Queues bytes, at most chan_room of them; what is more is not taken.  Returns
 * how many were.
 */
size_t chan_send(struct chan *, uint32_t channel, const void *data, size_t len);
/* len bytes of CHAN_EV_DATA have found their way: the peer may send more. */
void chan_took(struct chan *, uint32_t channel, size_t len);
/*
 * This end is over: what was queued is still sent, then CLOSE; what comes
 * is thrown away.  No event comes for the channel any more.
 */
void chan_close(struct chan *, uint32_t channel);
/* How many channels are open. */
unsigned chan_count(const struct chan *);

/* --- the wire ----------------------------------------------------------- */

enum chan_event_type {
	CHAN_EV_NONE, /* nothing that the caller must know */
	CHAN_EV_OPEN, /* host: data is the target, no NUL; accept or refuse */
	CHAN_EV_OPENED, /* device */
	CHAN_EV_REFUSED, /* device: code, data is the text; it is gone */
	CHAN_EV_DATA, /* data; say chan_took when they are used up */
	CHAN_EV_CLOSED, /* by the peer, after all its data; it is gone */
	CHAN_EV_PONG, /* the answer to the last chan_ping */
	CHAN_EV_BYE, /* code (enum link_bye) and text: the link is over */
};

struct chan_event {
	enum chan_event_type type;
	uint32_t channel;
	const uint8_t *data; /* borrowed until the bytes read are dropped */
	size_t len;
	unsigned code;
};

/*
 * Takes the first frame of data[0..len), in place.  Returns how many bytes it
 * was, with *ev filled (perhaps CHAN_EV_NONE); 0 if more must come first; or
 * -errno for good: those of link_read, and -EPROTO for a peer that breaks the
 * rules (more than its window, a channel out of turn, too many).  Texts and
 * targets are the peer's: not NUL-ended, any bytes; escape before printing.
 */
ssize_t chan_read(struct chan *, uint8_t *data, size_t len, uint64_t now_ms,
		  struct chan_event *ev);
/*
 * Writes the next frame to out, which has LINK_ROOM bytes, if one is due now.
 * Returns its length, 0 if there is none, or -errno for good.  To be called
 * whenever the wire has room (until 0, or enough for one write), after each of
 * the calls above, and at chan_wake.  chan_room may have grown then.
 */
ssize_t chan_write(struct chan *, uint64_t now_ms, uint8_t *out);
/*
 * When chan_write has something to do by itself, or chan_unanswered should be
 * looked at: a time in ms (maybe past), or UINT64_MAX for never.  (To wait for
 * acknowledgements is never.)
 */
uint64_t chan_wake(const struct chan *, uint64_t now_ms);

/* --- is anybody there? -------------------------------------------------- */

/* Asks at once.  CHAN_EV_PONG tells that this one was answered. */
void chan_ping(struct chan *);
/*
 * For how many ms the peer has owed us an answer: since the first frame that
 * was sent after its last one came (PONG, ACK and such do not count); or since
 * a PING, if that is late whatever else comes.  0: it owes none.
 */
uint64_t chan_unanswered(const struct chan *, uint64_t now_ms);
/* For how many ms nothing has come. */
uint64_t chan_silent(const struct chan *, uint64_t now_ms);
/* ms from something sent to its acknowledgement, the least of late; 0: not
 * known yet. */
uint64_t chan_round_trip(const struct chan *);

#endif
