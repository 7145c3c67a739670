/* custodian/state.h - what the files of this room share. */
#ifndef CDO_CUSTODIAN_STATE_H
#define CDO_CUSTODIAN_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "keeper/options.h"
#include "vt/screen.h"

struct activity;
struct berth;
struct ending;
struct guest;
struct input;
struct loop;
struct loop_fd;
struct loop_timer;
struct memory_head;
struct recording;
struct report;
struct ring;
struct size;
struct stop;

enum { STATE_UNDOS = 64 };

/* What undoes the screen on a terminal that was sent output behind `from`. */
struct undo {
	uint64_t from;
	struct buf bytes;
};

/* The session; one in a process. */
struct custodian {
	struct options o;
	struct loop *loop;
	struct memory_head *head;
	struct ring *ring;
	struct screen *screen;
	struct input *input;

	struct loop_fd *pty, *listener, *control;
	struct berth *berth; /* of the listener */
	struct loop_fd *program_watch; /* these four: orphan.c */
	struct loop_timer *program_timer;
	unsigned program_looks;
	int program_fd;
	struct loop_timer *quiet; /* see flow.c */
	struct loop_timer *upgrade; /* NULL: nobody asked for one */
	unsigned upgrade_looks;
	uint64_t full_at, full_cost; /* us: the last full frame, see recall.c */
	uint64_t last_output; /* unix ms */
	uint64_t fresh; /* loop_now() of the last output */

	struct guest *guests; /* list */
	size_t n_guests;
	struct loop_timer *ack; /* tells clients what was taken, request.c */
	unsigned numbers; /* given to clients so far */
	unsigned active; /* the number of the one that typed last ... */
	struct profile profile; /* ... and its terminal */
	bool light; /* the configured theme, for terminals that tell nothing */
	uint64_t rdev; /* st_rdev of the program's terminal */
	int spare; /* a descriptor to give up when there are no others */

	/* These four: view.c.  The newest is number `undos`. */
	struct undo undo[STATE_UNDOS];
	uint32_t undos, undo_generation;
	uint64_t undo_to; /* all output before this offset is undone by it */

	struct size *size;
	struct recording *recording; /* NULL: not wanted */
	struct report *report;
	struct activity *activity;
	struct stop *stop;
	struct ending *ending; /* NULL while the program runs */
};

/* Unix milliseconds. */
uint64_t custodian_clock(void);
/* The session memory may say that the program has ended. */
void custodian_ended(struct custodian *);

#endif
