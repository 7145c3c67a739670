/* server/watch.c - the connection to one session's custodian. */
#include "server/watch.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "proto/local.h"
#include "proto/msg.h"
#include "server/again.h"
#include "server/registry.h"
#include "server/session.h"

enum {
	/* Between two tries to reach a custodian that is there, in ms. */
	RETRY_FIRST = 20,
	RETRY_MAX = 5000,
	CERTAIN = 100, /* after such a pause nobody has to wait for it */
};

struct watch {
	struct registry *reg;
	struct session *s;
	struct loop *loop;
	struct local *conn; /* NULL between two connections */
	struct loop_timer *retry;
	uint64_t delay; /* ms until the next try */
	bool told; /* it has said something, once */
	bool upgraded; /* it was asked to be of our release */
	void (*heard)(void *ctx); /* or NULL */
	void *ctx;
};

static void dial(struct watch *w);

static void
free_watch(struct watch *w)
{
	w->s->watch = NULL;
	local_free(w->conn);
	loop_timer_free(w->retry);
	free(w);
}

/* Nobody has to wait for it any more. */
static void
told(struct watch *w)
{
	void (*heard)(void *ctx) = w->heard;

	w->told = true;
	w->heard = NULL;
	if (heard != NULL)
		heard(w->ctx);
}

static void
forget(struct registry *reg, struct session *s)
{
	int r = registry_forget(reg, s);

	if (r < 0)
		log_warn("%s: cannot remove: %s", s->dir, io_error(r));
}

/* The session is over: the record says how, or nobody can. */
static void
settle(struct watch *w)
{
	struct session *s = w->s;
	struct registry *reg = w->reg;

	int r = session_load_exit(s);
	if (r < 0 && s->ended == 0 && again_return(s) == 0)
		r = session_load_exit(s);
	if (r < 0 && s->ended != 0) {
		r = session_save_exit(s);
		if (r < 0)
			log_warn("%s: cannot record its end: %s", s->id,
				 io_error(r));
	} else if (r < 0) {
		session_lost(s);
		log_warn("%s: lost, nobody holds it any more", s->id);
		r = session_save(s);
		if (r < 0)
			log_warn("%s: cannot record that: %s", s->id,
				 io_error(r));
	}
	char *link = str_printf("%s/%s.ssh", reg->runtime, s->id);
	unlink(link);
	free(link);
	if (s->status == SESSION_LOST)
		unlink(s->socket);
	told(w);
	free_watch(w);
	if (s->cleared)
		forget(reg, s);
	registry_changed(reg);
}

/* Not reachable now: is there anybody to wait for? */
static void
wait_or_settle(struct watch *w)
{
	struct session *s = w->s;

	if (s->ended != 0 || registry_abandoned(s)) {
		settle(w);
		return;
	}
	/* A process that was just killed may hold the lock a moment more. */
	if (w->delay > CERTAIN && !w->told) {
		told(w);
		registry_changed(w->reg);
	}
	loop_timer_start(w->retry, w->delay);
	w->delay = w->delay * 2 < RETRY_MAX ? w->delay * 2 : RETRY_MAX;
}

/* Its record was removed under its feet: make another. */
static void
record(struct session *s)
{
	int r = io_check(mkdir(s->dir, 0700));

	if (r == 0 || r == -EEXIST)
		r = session_save(s);
	if (r < 0)
		log_warn("%s: has no record: %s", s->id, io_error(r));
}

/* Of another release?  What its keeper finds now may be of ours; asked once. */
static void
greeted(struct watch *w, const struct msg *msg)
{
	char *release = msg_dup_str(msg_get(msg_field(msg, 1), "release"), 64);
	struct msg_writer m;

	if (release != NULL && !str_eq(release, PACKAGE_VERSION) &&
	    !w->upgraded && w->s->ended == 0) {
		log_info("%s: its custodian is of release %s", w->s->id,
			 release);
		w->upgraded = true;
		msg_begin(&m, local_out(w->conn), MSG_UPGRADE, 0);
		msg_end(&m);
		local_flush(w->conn);
	}
	free(release);
}

static void
got(void *ctx, struct msg *msg)
{
	struct watch *w = ctx;
	bool first = !w->told;

	if (msg->type == MSG_HELLO)
		greeted(w, msg);
	if (msg->type != MSG_STATE)
		return;
	w->delay = RETRY_FIRST;
	bool adopted = w->s->adopted;
	bool changed = session_state(w->s, msg_field(msg, 0));
	if (adopted)
		record(w->s);
	told(w);
	if (changed || first)
		registry_changed(w->reg);
}

static void
gone(void *ctx, int why)
{
	struct watch *w = ctx;

	if (why < 0)
		log_warn("%s: its custodian broke off: %s", w->s->id,
			 io_error(why));
	local_free(w->conn);
	w->conn = NULL;
	w->s->custodian_pid = 0;
	if (w->s->ended != 0 || session_load_exit(w->s) == 0) {
		settle(w);
		return;
	}
	/* Its keeper starts another; a moment, lest we go in circles. */
	loop_timer_start(w->retry, w->delay);
}

static void
retry(void *ctx)
{
	dial(ctx);
}

static void
ask(struct watch *w)
{
	struct msg_writer m;

	msg_begin(&m, local_out(w->conn), MSG_WATCH, 0);
	msg_end(&m);
	local_flush(w->conn);
}

static void
dial(struct watch *w)
{
	static const struct local_events events = { .got = got, .gone = gone };
	int fd = local_connect(w->s->socket);

	if (fd < 0) {
		wait_or_settle(w);
		return;
	}
	w->delay = w->delay * 2 < RETRY_MAX ? w->delay * 2 : RETRY_MAX;
	w->conn = local_new(w->loop, fd, &events, w);
	local_hello(w->conn, "server");
	ask(w);
}

void
watch_start(struct loop *loop, struct registry *reg, struct session *s)
{
	struct watch *w = mem_zero(1, sizeof *w);

	w->reg = reg;
	w->s = s;
	w->loop = loop;
	w->delay = RETRY_FIRST;
	w->retry = loop_timer_new(loop, retry, w);
	s->watch = w;
	dial(w);
}

void
watch_pump(struct session *s)
{
	if (s->watch != NULL && s->watch->conn != NULL)
		local_pump(s->watch->conn);
}

bool
watch_waits(const struct session *s)
{
	return s->watch != NULL && !s->watch->told;
}

void
watch_heard(struct session *s, void (*heard)(void *ctx), void *ctx)
{
	s->watch->heard = heard;
	s->watch->ctx = ctx;
	if (s->watch->told)
		told(s->watch);
}

void
watch_look(struct session *s)
{
	if (s->watch != NULL && s->watch->conn != NULL)
		ask(s->watch);
}

void
watch_named(struct session *s)
{
	struct msg_writer m;

	if (s->watch == NULL || s->watch->conn == NULL)
		return;
	msg_begin(&m, local_out(s->watch->conn), MSG_NAMED, 1);
	msg_str(&m, s->name);
	msg_end(&m);
	local_flush(s->watch->conn);
}

void
watch_leave(struct session *s)
{
	struct watch *w = s->watch;
	struct msg_writer m;

	if (w == NULL)
		return;
	if (w->conn != NULL) {
		msg_begin(&m, local_out(w->conn), MSG_LEAVE, 0);
		msg_end(&m);
		local_flush(w->conn);
	}
	free_watch(w);
	if (s->cleared)
		registry_remove_dir(s);
}
