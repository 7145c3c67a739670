/* custodian/report.c - what the server is told. */
#include "custodian/report.h"

#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/loop.h"
#include "base/mem.h"
#include "custodian/activity.h"
#include "custodian/guest.h"
#include "custodian/recording.h"
#include "custodian/state.h"
#include "keeper/memory.h"
#include "proto/local.h"
#include "proto/msg.h"

enum {
	CHANGE = 200, /* ms between two reports of changes */
	OUTPUT = 1000, /* and of mere output */
	QUEUED_MAX = 64 << 10, /* the server does not read: it is told later */
};

struct report {
	struct loop_timer *timer;
	uint64_t last; /* loop_now() of the last report */
	uint64_t due; /* when the timer fires */
};

static struct guest *
server(const struct custodian *c)
{
	for (struct guest *g = c->guests; g; g = g->next)
		if (g->server && !g->leaving)
			return g;
	return NULL;
}

/* Pairs are counted while they are written, into a map of their own. */
struct map {
	struct buf bytes;
	struct msg_writer w;
	unsigned n;
};

static void
put_str(struct map *m, const char *key, const char *s)
{
	msg_str(&m->w, key);
	msg_str(&m->w, s);
	m->n++;
}

static void
put_uint(struct map *m, const char *key, uint64_t v)
{
	msg_str(&m->w, key);
	msg_uint(&m->w, v);
	m->n++;
}

static void
put_fixed(struct map *m, const struct custodian *c)
{
	unsigned words = 0;

	put_str(m, "id", c->o.id);
	put_str(m, "agent", c->o.agent);
	put_str(m, "cwd", c->o.cwd);
	put_uint(m, "started", c->head->started);
	put_uint(m, "pid", (uint64_t)c->head->program);
	put_uint(m, "custodian_pid", (uint64_t)getpid());
	while (c->o.program[words])
		words++;
	msg_str(&m->w, "command");
	msg_array(&m->w, words);
	for (unsigned i = 0; i < words; i++)
		msg_str(&m->w, c->o.program[i]);
	m->n++;
}

static void
put_varying(struct map *m, const struct custodian *c)
{
	put_str(m, "name", c->head->name);
	put_uint(m, "cols", c->head->cols);
	put_uint(m, "rows", c->head->rows);
	put_str(m, "title", screen_title(c->screen));
	put_uint(m, "clients", guest_clients(c));
	put_str(m, "activity", activity_name(c));
	put_str(m, "attention", activity_attention(c));
	put_str(m, "recording", recording_state(c));
	put_uint(m, "last_output", c->last_output);
	put_uint(m, "last_input", c->head->last_input);
	put_uint(m, "attached", c->head->last_attach);
}

static void
put_end(struct map *m, const struct custodian *c)
{
	int status = c->head->status;

	put_uint(m, "ended", c->head->ended_at);
	msg_str(&m->w, "exit_code");
	msg_int(&m->w, WIFEXITED(status) ? WEXITSTATUS(status) : -1);
	m->n++;
	put_uint(m, "signal",
		 WIFSIGNALED(status) ? (uint64_t)WTERMSIG(status) : 0);
	msg_str(&m->w, "stopped");
	msg_bool(&m->w, c->head->stopped);
	m->n++;
}

static void
tell(struct custodian *c, bool all, bool over)
{
	struct guest *g = server(c);
	struct map m = { 0 };
	struct msg_writer w;

	if (!g)
		return;
	m.w.out = &m.bytes;
	if (all)
		put_fixed(&m, c);
	put_varying(&m, c);
	if (over)
		put_end(&m, c);
	msg_begin(&w, local_out(g->conn), MSG_STATE, 1);
	msg_map(&w, m.n);
	buf_append(local_out(g->conn), m.bytes.data, m.bytes.len);
	msg_end(&w);
	local_flush(g->conn);
	buf_release(&m.bytes);
	c->report->last = loop_now(c->loop);
}

/* Tells no sooner than `pause` after the last time. */
static void
later(struct custodian *c, uint64_t pause)
{
	struct report *r = c->report;
	uint64_t now = loop_now(c->loop), due = r->last + pause;

	if (due < now)
		due = now;
	if (loop_timer_running(r->timer) && r->due <= due)
		return;
	r->due = due;
	loop_timer_start(r->timer, due - now);
}

static void
fired(void *ctx)
{
	struct custodian *c = ctx;
	const struct guest *g = server(c);

	if (g && local_queued(g->conn) > QUEUED_MAX)
		later(c, OUTPUT);
	else
		tell(c, false, false);
}

void
report_start(struct custodian *c)
{
	c->report = mem_zero(1, sizeof *c->report);
	c->report->timer = loop_timer_new(c->loop, fired, c);
}

void
report_all(struct custodian *c)
{
	tell(c, true, c->head->finished);
}

void
report_changed(struct custodian *c)
{
	if (server(c))
		later(c, CHANGE);
}

void
report_guests(struct custodian *c)
{
	if (!server(c))
		return;
	loop_timer_stop(c->report->timer);
	fired(c);
}

void
report_output(struct custodian *c)
{
	if (server(c))
		later(c, OUTPUT);
}

void
report_end(struct custodian *c)
{
	loop_timer_stop(c->report->timer);
	tell(c, false, true);
}
