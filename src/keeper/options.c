/* keeper/options.c - the words that keeper and custodian are started with. */
#include "keeper/options.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Options whose value is kept as it stands. */
static const struct {
	const char *word;
	size_t at;
} texts[] = {
	{ "--id", offsetof(struct options, id) },
	{ "--name", offsetof(struct options, name) },
	{ "--socket", offsetof(struct options, socket) },
	{ "--dir", offsetof(struct options, dir) },
	{ "--cwd", offsetof(struct options, cwd) },
	{ "--runtime", offsetof(struct options, runtime) },
	{ "--binary", offsetof(struct options, binary) },
	{ "--above", offsetof(struct options, above) },
	{ "--scope", offsetof(struct options, scope) },
	{ "--scoped", offsetof(struct options, scoped) },
	{ "--agent", offsetof(struct options, agent) },
	{ "--theme", offsetof(struct options, theme) },
	{ "--term-program", offsetof(struct options, term_program) },
};

static bool
text(struct options *o, const char *word, const char *value)
{
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (strcmp(word, texts[i].word) == 0) {
			memcpy((char *)o + texts[i].at, &value, sizeof value);
			return true;
		}
	return false;
}

static void
number(struct options *o, const char *word, const char *value)
{
	if (strcmp(word, "--size") == 0)
		sscanf(value, "%5ux%5u", &o->cols, &o->rows);
	else if (strcmp(word, "--history") == 0)
		o->history_lines = (uint32_t)strtoul(value, NULL, 10);
	else if (strcmp(word, "--history-bytes") == 0)
		o->history_bytes = strtoull(value, NULL, 10);
	else if (strcmp(word, "--record") == 0 && strcmp(value, "off") == 0)
		o->no_record = true;
	else if (strcmp(word, "--record") == 0)
		o->record_max = strtoull(value, NULL, 10);
}

int
options_read(struct options *o, char **argv)
{
	*o = (struct options){ .cols = 80, .rows = 24 };
	for (argv++; *argv && strcmp(*argv, "--") != 0; argv++) {
		if (strcmp(*argv, "--no-persist") == 0) {
			o->no_persist = true;
			continue;
		}
		if (!argv[1])
			return -EINVAL;
		if (!text(o, argv[0], argv[1]))
			number(o, argv[0], argv[1]);
		argv++;
	}
	if (!*argv || !argv[1])
		return -EINVAL;
	o->program = argv + 1;
	return o->id && o->name && o->socket && o->dir && o->cwd &&
			       o->runtime && o->binary
		       ? 0
		       : -EINVAL;
}
