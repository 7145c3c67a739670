/* cmd/help.c - what --help says, from the table. */
#include "cmd/help.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "cmd/cmd.h"

enum {
	OPTION_WIDTH = 24,
	COMMAND_WIDTH = 12,
	WORD_MAX = 16,
	NEAR = 2,
	WIDTH = 78
};

static void
print_option(const struct cmd_opt *o)
{
	char key[] = "    ";
	const char *arg = o->arg == NULL ? "" : o->arg;
	const char *gap = o->arg == NULL || *o->arg == '[' ? ""
			  : o->name != NULL		   ? "="
							   : " ";
	char *left;

	if (o->key < 256)
		snprintf(key, sizeof key, "-%c%s", o->key,
			 o->name != NULL ? ", " : "");
	if (o->name != NULL)
		left = str_printf("%s--%s%s%s", key, o->name, gap, arg);
	else
		left = str_printf("%s%s%s", key, gap, arg);
	if (strlen(left) < OPTION_WIDTH)
		printf("  %-*s%s\n", OPTION_WIDTH, left, o->help);
	else
		printf("  %s\n  %*s%s\n", left, OPTION_WIDTH, "", o->help);
	free(left);
}

/* Prints a text in lines of at most WIDTH; one that is indented stays so. */
static void
print_text(const char *text)
{
	unsigned col = 0;

	while (*text != '\0') {
		size_t len = strcspn(text, *text == ' ' ? "\n" : " \n");

		if (col > 0 && col + 1 + len > WIDTH) {
			putchar('\n');
			col = 0;
		}
		printf("%s%.*s", col > 0 ? " " : "", (int)len, text);
		col += (unsigned)len + (col > 0);
		text += len;
		for (; *text == '\n'; text++) {
			putchar('\n');
			col = 0;
		}
		if (col > 0)
			text += strspn(text, " ");
	}
	putchar('\n');
}

void
help_command(const struct cmd *cmd)
{
	printf("usage: cdo %s%s%s%s\n", cmd->name,
	       cmd->opts != NULL ? " [OPTION...]" : "",
	       *cmd->usage != '\0' ? " " : "", cmd->usage);
	if (cmd->alias != NULL)
		printf("   or: cdo %s ...\n", cmd->alias);
	printf("\n%s\n", cmd->help);
	if (cmd->opts != NULL) {
		puts("");
		for (const struct cmd_opt *o = cmd->opts; o->key != 0; o++)
			print_option(o);
	}
	if (cmd->more != NULL) {
		putchar('\n');
		print_text(cmd->more);
	}
}

void
help_all(void)
{
	puts("usage: cdo [-H HOST] COMMAND ...\n");
	for (const struct cmd *const *c = cmd_table; *c != NULL; c++)
		printf("  %-*s%s\n", COMMAND_WIDTH, (*c)->name, (*c)->help);
	puts("\n`cdo` alone lists the sessions; `cdo COMMAND --help` says more "
	     "about a command.\nSESSION is a name, an id, the beginning of "
	     "either, or - for the last attached;\nHOST/NAME on a paired "
	     "machine, ssh:USER@HOST/NAME on any.  -H HOST, in front of a\n"
	     "command or behind it: all of it is there.");
}

/* How many letters have to be put in, left out or changed. */
static size_t
distance(const char *a, const char *b)
{
	size_t row[WORD_MAX + 1], n = strlen(b);

	if (n > WORD_MAX || strlen(a) > WORD_MAX)
		return WORD_MAX;
	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1] != '\0'; i++) {
		size_t corner = row[0];

		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			size_t best = corner + (a[i - 1] != b[j - 1]);

			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			corner = row[j];
			row[j] = best;
		}
	}
	return row[n];
}

const struct cmd *
help_nearest(const char *word)
{
	const struct cmd *best = NULL;
	size_t least = NEAR + 1;

	for (const struct cmd *const *c = cmd_table; *c != NULL; c++) {
		size_t d = distance(word, (*c)->name);

		if (d < least && d < strlen((*c)->name)) {
			least = d;
			best = *c;
		}
	}
	return best;
}
