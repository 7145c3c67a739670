/* cmd/cmd-help.c - cdo help. */
#include "cmd/args.h"
#include "cmd/cmd.h"
#include "cmd/help.h"
#include "cmd/out.h"

static int
run(const struct args *a)
{
	if (a->n == 0) {
		help_all();
		return EXIT_DONE;
	}
	const struct cmd *cmd = cmd_find(a->operand[0]);
	if (cmd == NULL) {
		out_error("no command '%s'; `cdo help` lists them",
			  a->operand[0]);
		return EXIT_USAGE;
	}
	help_command(cmd);
	return EXIT_DONE;
}

const struct cmd cmd_help = {
	.name = "help",
	.usage = "[COMMAND]",
	.help = "say what the commands do",
	.max = 1,
	.flags = CMD_COMMANDS | CMD_HERE,
	.run = run,
};
