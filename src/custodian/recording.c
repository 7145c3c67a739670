/* custodian/recording.c - what of the session goes to the recorder, when. */
#include "custodian/recording.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "base/io.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "custodian/recorder.h"
#include "custodian/report.h"
#include "custodian/ring.h"
#include "custodian/state.h"
#include "vt/screen.h"
#include "vt/snapshot.h"

enum { PIECES = 64 };

struct recording {
	struct recorder *recorder;
	struct loop_timer *timer;
	uint64_t due; /* loop_now() when the timer fires */
	uint64_t at; /* everything before this offset was handed over */
	int error; /* of the recorder, as it was last told */
};

static bool
key(void *ctx, unsigned *cols, unsigned *rows, struct buf *out)
{
	struct custodian *c = ctx;

	if (!screen_joinable(c->screen))
		return false;
	*cols = screen_cols(c->screen);
	*rows = screen_rows(c->screen);
	/* A screen that had no bytes needs none. */
	if (screen_fed(c->screen) > 0 || c->o.above)
		snapshot_make(c->screen, 0, NULL, out);
	return true;
}

/* Says once that it stopped, and once that it goes on. */
static void
tell(struct custodian *c)
{
	struct recording *r = c->recording;
	struct recorder_status s;

	recorder_status(r->recorder, &s);
	if (s.error == r->error)
		return;
	if (s.error)
		log_warn("recording is paused: %s", io_error(s.error));
	else
		log_info("recording goes on");
	r->error = s.error;
	report_changed(c);
}

static void
tick(struct custodian *c)
{
	struct recording *r = c->recording;
	uint64_t now = loop_now(c->loop);

	recorder_tick(r->recorder, custodian_clock());
	tell(c);

	int wait = recorder_wait(r->recorder, custodian_clock());
	if (wait < 0 ||
	    (loop_timer_running(r->timer) && r->due <= now + (uint64_t)wait))
		return;
	r->due = now + (uint64_t)wait;
	loop_timer_start(r->timer, (uint64_t)wait);
}

static void
fired(void *ctx)
{
	tick(ctx);
}

void
recording_start(struct custodian *c)
{
	struct recorder_options o = {
		.dir = c->o.dir,
		.max = c->o.record_max,
		.key = key,
		.ctx = c,
	};

	if (c->o.no_record)
		return;
	c->recording = mem_zero(1, sizeof *c->recording);
	c->recording->timer = loop_timer_new(c->loop, fired, c);
	c->recording->at = screen_boundary(c->screen);
	c->recording->recorder = recorder_new(&o, custodian_clock());
	tick(c);
}

void
recording_output(struct custodian *c)
{
	struct recording *r = c->recording;
	uint64_t to = screen_boundary(c->screen), now = custodian_clock();
	struct iovec iov[PIECES];
	size_t bytes;

	if (!r)
		return;
	while (r->at < to) {
		int n = ring_slice(c->ring, &r->at, to, SIZE_MAX, iov, PIECES,
				   &bytes);

		recorder_output(r->recorder, now, iov, n);
	}
	tick(c);
}

void
recording_bytes(struct custodian *c, void *data, size_t len)
{
	struct iovec iov = { .iov_base = data, .iov_len = len };

	if (!c->recording)
		return;
	recorder_output(c->recording->recorder, custodian_clock(), &iov, 1);
	tick(c);
}

void
recording_resized(struct custodian *c)
{
	if (!c->recording)
		return;
	recorder_resize(c->recording->recorder, custodian_clock(),
			screen_cols(c->screen), screen_rows(c->screen));
	tick(c);
}

void
recording_exit(struct custodian *c, int status)
{
	if (!c->recording)
		return;
	recorder_exit(c->recording->recorder, custodian_clock(),
		      WIFEXITED(status) ? WEXITSTATUS(status) : 0,
		      WIFSIGNALED(status) ? WTERMSIG(status) : 0);
	loop_timer_stop(c->recording->timer);
	tell(c);
}

void
recording_stop(struct custodian *c)
{
	if (!c->recording)
		return;
	loop_timer_free(c->recording->timer);
	recorder_free(c->recording->recorder);
	free(c->recording);
	c->recording = NULL;
}

const char *
recording_state(const struct custodian *c)
{
	struct recorder_status s;

	if (!c->recording)
		return "off";
	recorder_status(c->recording->recorder, &s);
	if (s.error)
		return io_error(s.error);
	return s.flooded ? "flood" : "on";
}
