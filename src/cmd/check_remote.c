/* cmd/check_remote.c - cdo doctor: keys, paired machines, the sandbox. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/conf.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "cmd/checks.h"
#include "crypto/secret.h"
#include "proto/identity.h"
#include "proto/msg.h"
#include "proto/peers.h"
#include "relay/sandbox.h"

static void
check_sandbox(struct checks *c)
{
	struct buf gives = { 0 };
	struct sandbox s;

	sandbox_look(&s);
	if (s.no_new_privs)
		buf_str(&gives, ", no new privileges");
	if (s.landlock > 0)
		buf_printf(&gives, ", landlock %d", s.landlock);
	if (s.seccomp)
		buf_str(&gives, ", seccomp");
	if (s.other)
		buf_str(&gives, ", the system's own sandbox");
	bool whole = s.other || (s.no_new_privs && s.landlock && s.seccomp);
	char *list = gives.len > 0 ? buf_steal(&gives) : mem_str(", nothing");
	checks_add(c, "sandbox", whole ? CHECK_OK : CHECK_INFO,
		   str_printf("the kernel gives to confine links with: %s",
			      list + 2),
		   whole ? NULL
			 : "a newer kernel gives more; links work all the "
			   "same");
	free(list);
}

static void
check_keys(struct checks *c, const char *state)
{
	static const enum identity all[] = { IDENTITY_HOST, IDENTITY_DEVICE,
					     IDENTITY_RELAY };
	struct noise_pair pair;
	char *why;

	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		int r = identity_load(state, all[i], false, &pair, &why);

		secret_wipe(&pair, sizeof pair);
		if (r < 0 && why != NULL)
			checks_add(c, "keys", CHECK_ERROR, why, NULL);
	}
}

/* A kind of paired machines: those that count, and those that cannot. */
static size_t
check_peers(struct checks *c, const char *state, enum peers_kind kind)
{
	struct peers ps;
	char *why, *rest = NULL;

	if (peers_load(state, kind, &ps, &why) < 0) {
		checks_add(c, "devices", CHECK_ERROR, why, NULL);
		return 0;
	}
	size_t n = ps.n;
	if (ps.bad != NULL)
		for (char *s = strtok_r(ps.bad, "\n", &rest); s != NULL;
		     s = strtok_r(NULL, "\n", &rest))
			checks_add(c, "devices", CHECK_ERROR, mem_str(s), NULL);
	peers_release(&ps);
	return n;
}

void
check_remote(struct checks *c)
{
	char *state = path_state();

	check_sandbox(c);
	check_keys(c, state);
	size_t devices = check_peers(c, state, PEERS_DEVICES);
	size_t hosts = check_peers(c, state, PEERS_HOSTS);
	if (devices + hosts > 0)
		checks_add(c, "devices", CHECK_OK,
			   str_printf("%zu paired machine%s may attach here, "
				      "this one to %zu",
				      devices, devices == 1 ? "" : "s", hosts),
			   NULL);
	if (devices > 0 && str_eq(c->conf->listen, "off"))
		checks_add(c, "door", CHECK_INFO,
			   mem_str("cdo.conf says listen = off: no device can "
				   "come in"),
			   NULL);
	free(state);
}

void
check_door(struct checks *c, const struct msg_value *status)
{
	char *at = msg_dup_str(msg_get(status, "listen"), 512);
	char *trouble = msg_dup_str(msg_get(status, "listen_error"), 512);
	unsigned long long links = msg_to_uint(msg_get(status, "links"), 0);

	if (trouble != NULL)
		checks_add(c, "door", CHECK_ERROR, mem_str(trouble),
			   "set another listen in cdo.conf");
	else if (at != NULL)
		checks_add(c, "door", CHECK_OK,
			   str_printf("paired devices come in at %s; %llu "
				      "link%s now",
				      at, links, links == 1 ? "" : "s"),
			   NULL);
	free(trouble);
	free(at);
}
