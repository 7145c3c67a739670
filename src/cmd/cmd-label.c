/* cmd/cmd-label.c - cdo label. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cmd/args.h"
#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "cmd/out.h"
#include "proto/msg.h"

/* Writes the map; an empty value takes the label away. */
static void
put_labels(struct msg_writer *w, char *const *words, size_t n)
{
	msg_map(w, (unsigned)n);
	for (size_t i = 0; i < n; i++) {
		size_t len = strcspn(words[i], "=");
		char *key = mem_strn(words[i], len);

		msg_str(w, key);
		msg_str(w,
			words[i][len + 1] != '\0' ? words[i] + len + 1 : NULL);
		free(key);
	}
}

static int
run(const struct args *a)
{
	struct msg_writer w;
	int status;

	for (size_t i = 1; i < a->n; i++) {
		const char *eq = strchr(a->operand[i], '=');

		if (eq != NULL && eq != a->operand[i])
			continue;
		out_error("'%s' is no label: write KEY=VALUE, or KEY= to take "
			  "it away",
			  a->operand[i]);
		return EXIT_USAGE;
	}
	struct ask *ask = ask_open_at(a->cmd, a->operand[0], true, &status);
	if (ask == NULL)
		return status;
	msg_begin(&w, ask_out(ask), MSG_LABEL, 2);
	msg_str(&w, ask_go(ask, a->operand[0]));
	put_labels(&w, a->operand + 1, a->n - 1);
	msg_end(&w);
	if (ask_next(ask, ASK_MS) == NULL) {
		out_error("cannot label '%s': %s", a->operand[0],
			  ask_text(ask));
		status = ask_error(ask);
	}
	ask_close(ask);
	return status;
}

const struct cmd cmd_label = {
	.name = "label",
	.usage = "SESSION KEY=VALUE... KEY=...",
	.help = "put labels on a session, or take them away",
	.min = 2,
	.max = -1,
	.flags = CMD_SESSIONS,
	.run = run,
};
