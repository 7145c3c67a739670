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
#include "cmd/fetch.h"
#include "cmd/finished.h"
#include "cmd/out.h"
#include "cmd/place.h"
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

int
attaching_find(const struct cmd *cmd, const char *word, struct seen *s)
{
	int status;
	struct ask *ask = ask_open_at(cmd, word, true, &status);

	if (ask != NULL)
		status = ask_find(ask, word, "attach to", s);
	else if (place_default() == NULL && unserved_find(word, s) == 0)
		status = EXIT_DONE; /* sessions need no server */
	ask_close(ask);
	return status;
}

/* Reads s anew, or as another session. */
static int
find_again(const struct cmd *cmd, const char *id, struct seen *s)
{
	struct seen now;
	char *word = s->host == NULL ? mem_str(id)
				     : str_printf("%s/%s", s->host, id);
	int status = attaching_find(cmd, word, &now);

	free(word);
	if (status == EXIT_DONE) {
		seen_release(s);
		*s = now;
	}
	return status;
}

/* What it has left there, here. */
static int
fetch(const struct cmd *cmd, struct seen *s)
{
	char *word = str_printf("%s/%s", s->host, s->id);
	int status;
	struct ask *ask = ask_open_at(cmd, word, true, &status);

	if (ask != NULL)
		status = fetch_record(ask, s, s->reason != NULL, "show");
	ask_close(ask);
	free(word);
	return status;
}

static int
show(const struct cmd *cmd, struct seen *s, uint32_t history)
{
	int status = s->host == NULL ? EXIT_DONE : fetch(cmd, s);
	int r = status == EXIT_DONE ? finished_show(s, history) : 0;

	if (status != EXIT_DONE)
		return status;
	if (r < 0) {
		out_error("cannot show '%s': its last screen cannot be read: "
			  "%s",
			  s->name, io_error(r));
		return cmd_status(cmd, MSG_E_FAILED);
	}
	return EXIT_DONE;
}

/* Nobody was there: it has ended before we came. */
static int
missed(const struct cmd *cmd, struct seen *s, uint32_t history)
{
	char *id = mem_str(s->id);
	int status = find_again(cmd, id, s);

	free(id);
	if (status != EXIT_DONE)
		return status;
	if (s->lives) {
		out_error("cannot attach to '%s': nobody answers at %s",
			  s->name, s->socket);
		return cmd_status(cmd, MSG_E_UNREACHABLE);
	}
	status = show(cmd, s, history);
	return status == EXIT_DONE ? seen_status(s) : status;
}

static int
attach(const struct seen *s, const struct conf *conf,
       const struct attaching *how, struct client_end *end)
{
	if (!how->read_only && s->host == NULL)
		refresh_ssh(s);
	return client_attach(
		&(struct client_options){
			.socket = s->socket,
			.far = s->host == NULL ? NULL
					       : place_dial(s->host, false),
			.id = s->id,
			.name = s->name,
			.read_only = how->read_only,
			.exclusive = how->exclusive,
			.prefix = conf->prefix,
			.detach_keys = how->detach_keys,
			.history = conf->attach_history,
		},
		end);
}

/* It is gone from a machine that we had no link to: why, if that knows. */
static void
tell_fate(const struct cmd *cmd, struct seen *s)
{
	char *id = mem_str(s->id);
	int status = find_again(cmd, id, s);

	if (status == EXIT_DONE && str_eq(s->status, "lost"))
		out_note("'%s' ended when its host restarted; `cdo restart` "
			 "runs it again",
			 s->name);
	else if (status == EXIT_DONE && !s->lives)
		out_note("'%s' has ended: %s", s->name, s->status);
	free(id);
}

int
attaching_run(const struct cmd *cmd, struct seen *s,
	      const struct attaching *how)
{
	struct conf *conf = attaching_conf();
	struct client_end end;
	bool ours = how->started;
	int status;

	do {
		end = (struct client_end){ .how = CLIENT_FAILED };
		if (!s->lives) {
			status = show(cmd, s, conf->attach_history);
			if (ours && status == EXIT_DONE)
				status = seen_status(s);
			break;
		}
		ours = false;
		status = attach(s, conf, how, &end);
		if (end.how == CLIENT_EXITED)
			status = end.status;
		else if (end.how == CLIENT_LOST)
			tell_fate(cmd, s);
		else if (end.how == CLIENT_ABSENT)
			status = missed(cmd, s, conf->attach_history);
	} while (end.how == CLIENT_SWITCHED &&
		 (status = find_again(cmd, end.to, s)) == EXIT_DONE);
	conf_free(conf);
	return status;
}
