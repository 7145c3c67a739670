/* cmd/cmd-completion.c - cdo completion. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cmd/args.h"
#include "cmd/cmd.h"
#include "cmd/out.h"

/* Calls put for each option of the command, -H and --help among them. */
static void
each_option(const struct cmd *cmd, void (*put)(const struct cmd_opt *))
{
	for (const struct cmd_opt *o = cmd->opts; o != NULL && o->key; o++)
		put(o);
	for (const struct cmd_opt *o = cmd_common; o->key; o++)
		if (o->key != 'H' || !(cmd->flags & CMD_HERE))
			put(o);
}

static void
put_commands(void)
{
	for (const struct cmd *const *c = cmd_table; *c != NULL; c++)
		printf("%s%s", c == cmd_table ? "" : " ", (*c)->name);
}

static bool
has_verbs(const struct cmd *cmd)
{
	return cmd->flags & CMD_COMMANDS ||
	       (strpbrk(cmd->usage, "[ ") == NULL &&
		strchr(cmd->usage, '|') != NULL);
}

/* "start|stop" of a usage, as "start stop"; nothing for other usages. */
static void
put_verbs(const struct cmd *cmd)
{
	if (cmd->flags & CMD_COMMANDS)
		put_commands();
	else if (has_verbs(cmd))
		for (const char *p = cmd->usage; *p != '\0'; p++)
			putchar(*p == '|' ? ' ' : *p);
}

/* What prints the names that may follow, in every shell; or NULL. */
static const char *
names(const struct cmd *cmd)
{
	if (cmd->flags & CMD_SESSIONS)
		return "cdo ls -q 2>/dev/null";
	if (cmd->flags & CMD_AGENTS)
		return "cdo config show 2>/dev/null | "
		       "sed -n \"s/^.agent \\(.*\\)./\\1/p\"";
	return NULL;
}

/* --- bash --- */

static void
bash_option(const struct cmd_opt *o)
{
	if (o->key < 256)
		printf(" -%c", o->key);
	if (o->name != NULL)
		printf(" --%s", o->name);
}

static void
bash(void)
{
	puts("# bash completion of cdo: source <(cdo completion bash)\n"
	     "_cdo() {\n"
	     "\tlocal cur=${COMP_WORDS[COMP_CWORD]} words=\n"
	     "\tif [ \"$COMP_CWORD\" -eq 1 ]; then");
	fputs("\t\twords='", stdout);
	put_commands();
	puts("'\n"
	     "\t\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
	     "\t\treturn\n"
	     "\tfi\n"
	     "\tcase ${COMP_WORDS[1]} in");
	for (const struct cmd *const *c = cmd_table; *c != NULL; c++) {
		printf("\t%s%s%s)\n\t\tcase $cur in\n\t\t-*) words='",
		       (*c)->name, (*c)->alias != NULL ? "|" : "",
		       (*c)->alias != NULL ? (*c)->alias : "");
		each_option(*c, bash_option);
		fputs("' ;;\n\t\t*) words=", stdout);
		if (names(*c) != NULL)
			printf("$(%s)", names(*c));
		putchar('\'');
		put_verbs(*c);
		puts("' ;;\n\t\tesac ;;");
	}
	puts("\tesac\n"
	     "\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
	     "}\n"
	     "complete -o default -F _cdo cdo");
}

/* --- zsh --- */

/* Inside of '...[...]'. */
static void
zsh_text(const char *s)
{
	for (; *s != '\0'; s++) {
		if (strchr("[]:\\", *s) != NULL)
			putchar('\\');
		if (*s == '\'')
			fputs("'\\'", stdout);
		putchar(*s);
	}
}

static void
zsh_option(const struct cmd_opt *o)
{
	bool takes = o->arg != NULL && *o->arg != '[';

	for (int form = 0; form < 2; form++) {
		if (form == 0 ? o->key > 255 : o->name == NULL)
			continue;
		if (form == 0)
			printf(" \\\n\t\t\t'-%c", o->key);
		else
			printf(" \\\n\t\t\t'--%s%s", o->name, takes ? "=" : "");
		putchar('[');
		zsh_text(o->help);
		putchar(']');
		if (takes) {
			putchar(':');
			zsh_text(o->arg);
			putchar(':');
		}
		putchar('\'');
	}
}

static void
zsh(void)
{
	puts("#compdef cdo\n"
	     "# zsh completion of cdo: cdo completion zsh >~/.zfunc/_cdo\n"
	     "_cdo() {\n"
	     "\tlocal -a commands\n"
	     "\tcommands=(");
	for (const struct cmd *const *c = cmd_table; *c != NULL; c++) {
		printf("\t\t'%s:", (*c)->name);
		zsh_text((*c)->help);
		puts("'");
	}
	puts("\t)\n"
	     "\tif (( CURRENT == 2 )); then\n"
	     "\t\t_describe command commands\n"
	     "\t\treturn\n"
	     "\tfi\n"
	     "\tshift words; (( CURRENT-- ))\n"
	     "\tcase $words[1] in");
	for (const struct cmd *const *c = cmd_table; *c != NULL; c++) {
		printf("\t%s%s%s)\n\t\t_arguments", (*c)->name,
		       (*c)->alias != NULL ? "|" : "",
		       (*c)->alias != NULL ? (*c)->alias : "");
		each_option(*c, zsh_option);
		fputs(" \\\n\t\t\t'*:: :", stdout);
		if (names(*c) != NULL) {
			printf("{compadd -- $(%s)%s}", names(*c),
			       (*c)->flags & CMD_SESSIONS ? "" : "; _default");
		} else if (has_verbs(*c)) {
			putchar('(');
			put_verbs(*c);
			putchar(')');
		} else {
			fputs("_default", stdout);
		}
		puts("' ;;");
	}
	puts("\tesac\n"
	     "}\n"
	     "if [ \"$funcstack[1]\" = _cdo ]; then _cdo \"$@\"; else "
	     "compdef _cdo cdo; fi");
}

/* --- fish --- */

static const char *fish_command;

static void
fish_text(const char *s)
{
	putchar('\'');
	for (; *s != '\0'; s++) {
		if (*s == '\'' || *s == '\\')
			putchar('\\');
		putchar(*s);
	}
	putchar('\'');
}

static void
fish_option(const struct cmd_opt *o)
{
	printf("complete -c cdo -n '__fish_seen_subcommand_from %s'",
	       fish_command);
	if (o->key < 256)
		printf(" -s %c", o->key);
	if (o->name != NULL)
		printf(" -l %s", o->name);
	if (o->arg != NULL && *o->arg != '[')
		fputs(" -r", stdout);
	fputs(" -d ", stdout);
	fish_text(o->help);
	putchar('\n');
}

static void
fish(void)
{
	puts("# fish completion of cdo: cdo completion fish | source");
	for (const struct cmd *const *c = cmd_table; *c != NULL; c++) {
		printf("complete -c cdo -f -n __fish_use_subcommand -a %s -d ",
		       (*c)->name);
		fish_text((*c)->help);
		putchar('\n');
		fish_command = (*c)->name;
		each_option(*c, fish_option);
		if (names(*c) != NULL)
			printf("complete -c cdo%s -n "
			       "'__fish_seen_subcommand_from %s' "
			       "-a '(%s)'\n",
			       (*c)->flags & CMD_SESSIONS ? " -f" : "",
			       (*c)->name, names(*c));
		if (!has_verbs(*c))
			continue;
		printf("complete -c cdo -f -n "
		       "'__fish_seen_subcommand_from %s' -a '",
		       (*c)->name);
		put_verbs(*c);
		puts("'");
	}
}

static int
run(const struct args *a)
{
	static const struct {
		const char *name;
		void (*print)(void);
	} shells[] = { { "bash", bash }, { "zsh", zsh }, { "fish", fish } };

	for (size_t i = 0; i < sizeof shells / sizeof *shells; i++) {
		if (strcmp(shells[i].name, a->operand[0]) == 0) {
			shells[i].print();
			return EXIT_DONE;
		}
	}
	out_error("no completion for '%s': there is bash, zsh and fish",
		  a->operand[0]);
	return EXIT_USAGE;
}

const struct cmd cmd_completion = {
	.name = "completion",
	.usage = "bash|zsh|fish",
	.help = "print what makes a shell complete cdo's words",
	.min = 1,
	.max = 1,
	.flags = CMD_HERE,
	.run = run,
};
