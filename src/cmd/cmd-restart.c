/* cmd/cmd-restart.c - cdo restart. */
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "cmd/args.h"
#include "cmd/ask.h"
#include "cmd/attaching.h"
#include "cmd/caller.h"
#include "cmd/cmd.h"
#include "cmd/out.h"
#include "cmd/seen.h"
#include "proto/frame.h"
#include "proto/msg.h"

enum { OPT_ALL = 256, OPT_LOST };

static void
put(struct ask *ask, const char *id)
{
	struct msg_writer m;

	msg_begin(&m, ask_out(ask), MSG_NEW, 1);
	msg_map(&m, 1 + CALLER_PAIRS);
	msg_str(&m, "restart");
	msg_str(&m, id);
	caller_put(&m, ask_host(ask) != NULL);
	msg_end(&m);
}

/* What is lost once more, or as it was, did not come to be. */
static bool
has_run(const struct seen *s, const struct seen *old)
{
	return s->lives || (s->reason == NULL && s->started != old->started);
}

/* Runs again; asks the next server if this one is killed meanwhile. */
static int
restart(struct ask *ask, const struct seen *old, struct seen *s)
{
	if (caller_bytes() > FRAME_MAX - 4096) {
		out_error("cannot restart '%s': the environment is longer "
			  "than a mebibyte",
			  old->name);
		return EXIT_FAILED;
	}
	while (ask_move(ask, old->host)) {
		put(ask, old->id);
		const struct msg *m = ask_next(ask, ASK_NEW_MS);
		if (m != NULL) {
			ask_saw(ask, s, m);
			return EXIT_DONE;
		}
		if (!ask_reopen(ask))
			break;
		int r = ask_sure(ask, old->id, s);
		if (r < 0)
			break;
		if (r > 0 && has_run(s, old))
			return EXIT_DONE;
		if (r > 0)
			seen_release(s);
	}
	out_error("cannot restart '%s': %s", old->name, ask_text(ask));
	return ask_error(ask);
}

/* Those that are asked for, of all that have finished. */
static int
all(struct ask *ask, const struct args *a, struct seen **list, size_t *n)
{
	bool lost = args_has(a, OPT_LOST);
	size_t found, kept = 0;
	int status = ask_list(ask, list, &found);

	for (size_t i = 0; i < found; i++) {
		struct seen *s = &(*list)[i];

		if (!s->lives && (!lost || str_eq(s->status, "lost")))
			(*list)[kept++] = *s;
		else
			seen_release(s);
	}
	*n = kept;
	if (status != 0 || kept == 0 || lost || args_has(a, 'y'))
		return status;
	if (out_confirm("run %zu finished session%s again?", kept,
			kept == 1 ? "" : "s"))
		return EXIT_DONE;
	if (!isatty(STDIN_FILENO))
		out_error("cannot ask whether to restart all; -y is a yes");
	return EXIT_FAILED;
}

static int
named(struct ask *ask, const struct args *a, struct seen *list, size_t *n)
{
	int status = EXIT_DONE;

	for (size_t i = 0; i < a->n; i++) {
		int one = ask_find(ask, a->operand[i], "restart", &list[*n]);

		if (one == 0)
			(*n)++;
		else if (status == EXIT_DONE)
			status = one;
	}
	return status;
}

static int
wrong(const struct args *a)
{
	if ((a->n == 0) != args_has(a, OPT_ALL))
		out_error(a->n == 0 ? "restart needs sessions, or --all"
				    : "restart takes names or --all, not both");
	else if (args_has(a, OPT_LOST) && a->n > 0)
		out_error("--lost needs --all");
	else if (args_has(a, 'a') && a->n != 1)
		out_error("-a needs one session");
	else
		return EXIT_DONE;
	return EXIT_USAGE;
}

static int
run_each(const struct args *a, struct ask *ask, const struct seen *list,
	 size_t n)
{
	static const struct attaching how = { .started = true };
	int status = EXIT_DONE;

	for (size_t i = 0; i < n; i++) {
		struct seen s;
		int one = restart(ask, &list[i], &s);

		if (one == EXIT_DONE && args_has(a, 'a'))
			one = attaching_run(a->cmd, &s, &how);
		if (one == EXIT_DONE || args_has(a, 'a'))
			seen_release(&s);
		if (status == EXIT_DONE)
			status = one;
	}
	if (a->n == 0 && status == EXIT_DONE)
		out_note("%zu session%s restarted", n, n == 1 ? "" : "s");
	return status;
}

static int
run(const struct args *a)
{
	struct seen *list = NULL;
	size_t n = 0;
	int status = wrong(a), failed;

	if (status == EXIT_DONE && args_has(a, 'a') &&
	    !attaching_possible("restart", a->operand[0]))
		status = EXIT_FAILED;
	if (status != EXIT_DONE)
		return status;
	struct ask *ask = ask_open_at(a->cmd, a->n > 0 ? a->operand[0] : NULL,
				      true, &status);
	if (ask == NULL)
		return status;
	if (a->n == 0) {
		failed = all(ask, a, &list, &n);
	} else {
		list = mem_zero(a->n, sizeof *list);
		failed = named(ask, a, list, &n);
	}
	if (a->n > 0 || failed == EXIT_DONE)
		status = run_each(a, ask, list, n);
	for (size_t i = 0; i < n; i++)
		seen_release(&list[i]);
	free(list);
	ask_close(ask);
	return failed != EXIT_DONE ? failed : status;
}

static const struct cmd_opt opts[] = {
	{ 'a', "attach", NULL, "and attach to it" },
	{ OPT_ALL, "all", NULL, "every finished session; asks first" },
	{ OPT_LOST, "lost", NULL,
	  "with --all: those alone that were lost; does not ask" },
	{ 'y', "yes", NULL, "do not ask" },
	{ 0 },
};

const struct cmd cmd_restart = {
	.name = "restart",
	.usage = "SESSION...",
	.help = "run finished sessions again, in their place",
	.more = "Same command, directory, name and id, what -e gave, and "
		"else the caller's environment; the history of the earlier "
		"run stays above.  An agent is started with the words with "
		"which its profile goes on where it left off (resume, see "
		"cdo.conf(5)).",
	.opts = opts,
	.max = -1,
	.flags = CMD_SESSIONS,
	.run = run,
};
