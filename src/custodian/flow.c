/* custodian/flow.c - bytes from the PTY, and to it. */
#include "custodian/flow.h"

#include <errno.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "base/io.h"
#include "base/loop.h"
#include "custodian/ending.h"
#include "custodian/guest.h"
#include "custodian/input.h"
#include "custodian/recall.h"
#include "custodian/recording.h"
#include "custodian/report.h"
#include "custodian/ring.h"
#include "custodian/state.h"
#include "custodian/view.h"
#include "keeper/memory.h"

enum {
	TURN = 64 << 10, /* before the clients get it */
	BULK = 1024, /* a read that gave less has probably given all */
	QUIET = 1000, /* ms without output, then we tidy up */
	WAIT = 10000, /* ms, if a client has not read all of it by then */
};

bool
flow_read(struct custodian *c)
{
	size_t turn = 0;
	ssize_t n;

	do {
		uint8_t *p = ring_room(c->ring, RING_READ);

		n = io_read(MEMORY_FD_PTY, p, RING_READ);
		if (n <= 0)
			break;
		ring_grew(c->ring, (size_t)n);
		screen_feed(c->screen, p, (size_t)n);
		turn += (size_t)n;
	} while (n >= BULK && turn < TURN);

	if (turn > 0) {
		view_push_all(c);
		recording_output(c);
		view_forget(c);
		if (input_queued(c->input) > 0)
			flow_type(c); /* answers to queries */
		c->head->answered = ring_end(c->ring);
		c->last_output = custodian_clock();
		c->fresh = loop_now(c->loop);
		recall_note(c);
		report_output(c);
		if (!loop_timer_running(c->quiet))
			loop_timer_start(c->quiet, QUIET);
	}
	return n > 0 || n == -EAGAIN;
}

void
flow_type(struct custodian *c)
{
	size_t left = input_flush(c->input);

	if (c->pty)
		loop_fd_want(c->pty, LOOP_READ | (left ? LOOP_WRITE : 0));
	if (left < INPUT_MAX / 2)
		guest_resume(c);
}

static void
ready(void *ctx, unsigned events)
{
	struct custodian *c = ctx;

	if (events & LOOP_WRITE)
		flow_type(c);
	if (events & LOOP_READ && !flow_read(c))
		ending_drained(c);
}

/* Nothing is kept that an idle session does not need. */
static void
quiet(void *ctx)
{
	struct custodian *c = ctx;
	uint64_t since = loop_now(c->loop) - c->fresh;

	if (since < QUIET / 2) {
		ring_ease(c->ring);
		loop_timer_start(c->quiet, QUIET - since);
		return;
	}
	/* On a busy machine the next bytes may take longer than that. */
	if (since < WAIT && view_behind(c)) {
		loop_timer_start(c->quiet, QUIET);
		return;
	}
	recall_quiet(c);
#ifdef __GLIBC__
	malloc_trim(0);
#endif
}

void
flow_start(struct custodian *c)
{
	c->quiet = loop_timer_new(c->loop, quiet, c);
	c->pty = loop_fd_new(c->loop, MEMORY_FD_PTY, LOOP_READ, ready, c);
}

void
flow_stop(struct custodian *c)
{
	loop_fd_free(c->pty);
	c->pty = NULL;
	loop_timer_stop(c->quiet);
}
