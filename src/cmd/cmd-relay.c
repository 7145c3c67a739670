/* cmd/cmd-relay.c - cdo relay. */
#include "cmd/args.h"
#include "cmd/cmd.h"
#include "cmd/out.h"

enum { OPT_STDIO = 256, OPT_LISTEN, OPT_ALLOW };

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
	{ OPT_LISTEN, "listen", "ADDR",
	  "be a blind relay: join hosts and devices, and see nothing" },
	{ OPT_ALLOW, "allow", "FILE",
	  "the fingerprints of the hosts that it takes, a line each" },
	{ 0 },
};

const struct cmd cmd_relay = {
	.name = "relay",
	.usage = "",
	.help = "carry links between machines",
	.more = "ssh:USER@HOST/NAME runs `cdo relay --stdio` on HOST, with "
		"nothing to set up there but cdo itself, found on PATH or in "
		"~/.local/bin, ~/bin or /usr/local/bin.\n\n"
		"With --listen ADDR[:PORT] it stands between machines that "
		"cannot reach each other: `cdo pair --via` there, or relay in "
		"cdo.conf, and `cdo pair` on the other machine.  It takes "
		"hosts whose fingerprints are in FILE, by default relay.allow "
		"in the state directory.  What goes through is sealed from "
		"end to end: it learns who talks when, from where and how "
		"much, and it can cut.",
	.opts = opts,
	.flags = CMD_HERE,
	.run = run,
};
