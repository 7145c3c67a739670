/* server/revive.c - start again by itself what was asked to be. */
#include "server/revive.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/words.h"
#include "proto/frame.h"
#include "proto/msg.h"
#include "server/create.h"
#include "server/server.h"
#include "server/session.h"

enum {
	FIRST = 1000, /* ms until it is started again, then twice that ... */
	LAST = 60000, /* ... up to this; who ran for so long begins anew */
};

struct revive {
	struct server *srv;
	struct loop_timer *timer; /* for the next that is due */
};

static bool
wanted(const struct session *s)
{
	if (session_lives(s) || session_hidden(s) || s->stopped)
		return false;
	return s->restart == SESSION_ALWAYS ||
	       (s->restart == SESSION_ON_FAILURE &&
		s->status != SESSION_COMPLETED);
}

static void
plan(struct session *s)
{
	uint64_t pause = FIRST;

	if (s->ended > s->started + LAST)
		s->tries = 0;
	for (unsigned i = 0; i < s->tries && pause < LAST; i++)
		pause *= 2;
	s->again = session_clock() + (pause < LAST ? pause : LAST);
}

struct result {
	struct server *srv;
	char id[SESSION_ID_LEN + 1];
	unsigned tries;
};

static void
done(void *ctx, struct session *s, int error, const char *text)
{
	struct result *res = ctx;

	(void)error;
	if (s == NULL) {
		s = registry_by_id(&res->srv->reg, res->id);
		log_warn("%s: cannot start it again: %s", res->id, text);
	}
	if (s != NULL)
		s->tries = res->tries;
	free(res);
}

/* What `cdo restart` would ask for, in the server's environment. */
static void
start(struct server *srv, struct session *s)
{
	struct result *res = mem_zero(1, sizeof *res);
	struct buf b = { 0 };
	struct msg m = { 0 };
	struct msg_writer w;
	size_t n = words_count(environ);

	res->srv = srv;
	memcpy(res->id, s->id, sizeof res->id);
	res->tries = s->tries + 1;
	s->again = 0;
	log_info("%s: starting it again, try %u", s->id, res->tries);
	msg_begin(&w, &b, MSG_NEW, 1);
	msg_map(&w, 2);
	msg_str(&w, "restart");
	msg_str(&w, s->id);
	msg_str(&w, "env");
	msg_array(&w, (unsigned)n);
	for (size_t i = 0; i < n; i++)
		msg_str(&w, environ[i]);
	msg_end(&w);
	if (msg_read(&m, b.data + FRAME_HEAD, b.len - FRAME_HEAD) == 0)
		create_session(srv, msg_field(&m, 0), false, done, res);
	else
		free(res);
	msg_release(&m);
	buf_release(&b);
}

/* Starts the first that is due; true if there was one. */
static bool
start_one(struct revive *r)
{
	const struct registry *reg = &r->srv->reg;
	uint64_t now = session_clock();

	for (size_t i = 0; i < reg->n; i++) {
		struct session *s = reg->list[i];

		if (s->again != 0 && s->again <= now && wanted(s)) {
			start(r->srv, s);
			return true;
		}
	}
	return false;
}

static void
fired(void *ctx)
{
	struct revive *r = ctx;

	/* The list may be another after each. */
	while (!r->srv->leaving && start_one(r))
		continue;
	revive_check(r);
}

void
revive_check(struct revive *r)
{
	const struct registry *reg = &r->srv->reg;
	uint64_t next = UINT64_MAX, now = session_clock();

	for (size_t i = 0; i < reg->n; i++) {
		struct session *s = reg->list[i];

		if (!wanted(s)) {
			s->again = 0;
			continue;
		}
		if (s->again == 0)
			plan(s);
		if (s->again < next)
			next = s->again;
	}
	if (next == UINT64_MAX)
		loop_timer_stop(r->timer);
	else
		loop_timer_start(r->timer, next > now ? next - now : 0);
}

int
revive_never(struct session *s)
{
	if (s->ended == 0) {
		s->restart = SESSION_NEVER;
		return session_save(s);
	}
	s->stopped = true;
	session_ended(s);
	return session_save_exit(s);
}

struct revive *
revive_new(struct server *srv)
{
	struct revive *r = mem_zero(1, sizeof *r);

	r->srv = srv;
	r->timer = loop_timer_new(srv->loop, fired, r);
	return r;
}

void
revive_free(struct revive *r)
{
	if (r == NULL)
		return;
	loop_timer_free(r->timer);
	free(r);
}
