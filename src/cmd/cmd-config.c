/* cmd/cmd-config.c - cdo config. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/conf.h"
#include "base/path.h"
#include "client/client.h"
#include "cmd/args.h"
#include "cmd/cmd.h"
#include "cmd/out.h"

static int
run(const struct args *a)
{
	const char *verb = a->operand[0];
	struct buf text = { 0 };
	int status = EXIT_DONE;

	if (strcmp(verb, "path") == 0) {
		char *path = path_config();

		puts(path);
		free(path);
		return EXIT_DONE;
	}
	if (strcmp(verb, "check") != 0 && strcmp(verb, "show") != 0) {
		out_error("config does not know '%s'; see `cdo config --help`",
			  verb);
		return EXIT_USAGE;
	}
	struct conf *conf = conf_load(NULL, &text);
	if (conf == NULL) {
		/* One complaint a line, each safe to show already. */
		fwrite(text.data, 1, text.len, stderr);
		status = EXIT_FAILED;
	} else if (client_check_keys(conf->prefix) < 0) {
		out_error("prefix: '%s' is no key; write C-b", conf->prefix);
		status = EXIT_FAILED;
	} else if (strcmp(verb, "show") == 0) {
		conf_show(conf, &text);
		fwrite(text.data, 1, text.len, stdout);
	}
	conf_free(conf);
	buf_release(&text);
	return status;
}

const struct cmd cmd_config = {
	.name = "config",
	.usage = "check|path|show",
	.help = "check cdo.conf, say where it is, show the options in force",
	.min = 1,
	.max = 1,
	.run = run,
};
