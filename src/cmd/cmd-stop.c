/* cmd/cmd-stop.c - cdo stop. */
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/signame.h"
#include "base/str.h"
#include "cmd/args.h"
#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "cmd/out.h"
#include "cmd/seen.h"
#include "cmd/stopping.h"

enum { OPT_ALL = 256, OPT_GRACE };

/* The sessions of these words; those that are none are said. */
static int
named(struct ask *ask, const struct args *a, struct seen *list, size_t *n)
{
	int status = EXIT_DONE;

	for (size_t i = 0; i < a->n; i++) {
		struct seen s;
		int one = ask_find(ask, a->operand[i], "stop", &s);

		if (one == 0 && !stopping_needed(&s)) {
			out_error("cannot stop '%s': it has finished", s.name);
			seen_release(&s);
			one = EXIT_FAILED;
		} else if (one == 0) {
			list[(*n)++] = s;
		}
		if (status == EXIT_DONE)
			status = one;
	}
	return status;
}

static int
all(struct ask *ask, const struct args *a, struct seen **list, size_t *n)
{
	size_t found, kept = 0;
	int status = ask_list(ask, list, &found);

	for (size_t i = 0; i < found; i++) {
		if (stopping_needed(&(*list)[i]))
			(*list)[kept++] = (*list)[i];
		else
			seen_release(&(*list)[i]);
	}
	*n = kept;
	if (status != 0 || kept == 0 || args_has(a, 'y'))
		return status;
	if (out_confirm("stop %zu session%s?", kept, kept == 1 ? "" : "s"))
		return EXIT_DONE;
	if (!isatty(STDIN_FILENO))
		out_error("cannot ask whether to stop all; -y is a yes");
	return EXIT_FAILED;
}

static int
run(const struct args *a)
{
	const char *sig = args_value(a, 's'), *time = args_value(a, OPT_GRACE);
	int signum = sig == NULL ? 0 : signame_number(sig), status, failed;
	uint64_t grace = STOPPING_DEFAULT;
	struct seen *list = NULL;
	size_t n = 0;

	if (signum < 0) {
		out_error("'%s' is no signal", sig);
		return EXIT_USAGE;
	}
	if (time != NULL && str_duration(time, &grace) < 0) {
		out_error("'%s' is no time: write 5s or 1m", time);
		return EXIT_USAGE;
	}
	if ((a->n == 0) != args_has(a, OPT_ALL)) {
		out_error(a->n == 0 ? "stop needs sessions, or --all"
				    : "stop takes names or --all, not both");
		return EXIT_USAGE;
	}
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
		status = stopping_run(ask, a->cmd, list, n, signum, grace);
	for (size_t i = 0; i < n; i++)
		seen_release(&list[i]);
	free(list);
	ask_close(ask);
	return failed != EXIT_DONE ? failed : status;
}

static const struct cmd_opt opts[] = {
	{ OPT_ALL, "all", NULL,
	  "every session that runs or would again; asks first" },
	{ 'y', "yes", NULL, "do not ask" },
	{ 's', "signal", "SIGNAL", "instead of HUP and TERM" },
	{ OPT_GRACE, "grace", "TIME", "until KILL follows: 5s" },
	{ 0 },
};

const struct cmd cmd_stop = {
	.name = "stop",
	.alias = "kill",
	.usage = "SESSION...",
	.help = "end sessions, with all their processes",
	.more = "Every process of the session's id gets HUP and TERM and, "
		"after the grace, KILL; what has called setsid lives on.",
	.opts = opts,
	.max = -1,
	.flags = CMD_SESSIONS,
	.run = run,
};
