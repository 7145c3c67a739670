/* cmd/cmd-doctor.c - cdo doctor. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/conf.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "cmd/args.h"
#include "cmd/ask.h"
#include "cmd/checks.h"
#include "cmd/cmd.h"
#include "cmd/prove.h"
#include "cmd/seen.h"
#include "proto/msg.h"

enum { OPT_JSON = 256, OPT_PROVE };

static void
say_persistent(struct checks *c, bool persistent, const char *whose)
{
	checks_add(c, "persistent", persistent ? CHECK_OK : CHECK_WARNING,
		   str_printf("%s: new sessions %s", whose,
			      persistent ? "outlive the server (P)"
					 : "end with the server"),
		   persistent ? NULL
			      : "unset CDO_PERSISTENT_SESSIONS, or set "
				"persistent = on in cdo.conf");
}

/* What the server that runs says of itself. */
static void
hear_server(struct checks *c, const struct msg_value *map)
{
	char *release = msg_dup_str(msg_get(map, "release"), 64);
	bool same = str_eq(release, PACKAGE_VERSION);

	c->server = (int)msg_to_int(msg_get(map, "pid"), 0);
	checks_add(c, "server", same ? CHECK_OK : CHECK_WARNING,
		   str_printf("the server, pid %d, is cdo %s", c->server,
			      release == NULL ? "?" : release),
		   same ? NULL : "run `cdo server restart`");
	say_persistent(c, msg_to_bool(msg_get(map, "persistent"), true),
		       "the server");
	free(release);
}

/* The server and its list; the list is the caller's. */
static void
check_server(const struct args *a, struct checks *c, struct seen **list)
{
	int status;
	struct ask *ask = ask_open(a->cmd, false, &status);
	struct msg_writer w;

	*list = NULL;
	if (ask == NULL) {
		checks_add(c, "server", CHECK_INFO,
			   mem_str("no server is running; the next command "
				   "starts one"),
			   NULL);
		say_persistent(c, c->conf->persistent, "cdo.conf");
		return;
	}
	msg_begin(&w, ask_out(ask), MSG_STATUS, 0);
	msg_end(&w);
	const struct msg *m = ask_next(ask, ASK_MS);
	if (m == NULL) {
		checks_add(c, "server", CHECK_ERROR, mem_str(ask_text(ask)),
			   NULL);
	} else {
		hear_server(c, msg_field(m, 0));
		check_door(c, msg_field(m, 0));
	}
	if (m != NULL && ask_list(ask, list, &c->n_sessions) == 0)
		c->sessions = *list;
	ask_close(ask);
}

static struct conf *
check_conf(struct checks *c)
{
	struct buf errs = { 0 };
	struct conf *conf = conf_load(NULL, &errs);
	char *path = path_config();

	if (conf != NULL) {
		checks_add(c, "config", CHECK_OK,
			   str_printf("%s is right, or not there", path), NULL);
	} else {
		char *text = buf_steal(&errs);

		text[strcspn(text, "\n")] = '\0';
		checks_add(c, "config", CHECK_ERROR, text,
			   "see `cdo config check`");
		conf = conf_load("/dev/null", &errs);
	}
	free(path);
	buf_release(&errs);
	return conf;
}

static void
check_all(const struct args *a, struct checks *c)
{
	struct seen *list;

	checks_add(
		c, "version", CHECK_OK,
		str_printf("cdo %s, protocol %d", PACKAGE_VERSION, MSG_VERSION),
		NULL);
	struct conf *conf = check_conf(c);
	c->conf = conf;
	check_server(a, c, &list);
	check_places(c);
	check_survival(c);
	check_limits(c);
	check_terminal(c);
	check_agents(c);
	check_remote(c);
	if (c->server != 0)
		check_sessions(c);
	for (size_t i = 0; i < c->n_sessions; i++)
		seen_release(&list[i]);
	free(list);
	conf_free(conf);
}

static int
run(const struct args *a)
{
	struct checks c = { 0 };

	if (args_has(a, OPT_PROVE))
		prove(&c);
	else
		check_all(a, &c);
	if (args_has(a, OPT_JSON))
		checks_json(&c);
	else
		checks_print(&c);
	enum check_level worst = checks_worst(&c);
	checks_release(&c);
	return worst == CHECK_ERROR ? EXIT_FAILED : EXIT_DONE;
}

static const struct cmd_opt opts[] = {
	{ OPT_JSON, "json", NULL, "as JSON: id, level, text, fix" },
	{ OPT_PROVE, "prove", NULL,
	  "start a session, kill the server, then its custodian, and see" },
	{ 0 },
};

const struct cmd cmd_doctor = {
	.name = "doctor",
	.usage = "",
	.help = "say what is right and what is wrong on this host",
	.more = "Each row is ok, -- (worth knowing), warning or error, and "
		"says what to do.  Starts no server.  With --prove it tries, "
		"in a place of its own that it removes, what this host lets "
		"survive.  Ends with 1 if there is an error.",
	.opts = opts,
	.flags = CMD_HERE,
	.run = run,
};
