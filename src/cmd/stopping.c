/* cmd/stopping.c - end sessions and wait until they have ended. */
#include "cmd/stopping.h"

#include <errno.h>
#include <stdlib.h>

#include "base/conf.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/str.h"
#include "cmd/ask.h"
#include "cmd/attaching.h"
#include "cmd/cmd.h"
#include "cmd/out.h"
#include "cmd/seen.h"
#include "proto/local.h"
#include "proto/msg.h"

enum { PATIENCE = 10000 }; /* ms after the grace */

bool
stopping_needed(const struct seen *s)
{
	return s->lives || s->again != 0;
}

/* It would be started again by itself. */
static int
halt(struct ask *ask, const struct seen *s)
{
	struct msg_writer w;

	if (ask_move(ask, s->host)) {
		msg_begin(&w, ask_out(ask), MSG_HALT, 1);
		msg_str(&w, s->id);
		msg_end(&w);
		if (ask_next(ask, ASK_MS) != NULL)
			return EXIT_DONE;
	}
	out_error("cannot stop '%s': %s", s->name, ask_text(ask));
	return ask_error(ask);
}

static int
ask_one(struct local_call *call, int signum, uint64_t grace_ms)
{
	struct msg_writer w;

	msg_begin(&w, local_call_out(call), MSG_STOP, 2);
	msg_uint(&w, (uint64_t)signum);
	msg_uint(&w, grace_ms);
	msg_end(&w);
	return local_call_send(call);
}

/* 0 when it is over, or a status after a message. */
static int
wait_one(const struct cmd *cmd, struct local_call *call, const struct seen *s,
	 uint64_t grace_ms)
{
	struct msg *m = NULL;
	uint64_t ms = grace_ms + PATIENCE;
	int r = local_call_next(call, ms > INT32_MAX ? -1 : (int)ms, &m);

	/* It leaves when all is over, perhaps with its answer unsent. */
	if (r == -EPIPE || r == -ECONNRESET || (r == 0 && m->type == MSG_OK))
		return EXIT_DONE;
	if (r == 0 && m->type == MSG_ERROR) {
		char *why = msg_dup_str(msg_field(m, 1), 4096);

		out_error("cannot stop '%s': %s", s->name,
			  why == NULL ? "refused" : why);
		free(why);
		return cmd_status(
			cmd, (int)msg_to_uint(msg_field(m, 0), MSG_E_FAILED));
	}
	out_error("cannot stop '%s': %s", s->name,
		  r == -ETIMEDOUT ? "it does not end" : io_error(r));
	return cmd_status(cmd, r == -ETIMEDOUT ? MSG_E_TIMEOUT : MSG_E_FAILED);
}

int
stopping_run(struct ask *ask, const struct cmd *cmd, const struct seen *list,
	     size_t n, int signum, uint64_t grace_ms)
{
	struct local_call **calls = mem_zero(n + 1, sizeof(*calls));
	int status = EXIT_DONE, one;

	if (grace_ms == STOPPING_DEFAULT) {
		struct conf *conf = attaching_conf();

		grace_ms = conf->grace_ms;
		conf_free(conf);
	}
	for (size_t i = 0; i < n; i++) {
		if (!list[i].lives)
			one = halt(ask, &list[i]);
		else
			calls[i] = ask_custodian(cmd, &list[i], "stop", &one);
		if (calls[i] != NULL)
			ask_one(calls[i], signum, grace_ms);
		else if (status == EXIT_DONE)
			status = one;
	}
	for (size_t i = 0; i < n; i++) {
		if (calls[i] == NULL)
			continue;
		one = wait_one(cmd, calls[i], &list[i], grace_ms);
		if (status == EXIT_DONE)
			status = one;
		local_call_free(calls[i]);
	}
	free(calls);
	return status;
}
