/* cmd/cmd-attach.c - cdo attach. */
#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"
#include "client/client.h"
#include "cmd/args.h"
#include "cmd/ask.h"
#include "cmd/attaching.h"
#include "cmd/cmd.h"
#include "cmd/out.h"
#include "cmd/seen.h"
#include "cmd/unserved.h"

enum { OPT_DETACH_KEYS = 256 };

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
pick(struct ask *ask, struct seen *s)
{
	struct seen *list;
	size_t n, alive = 0, best = 0;
	int status = ask_list(ask, &list, &n);

	if (status != 0)
		return EXIT_APART_FAILED;
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
	return alive > 0 ? 0 : EXIT_APART_FAILED;
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
	int status;

	if (how.detach_keys != NULL && client_check_keys(how.detach_keys) < 0) {
		out_error("--detach-keys: '%s' are no keys; write C-p,C-q",
			  how.detach_keys);
		return EXIT_APART_FAILED;
	}
	struct ask *ask = ask_open(a->cmd, true, &status);
	if (ask != NULL)
		status = name == NULL ? pick(ask, &s)
				      : ask_find(ask, name, "attach to", &s);
	else if (name != NULL && unserved_find(name, &s) == 0)
		status = EXIT_DONE; /* sessions need no server */
	if (status == EXIT_DONE) {
		if (s.lives && !attaching_possible("attach to", s.name))
			status = EXIT_APART_FAILED;
		else
			status = attaching_run(ask, a->cmd, &s, &how);
		seen_release(&s);
	}
	ask_close(ask);
	return status;
}

static const struct cmd_opt opts[] = {
	{ 'r', "read-only", NULL, "only watch: nothing typed is sent" },
	{ 'x', "exclusive", NULL, "take it over: the others are detached" },
	{ OPT_DETACH_KEYS, "detach-keys", "KEYS",
	  "keys that detach, as in C-p,C-q" },
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
