/* cmd/cmd-server.c - cdo server. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/str.h"
#include "cmd/args.h"
#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "cmd/out.h"
#include "cmd/place.h"
#include "cmd/seen.h"
#include "cmd/stopping.h"
#include "proto/msg.h"

enum { OPT_JSON = 256, OPT_SESSIONS, OPT_FOREGROUND };

static const char none[] = "no server is running";

/* Asks for MSG_SHUTDOWN and waits until the server is gone. */
static int
shut_down(struct ask *ask)
{
	struct msg_writer w;

	msg_begin(&w, ask_out(ask), MSG_SHUTDOWN, 0);
	msg_end(&w);
	if (ask_next(ask, ASK_MS) == NULL) {
		out_error("cannot stop the server: %s", ask_text(ask));
		return ask_error(ask);
	}
	while (ask_next(ask, ASK_MS) != NULL)
		continue;
	return EXIT_DONE;
}

static int
start(const struct args *a)
{
	int status;
	struct ask *ask = ask_open(a->cmd, false, &status);

	if (ask != NULL)
		out_note("the server is running already");
	else
		ask = ask_open(a->cmd, true, &status);
	ask_close(ask);
	return status;
}

static size_t
living(const struct seen *list, size_t n)
{
	size_t lives = 0;

	for (size_t i = 0; i < n; i++)
		lives += list[i].lives;
	return lives;
}

/* Ends the sessions that run or would again; *lives is how many go on. */
static int
end_sessions(struct ask *ask, const struct args *a, struct seen *list, size_t n,
	     size_t *lives)
{
	size_t kept = 0;

	if (*lives > 0 && !args_has(a, 'y') &&
	    !out_confirm("stop the server and %zu session%s?", *lives,
			 *lives == 1 ? "" : "s")) {
		if (!isatty(STDIN_FILENO))
			out_error("cannot ask whether to stop the sessions; -y "
				  "is a yes");
		return EXIT_FAILED;
	}
	for (size_t i = 0; i < n; i++) {
		struct seen s = list[i];

		if (!stopping_needed(&s))
			continue;
		list[i] = list[kept];
		list[kept++] = s;
	}
	int status = stopping_run(ask, a->cmd, list, kept, 0, STOPPING_DEFAULT);
	if (status == EXIT_DONE)
		*lives = 0;
	return status;
}

static int
stop(const struct args *a)
{
	struct seen *list;
	size_t n, lives;
	int status;
	/* Sessions run without a server too; one has to find them. */
	bool all = args_has(a, OPT_SESSIONS);
	struct ask *ask = ask_open(a->cmd, all, &status);

	if (ask == NULL && all)
		return status;
	if (ask == NULL) {
		out_note("%s", none);
		return EXIT_DONE;
	}
	status = ask_list(ask, &list, &n);
	lives = living(list, n);
	if (status == 0 && all)
		status = end_sessions(ask, a, list, n, &lives);
	if (status == 0)
		status = shut_down(ask);
	if (status == 0 && lives > 0)
		out_note("the server has stopped; %zu session%s running, and "
			 "the next command starts a server that finds %s",
			 lives, lives == 1 ? " goes on" : "s go on",
			 lives == 1 ? "it" : "them");
	for (size_t i = 0; i < n; i++)
		seen_release(&list[i]);
	free(list);
	ask_close(ask);
	return status;
}

static int
restart(const struct args *a)
{
	int status;
	struct ask *ask = ask_open(a->cmd, false, &status);

	status = ask == NULL ? EXIT_DONE : shut_down(ask);
	ask_close(ask);
	if (status != EXIT_DONE)
		return status;
	ask = ask_open(a->cmd, true, &status);
	ask_close(ask);
	return status;
}

static int
reload(const struct args *a)
{
	struct msg_writer w;
	int status;
	struct ask *ask = ask_open(a->cmd, false, &status);

	if (ask == NULL) {
		out_error("cannot reload: %s", none);
		return status;
	}
	msg_begin(&w, ask_out(ask), MSG_RELOAD, 0);
	msg_end(&w);
	if (ask_next(ask, ASK_MS) == NULL) {
		out_error("%s; the server goes on with the last good options",
			  ask_text(ask));
		status = ask_error(ask);
	}
	ask_close(ask);
	return status;
}

/* --- status --- */

static void
status_json(const struct msg_value *map)
{
	static const char *const numbers[] = { "pid", "running", "sessions" };
	static const char *const words[] = { "release", "socket", "state",
					     "config_errors" };
	struct json *obj = json_new_object();

	json_set_str(obj, "schema", "cdo.server/1");
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		json_set_int(obj, numbers[i],
			     msg_to_int(msg_get(map, numbers[i]), 0));
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		char *word = msg_dup_str(msg_get(map, words[i]), 1 << 16);

		json_set_str(obj, words[i], word);
		free(word);
	}
	json_set_time(obj, "started", msg_to_uint(msg_get(map, "started"), 0));
	json_set_bool(obj, "persistent",
		      msg_to_bool(msg_get(map, "persistent"), true));
	out_json(obj);
}

static void
line(struct out_table *t, const char *key, char *value)
{
	if (value != NULL) {
		out_cell(t, key, "1");
		out_cell(t, value, NULL);
	}
	free(value);
}

static void
status_print(const struct msg_value *map)
{
	struct out_table t = { .columns = 2 };
	uint64_t all = msg_to_uint(msg_get(map, "sessions"), 0);
	uint64_t lives = msg_to_uint(msg_get(map, "running"), 0);

	line(&t, "pid",
	     str_printf("%d", (int)msg_to_int(msg_get(map, "pid"), 0)));
	line(&t, "release", msg_dup_str(msg_get(map, "release"), 64));
	line(&t, "started", str_time(msg_to_uint(msg_get(map, "started"), 0)));
	line(&t, "socket", msg_dup_str(msg_get(map, "socket"), 4096));
	line(&t, "state", msg_dup_str(msg_get(map, "state"), 4096));
	line(&t, "sessions",
	     str_printf("%u running, %u finished", (unsigned)lives,
			(unsigned)(all - lives)));
	line(&t, "persistent",
	     str_printf("%s", msg_to_bool(msg_get(map, "persistent"), true)
				      ? "yes"
				      : "no"));
	line(&t, "cdo.conf",
	     msg_dup_str(msg_get(map, "config_errors"), 1 << 16));
	out_table(&t);
}

static int
show(const struct args *a)
{
	struct msg_writer w;
	int status;
	struct ask *ask = ask_open(a->cmd, false, &status);

	if (ask == NULL) {
		out_note("%s", none);
		return status;
	}
	msg_begin(&w, ask_out(ask), MSG_STATUS, 0);
	msg_end(&w);
	const struct msg *m = ask_next(ask, ASK_MS);
	if (m == NULL) {
		out_error("cannot ask the server: %s", ask_text(ask));
		status = ask_error(ask);
	} else if (args_has(a, OPT_JSON)) {
		status_json(msg_field(m, 0));
	} else {
		status_print(msg_field(m, 0));
	}
	ask_close(ask);
	return status;
}

/* Of another machine's server one may ask how it is, no more. */
static bool
far_away(int (*verb)(const struct args *))
{
	if (place_default() == NULL || verb == show)
		return false;
	out_error("only `server status` can be asked of another machine");
	return true;
}

static int
run(const struct args *a)
{
	static const struct {
		const char *name;
		int (*run)(const struct args *);
	} verbs[] = {
		{ "start", start },	{ "stop", stop },
		{ "restart", restart }, { "status", show },
		{ "reload", reload },
	};

	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
		if (strcmp(verbs[i].name, a->operand[0]) == 0)
			return far_away(verbs[i].run) ? EXIT_NOT_ALLOWED
						      : verbs[i].run(a);
	out_error("server does not know '%s'; see `cdo server --help`",
		  a->operand[0]);
	return EXIT_USAGE;
}

static const struct cmd_opt opts[] = {
	{ OPT_SESSIONS, "sessions", NULL,
	  "stop: end the sessions too; asks first" },
	{ 'y', "yes", NULL, "do not ask" },
	{ OPT_JSON, "json", NULL, "status: as JSON" },
	{ OPT_FOREGROUND, "foreground", NULL, "be the server, here" },
	{ 0 },
};

const struct cmd cmd_server = {
	.name = "server",
	.usage = "start|stop|restart|status|reload",
	.help = "the process that knows all sessions",
	.more = "It is started by the first command that needs it.  Sessions "
		"do not need it to run: stop leaves them running, and the "
		"next server finds them.",
	.opts = opts,
	.min = 1,
	.max = 1,
	.run = run,
};
