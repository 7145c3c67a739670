/* cmd/unserved.c - find a session when no server can be had. */
#include "cmd/unserved.h"

#include <errno.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/path.h"
#include "cmd/seen.h"
#include "proto/frame.h"
#include "proto/msg.h"
#include "proto/reach.h"
#include "server/registry.h"
#include "server/session.h"

/* As if a server had told. */
static void
tell(const struct session *s, struct seen *seen)
{
	struct buf b = { 0 };
	struct msg m = { 0 };

	session_write(s, false, &b);
	if (msg_read(&m, b.data + FRAME_HEAD, b.len - FRAME_HEAD) == 0)
		seen_read(seen, &m);
	msg_release(&m);
	buf_release(&b);
}

int
unserved_find(const char *word, struct seen *seen)
{
	char *runtime = reach_runtime(), *state = path_state(), *why = NULL;
	struct registry reg;
	struct session *s = NULL;

	registry_init(&reg, runtime, state);
	registry_scan(&reg);
	int r = registry_find(&reg, word, &s, &why) == 0 ? 0 : -ENOENT;
	if (r == 0)
		tell(s, seen);
	free(why);
	registry_release(&reg);
	free(state);
	free(runtime);
	return r;
}
