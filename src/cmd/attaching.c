/* cmd/attaching.c - from a session's name to this terminal. */
#include "cmd/attaching.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/conf.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/str.h"
#include "client/client.h"
#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "cmd/finished.h"
#include "cmd/out.h"
#include "cmd/seen.h"
#include "cmd/unserved.h"
#include "proto/msg.h"

bool
attaching_possible(const char *deed, const char *name)
{
	if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
		return true;
	out_error("cannot %s '%s': %s is not a terminal%s", deed, name,
		  isatty(STDIN_FILENO) ? "standard output" : "standard input",
		  strcmp(deed, "start") == 0 ? "; -d starts it detached" : "");
	return false;
}

struct conf *
attaching_conf(void)
{
	struct buf errs = { 0 };
	struct conf *conf = conf_load(NULL, &errs);

	if (conf == NULL) {
		char *text = buf_steal(&errs);

		text[strcspn(text, "\n")] = '\0';
		out_error("%s; until it is right, the last good options or the "
			  "defaults hold",
			  text);
		free(text);
		conf = conf_load("/dev/null", &errs);
	}
	buf_release(&errs);
	return conf;
}

/*
 * The program knows one name for the SSH agent's socket for ever; let it lead
 * to the agent of the terminal that attaches.
 */
static void
refresh_ssh(const struct seen *s)
{
	const char *agent = getenv("SSH_AUTH_SOCK");
	const char *end = strstr(s->socket, ".sock");

	if (agent == NULL || *agent != '/' || end == NULL || end[5] != '\0')
		return;
	char *link = str_printf("%.*s.ssh", (int)(end - s->socket), s->socket);
	char *new = str_printf("%s.%ld", link, (long)getpid());
	/* In the session itself it leads to itself. */
	if (strcmp(agent, link) != 0 && symlink(agent, new) == 0 &&
	    rename(new, link) != 0)
		unlink(new);
	free(new);
	free(link);
}

/* What the server knows of it now; false after a message. */
static bool
look_again(struct ask *ask, struct seen *s, int *status)
{
	struct seen now;

	*status = ask != NULL ? ask_find(ask, s->id, "attach to", &now)
		  : unserved_find(s->id, &now) == 0 ? EXIT_DONE
						    : EXIT_APART_FAILED;
	if (*status != EXIT_DONE)
		return false;
	seen_release(s);
	*s = now;
	return true;
}

static int
show(const struct cmd *cmd, const struct seen *s, uint32_t history)
{
	int r = finished_show(s, history);

	if (r < 0) {
		out_error("cannot show '%s': its last screen cannot be read: "
			  "%s",
			  s->name, io_error(r));
		return cmd_status(cmd, MSG_E_FAILED);
	}
	return EXIT_DONE;
}

int
attaching_run(struct ask *ask, const struct cmd *cmd, struct seen *s,
	      const struct attaching *how)
{
	struct conf *conf = attaching_conf();
	struct client_end end = { .how = CLIENT_FAILED };
	int status;

	if (!s->lives) {
		status = show(cmd, s, conf->attach_history);
		goto out;
	}
	if (!how->read_only)
		refresh_ssh(s);
	status = client_attach(
		&(struct client_options){
			.socket = s->socket,
			.id = s->id,
			.name = s->name,
			.read_only = how->read_only,
			.exclusive = how->exclusive,
			.prefix = conf->prefix,
			.detach_keys = how->detach_keys,
			.history = conf->attach_history,
		},
		&end);
	if (end.how == CLIENT_EXITED) {
		status = end.status;
	} else if (end.how == CLIENT_ABSENT) {
		/* It ended before we came. */
		if (!look_again(ask, s, &status))
			goto out;
		if (!s->lives) {
			status = show(cmd, s, conf->attach_history);
			if (status == EXIT_DONE)
				status = seen_status(s);
		} else {
			out_error("cannot attach to '%s': nobody answers at %s",
				  s->name, s->socket);
			status = EXIT_APART_FAILED;
		}
	}
out:
	conf_free(conf);
	return status;
}
