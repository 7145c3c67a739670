/* relay/relay.c - the roles of `cdo relay`. */
#include "relay/relay.h"

#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "relay/calls.h"
#include "relay/dial.h"
#include "relay/gate.h"
#include "relay/rendezvous.h"
#include "relay/splice.h"
#include "relay/stdio.h"

static const struct mode {
	const char *option;
	int (*main)(int argc, char **argv); /* argv[0] is the option */
} modes[] = {
	{ "--calls", calls_main },	 { "--dial", dial_main },
	{ "--gate", gate_main },	 { "--link", splice_main },
	{ "--listen", rendezvous_main }, { "--stdio", stdio_main },
};

int
relay_main(int argc, char **argv)
{
	/* A pipe's end is told by a write. */
	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; argc > 1 && i < sizeof modes / sizeof *modes; i++)
		if (strcmp(modes[i].option, argv[1]) == 0)
			return modes[i].main(argc - 1, argv + 1);
	fprintf(stderr,
		"cdo: relay has no option '%s'; see `cdo relay "
		"--help`\n",
		argc > 1 ? argv[1] : "");
	return 2;
}
