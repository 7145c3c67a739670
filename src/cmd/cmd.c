/* cmd/cmd.c - from the command line to the command. */
#include "cmd/cmd.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "cmd/args.h"
#include "cmd/help.h"
#include "cmd/out.h"
#include "proto/msg.h"
#include "server/server.h"

const struct cmd *const cmd_table[] = {
	&cmd_new,     &cmd_attach, &cmd_detach,	    &cmd_ls,	&cmd_info,
	&cmd_capture, &cmd_logs,   &cmd_export,	    &cmd_play,	&cmd_stop,
	&cmd_restart, &cmd_clear,  &cmd_rename,	    &cmd_label, &cmd_server,
	&cmd_config,  &cmd_doctor, &cmd_completion, &cmd_help,	NULL,
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

static int
run(const struct cmd *cmd, int argc, char **argv)
{
	struct args args;
	int status = cmd_status(cmd, MSG_E_USAGE);

	if (args_parse(&args, cmd, argc, argv) == 0) {
		if (args_has(&args, 'h')) {
			help_command(cmd);
			status = EXIT_DONE;
		} else {
			status = cmd->run(&args);
		}
	}
	args_release(&args);
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

int
cmd_main(int argc, char **argv)
{
	char *ls[] = { (char[]){ "ls" }, NULL };

	setlocale(LC_CTYPE, "");
	if (argc < 2)
		return run(&cmd_ls, 1, ls);
	argc--;
	argv++;
	if (strcmp(argv[0], "-H") == 0) {
		if (argc < 3) {
			out_error("-H needs a host and a command");
			return EXIT_USAGE;
		}
		out_error("cannot reach '%s': no such host", argv[1]);
		return EXIT_NO_SESSION;
	}
	if (strcmp(argv[0], "--version") == 0 || strcmp(argv[0], "-V") == 0) {
		puts("cdo " PACKAGE_VERSION);
		return out_done() ? EXIT_DONE : EXIT_FAILED;
	}
	if (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0)
		argv[0] = (char[]){ "help" };
	const struct cmd *cmd = cmd_find(argv[0]);
	/* The server is a process of ours; its commands are commands. */
	if (cmd == &cmd_server && (argc < 2 || argv[1][0] == '-') &&
	    (argc < 2 || (strcmp(argv[1], "-h") && strcmp(argv[1], "--help"))))
		return server_main(argc, argv);
	return cmd != NULL ? run(cmd, argc, argv) : unknown(argv[0]);
}
