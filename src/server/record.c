/* server/record.c - a session's meta.json and exit.json. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "base/words.h"
#include "server/session.h"

enum { FILE_MAX = 1 << 20 };

static int
save(const struct session *s, const char *file, struct json *obj)
{
	struct buf out = { 0 };
	char *path = path_join(s->dir, file);

	json_write(obj, true, &out);
	int r = io_replace(path, out.data, out.len, 0600);
	free(path);
	buf_release(&out);
	json_free(obj);
	return r;
}

int
session_save(const struct session *s)
{
	struct json *obj = json_new_object();

	json_set_str(obj, "schema", "cdo.session/1");
	json_set_str(obj, "id", s->id);
	json_set_str(obj, "name", s->name);
	json_set_words(obj, "command", s->command);
	json_set_str(obj, "agent", s->agent);
	json_set_str(obj, "cwd", s->cwd);
	json_set_pairs(obj, "labels", s->labels);
	json_set_pairs(obj, "env", s->given);
	json_set_bool(obj, "holds", s->holds);
	json_set_bool(obj, "persistent", s->persistent);
	json_set_bool(obj, "record", s->record);
	json_set_str(obj, "restart", session_restart_name(s->restart));
	json_set_int(obj, "umask", (int64_t)s->umask);
	json_set_int(obj, "created_ms", (int64_t)s->created);
	json_set_str(obj, "socket", s->socket);
	json_set_str(obj, "boot", s->boot);
	json_set_int(obj, "lost_ms", (int64_t)s->lost);
	json_set_bool(obj, "rebooted", s->rebooted);
	return save(s, "meta.json", obj);
}

int
session_save_exit(const struct session *s)
{
	struct json *obj = json_new_object();

	json_set_str(obj, "schema", "cdo.exit/1");
	if (s->exit_code >= 0)
		json_set_int(obj, "exit_code", s->exit_code);
	else
		json_set_null(obj, "exit_code");
	json_set_int(obj, "signo", s->signal);
	json_set_bool(obj, "stopped", s->stopped);
	json_set_time(obj, "started", s->started);
	json_set_time(obj, "ended", s->ended);
	json_set_int(obj, "started_ms", (int64_t)s->started);
	json_set_int(obj, "ended_ms", (int64_t)s->ended);
	json_set_str(obj, "title", s->title);
	json_set_int(obj, "cols", (int64_t)s->cols);
	json_set_int(obj, "rows", (int64_t)s->rows);
	json_set_int(obj, "last_output_ms", (int64_t)s->last_output);
	return save(s, "exit.json", obj);
}

/* The file as JSON, or NULL with the reason in *r. */
static struct json *
load(const char *dir, const char *file, int *r)
{
	struct buf in = { 0 };
	char *path = path_join(dir, file), *why = NULL;
	struct json *obj = NULL;

	*r = io_slurp(path, FILE_MAX, &in);
	if (*r == 0) {
		obj = json_parse(in.data, in.len, &why);
		if (obj == NULL)
			*r = -EINVAL;
	}
	free(why);
	free(path);
	buf_release(&in);
	return obj;
}

static char *
get_str(const struct json *obj, const char *key)
{
	const char *s = json_str(obj, key);

	return s == NULL ? NULL : mem_str(s);
}

static uint64_t
get_uint(const struct json *obj, const char *key)
{
	int64_t v = json_int(obj, key, 0);

	return v > 0 ? (uint64_t)v : 0;
}

static void
get_words(const struct json *arr, char ***list)
{
	for (size_t i = 0; i < json_count(arr); i++)
		if (json_at_str(arr, i) != NULL)
			words_add(list, json_at_str(arr, i));
}

static void
get_pairs(const struct json *obj, char ***list)
{
	const struct json *value;

	for (size_t i = 0; i < json_count(obj); i++) {
		const char *key = json_key(obj, i, &value);

		if (json_value_str(value) != NULL)
			words_set(list, key, json_value_str(value));
	}
}

int
session_load_exit(struct session *s)
{
	int r;
	struct json *obj = load(s->dir, "exit.json", &r);

	if (obj == NULL)
		return r;
	s->exit_code = json_int(obj, "exit_code", -1);
	s->signal = json_int(obj, "signo", 0);
	s->stopped = json_bool(obj, "stopped", false);
	s->ended = get_uint(obj, "ended_ms");
	s->cols = get_uint(obj, "cols");
	s->rows = get_uint(obj, "rows");
	s->last_output = get_uint(obj, "last_output_ms");
	if (get_uint(obj, "started_ms") != 0)
		s->started = get_uint(obj, "started_ms");
	const char *title = json_str(obj, "title");
	free(s->title);
	s->title = title == NULL ? NULL
				 : session_text(title, strlen(title),
						SESSION_TITLE_MAX);
	json_free(obj);
	session_ended(s);
	return 0;
}

struct session *
session_load(const char *dir)
{
	int r;
	struct json *obj = load(dir, "meta.json", &r);

	if (obj == NULL)
		return NULL;
	const char *id = json_str(obj, "id"), *name = json_str(obj, "name"),
		   *restart = json_str(obj, "restart");
	if (id == NULL || !session_is_id(id) || name == NULL ||
	    !str_is_name(name)) {
		json_free(obj);
		return NULL;
	}
	struct session *s = session_new();
	memcpy(s->id, id, sizeof s->id);
	s->name = mem_str(name);
	s->dir = mem_str(dir);
	s->agent = get_str(obj, "agent");
	s->cwd = get_str(obj, "cwd");
	s->socket = get_str(obj, "socket");
	s->boot = get_str(obj, "boot");
	get_words(json_get(obj, "command"), &s->command);
	get_pairs(json_get(obj, "labels"), &s->labels);
	get_pairs(json_get(obj, "env"), &s->given);
	s->holds = json_bool(obj, "holds", false);
	s->persistent = json_bool(obj, "persistent", true);
	s->record = json_bool(obj, "record", true);
	s->lost = get_uint(obj, "lost_ms");
	s->rebooted = json_bool(obj, "rebooted", false);
	s->umask = (mode_t)(json_int(obj, "umask", 022) & 0777);
	session_restart_named(restart == NULL ? "never" : restart, &s->restart);
	s->created = get_uint(obj, "created_ms");
	s->started = s->created;
	s->since = s->created;
	json_free(obj);
	if (session_load_exit(s) < 0 && s->lost != 0)
		session_lost(s);
	return s;
}
