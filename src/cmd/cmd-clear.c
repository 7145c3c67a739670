/* cmd/cmd-clear.c - cdo clear. */
#include <stdint.h>

#include "base/str.h"
#include "cmd/args.h"
#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "cmd/out.h"
#include "proto/msg.h"

/* Forgets one session, or with NULL all that have finished. */
static int
clear(struct ask *ask, const char *word, uint64_t age)
{
	struct msg_writer w;
	const struct msg *m;
	unsigned n = 0;
	const char *name = word == NULL ? NULL : ask_go(ask, word);

	if (word != NULL && name == NULL) {
		out_error("cannot clear '%s': %s", word, ask_text(ask));
		return ask_error(ask);
	}
	msg_begin(&w, ask_out(ask), MSG_CLEAR, 2);
	msg_array(&w, word != NULL);
	if (word != NULL)
		msg_str(&w, name);
	msg_uint(&w, age);
	msg_end(&w);
	while ((m = ask_next(ask, ASK_MS)) != NULL && m->type == MSG_OK)
		n++;
	if (m == NULL && word != NULL)
		out_error("cannot clear '%s': %s", word, ask_text(ask));
	else if (m == NULL)
		out_error("cannot clear: %s", ask_text(ask));
	else if (word == NULL)
		out_note("%u session%s cleared", n, n == 1 ? "" : "s");
	return m == NULL ? ask_error(ask) : EXIT_DONE;
}

static int
run(const struct args *a)
{
	uint64_t age = 0;
	const char *older = args_value(a, 'o');
	int status;

	if (older != NULL && str_duration(older, &age) < 0) {
		out_error("'%s' is no time: write 90s, 15m, 2h or 7d", older);
		return EXIT_USAGE;
	}
	struct ask *ask = ask_open_at(a->cmd, a->n > 0 ? a->operand[0] : NULL,
				      true, &status);
	if (ask == NULL)
		return status;
	if (a->n == 0)
		status = clear(ask, NULL, age);
	for (size_t i = 0; i < a->n; i++) {
		int one = clear(ask, a->operand[i], age);

		if (status == EXIT_DONE)
			status = one;
	}
	ask_close(ask);
	return status;
}

static const struct cmd_opt opts[] = {
	{ 'o', "older-than", "TIME",
	  "only those that ended so long ago: 2h, 7d" },
	{ 0 },
};

const struct cmd cmd_clear = {
	.name = "clear",
	.usage = "[SESSION...]",
	.help = "forget finished sessions: all of them, or those named",
	.opts = opts,
	.max = -1,
	.flags = CMD_SESSIONS,
	.run = run,
};
