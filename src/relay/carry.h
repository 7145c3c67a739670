/* relay/carry.h - one link: its wire, its channels, and their local ends. */
#ifndef CDO_RELAY_CARRY_H
#define CDO_RELAY_CARRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct chan;
struct link;
struct loop;

/*
 * Moves bytes between a wire and local sockets.  What a socket has goes out
 * in the same turn of the loop; a socket that does not read stops its own
 * channel alone (proto/chan).
 */
struct carry;

struct carry_events {
	/* Host: the peer asks; carry_accept or carry_refuse, now or later. */
	void (*open)(void *ctx, uint32_t channel, const uint8_t *target,
		     size_t len);
	/* Device: the host has one for us; may be NULL. */
	void (*opened)(void *ctx, uint32_t channel);
	/* Device: it has none; the local end is closed.  May be NULL. */
	void (*refused)(void *ctx, uint32_t channel, unsigned error,
			const uint8_t *text, size_t len);
	/* A frame may be due from the peer by now: chan_unanswered tells.
	 * May be NULL. */
	void (*late)(void *ctx);
	/* The last carry_ping was answered; may be NULL. */
	void (*pong)(void *ctx);
	/*
	 * Once, then nothing more comes; wire and local ends are closed.  why:
	 * 0 after BYE (then bye is enum link_bye and text is the peer's),
	 * -ECONNRESET for an end without one, or another -errno.
	 */
	void (*gone)(void *ctx, int why, unsigned bye, const uint8_t *text,
		     size_t len);
};

struct carry_options {
	int in, out; /* the wire: one socket, or two ends; taken */
	const struct link *link; /* fresh; copied, so the caller wipes it */
	bool host;
	const struct carry_events *events;
	void *ctx;
	/* Bytes of the wire that were read already. */
	const void *early;
	size_t early_len;
};

/*
 * Everything may be called from every callback, carry_free too.  Nothing is
 * called back before this has returned.
 */
struct carry *carry_new(struct loop *, const struct carry_options *);
void carry_free(struct carry *);
/* Sends BYE as far as the wire takes it now, and ends; gone is not called. */
void carry_bye(struct carry *, unsigned why, const char *text);

/*
 * Device: opens a channel to target; what fd (taken) has goes out at once.
 * Returns the channel, or -errno, and fd is closed.
 */
int64_t carry_open(struct carry *, const char *target, int fd);
/* Host: takes fd. */
void carry_accept(struct carry *, uint32_t channel, int fd);
void carry_refuse(struct carry *, uint32_t channel, unsigned error,
		  const char *text);
/* Asks whether anybody is there, at once. */
void carry_ping(struct carry *);
/* For chan_unanswered, chan_silent, chan_round_trip, chan_count. */
const struct chan *carry_chan(const struct carry *);

/* Sets a TCP socket up as proto/chan wants it; others are left alone. */
void carry_tune(int fd);

#endif
