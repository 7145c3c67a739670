/* cmd/cmd.c - from the command line to the command. */
#include "cmd/cmd.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "cmd/args.h"
#include "cmd/fetch.h"
#include "cmd/help.h"
#include "cmd/out.h"
#include "cmd/place.h"
#include "proto/msg.h"
#include "relay/relay.h"
#include "server/server.h"

const struct cmd *const cmd_table[] = {
	&cmd_new,	 &cmd_attach,  &cmd_detach, &cmd_ls,	 &cmd_info,
	&cmd_capture,	 &cmd_logs,    &cmd_export, &cmd_play,	 &cmd_stop,
	&cmd_restart,	 &cmd_clear,   &cmd_rename, &cmd_label,	 &cmd_server,
	&cmd_pair,	 &cmd_devices, &cmd_relay,  &cmd_config, &cmd_doctor,
	&cmd_completion, &cmd_help,    NULL,
};

const struct cmd_opt cmd_common[] = {
	{ 'H', "host", "HOST", "on this machine: a paired one, or ssh:..." },
	{ 'h', "help", NULL, "show this help" },
	{ 0 },
};

const struct cmd *
cmd_find(const char *name)
{
	for (const struct cmd *const *c = cmd_table; *c != NULL; c++)
		if (strcmp((*c)->name, name) == 0 ||
		    ((*c)->alias != NULL && strcmp((*c)->alias, name) == 0))
			return *c;
	return NULL;
}

int
cmd_status(const struct cmd *cmd, int error)
{
	bool apart = cmd->flags & CMD_APART;

	switch (error) {
	case MSG_E_CANNOT_EXEC:
	case MSG_E_NOT_FOUND:
		return apart ? error : EXIT_FAILED;
	case MSG_E_TIMEOUT:
		return apart ? EXIT_APART_TIMED_OUT : EXIT_TIMED_OUT;
	case MSG_E_USAGE:
	case MSG_E_NO_SESSION:
	case MSG_E_NOT_ALLOWED:
	case MSG_E_UNREACHABLE:
	case MSG_E_AMBIGUOUS:
		return apart ? EXIT_APART_FAILED : error;
	default:
		return apart ? EXIT_APART_FAILED : EXIT_FAILED;
	}
}

/* -H HOST: all that follows is there. */
static bool
go_to(const struct cmd *cmd, const char *host)
{
	if (cmd->flags & CMD_HERE)
		out_error("%s is about this machine: it takes no -H",
			  cmd->name);
	else if (!place_set(host))
		out_error("-H: '%s' is no name of a machine", host);
	else
		return true;
	return false;
}

static int
run(const struct cmd *cmd, int argc, char **argv)
{
	struct args args;
	int status = cmd_status(cmd, MSG_E_USAGE);

	if (args_parse(&args, cmd, argc, argv) == 0) {
		const char *host = args_value(&args, 'H');

		if (args_has(&args, 'h')) {
			help_command(cmd);
			status = EXIT_DONE;
		} else if (host == NULL || go_to(cmd, host)) {
			status = cmd->run(&args);
		}
	}
	args_release(&args);
	place_leave();
	fetch_done();
	if (!out_done() && status == EXIT_DONE)
		status = cmd_status(cmd, MSG_E_FAILED);
	return status;
}

/* A command that is not there, and the one that was meant. */
static int
unknown(const char *word)
{
	const struct cmd *near = help_nearest(word);

	if (near != NULL)
		out_error("no command '%s'; did you mean '%s'?", word,
			  near->name);
	else
		out_error("no command '%s'; `cdo help` lists them", word);
	return EXIT_USAGE;
}

/* The roles among the commands: cdo server --foreground, cdo relay --stdio. */
static bool
is_role(const struct cmd *cmd, int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "--";

	if (cmd != &cmd_server && (cmd != &cmd_relay || argc < 2))
		return false;
	return word[0] == '-' && strcmp(word, "-h") != 0 &&
	       strcmp(word, "--help") != 0 && strcmp(word, "-H") != 0 &&
	       !str_starts(word, "--host");
}

static int
dispatch(int argc, char **argv)
{
	if (strcmp(argv[0], "--version") == 0 || strcmp(argv[0], "-V") == 0) {
		puts("cdo " PACKAGE_VERSION);
		return out_done() ? EXIT_DONE : EXIT_FAILED;
	}
	if (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0)
		argv[0] = (char[]){ "help" };
	const struct cmd *cmd = cmd_find(argv[0]);
	if (cmd == NULL)
		return unknown(argv[0]);
	if (is_role(cmd, argc, argv))
		return (cmd == &cmd_server ? server_main : relay_main)(argc,
								       argv);
	return run(cmd, argc, argv);
}

int
cmd_main(int argc, char **argv)
{
	char *ls = (char[]){ "ls" };
	bool there = argc > 1 && strcmp(argv[1], "-H") == 0;

	setlocale(LC_CTYPE, "");
	if (there && argc == 2) {
		out_error("-H needs a host");
		return EXIT_USAGE;
	}
	/* cdo -H HOST COMMAND is cdo COMMAND -H HOST; none is ls. */
	char **words = mem_zero((size_t)argc + 2, sizeof *words);
	int first = there ? 3 : 1, n = 0;
	words[n++] = argc > first ? argv[first] : ls;
	if (there) {
		words[n++] = argv[1];
		words[n++] = argv[2];
	}
	for (int i = first + 1; i < argc; i++)
		words[n++] = argv[i];
	int status = dispatch(n, words);
	free(words);
	return status;
}
