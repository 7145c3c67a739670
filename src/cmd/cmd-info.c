/* cmd/cmd-info.c - cdo info. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "cmd/args.h"
#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "cmd/out.h"
#include "cmd/seen.h"
#include "custodian/segments.h"
#include "proto/local.h"
#include "proto/msg.h"

enum { OPT_JSON = 256, WORD_MAX = 256 };

/* --- its clients, which its custodian knows --- */

static void
set_word(struct json *obj, const char *key, const struct msg_value *map)
{
	char *word = msg_dup_str(msg_get(map, key), WORD_MAX);

	json_set_str(obj, key, word);
	free(word);
}

static struct json *
client_json(const struct msg_value *c)
{
	struct json *obj = json_new_object(), *size = json_new_object();

	json_set_int(size, "cols", msg_to_int(msg_get(c, "cols"), 0));
	json_set_int(size, "rows", msg_to_int(msg_get(c, "rows"), 0));
	json_set_int(obj, "id", msg_to_int(msg_get(c, "client"), 0));
	set_word(obj, "tty", c);
	set_word(obj, "term", c);
	set_word(obj, "host", c);
	json_set_bool(obj, "read_only",
		      msg_to_bool(msg_get(c, "read_only"), false));
	json_set_time(obj, "attached", msg_to_uint(msg_get(c, "attached"), 0));
	json_set(obj, "size", size);
	return obj;
}

/* An array; empty if nobody is attached or the custodian does not answer. */
static struct json *
clients(const struct args *a, const struct seen *s, int64_t *protocol)
{
	struct json *arr = json_new_array();
	struct msg_writer w;
	struct msg *m;
	int status;
	struct local_call *call =
		!s->lives ? NULL : ask_custodian(a->cmd, s, "ask", &status);

	if (call == NULL)
		return arr;
	msg_begin(&w, local_call_out(call), MSG_INFO, 0);
	msg_end(&w);
	if (local_call_send(call) == 0 &&
	    local_call_next(call, ASK_MS, &m) == 0 && m->type == MSG_OK) {
		const struct msg_value *map = msg_field(m, 0);
		const struct msg_value *list = msg_get(map, "clients");

		*protocol = msg_to_int(msg_get(map, "protocol"), *protocol);
		for (size_t i = 0; i < msg_count(list); i++)
			json_add(arr, client_json(msg_at(list, i)));
	}
	local_call_free(call);
	return arr;
}

/* The files of its recording: how many, and how large. */
static int
segments(const struct seen *s, uint64_t *bytes)
{
	struct segment *list = NULL;
	int n = s->dir == NULL ? 0 : segments_list(s->dir, &list);

	*bytes = 0;
	for (int i = 0; i < n; i++)
		*bytes += list[i].size;
	free(list);
	return n < 0 ? 0 : n;
}

/* --- as JSON --- */

static struct json *
transcript_json(const struct seen *s)
{
	struct json *obj = json_new_object();
	uint64_t bytes;

	json_set_str(obj, "state", s->recording);
	json_set_int(obj, "segments", segments(s, &bytes));
	json_set_int(obj, "bytes", (int64_t)bytes);
	return obj;
}

static struct json *
info_json(const struct args *a, const struct seen *s)
{
	struct json *obj = seen_json(s, "cdo.info/1");
	int64_t protocol = MSG_VERSION;

	json_set(obj, "clients", clients(a, s, &protocol));
	json_set_str(obj, "holds", s->holds && s->lives ? s->cwd : NULL);
	json_set_pairs(obj, "env", s->env);
	json_set(obj, "transcript", transcript_json(s));
	json_set_int(obj, "protocol", protocol);
	json_set_time(obj, "attached", s->attached);
	json_set_str(obj, "dir", s->dir);
	return obj;
}

/* --- for people --- */

static void
line(struct out_table *t, const char *key, const char *value)
{
	if (value == NULL || *value == '\0')
		return;
	out_cell(t, key, "1");
	out_cell(t, value, NULL);
}

/* Takes value. */
static void
line_take(struct out_table *t, const char *key, char *value)
{
	line(t, key, value);
	free(value);
}

static void
line_time(struct out_table *t, const char *key, uint64_t ms)
{
	if (ms != 0)
		line_take(t, key, str_time(ms));
}

static void
put_clients(struct out_table *t, const struct json *arr)
{
	for (size_t i = 0; i < json_count(arr); i++) {
		const struct json *c = json_at(arr, i);
		const struct json *size = json_get(c, "size");
		const char *tty = json_str(c, "tty");

		line_take(t, "client",
			  str_printf("%d: %s, %dx%d, %s%s",
				     (int)json_int(c, "id", 0),
				     tty == NULL ? "?" : tty,
				     (int)json_int(size, "cols", 0),
				     (int)json_int(size, "rows", 0),
				     json_str(c, "term") == NULL
					     ? "?"
					     : json_str(c, "term"),
				     json_bool(c, "read_only", false)
					     ? ", read only"
					     : ""));
	}
}

static void
put_transcript(struct out_table *t, const struct seen *s)
{
	uint64_t bytes;

	if (segments(s, &bytes) > 0 || s->recording != NULL)
		line_take(t, "recording",
			  str_printf("%s%s%llu KiB",
				     s->recording != NULL ? s->recording : "",
				     s->recording != NULL ? ", " : "",
				     (unsigned long long)(bytes + 1023) >> 10));
}

static void
print(const struct args *a, const struct seen *s)
{
	struct out_table t = { .columns = 2 };
	int64_t protocol = 0;
	struct json *list = clients(a, s, &protocol);

	line(&t, "name", s->name);
	line(&t, "id", s->id);
	line(&t, "status", s->status);
	line(&t, "activity", s->activity);
	line(&t, "attention", s->attention);
	line_take(&t, "result", seen_result(s));
	line_take(&t, "command", seen_line(s->command));
	line(&t, "agent", s->agent);
	line(&t, "directory", s->cwd);
	if (s->lives)
		line(&t, "holds", s->holds ? s->cwd : NULL);
	line(&t, "title", s->title);
	for (size_t i = 0; s->labels != NULL && s->labels[i] != NULL; i++)
		line(&t, "label", s->labels[i]);
	for (size_t i = 0; s->env != NULL && s->env[i] != NULL; i++)
		line(&t, "env", s->env[i]);
	line(&t, "persistent", s->persistent ? "yes" : "no");
	line_take(&t, "size",
		  str_printf("%ux%u", (unsigned)s->cols, (unsigned)s->rows));
	if (s->pid != 0)
		line_take(&t, "pid", str_printf("%d", (int)s->pid));
	if (s->custodian_pid != 0)
		line_take(&t, "custodian",
			  str_printf("%d", (int)s->custodian_pid));
	line_time(&t, "started", s->started);
	line_time(&t, "ended", s->ended);
	line_take(&t, "run time", str_ago(s->runtime_s));
	line_time(&t, "last output", s->last_output);
	line_time(&t, "last input", s->last_input);
	line_time(&t, "last attach", s->attached);
	put_clients(&t, list);
	put_transcript(&t, s);
	line(&t, "record", s->dir);
	json_free(list);
	out_table(&t);
}

static int
run(const struct args *a)
{
	struct seen s;
	int status;
	struct ask *ask = ask_open_at(a->cmd, a->operand[0], true, &status);

	if (ask == NULL)
		return status;
	status = ask_find(ask, a->operand[0], "show", &s);
	if (status == 0) {
		if (args_has(a, OPT_JSON))
			out_json(info_json(a, &s));
		else
			print(a, &s);
		seen_release(&s);
	}
	ask_close(ask);
	return status;
}

static const struct cmd_opt opts[] = {
	{ OPT_JSON, "json", NULL, "as JSON" },
	{ 0 },
};

const struct cmd cmd_info = {
	.name = "info",
	.usage = "SESSION",
	.help = "show everything about a session",
	.opts = opts,
	.min = 1,
	.max = 1,
	.flags = CMD_SESSIONS,
	.run = run,
};
