/* client/talk.c - what the custodian is told, and what it says. */
#include "client/talk.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/signame.h"
#include "base/str.h"
#include "client/state.h"
#include "proto/local.h"
#include "proto/msg.h"

enum {
	TEXT_MAX = 512, /* of a reason that is shown */
	INPUT_MAX = 64 << 10, /* bytes in one message */
	BRIEF_MS = 1000, /* a connection that lived no longer is no good */
	RETRY_MS = 50,
	RETRIES = 40,
	SHOWN = 1 << 10, /* less than what may be under way at the least */
};

/* --- to the custodian --------------------------------------------------- */

static void
pair_str(struct msg_writer *w, const char *key, const char *value)
{
	msg_str(w, key);
	msg_str(w, value);
}

static void
pair_uint(struct msg_writer *w, const char *key, uint64_t value)
{
	msg_str(w, key);
	msg_uint(w, value);
}

static void
pair_bool(struct msg_writer *w, const char *key, bool value)
{
	msg_str(w, key);
	msg_bool(w, value);
}

static void
write_attach(struct client *c)
{
	char host[256] = "";
	bool joins = c->held && !c->stage.covered;
	struct msg_writer w;

	gethostname(host, sizeof host - 1);
	msg_begin(&w, local_out(c->conn), MSG_ATTACH, 1);
	msg_map(&w, 11u + c->ever + (joins ? 2u : 0u));
	if (c->ever) {
		msg_str(&w, "epoch");
		msg_bin(&w, c->epoch, sizeof c->epoch);
	}
	if (joins) {
		pair_uint(&w, "at", c->place.at);
		pair_uint(&w, "resizes", c->place.resizes);
	}
	msg_str(&w, "client");
	msg_bin(&w, c->id, sizeof c->id);
	c->told_cols = c->stage.cols;
	c->told_rows = c->stage.rows;
	pair_uint(&w, "cols", c->told_cols);
	pair_uint(&w, "rows", c->told_rows);
	/* What was there is in the terminal's scrollback by now, or is not. */
	pair_uint(&w, "history", c->filled ? 0 : c->opt->history);
	pair_bool(&w, "read_only", c->read_only);
	pair_bool(&w, "exclusive", c->opt->exclusive && !c->ever);
	pair_bool(&w, "paced", c->opt->far != NULL);
	pair_str(&w, "tty", c->tty.path);
	/* On another machine the number means another terminal. */
	pair_uint(&w, "rdev", c->opt->far != NULL ? 0 : c->tty.rdev);
	pair_str(&w, "term", getenv("TERM"));
	pair_str(&w, "host", host);
	msg_end(&w);
}

void
talk_attach(struct client *c)
{
	c->asks_first = false;
	if (c->conn == NULL)
		return;
	write_attach(c);
	local_flush(c->conn);
}

void
talk_typed(struct client *c)
{
	const uint8_t *data;
	uint64_t offset;
	size_t len;

	if (!c->attached)
		return;
	while ((len = resume_send(&c->typed, INPUT_MAX, &offset, &data)) > 0) {
		struct msg_writer w;

		msg_begin(&w, local_out(c->conn), MSG_INPUT, 2);
		msg_uint(&w, offset);
		msg_bin(&w, data, len);
		msg_end(&w);
	}
	local_flush(c->conn);
}

void
talk_resize(struct client *c)
{
	struct msg_writer w;

	c->held = false;
	if (!c->attached)
		return;
	c->told_cols = c->stage.cols;
	c->told_rows = c->stage.rows;
	msg_begin(&w, local_out(c->conn), MSG_RESIZE, 2);
	msg_uint(&w, c->told_cols);
	msg_uint(&w, c->told_rows);
	msg_end(&w);
	local_flush(c->conn);
}

void
talk_resync(struct client *c)
{
	struct msg_writer w;

	stage_wait(&c->stage);
	c->held = false;
	if (!c->attached)
		return; /* one comes anyway */
	msg_begin(&w, local_out(c->conn), MSG_RESYNC, 1);
	msg_uint(&w, 0);
	msg_end(&w);
	local_flush(c->conn);
}

void
talk_profile(struct client *c)
{
	if (!c->attached)
		return;
	probe_report(&c->keyboard.probe, local_out(c->conn));
	local_flush(c->conn);
}

bool
talk_detach(struct client *c)
{
	struct msg_writer w;

	if (!c->attached)
		return false;
	msg_begin(&w, local_out(c->conn), MSG_DETACH, 0);
	msg_end(&w);
	local_flush(c->conn);
	return true;
}

void
talk_pause(struct client *c, bool pause)
{
	if (c->conn != NULL)
		local_pause(c->conn, pause);
}

void
talk_shown(struct client *c)
{
	struct msg_writer w;

	if (c->opt->far == NULL || !c->attached ||
	    (c->came - c->told < SHOWN && !c->whole))
		return;
	c->told = c->came;
	c->whole = false;
	msg_begin(&w, local_out(c->conn), MSG_SHOWN, 1);
	msg_uint(&w, c->told);
	msg_end(&w);
	local_flush(c->conn);
}

/* --- from the custodian ------------------------------------------------- */

/* For people; caller frees. */
static char *
text_of(const struct msg_value *v)
{
	size_t len = 0;
	const char *s = msg_to_str(v, &len);

	return str_safe(s != NULL ? s : "", len, TEXT_MAX);
}

static void
on_error(struct client *c, const struct msg *m)
{
	if (!c->attached)
		client_finish(c, CLIENT_FAILED, text_of(msg_field(m, 1)));
}

/* Whether this is the session of before; if not, it is from now on. */
static bool
same_session(struct client *c, const struct msg_value *map)
{
	size_t len;
	const uint8_t *epoch = msg_to_bin(msg_get(map, "epoch"), &len);
	uint8_t now[sizeof c->epoch] = { 0 };

	if (epoch != NULL && len == sizeof now)
		memcpy(now, epoch, len);
	bool same = !c->ever || memcmp(now, c->epoch, sizeof now) == 0;
	memcpy(c->epoch, now, sizeof now);
	return same;
}

/* What cannot be made good is said. */
static void
resume(struct client *c, const struct msg_value *map)
{
	const struct resume_greeting g = {
		.same = same_session(c, map),
		.taken = msg_to_uint(msg_get(map, "taken"), 0),
		.doubted = msg_to_uint(msg_get(map, "doubted"), 0),
		.since = msg_to_uint(msg_get(map, "since"), 0),
	};
	struct resume_loss loss = resume_again(&c->typed, &g);
	bool joined = !msg_is_nil(msg_get(map, "at"));

	c->place.resizes = msg_to_uint(msg_get(map, "resizes"), 0);
	stage_session(&c->stage,
		      (unsigned)msg_to_uint(msg_get(map, "cols"), 80),
		      (unsigned)msg_to_uint(msg_get(map, "rows"), 24));
	client_note(c, loss.unsure, "typed may have arrived, or not");
	client_note(c, loss.dropped, "typed for another run were thrown away");
	client_note(c, msg_to_uint(msg_get(map, "missed"), 0),
		    "of output went past");
	if (!joined) {
		c->held = false; /* a snapshot follows */
		return;
	}
	/* What it would go on from may be gone since it was asked for. */
	c->held = c->held && stage_again(&c->stage);
	if (!c->held || c->noted_at < c->notes.len)
		talk_resync(c);
}

static void
on_attached(struct client *c, const struct msg *m)
{
	const struct msg_value *map = msg_field(m, 0);
	char *name = msg_dup_str(msg_get(map, "name"), TEXT_MAX);
	if (name != NULL && str_is_name(name)) {
		free(c->name);
		c->name = name;
		name = NULL;
	}
	free(name);

	if (!c->ever && c->keyboard.asked == 0)
		keyboard_probe(&c->keyboard, &c->stage.preface);
	if (c->opt->far != NULL && !same_session(c, map)) {
		client_finish(c, CLIENT_LOST,
			      str_printf("[%s: ended; another run of it has "
					 "begun]",
					 c->name));
		return;
	}
	c->attached = true;
	c->read_only |= msg_to_bool(msg_get(map, "read_only"), false);
	c->tries = 0;
	resume(c, map);
	c->ever = true;
	if (c->keyboard.probe.done)
		talk_profile(c);
	remote_back(c);
	if (c->stage.cols != c->told_cols || c->stage.rows != c->told_rows)
		talk_resize(c); /* as it was asked, it had another size */
	talk_typed(c);
}

static void
on_snapshot(struct client *c, const struct msg *m)
{
	size_t len;
	const uint8_t *data = msg_to_bin(msg_field(m, 2), &len);

	if (data != NULL)
		stage_snapshot(&c->stage, data, len,
			       msg_to_bool(msg_field(m, 1), true));
	c->came += len;
	c->whole |= msg_to_bool(msg_field(m, 1), true);
	c->place.at = msg_to_uint(msg_field(m, 0), 0);
	c->held = stage_shows(&c->stage);
	if (c->held)
		client_show_notes(c);
	if (c->held && c->stage.view == STAGE_DIRECT)
		c->filled = true;
	c->keyboard.input.focus = stage_focus(&c->stage);
	loop_timer_stop(c->resize);
}

static void
on_output(struct client *c, const struct msg *m)
{
	size_t len;
	const uint8_t *data = msg_to_bin(msg_field(m, 2), &len);

	if (data != NULL)
		stage_output(&c->stage, data, len);
	c->came += len;
	c->place.at = msg_to_uint(msg_field(m, 1), 0);
	if (!stage_shows(&c->stage))
		c->held = false;
}

static void
on_undo(struct client *c, const struct msg *m)
{
	size_t len;
	const uint8_t *data = msg_to_bin(msg_field(m, 0), &len);

	if (data != NULL)
		stage_undo(&c->stage, data, len);
	c->keyboard.input.focus = stage_focus(&c->stage);
}

static void
on_size(struct client *c, const struct msg *m)
{
	stage_session(&c->stage, (unsigned)msg_to_uint(msg_field(m, 0), 80),
		      (unsigned)msg_to_uint(msg_field(m, 1), 24));
	c->place.resizes = msg_to_uint(msg_field(m, 2), 0);
	c->held = false;
}

static void
on_taken(struct client *c, const struct msg *m)
{
	resume_took(&c->typed, msg_to_uint(msg_field(m, 0), 0));
}

/* "exit 3", "SIGKILL" */
static int
status_of(const char *text)
{
	long status = 0;
	int number;

	if (str_starts(text, "exit ") &&
	    str_int(text + 5, 0, 255, &status) == 0)
		return (int)status;
	number = signame_number(text);
	return number > 0 ? 128 + number : 0;
}

static void
on_gone(struct client *c, const struct msg *m)
{
	char *text = text_of(msg_field(m, 1));
	size_t len;
	const uint8_t *park = msg_to_bin(msg_field(m, 3), &len);

	buf_clear(&c->park);
	if (park != NULL)
		buf_append(&c->park, park, len);

	switch ((enum msg_gone)msg_to_uint(msg_field(m, 0), 0)) {
	case MSG_GONE_EXITED:
		c->status = status_of(text);
		client_finish(c, CLIENT_EXITED,
			      str_printf("[%s: %s]", c->name, text));
		break;
	case MSG_GONE_TAKEN:
		client_finish(c, CLIENT_TAKEN,
			      str_printf("[taken over by %s]", text));
		break;
	case MSG_GONE_NESTED:
		client_finish(c, CLIENT_FAILED,
			      mem_str("a session is not shown in itself"));
		break;
	case MSG_GONE_SWITCHED:
		snprintf(c->to, sizeof c->to, "%s", text);
		client_finish(c, CLIENT_SWITCHED,
			      str_printf("[switched from %s]", c->name));
		break;
	default:
		client_finish_detached(c);
		break;
	}
	free(text);
}

static const struct {
	enum msg_type type;
	void (*run)(struct client *, const struct msg *);
} handlers[] = {
	{ MSG_OUTPUT, on_output }, { MSG_UNDO, on_undo },
	{ MSG_TAKEN, on_taken },   { MSG_SNAPSHOT, on_snapshot },
	{ MSG_SIZE, on_size },	   { MSG_ATTACHED, on_attached },
	{ MSG_GONE, on_gone },	   { MSG_ERROR, on_error },
};

static void
on_message(void *ctx, struct msg *m)
{
	struct client *c = ctx;

	if (c->last != NULL)
		return; /* what is behind the end is not for this client */
	for (size_t i = 0; i < sizeof handlers / sizeof *handlers; i++)
		if (handlers[i].type == (enum msg_type)m->type) {
			handlers[i].run(c, m);
			break;
		}
	client_shown(c);
}

/* --- the connection ----------------------------------------------------- */

static void
lost(struct client *c)
{
	client_finish(c, c->ever ? CLIENT_FAILED : CLIENT_ABSENT,
		      str_printf("[%s: lost]", c->name));
}

/*
 * The custodian is gone without a word.  The keeper still listens and starts
 * another, which knows this client's id.
 */
static void
on_gone_away(void *ctx, int why)
{
	struct client *c = ctx;

	(void)why;
	if (c->last != NULL)
		return;
	local_free(c->conn);
	c->conn = NULL;
	c->attached = false;
	if (c->leaving) {
		client_finish_detached(c);
		return;
	}
	stage_wait(&c->stage);
	if (remote_gone(c))
		return;
	if (c->tries > 0 || loop_now(c->loop) - c->since < BRIEF_MS)
		loop_timer_start(c->retry, RETRY_MS);
	else if (talk_start(c) < 0)
		lost(c);
}

static void
on_retry(void *ctx)
{
	struct client *c = ctx;

	if (c->tries >= RETRIES || talk_start(c) < 0)
		lost(c);
}

int
talk_start(struct client *c)
{
	static const struct local_events events = {
		.got = on_message,
		.gone = on_gone_away,
	};
	int fd = c->opt->far != NULL ? remote_connect(c)
				     : local_connect(c->opt->socket);

	if (fd < 0)
		return fd;
	if (c->retry == NULL)
		c->retry = loop_timer_new(c->loop, on_retry, c);
	c->tries++;
	c->since = loop_now(c->loop);
	c->came = c->told = 0;
	c->conn = local_new(c->loop, fd, &events, c);
	local_hello(c->conn, "client");
	if (!c->asks_first)
		write_attach(c);
	local_flush(c->conn);
	return 0;
}

void
talk_stop(struct client *c)
{
	local_free(c->conn);
	c->conn = NULL;
	loop_timer_free(c->retry);
	c->retry = NULL;
	free(c->name);
	resume_release(&c->typed);
}
