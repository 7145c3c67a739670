/* cmd/cmd-relay.c - cdo relay. */
#include "cmd/args.h"
#include "cmd/cmd.h"
#include "cmd/out.h"

enum { OPT_STDIO = 256, OPT_LISTEN };

/* With an option it is relay/relay's; see cmd.c. */
static int
run(const struct args *a)
{
	(void)a;
	out_error("relay needs an option; see `cdo relay --help`");
	return EXIT_USAGE;
}

static const struct cmd_opt opts[] = {
	{ OPT_STDIO, "stdio", NULL,
	  "lead to the sessions here; run by ssh on the far host" },
	{ 0 },
};

const struct cmd cmd_relay = {
	.name = "relay",
	.usage = "",
	.help = "carry links between machines",
	.more = "ssh:USER@HOST/NAME runs `cdo relay --stdio` on HOST, with "
		"nothing to set up there but cdo itself, found on PATH or in "
		"~/.local/bin, ~/bin or /usr/local/bin.",
	.opts = opts,
	.flags = CMD_HERE,
	.run = run,
};
