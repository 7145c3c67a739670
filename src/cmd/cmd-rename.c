/* cmd/cmd-rename.c - cdo rename. */
#include <stddef.h>

#include "cmd/args.h"
#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "cmd/out.h"
#include "proto/msg.h"

static int
run(const struct args *a)
{
	struct msg_writer w;
	int status;
	struct ask *ask = ask_open_at(a->cmd, a->operand[0], true, &status);

	if (ask == NULL)
		return status;
	msg_begin(&w, ask_out(ask), MSG_RENAME, 2);
	msg_str(&w, ask_go(ask, a->operand[0]));
	msg_str(&w, a->operand[1]);
	msg_end(&w);
	if (ask_next(ask, ASK_MS) == NULL) {
		out_error("cannot rename '%s': %s", a->operand[0],
			  ask_text(ask));
		status = ask_error(ask);
	}
	ask_close(ask);
	return status;
}

const struct cmd cmd_rename = {
	.name = "rename",
	.usage = "SESSION NAME",
	.help = "give a session another name",
	.min = 2,
	.max = 2,
	.flags = CMD_SESSIONS,
	.run = run,
};
