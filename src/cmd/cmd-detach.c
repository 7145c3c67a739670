/* cmd/cmd-detach.c - cdo detach. */
#include <stdint.h>
#include <stdlib.h>

#include "base/str.h"
#include "cmd/args.h"
#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "cmd/kicking.h"
#include "cmd/out.h"
#include "cmd/seen.h"

enum { OPT_CLIENT = 256 };

static int
run(const struct args *a)
{
	const char *word = a->n > 0 ? a->operand[0] : getenv("CDO_SESSION");
	const char *number = args_value(a, OPT_CLIENT);
	long client = 0;
	struct seen s;
	int status;

	if (word == NULL || *word == '\0') {
		out_error("cannot detach: name a session, this is none");
		return EXIT_USAGE;
	}
	if (number != NULL && str_int(number, 1, UINT32_MAX, &client) < 0) {
		out_error("--client: '%s' is no client; `cdo info` lists them",
			  number);
		return EXIT_USAGE;
	}
	struct ask *ask = ask_open_at(a->cmd, word, true, &status);
	if (ask == NULL)
		return status;
	status = ask_find(ask, word, "detach", &s);
	if (status == 0) {
		if (s.lives) {
			status = kicking_run(a->cmd, &s, (uint64_t)client, NULL,
					     "detach");
		} else {
			out_error("cannot detach '%s': it has finished",
				  s.name);
			status = EXIT_FAILED;
		}
		seen_release(&s);
	}
	ask_close(ask);
	return status;
}

static const struct cmd_opt opts[] = {
	{ OPT_CLIENT, "client", "ID", "only this one of its clients" },
	{ 0 },
};

const struct cmd cmd_detach = {
	.name = "detach",
	.usage = "[SESSION]",
	.help = "detach a session's clients; inside one: its own",
	.opts = opts,
	.max = 1,
	.flags = CMD_SESSIONS,
	.run = run,
};
