/* cmd/args.c - the words of a command line, by a command's table row. */
#include "cmd/args.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "cmd/cmd.h"
#include "cmd/out.h"

static bool
is(const struct cmd_opt *o, int key, const char *name, size_t len)
{
	if (name == NULL)
		return o->key == key;
	return o->name != NULL && strncmp(o->name, name, len) == 0 &&
	       o->name[len] == '\0';
}

static const struct cmd_opt *
find(const struct cmd *cmd, int key, const char *name, size_t len)
{
	for (const struct cmd_opt *o = cmd->opts; o != NULL && o->key; o++)
		if (is(o, key, name, len))
			return o;
	for (const struct cmd_opt *o = cmd_common; o->key; o++)
		if (is(o, key, name, len))
			return o;
	return NULL;
}

static int
wrong(const struct args *a, const char *what, const char *word)
{
	const char *name = a->cmd->name;

	out_error("%s %s '%s'; see `cdo %s --help`", name, what, word, name);
	return -EINVAL;
}

static int
unknown(const struct args *a, const char *word)
{
	if (!(a->cmd->flags & CMD_REST))
		return wrong(a, "has no option", word);
	out_error("%s has no option '%s'; those of the program go behind --",
		  a->cmd->name, word);
	return -EINVAL;
}

static void
give(struct args *a, const struct cmd_opt *opt, const char *value)
{
	a->given = mem_grow(a->given, a->n_given + 1, sizeof *a->given);
	a->given[a->n_given++] = (struct given){ opt, value };
}

static bool
optional(const struct cmd_opt *o)
{
	return o->arg != NULL && *o->arg == '[';
}

/* "--name", "--name=value"; returns how many words more it took, or -. */
static int
long_option(struct args *a, const char *word, const char *next)
{
	size_t len = strcspn(word + 2, "=");
	const char *value = word[2 + len] == '=' ? word + 2 + len + 1 : NULL;
	const struct cmd_opt *o = find(a->cmd, 0, word + 2, len);

	if (o == NULL)
		return unknown(a, word);
	if (o->arg == NULL && value != NULL)
		return wrong(a, "takes no value with option", word);
	bool takes = o->arg != NULL && !optional(o) && value == NULL;
	if (takes && next == NULL)
		return wrong(a, "needs a value for option", word);
	give(a, o, takes ? next : value);
	return takes;
}

/* "-a", "-abc", "-nNAME", "-n NAME". */
static int
short_options(struct args *a, const char *word, const char *next)
{
	for (const char *p = word + 1; *p != '\0'; p++) {
		char flag[] = { '-', *p, '\0' };
		const struct cmd_opt *o = find(a->cmd, *p, NULL, 0);

		if (o == NULL)
			return unknown(a, flag);
		if (o->arg == NULL || optional(o)) {
			give(a, o, NULL);
			continue;
		}
		if (p[1] == '\0' && next == NULL)
			return wrong(a, "needs a value for option", flag);
		give(a, o, p[1] != '\0' ? p + 1 : next);
		return p[1] == '\0';
	}
	return 0;
}

static int
count(const struct args *a)
{
	const struct cmd *cmd = a->cmd;
	int n = (int)a->n;

	if (n >= cmd->min && (cmd->max < 0 || n <= cmd->max))
		return 0;
	if (n > cmd->max && cmd->max >= 0)
		return wrong(a, "takes no word", a->operand[cmd->max]);
	out_error("%s needs more words: cdo %s %s", cmd->name, cmd->name,
		  cmd->usage);
	return -EINVAL;
}

int
args_parse(struct args *a, const struct cmd *cmd, int argc, char **argv)
{
	int i;

	*a = (struct args){ .cmd = cmd };
	a->operand = mem_zero((size_t)argc + 1, sizeof *a->operand);
	a->rest = mem_zero((size_t)argc + 1, sizeof *a->rest);
	for (i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		const char *next = i + 1 < argc ? argv[i + 1] : NULL;
		int more = 0;

		if (str_starts(argv[i], "--"))
			more = long_option(a, argv[i], next);
		else if (argv[i][0] == '-' && argv[i][1] != '\0')
			more = short_options(a, argv[i], next);
		else
			a->operand[a->n++] = argv[i];
		if (more < 0)
			return more;
		i += more;
	}
	for (i++; i < argc; i++) {
		if (cmd->flags & CMD_REST)
			a->rest[a->n_rest++] = argv[i];
		else
			a->operand[a->n++] = argv[i];
	}
	return args_has(a, 'h') ? 0 : count(a);
}

void
args_release(struct args *a)
{
	free(a->operand);
	free(a->rest);
	free(a->given);
	*a = (struct args){ 0 };
}

bool
args_has(const struct args *a, int key)
{
	for (size_t i = 0; i < a->n_given; i++)
		if (a->given[i].opt->key == key)
			return true;
	return false;
}

const char *
args_value(const struct args *a, int key)
{
	for (size_t i = a->n_given; i > 0; i--)
		if (a->given[i - 1].opt->key == key)
			return a->given[i - 1].value;
	return NULL;
}

const char *
args_each(const struct args *a, int key, size_t n)
{
	for (size_t i = 0; i < a->n_given; i++)
		if (a->given[i].opt->key == key && n-- == 0)
			return a->given[i].value;
	return NULL;
}
