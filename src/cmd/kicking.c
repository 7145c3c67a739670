/* cmd/kicking.c - send a session's clients away. */
#include "cmd/kicking.h"

#include <stdlib.h>

#include "base/io.h"
#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "cmd/out.h"
#include "cmd/seen.h"
#include "proto/local.h"
#include "proto/msg.h"

int
kicking_run(const struct cmd *cmd, const struct seen *s, uint64_t client,
	    const char *to, const char *deed)
{
	struct msg_writer w;
	struct msg *m = NULL;
	int status;
	struct local_call *call = ask_custodian(cmd, s, deed, &status);

	if (call == NULL)
		return status;
	msg_begin(&w, local_call_out(call), MSG_KICK, 3);
	msg_uint(&w, client);
	msg_nil(&w);
	msg_str(&w, to);
	msg_end(&w);
	int r = local_call_send(call);
	if (r == 0)
		r = local_call_next(call, ASK_MS, &m);
	status = EXIT_DONE;
	if (r < 0) {
		out_error("cannot %s '%s': %s", deed, s->name, io_error(r));
		status = cmd_status(cmd, MSG_E_UNREACHABLE);
	} else if (m->type == MSG_ERROR) {
		char *why = msg_dup_str(msg_field(m, 1), 4096);

		out_error("cannot %s '%s': %s", deed, s->name,
			  why == NULL ? "refused" : why);
		free(why);
		status = cmd_status(
			cmd, (int)msg_to_uint(msg_field(m, 0), MSG_E_FAILED));
	}
	local_call_free(call);
	return status;
}
