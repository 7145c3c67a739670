/* cmd/cmd-detach.c - cdo detach. */
#include <stdint.h>
#include <stdlib.h>

#include "base/io.h"
#include "base/str.h"
#include "cmd/args.h"
#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "cmd/out.h"
#include "cmd/seen.h"
#include "proto/local.h"
#include "proto/msg.h"

enum { OPT_CLIENT = 256 };

/* client 0: all of them. */
static int
kick(const struct args *a, const struct seen *s, long client)
{
	struct msg_writer w;
	struct msg *m = NULL;
	int status;
	struct local_call *call = ask_custodian(a->cmd, s, "detach", &status);

	if (call == NULL)
		return status;
	msg_begin(&w, local_call_out(call), MSG_KICK, 2);
	msg_uint(&w, (uint64_t)client);
	msg_uint(&w, MSG_GONE_DETACHED);
	msg_end(&w);
	int r = local_call_send(call);
	if (r == 0)
		r = local_call_next(call, ASK_MS, &m);
	if (r < 0) {
		out_error("cannot detach '%s': %s", s->name, io_error(r));
		status = EXIT_UNREACHABLE;
	} else if (m->type == MSG_ERROR) {
		char *why = msg_dup_str(msg_field(m, 1), 4096);

		out_error("cannot detach '%s': %s", s->name,
			  why == NULL ? "refused" : why);
		free(why);
		status = EXIT_FAILED;
	} else {
		status = EXIT_DONE;
	}
	local_call_free(call);
	return status;
}

static int
run(const struct args *a)
{
	const char *word = a->n > 0 ? a->operand[0] : getenv("CDO_SESSION");
	const char *number = args_value(a, OPT_CLIENT);
	long client = 0;
	struct seen s;
	int status;

	if (word == NULL || *word == '\0') {
		out_error("cannot detach: name a session, this is none");
		return EXIT_USAGE;
	}
	if (number != NULL && str_int(number, 1, UINT32_MAX, &client) < 0) {
		out_error("--client: '%s' is no client; `cdo info` lists them",
			  number);
		return EXIT_USAGE;
	}
	struct ask *ask = ask_open(a->cmd, true, &status);
	if (ask == NULL)
		return status;
	status = ask_find(ask, word, "detach", &s);
	if (status == 0) {
		if (s.lives) {
			status = kick(a, &s, client);
		} else {
			out_error("cannot detach '%s': it has finished",
				  s.name);
			status = EXIT_FAILED;
		}
		seen_release(&s);
	}
	ask_close(ask);
	return status;
}

static const struct cmd_opt opts[] = {
	{ OPT_CLIENT, "client", "ID", "only this one of its clients" },
	{ 0 },
};

const struct cmd cmd_detach = {
	.name = "detach",
	.usage = "[SESSION]",
	.help = "detach a session's clients; inside one: its own",
	.opts = opts,
	.max = 1,
	.flags = CMD_SESSIONS,
	.run = run,
};
