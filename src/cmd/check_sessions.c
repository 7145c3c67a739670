/* cmd/check_sessions.c - cdo doctor: what the sessions say of themselves. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/str.h"
#include "cmd/checks.h"
#include "cmd/seen.h"
#include "custodian/segments.h"
#include "proto/local.h"
#include "proto/msg.h"

enum { PATIENCE = 2000 /* ms for a custodian to answer */ };

/* The protocol of its custodian, or -1 if that does not answer. */
static int64_t
protocol(const struct seen *s)
{
	int fd = s->socket == NULL ? -1 : local_connect(s->socket);
	int64_t v = -1;
	struct msg_writer w;
	struct msg *m;

	if (fd < 0)
		return v;
	struct local_call *call = local_call_new(fd, "client");
	msg_begin(&w, local_call_out(call), MSG_INFO, 0);
	msg_end(&w);
	if (local_call_send(call) == 0 &&
	    local_call_next(call, PATIENCE, &m) == 0 && m->type == MSG_OK)
		v = msg_to_int(msg_get(msg_field(m, 0), "protocol"), v);
	local_call_free(call);
	return v;
}

static void
check_custodian(struct checks *c, const struct seen *s)
{
	int64_t v = protocol(s);

	if (v < 0)
		checks_add(c, "custodian", CHECK_ERROR,
			   str_printf("the custodian of '%s' does not answer "
				      "at %s",
				      s->name, s->socket),
			   NULL);
	else if (v != MSG_VERSION)
		checks_add(c, "custodian", CHECK_WARNING,
			   str_printf("the custodian of '%s' speaks protocol "
				      "%" PRId64,
				      s->name, v),
			   "run `cdo server restart`");
	if (seen_unrecorded(s) != NULL)
		checks_add(c, "recording", CHECK_ERROR,
			   str_printf("'%s' cannot be recorded: %s", s->name,
				      seen_unrecorded(s)),
			   "make room on that disk");
	if (!s->persistent)
		checks_add(c, "persistent", CHECK_INFO,
			   str_printf("'%s' ends with the server", s->name),
			   NULL);
}

static uint64_t
recorded(const struct seen *s)
{
	struct segment *list = NULL;
	int n = s->dir == NULL ? 0 : segments_list(s->dir, &list);
	uint64_t bytes = 0;

	for (int i = 0; i < n; i++)
		bytes += list[i].size;
	free(list);
	return bytes;
}

void
check_sessions(struct checks *c)
{
	size_t lives = 0, lost = 0;
	uint64_t bytes = 0;

	for (size_t i = 0; i < c->n_sessions; i++) {
		const struct seen *s = &c->sessions[i];

		bytes += recorded(s);
		lives += s->lives;
		lost += str_eq(s->status, "lost");
		if (s->lives)
			check_custodian(c, s);
	}
	checks_add(c, "sessions", CHECK_OK,
		   str_printf("%zu running, %zu finished; %" PRIu64
			      " KiB of recordings",
			      lives, c->n_sessions - lives, bytes >> 10),
		   NULL);
	if (lost > 0)
		checks_add(c, "lost", CHECK_WARNING,
			   str_printf("%zu session%s lost", lost,
				      lost == 1 ? " was" : "s were"),
			   "run `cdo restart --all --lost`, or `cdo clear`");
}
