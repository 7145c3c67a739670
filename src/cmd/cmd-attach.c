/* cmd/cmd-attach.c - cdo attach. */
#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"
#include "client/client.h"
#include "cmd/args.h"
#include "cmd/ask.h"
#include "cmd/attaching.h"
#include "cmd/cmd.h"
#include "cmd/kicking.h"
#include "cmd/out.h"
#include "cmd/seen.h"

enum { OPT_DETACH_KEYS = 256, OPT_SWITCH };

/* Lets a person choose; the number, or -1. */
static long
choose(const struct seen *list, size_t n)
{
	char line[32];
	long pick;

	for (size_t i = 0; i < n; i++)
		fprintf(stderr, "%3zu  %s\n", i + 1, list[i].name);
	fputs("attach to which? ", stderr);
	if (fgets(line, sizeof line, stdin) == NULL)
		return -1;
	for (char *p = line; *p != '\0'; p++)
		if (*p == '\n')
			*p = '\0';
	return str_int(line, 1, (long)n, &pick) == 0 ? pick - 1 : -1;
}

/* No name: the one attached last, else the only one, else who knows. */
static int
pick(const struct cmd *cmd, struct seen *s)
{
	struct seen *list;
	size_t n, alive = 0, best = 0;
	int status;
	struct ask *ask = ask_open(cmd, true, &status);

	if (ask == NULL)
		return status;
	status = ask_list(ask, &list, &n);
	ask_close(ask);
	if (status != EXIT_DONE)
		return status;
	for (size_t i = 0; i < n; i++) {
		if (!list[i].lives)
			continue;
		struct seen one = list[i];

		list[i] = list[alive];
		list[alive] = one;
		if (one.attached > list[best].attached)
			best = alive;
		alive++;
	}
	if (alive > 1 && list[best].attached == 0) {
		long number = choose(list, alive);

		alive = number < 0 ? 0 : alive;
		best = number < 0 ? 0 : (size_t)number;
		if (number < 0)
			out_error("cannot attach: none was chosen");
	} else if (alive == 0) {
		out_error("cannot attach: no session is running; `cdo new` "
			  "starts one");
	}
	for (size_t i = 0; i < n; i++) {
		if (alive > 0 && i == best)
			*s = list[i];
		else
			seen_release(&list[i]);
	}
	free(list);
	return alive > 0 ? EXIT_DONE : EXIT_APART_FAILED;
}

/* Inside a session: the terminal that shows it goes on to another. */
static int
go_on(const struct cmd *cmd, const struct seen *there)
{
	const char *id = getenv("CDO_SESSION");
	struct seen here;

	if (id == NULL || *id == '\0') {
		out_error("cannot switch to '%s': this is no session",
			  there->name);
		return EXIT_APART_FAILED;
	}
	int status = attaching_find(cmd, id, &here);
	if (status == EXIT_DONE) {
		status = kicking_run(cmd, &here, 0, there->id, "leave");
		seen_release(&here);
	}
	return status;
}

static int
run(const struct args *a)
{
	const char *name = a->n > 0 ? a->operand[0] : NULL;
	struct attaching how = {
		.read_only = args_has(a, 'r'),
		.exclusive = args_has(a, 'x'),
		.detach_keys = args_value(a, OPT_DETACH_KEYS),
	};
	struct seen s;

	if (how.detach_keys != NULL && client_check_keys(how.detach_keys) < 0) {
		out_error("--detach-keys: '%s' are no keys; write C-p,C-q",
			  how.detach_keys);
		return EXIT_APART_FAILED;
	}
	int status = name == NULL ? pick(a->cmd, &s)
				  : attaching_find(a->cmd, name, &s);
	if (status != EXIT_DONE)
		return status;
	if (args_has(a, OPT_SWITCH))
		status = go_on(a->cmd, &s);
	else if (s.lives && !attaching_possible("attach to", s.name))
		status = EXIT_APART_FAILED;
	else
		status = attaching_run(a->cmd, &s, &how);
	seen_release(&s);
	return status;
}

static const struct cmd_opt opts[] = {
	{ 'r', "read-only", NULL, "only watch: nothing typed is sent" },
	{ 'x', "exclusive", NULL, "take it over: the others are detached" },
	{ OPT_DETACH_KEYS, "detach-keys", "KEYS",
	  "keys that detach, as in C-p,C-q" },
	{ OPT_SWITCH, "switch", NULL,
	  "inside a session: go to the other instead" },
	{ 0 },
};

const struct cmd cmd_attach = {
	.name = "attach",
	.alias = "a",
	.usage = "[SESSION]",
	.help = "attach this terminal to a session",
	.more = "Without a name: to the one attached last.  The prefix (C-b) "
		"and then d detaches; the session goes on.  A finished "
		"session "
		"is shown as it ended.\n\nEnds with 0 when detached, with the "
		"program's status when that ends (128+N for a signal), else "
		"with 125.",
	.opts = opts,
	.max = 1,
	.flags = CMD_APART | CMD_SESSIONS,
	.run = run,
};
