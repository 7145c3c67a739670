/* unit/between.h - two ends of a link, and a slow wire between them. */
#ifndef CDO_UNIT_BETWEEN_H
#define CDO_UNIT_BETWEEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "proto/chan.h"

enum { DEVICE, HOST };

/*
 * Each direction takes bytes into a socket that hoards little, and delivers
 * them at a rate and after a way.
 */
struct wire {
	struct buf queue; /* in the socket and on its way */
	uint64_t taken; /* bytes in all */
	uint64_t busy_until; /* us */
	struct {
		uint64_t at; /* us: then these have arrived ... */
		uint64_t upto; /* ... of all that was sent */
	} due[4096];
	unsigned first, n;
	uint64_t arrived;
	struct buf in; /* of the receiver: not read yet */
	uint64_t most; /* that the queue has ever held */
};

enum { STREAMS = CHAN_MAX + 1, NOTSENT = 16 << 10 };

struct stream { /* what one end has received in a channel */
	uint64_t bytes;
	bool opened, closed, refused;
	unsigned code;
	bool slow; /* says nothing about taking */
	uint64_t owed;
};

struct world {
	struct link link[2];
	struct chan *chan[2];
	struct wire to[2]; /* to[HOST] carries what the device says */
	struct stream got[2][STREAMS];
	uint64_t us, rate, way_us; /* bytes a second; 0: at once */
	bool deaf[2];
	char target[CHAN_TARGET + 1];
	unsigned asked, pongs, bye;
	int failed[2];
	uint64_t key_at[2]; /* us: when byte 'K' last came */
};
extern struct world w;

/* rate 0: all arrives at once.  `clear` as through ssh. */
void start(uint64_t rate, unsigned way_ms, bool clear);
void stop(void);
uint64_t ms(void);
/* Puts a frame on the wire. */
void transmit(struct wire *t, const uint8_t *data, size_t len);
/* One end reads what has arrived, or says what it may. */
void receive(int end);
void speak(int end);
/* Both do both, now. */
void turn(void);
/* The same for a few round trips. */
void settle(void);
/* A channel that is open. */
uint32_t opened(const char *target);
/* Keeps a channel's queue full; counts what was put in. */
void flood(int end, uint32_t channel, uint64_t *put);

#endif
