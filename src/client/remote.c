/* client/remote.c - what a lost link to a session's machine shows and does. */
#include "client/remote.h"

#include <stdlib.h>
#include <string.h>

#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "client/far.h"
#include "client/state.h"
#include "client/talk.h"
#include "proto/msg.h"

enum {
	/* In ms, from when an answer is due. */
	SHOW_LOST = 1000, /* many a link is back before */
	SHOW_TYPED = 3000,
	SHOW = 5000,
	TICK = 250,
};

static bool
is_remote(const struct client *c)
{
	return c->opt->far != NULL;
}

/* --- what is shown ------------------------------------------------------ */

static uint64_t
waited(const struct client *c)
{
	const struct remote *r = &c->remote;

	return r->since == 0 ? 0 : loop_now(c->loop) - r->since;
}

static bool
shows(const struct client *c)
{
	const struct remote *r = &c->remote;
	uint64_t ms = waited(c);

	if (r->hold.asks)
		return true;
	if (r->since == 0)
		return false;
	if (r->hold.keys > 0 || r->hold.refused > 0)
		return true;
	return ms >= SHOW || (r->down && ms >= SHOW_LOST) ||
	       ((r->typed || c->typed.bytes.len > 0) && ms >= SHOW_TYPED);
}

static void
count(struct buf *b, unsigned n, const char *what)
{
	if (n > 0)
		buf_printf(b, ", %u key%s %s", n, n == 1 ? "" : "s", what);
}

static void
show(struct client *c)
{
	const struct remote *r = &c->remote;
	unsigned s = (unsigned)(waited(c) / 1000);
	struct buf b = { 0 };

	if (!shows(c)) {
		stage_banner(&c->stage, NULL);
		return;
	}
	unsigned keys = r->hold.keys;
	const char *them = keys == 1 ? "it" : "them";
	if (r->hold.asks)
		buf_printf(&b,
			   " %u key%s held: Enter sends %s, Ctrl-C drops %s ",
			   keys, keys == 1 ? " was" : "s were", them, them);
	else if (r->down)
		buf_printf(&b, " reconnecting\u2026 %u s", s);
	else
		buf_printf(&b, " no answer for %u s, reconnecting\u2026", s);
	if (!r->hold.asks) {
		count(&b, keys, "held");
		count(&b, r->hold.refused, "not sent");
		buf_byte(&b, ' ');
	}
	char *text = buf_steal(&b);
	stage_banner(&c->stage, text);
	free(text);
	client_shown(c);
}

static void
on_tick(void *ctx)
{
	struct client *c = ctx;
	struct remote *r = &c->remote;
	uint64_t ms = waited(c);

	show(c);
	/* What comes takes the question away. */
	if (r->since == 0 && r->hold.asks)
		loop_timer_start(r->tick, TICK);
	if (r->since == 0)
		return;
	/* Once it stands there, it changes with the seconds. */
	loop_timer_start(r->tick, shows(c) ? 1000 - ms % 1000 : TICK);
}

static void
trouble(struct client *c, uint64_t since, bool down)
{
	struct remote *r = &c->remote;

	r->down |= down;
	if (r->since == 0) {
		r->since = since;
		r->typed = false;
		hold_begin(&r->hold, c->keyboard.input.paste > 0);
	}
	on_tick(c);
}

/* --- keys --------------------------------------------------------------- */

static void
send_held(struct client *c)
{
	struct hold *h = &c->remote.hold;

	resume_add(&c->typed, h->bytes.data, h->bytes.len);
	hold_forget(h);
	if (!c->keyboard.probing)
		resume_open(&c->typed);
	talk_typed(c);
}

bool
remote_takes(struct client *c, const void *data, size_t len)
{
	struct remote *r = &c->remote;

	if (!is_remote(c))
		return false;
	switch (hold_key(&r->hold, waited(c), c->keyboard.input.kind, data,
			 len)) {
	case HOLD_PASS:
		r->typed = r->since != 0;
		return false;
	case HOLD_SEND:
		send_held(c);
		break;
	case HOLD_WHAT:
		stage_bell(&c->stage);
		break;
	case HOLD_TAKEN:
		break;
	}
	show(c);
	return true;
}

/* --- the link ----------------------------------------------------------- */

/* There is none, and there will be none. */
static void
finish(struct client *c, const char *text)
{
	client_finish(c, CLIENT_FAILED,
		      c->ever ? str_printf("[%s: %s]", c->name, text)
			      : mem_str(text));
}

static void
on_far(void *ctx)
{
	struct client *c = ctx;
	const char *text = far_text(c->opt->far);
	uint64_t now = loop_now(c->loop), due;

	if (c->last != NULL)
		return;
	switch (far_state(c->opt->far)) {
	case FAR_DIALING:
		trouble(c, now, true);
		break;
	case FAR_SILENT:
		due = far_silence(c->opt->far);
		trouble(c, now > due ? now - due : 1, false);
		break;
	case FAR_UP:
		if (c->conn == NULL && !loop_timer_running(c->retry))
			talk_start(c);
		else if (c->attached)
			remote_back(c);
		break;
	case FAR_ENDED:
		finish(c, text != NULL ? text : "there is no link any more");
		break;
	}
}

void
remote_start(struct client *c)
{
	if (!is_remote(c))
		return;
	c->stage.models = true;
	c->remote.tick = loop_timer_new(c->loop, on_tick, c);
	far_quiet(c->opt->far);
	far_watch(c->opt->far, c->loop, on_far, c);
}

void
remote_leave(struct client *c)
{
	if (is_remote(c) && !c->attached)
		client_note(c, c->typed.bytes.len + c->remote.hold.bytes.len,
			    "typed were not sent");
}

void
remote_stop(struct client *c)
{
	if (!is_remote(c))
		return;
	far_unwatch(c->opt->far);
	loop_timer_free(c->remote.tick);
	hold_forget(&c->remote.hold);
}

int
remote_connect(struct client *c)
{
	return far_connect(c->opt->far, c->opt->id, &c->remote.number);
}

bool
remote_gone(struct client *c)
{
	struct far *far = c->opt->far;
	unsigned error;
	const char *text;

	if (!is_remote(c))
		return false;
	if (far_refused(far, c->remote.number, &error, &text)) {
		if (error == MSG_E_NO_SESSION && !c->ever)
			client_finish(c, CLIENT_ABSENT, mem_str(text));
		else if (error == MSG_E_NO_SESSION)
			client_finish(c, CLIENT_LOST,
				      str_printf("[%s: %s]", c->name, text));
		else
			finish(c, text);
		return true;
	}
	/* If the link is up, the caller connects anew: nobody else does. */
	if (far_state(far) == FAR_UP)
		return false;
	on_far(c);
	return far_state(far) != FAR_SILENT;
}

void
remote_back(struct client *c)
{
	struct remote *r = &c->remote;
	uint64_t ms = waited(c);

	if (!is_remote(c))
		return;
	if (r->since == 0) {
		show(c);
		return;
	}
	r->since = 0;
	r->down = r->typed = false;
	loop_timer_stop(r->tick);
	if (hold_end(&r->hold, ms))
		send_held(c);
	on_tick(c);
}
