/* cmd/seen.c - a session as the server shows it. */
#include "cmd/seen.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/signame.h"
#include "base/str.h"
#include "base/words.h"
#include "proto/msg.h"

enum { TEXT_MAX = 1 << 20 };

static char *
get_str(const struct msg_value *map, const char *key)
{
	return msg_dup_str(msg_get(map, key), TEXT_MAX);
}

static uint64_t
get_uint(const struct msg_value *map, const char *key)
{
	return msg_to_uint(msg_get(map, key), 0);
}

static char **
get_words(const struct msg_value *arr)
{
	char **list = NULL;

	for (size_t i = 0; i < msg_count(arr); i++) {
		char *w = msg_dup_str(msg_at(arr, i), TEXT_MAX);

		words_add(&list, w == NULL ? "" : w);
		free(w);
	}
	return list;
}

static char **
get_pairs(const struct msg_value *map)
{
	char **list = NULL;

	for (size_t i = 0; i < msg_count(map); i++) {
		const char *key;
		size_t len;
		char *v = msg_dup_str(msg_pair(map, i, &key, &len), TEXT_MAX);
		char *k = mem_strn(key, len);

		words_set(&list, k, v == NULL ? "" : v);
		free(k);
		free(v);
	}
	return list;
}

void
seen_read(struct seen *s, const struct msg *m)
{
	const struct msg_value *map = msg_field(m, 0);

	*s = (struct seen){
		.id = get_str(map, "id"),
		.name = get_str(map, "name"),
		.status = get_str(map, "status"),
		.activity = get_str(map, "activity"),
		.attention = get_str(map, "attention"),
		.recording = get_str(map, "recording"),
		.agent = get_str(map, "agent"),
		.cwd = get_str(map, "cwd"),
		.title = get_str(map, "title"),
		.reason = get_str(map, "reason"),
		.restart = get_str(map, "restart"),
		.socket = get_str(map, "socket"),
		.dir = get_str(map, "dir"),
		.command = get_words(msg_get(map, "command")),
		.labels = get_pairs(msg_get(map, "labels")),
		.env = get_pairs(msg_get(map, "env")),
		.holds = msg_to_bool(msg_get(map, "holds"), false),
		.persistent = msg_to_bool(msg_get(map, "persistent"), true),
		.lives = msg_to_bool(msg_get(map, "lives"), false),
		.pid = msg_to_int(msg_get(map, "pid"), 0),
		.custodian_pid = msg_to_int(msg_get(map, "custodian_pid"), 0),
		.exit_code = msg_to_int(msg_get(map, "exit_code"), -1),
		.signal = msg_to_int(msg_get(map, "signal"), 0),
		.created = get_uint(map, "created"),
		.started = get_uint(map, "started"),
		.ended = get_uint(map, "ended"),
		.since = get_uint(map, "since"),
		.runtime_s = get_uint(map, "runtime_s"),
		.cols = get_uint(map, "cols"),
		.rows = get_uint(map, "rows"),
		.clients = get_uint(map, "clients"),
		.last_output = get_uint(map, "last_output"),
		.last_input = get_uint(map, "last_input"),
		.attached = get_uint(map, "attached"),
		.again = get_uint(map, "again"),
	};
	if (s->name == NULL)
		s->name = mem_str("?");
	if (s->id == NULL)
		s->id = mem_str("?");
	if (s->status == NULL)
		s->status = mem_str("?");
}

void
seen_release(struct seen *s)
{
	free(s->host);
	free(s->id);
	free(s->name);
	free(s->status);
	free(s->activity);
	free(s->attention);
	free(s->recording);
	free(s->agent);
	free(s->cwd);
	free(s->title);
	free(s->reason);
	free(s->restart);
	free(s->socket);
	free(s->dir);
	words_free(s->command);
	words_free(s->labels);
	words_free(s->env);
	*s = (struct seen){ 0 };
}

static void
set_id(struct json *obj, const char *key, int64_t v, int64_t absent)
{
	if (v == absent)
		json_set_null(obj, key);
	else
		json_set_int(obj, key, v);
}

struct json *
seen_json(const struct seen *s, const char *schema)
{
	struct json *obj = json_new_object(), *size = json_new_object();

	json_set_int(size, "cols", (int64_t)s->cols);
	json_set_int(size, "rows", (int64_t)s->rows);
	if (schema != NULL)
		json_set_str(obj, "schema", schema);
	json_set_str(obj, "id", s->id);
	json_set_str(obj, "name", s->name);
	json_set_str(obj, "host", s->host);
	if (s->host != NULL) {
		json_set_bool(obj, "reachable", !s->unreachable);
		json_set_time(obj, "seen", s->asked);
	}
	json_set_str(obj, "status", s->status);
	json_set_str(obj, "activity",
		     s->lives && s->activity == NULL ? "unknown" : s->activity);
	json_set_str(obj, "attention", s->attention);
	json_set_words(obj, "command", s->command);
	json_set_str(obj, "agent", s->agent);
	json_set_str(obj, "cwd", s->cwd);
	json_set_pairs(obj, "labels", s->labels);
	set_id(obj, "pid", s->pid, 0);
	set_id(obj, "custodian_pid", s->custodian_pid, 0);
	json_set_bool(obj, "persistent", s->persistent);
	json_set_str(obj, "restart", s->restart);
	json_set_time(obj, "again", s->again);
	json_set_str(obj, "reason", s->reason);
	json_set_time(obj, "created", s->created);
	json_set_time(obj, "started", s->started);
	json_set_time(obj, "ended", s->ended);
	json_set_int(obj, "runtime_s", (int64_t)s->runtime_s);
	set_id(obj, "exit_code", s->exit_code, -1);
	json_set_str(obj, "signal",
		     s->signal == 0 ? NULL : signame((int)s->signal));
	json_set_str(obj, "title", s->title);
	json_set(obj, "size", size);
	json_set_int(obj, "clients", (int64_t)s->clients);
	json_set_time(obj, "last_output", s->last_output);
	json_set_time(obj, "last_input", s->last_input);
	return obj;
}

/* Numbers that are kept as they are: in the list they are written out. */
static const struct {
	const char *key;
	size_t at;
} kept[] = {
	{ "created_ms", offsetof(struct seen, created) },
	{ "since_ms", offsetof(struct seen, since) },
	{ "runtime_s", offsetof(struct seen, runtime_s) },
	{ "clients", offsetof(struct seen, clients) },
};

struct json *
seen_kept(const struct seen *s)
{
	struct json *obj = seen_json(s, NULL);

	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
		const char *from = (const char *)s + kept[i].at;
		uint64_t v;

		memcpy(&v, from, sizeof v);
		json_set_int(obj, kept[i].key, (int64_t)v);
	}
	json_set_bool(obj, "lives", s->lives);
	return obj;
}

static char *
recall_str(const struct json *obj, const char *key)
{
	const char *s = json_str(obj, key);

	return s == NULL ? NULL : mem_str(s);
}

void
seen_recall(struct seen *s, const struct json *obj, const char *host)
{
	const struct json *words = json_get(obj, "command");
	const struct json *labels = json_get(obj, "labels"), *value;
	const char *sig = json_str(obj, "signal"), *key;

	*s = (struct seen){
		.host = mem_str(host),
		.id = recall_str(obj, "id"),
		.name = recall_str(obj, "name"),
		.status = recall_str(obj, "status"),
		.activity = recall_str(obj, "activity"),
		.attention = recall_str(obj, "attention"),
		.agent = recall_str(obj, "agent"),
		.cwd = recall_str(obj, "cwd"),
		.title = recall_str(obj, "title"),
		.reason = recall_str(obj, "reason"),
		.restart = recall_str(obj, "restart"),
		.persistent = json_bool(obj, "persistent", true),
		.lives = json_bool(obj, "lives", false),
		.exit_code = json_int(obj, "exit_code", -1),
		.signal = sig == NULL ? 0 : signame_number(sig),
		.unreachable = true,
	};
	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
		uint64_t v = (uint64_t)json_int(obj, kept[i].key, 0);

		memcpy((char *)s + kept[i].at, &v, sizeof v);
	}
	for (size_t i = 0; i < json_count(words); i++)
		if (json_at_str(words, i) != NULL)
			words_add(&s->command, json_at_str(words, i));
	for (size_t i = 0; (key = json_key(labels, i, &value)) != NULL; i++)
		if (json_value_str(value) != NULL)
			words_set(&s->labels, key, json_value_str(value));
	if (s->name == NULL)
		s->name = mem_str("?");
	if (s->id == NULL)
		s->id = mem_str("?");
	if (s->status == NULL)
		s->status = mem_str("?");
}

char *
seen_result(const struct seen *s)
{
	if (s->lives)
		return NULL;
	const char *more = s->again != 0 ? ", runs again soon" : "";

	if (s->reason != NULL)
		return str_printf("%s%s", s->reason, more);
	if (s->signal != 0)
		return str_printf("%s%s", signame((int)s->signal), more);
	if (s->exit_code < 0)
		return NULL;
	return str_printf("exit %d%s", (int)s->exit_code, more);
}

const char *
seen_unrecorded(const struct seen *s)
{
	static const char *const fine[] = { "on", "off", "flood" };

	if (!s->lives || s->recording == NULL)
		return NULL;
	for (size_t i = 0; i < sizeof fine / sizeof *fine; i++)
		if (strcmp(s->recording, fine[i]) == 0)
			return NULL;
	return s->recording;
}

int
seen_status(const struct seen *s)
{
	if (s->signal != 0)
		return 128 + (int)s->signal;
	return s->exit_code < 0 ? 0 : (int)s->exit_code;
}

char *
seen_line(char *const *words)
{
	struct buf b = { 0 };

	buf_str(&b, "");
	for (size_t i = 0; words != NULL && words[i] != NULL; i++)
		buf_printf(&b, "%s%s", i > 0 ? " " : "", words[i]);
	return buf_steal(&b);
}
