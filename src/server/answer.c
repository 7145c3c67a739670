/* server/answer.c - what commands ask of the server. */
#include "server/answer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/words.h"
#include "proto/local.h"
#include "proto/msg.h"
#include "server/asked.h"
#include "server/create.h"
#include "server/revive.h"
#include "server/server.h"
#include "server/session.h"
#include "server/watch.h"

/* --- answers --- */

void
answer_error(struct asker *p, int code, const char *fmt, ...)
{
	char text[2048];
	struct msg_writer w;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	msg_begin(&w, local_out(p->conn), MSG_ERROR, 2);
	msg_uint(&w, (uint64_t)code);
	msg_str(&w, text);
	msg_end(&w);
}

void
answer_ok(struct asker *p)
{
	struct msg_writer w;

	msg_begin(&w, local_out(p->conn), MSG_OK, 1);
	msg_map(&w, 0);
	msg_end(&w);
}

void
answer_list(struct asker *p)
{
	const struct registry *reg = &p->srv->reg;
	struct msg_writer w;

	for (size_t i = 0; i < reg->n; i++)
		if (!session_hidden(reg->list[i]))
			session_write(reg->list[i], p->device != NULL,
				      local_out(p->conn));
	msg_begin(&w, local_out(p->conn), MSG_END, 0);
	msg_end(&w);
}

/* The session that field i names, or NULL after an answer that says why. */
static struct session *
find(struct asker *p, const struct msg_value *word)
{
	char *name = msg_dup_str(word, 4096), *why = NULL;
	struct session *s = NULL;

	if (name == NULL) {
		answer_error(p, MSG_E_USAGE, "no name was given");
		return NULL;
	}
	int r = registry_find(&p->srv->reg, name, &s, &why);
	if (r != 0)
		answer_error(p, r, "%s", why);
	free(why);
	free(name);
	return s;
}

/* --- requests --- */

static void
on_list(struct asker *p, const struct msg *m)
{
	answer_list(p);
	p->watches = msg_to_bool(msg_get(msg_field(m, 0), "watch"), false);
}

static void
on_find(struct asker *p, const struct msg *m)
{
	const struct session *s = find(p, msg_field(m, 0));

	if (s != NULL)
		session_write(s, p->device != NULL, local_out(p->conn));
}

static void
created(void *ctx, struct session *s, int error, const char *text)
{
	struct asker *p = ctx;

	p->create = NULL;
	if (s == NULL)
		answer_error(p, error, "%s", text);
	else
		session_write(s, p->device != NULL, local_out(p->conn));
	local_flush(p->conn);
}

static void
on_new(struct asker *p, const struct msg *m)
{
	if (p->create != NULL) {
		answer_error(p, MSG_E_USAGE, "one session at a time");
		return;
	}
	if (p->srv->leaving)
		return; /* and ask the next server */
	p->create = create_session(p->srv, msg_field(m, 0), p->device != NULL,
				   created, p);
}

/* What was refused is not in the record either, however far that came. */
static void
refuse_record(struct asker *p, const struct session *s, int r)
{
	session_save(s);
	answer_error(p, MSG_E_FAILED, "cannot write to %s: %s", s->dir,
		     io_error(r));
}

static void
on_rename(struct asker *p, const struct msg *m)
{
	struct registry *reg = &p->srv->reg;
	struct session *s = find(p, msg_field(m, 0));

	if (s == NULL)
		return;
	char *name = msg_dup_str(msg_field(m, 1), 4096);
	char *why = registry_name_taken(reg, name == NULL ? "" : name, s);
	if (why != NULL) {
		answer_error(p, MSG_E_FAILED, "%s", why);
		goto out;
	}
	char *old = s->name;
	s->name = name;
	int r = session_save(s);
	if (r < 0) {
		s->name = old;
		refuse_record(p, s, r);
		goto out;
	}
	name = old;
	watch_named(s);
	session_write(s, p->device != NULL, local_out(p->conn));
	registry_changed(reg);
out:
	free(why);
	free(name);
}

static void
on_label(struct asker *p, const struct msg *m)
{
	struct session *s = find(p, msg_field(m, 0));
	const struct msg_value *map = msg_field(m, 1);
	const char *wrong = NULL;

	if (s == NULL)
		return;
	char **old = words_copy(s->labels);
	for (size_t i = 0; i < msg_count(map) && wrong == NULL; i++) {
		const char *key;
		size_t klen, vlen = 0;
		const struct msg_value *v = msg_pair(map, i, &key, &klen);

		msg_to_str(v, &vlen);
		wrong = session_label_wrong(key, klen, vlen);
		if (wrong != NULL)
			break;
		char *name = mem_strn(key, klen);
		char *value = msg_dup_str(v, SESSION_LABEL_MAX);
		words_set(&s->labels, name, value);
		free(value);
		free(name);
		if (words_count(s->labels) > SESSION_LABELS_MAX)
			wrong = "it has too many labels";
	}
	int r = wrong == NULL ? session_save(s) : 0;
	if (wrong != NULL || r < 0) {
		words_free(s->labels);
		s->labels = old;
		if (wrong != NULL)
			answer_error(p, MSG_E_FAILED, "%s", wrong);
		else
			refuse_record(p, s, r);
		return;
	}
	words_free(old);
	session_write(s, p->device != NULL, local_out(p->conn));
	registry_changed(&p->srv->reg);
}

/* Forgets s and tells its name; false after an answer that says why not. */
static bool
clear_one(struct asker *p, struct session *s, struct buf *names)
{
	struct msg_writer w;

	if (session_lives(s)) {
		answer_error(p, MSG_E_FAILED,
			     "'%s' is running; `cdo stop %s` "
			     "ends it",
			     s->name, s->name);
		return false;
	}
	char *name = mem_str(s->name), *dir = mem_str(s->dir);
	int r = registry_forget(&p->srv->reg, s);
	if (r < 0) {
		answer_error(p, MSG_E_FAILED, "cannot remove %s: %s", dir,
			     io_error(r));
	} else {
		msg_begin(&w, names, MSG_OK, 1);
		msg_map(&w, 1);
		msg_str(&w, "name");
		msg_str(&w, name);
		msg_end(&w);
	}
	free(name);
	free(dir);
	return r == 0;
}

static void
on_clear(struct asker *p, const struct msg *m)
{
	struct registry *reg = &p->srv->reg;
	const struct msg_value *names = msg_field(m, 0);
	uint64_t age = msg_to_uint(msg_field(m, 1), 0);
	uint64_t now = session_clock();
	struct buf done = { 0 };
	struct msg_writer w;
	bool ok = true;

	for (size_t i = 0; ok && i < msg_count(names); i++) {
		struct session *s = find(p, msg_at(names, i));

		ok = s != NULL;
		if (ok && now - s->since >= age)
			ok = clear_one(p, s, &done);
	}
	for (size_t i = reg->n; ok && msg_count(names) == 0 && i > 0; i--) {
		struct session *s = reg->list[i - 1];

		if (!session_lives(s) && !session_hidden(s) &&
		    now - s->since >= age)
			ok = clear_one(p, s, &done);
	}
	if (ok) {
		buf_append(local_out(p->conn), done.data, done.len);
		msg_begin(&w, local_out(p->conn), MSG_END, 0);
		msg_end(&w);
	}
	buf_release(&done);
	registry_changed(reg);
}

static void
on_halt(struct asker *p, const struct msg *m)
{
	struct session *s = find(p, msg_field(m, 0));

	if (s == NULL)
		return;
	int r = session_lives(s) ? -EBUSY : revive_never(s);
	if (r < 0) {
		answer_error(p, MSG_E_FAILED, "%s", io_error(r));
		return;
	}
	session_write(s, p->device != NULL, local_out(p->conn));
	registry_changed(&p->srv->reg);
}

static void
on_status(struct asker *p, const struct msg *m)
{
	const struct server *srv = p->srv;
	struct msg_writer w;
	uint64_t lives = 0;

	(void)m;
	for (size_t i = 0; i < srv->reg.n; i++)
		lives += session_lives(srv->reg.list[i]);
	msg_begin(&w, local_out(p->conn), MSG_OK, 1);
	msg_map(&w, 13);
	msg_str(&w, "pid");
	msg_int(&w, getpid());
	msg_str(&w, "release");
	msg_str(&w, PACKAGE_VERSION);
	msg_str(&w, "started");
	msg_uint(&w, srv->started);
	msg_str(&w, "socket");
	msg_str(&w, srv->socket);
	msg_str(&w, "state");
	msg_str(&w, srv->state);
	msg_str(&w, "running");
	msg_uint(&w, lives);
	msg_str(&w, "sessions");
	msg_uint(&w, srv->reg.n);
	msg_str(&w, "persistent");
	msg_bool(&w, asked_persistent(srv));
	msg_str(&w, "config_errors");
	msg_str(&w, srv->conf_errs);
	answer_door(p, &w);
	msg_end(&w);
}

static void
on_shutdown(struct asker *p, const struct msg *m)
{
	(void)m;
	answer_ok(p);
	local_flush(p->conn);
	server_leave(p->srv);
}

static void
on_reload(struct asker *p, const struct msg *m)
{
	(void)m;
	if (server_reload(p->srv) < 0)
		answer_error(p, MSG_E_FAILED, "%s", p->srv->conf_errs);
	else
		answer_ok(p);
}

static const struct request {
	enum msg_type type;
	void (*answer)(struct asker *, const struct msg *);
} requests[] = {
	{ MSG_LIST, on_list },
	{ MSG_FIND, on_find },
	{ MSG_NEW, on_new },
	{ MSG_RENAME, on_rename },
	{ MSG_LABEL, on_label },
	{ MSG_CLEAR, on_clear },
	{ MSG_STATUS, on_status },
	{ MSG_SHUTDOWN, on_shutdown },
	{ MSG_RELOAD, on_reload },
	{ MSG_HALT, on_halt },
	{ MSG_PAIR, answer_pair },
	{ MSG_DEVICES, answer_devices },
	{ MSG_FETCH, answer_fetch },
	{ MSG_REVOKE, answer_revoke },
	{ MSG_DEVICE_SET, answer_device_set },
};

bool
answer_request(struct asker *p, const struct msg *m)
{
	for (size_t i = 0; i < sizeof requests / sizeof *requests; i++)
		if (requests[i].type == m->type) {
			requests[i].answer(p, m);
			return true;
		}
	return false;
}
