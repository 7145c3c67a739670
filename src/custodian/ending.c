/* custodian/ending.c - the program has ended: what remains to be done. */
#include "custodian/ending.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/json.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/signame.h"
#include "custodian/flow.h"
#include "custodian/guest.h"
#include "custodian/recording.h"
#include "custodian/report.h"
#include "custodian/request.h"
#include "custodian/state.h"
#include "custodian/stop.h"
#include "keeper/memory.h"
#include "proto/berth.h"
#include "vt/snapshot.h"

enum {
	/*
	 * A job that was left behind may hold the terminal: then the end of
	 * the output is a pause, and comes within a second in any case.
	 */
	PAUSE = 60, /* ms */
	LONGEST = 1000,
	FAREWELL = 2000, /* ms for clients to take what is queued for them */
	GREETING = 100, /* ms for who has just come to say what it wants */
};

struct ending {
	struct loop_timer *timer;
	uint64_t began; /* loop_now() */
	uint64_t told_at;
	bool drained, told;
	bool screen, record; /* are on the disk */
};

/* --- the record ------------------------------------------------------- */

static bool
put(const struct custodian *c, const char *file, const struct buf *b)
{
	char *path = path_join(c->o.dir, file);
	int r = io_replace(path, b->data, b->len, 0600);

	if (r < 0 && !c->ending->told)
		log_warn("cannot write '%s': %s", path, io_error(r));
	free(path);
	return r == 0;
}

static bool
write_record(const struct custodian *c)
{
	const struct memory_head *h = c->head;
	struct json *o = json_new_object();
	struct buf b = { 0 };

	json_set_str(o, "schema", "cdo.exit/1");
	if (WIFEXITED(h->status))
		json_set_int(o, "exit_code", WEXITSTATUS(h->status));
	else
		json_set_null(o, "exit_code");
	json_set_int(o, "signo",
		     WIFSIGNALED(h->status) ? WTERMSIG(h->status) : 0);
	json_set_bool(o, "stopped", h->stopped);
	json_set_time(o, "started", h->started);
	json_set_time(o, "ended", h->ended_at);
	json_set_int(o, "started_ms", (int64_t)h->started);
	json_set_int(o, "ended_ms", (int64_t)h->ended_at);
	json_set_str(o, "title", screen_title(c->screen));
	json_set_int(o, "cols", h->cols);
	json_set_int(o, "rows", h->rows);
	json_set_int(o, "last_output_ms", (int64_t)c->last_output);
	json_write(o, true, &b);
	json_free(o);
	bool done = put(c, "exit.json", &b);
	buf_release(&b);
	return done;
}

static bool
write_screen(const struct custodian *c)
{
	struct buf b = { 0 };

	snapshot_make(c->screen, SNAPSHOT_ALL, NULL, &b);
	bool done = put(c, "last.vt", &b);
	buf_release(&b);
	return done;
}

/* What is not on the disk yet. */
static void
write_rest(const struct custodian *c)
{
	struct ending *e = c->ending;

	if (!e->screen)
		e->screen = write_screen(c);
	if (!e->record)
		e->record = write_record(c);
}

/* --- the steps -------------------------------------------------------- */

/* "exit 0", "SIGKILL". */
static void
describe(const struct custodian *c, char *text, size_t size)
{
	int status = c->head->status;

	if (WIFEXITED(status))
		snprintf(text, size, "exit %d", WEXITSTATUS(status));
	else
		snprintf(text, size, "%s", signame(WTERMSIG(status)));
}

void
ending_tell(struct custodian *c, struct guest *g)
{
	char text[32];

	describe(c, text, sizeof text);
	if (c->ending->told)
		guest_dismiss(g, MSG_GONE_EXITED, text);
}

static void
tell_all(struct custodian *c)
{
	char text[32];

	describe(c, text, sizeof text);
	guest_dismiss_all(c, MSG_GONE_EXITED, text);
}

/*
 * Everything is told; waits for the last bytes to be taken.  What could not be
 * written is tried again, and until then a server can still come and ask: one
 * that was not there yet would take the session for lost.
 */
static void
leave(struct custodian *c)
{
	struct ending *e = c->ending;
	uint64_t since = loop_now(c->loop) - e->told_at;

	guest_accept(c);
	write_rest(c);
	if (e->record)
		berth_unlink(c->berth);
	if (((guest_busy(c) || !e->record) && since < FAREWELL) ||
	    (guest_silent(c) && since < GREETING)) {
		loop_timer_start(e->timer, PAUSE);
		return;
	}
	berth_unlink(c->berth);
	loop_stop(c->loop);
}

static void
finish(struct custodian *c)
{
	struct ending *e = c->ending;

	recording_exit(c, c->head->status);
	write_rest(c);
	e->told = true;
	e->told_at = loop_now(c->loop);
	c->head->finished = 1;
	report_end(c);
	tell_all(c);
	request_answer_waiting(c);
	leave(c);
}

void
ending_check(struct custodian *c)
{
	struct ending *e = c->ending;

	if (e && e->drained && !e->told && stop_over(c))
		finish(c);
}

void
ending_drained(struct custodian *c)
{
	flow_stop(c);
	if (!c->ending)
		return; /* its end will be told */
	c->ending->drained = true;
	ending_check(c);
}

static void
fired(void *ctx)
{
	struct custodian *c = ctx;
	struct ending *e = c->ending;
	uint64_t now = loop_now(c->loop);

	if (e->told) {
		leave(c);
		return;
	}
	/* On a busy machine the timer is due before what waits was read. */
	if (!e->drained && flow_read(c) && now - c->fresh < PAUSE &&
	    now - e->began < LONGEST)
		loop_timer_start(e->timer, PAUSE);
	else
		ending_drained(c);
}

void
ending_begin(struct custodian *c)
{
	struct ending *e;

	if (c->ending)
		return;
	e = c->ending = mem_zero(1, sizeof *e);
	e->began = loop_now(c->loop);
	e->timer = loop_timer_new(c->loop, fired, c);
	io_close(MEMORY_FD_SLAVE);
	if (!c->pty || !flow_read(c))
		ending_drained(c);
	else
		loop_timer_start(e->timer, PAUSE);
}
