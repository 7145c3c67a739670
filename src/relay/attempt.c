/* relay/attempt.c - one try to make a link to a host, however it is reached. */
#include "relay/attempt.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "crypto/secret.h"
#include "proto/link.h"
#include "proto/peers.h"
#include "relay/race.h"
#include "relay/ssh.h"

enum {
	FIRST_MS = 100,
	LAST_MS = 2000,
	SSH_FIRST_MS = 1000,
	SSH_LAST_MS = 8000,
};

struct attempt {
	struct loop *loop;
	struct attempt_options o;
	struct peers peers;
	struct race *race;
	struct ssh *ssh;
	struct loop_timer *failed; /* it cannot even begin */
	enum attempt_loss loss;
	char *text;
};

bool
attempt_is_ssh(const char *host)
{
	return str_starts(host, "ssh:");
}

/* --- through ssh -------------------------------------------------------- */

static void
ssh_won(void *ctx, int fd, const void *early, size_t len)
{
	struct attempt *a = ctx;
	struct link link;

	link_init_clear(&link, loop_now(a->loop));
	a->o.events->won(a->o.ctx, fd, &link, early, len, ssh_pid(a->ssh),
			 NULL);
}

static void
ssh_lost(void *ctx, bool found, const char *text)
{
	struct attempt *a = ctx;

	(void)found;
	a->o.events->lost(a->o.ctx, ATTEMPT_UNREACHABLE, text);
}

/* --- over TCP ----------------------------------------------------------- */

static void
race_won(void *ctx, int fd, const struct link *link, const void *early,
	 size_t len, const char *address)
{
	struct attempt *a = ctx;

	a->o.events->won(a->o.ctx, fd, link, early, len, -1, address);
}

static void
race_lost(void *ctx, enum race_loss loss, const char *text)
{
	static const enum attempt_loss as[] = {
		[RACE_UNREACHABLE] = ATTEMPT_UNREACHABLE,
		[RACE_SHUT] = ATTEMPT_SHUT,
		/* Whoever stands in the way can say anything. */
		[RACE_FALSE] = ATTEMPT_SHUT,
	};
	struct attempt *a = ctx;

	a->o.events->lost(a->o.ctx, as[loss], text);
}

static void
on_failed(void *ctx)
{
	struct attempt *a = ctx;

	a->o.events->lost(a->o.ctx, a->loss, a->text);
}

/* Takes text; tells when the caller has returned. */
static void
fail(struct attempt *a, enum attempt_loss loss, char *text)
{
	a->loss = loss;
	a->text = text;
	a->failed = loop_timer_new(a->loop, on_failed, a);
	loop_timer_start(a->failed, 0);
}

static void
start_race(struct attempt *a)
{
	static const struct race_events events = { race_won, race_lost };
	char *why = NULL;
	const struct peer *p = NULL;

	if (peers_load(a->o.state, PEERS_HOSTS, &a->peers, &why) == 0)
		p = peers_by_name(&a->peers, a->o.host);
	if (p != NULL && a->o.self == NULL) {
		fail(a, ATTEMPT_UNABLE,
		     mem_str("this machine's key, device.key, is gone; pair "
			     "again"));
	} else if (p != NULL) {
		a->race = race_new(a->loop, a->o.self, p, a->o.ms, &events, a);
	} else if (why != NULL) {
		fail(a, ATTEMPT_UNKNOWN, why);
		why = NULL;
	} else if (a->peers.bad != NULL) {
		fail(a, ATTEMPT_UNABLE, mem_str(a->peers.bad));
	} else {
		fail(a, ATTEMPT_UNKNOWN, mem_str("no such host"));
	}
	free(why);
}

struct attempt *
attempt_new(struct loop *loop, const struct attempt_options *o)
{
	static const struct ssh_events events = { ssh_won, ssh_lost };
	struct attempt *a = mem_zero(1, sizeof *a);

	a->loop = loop;
	a->o = *o;
	if (!attempt_is_ssh(o->host)) {
		start_race(a);
		return a;
	}
	a->ssh = ssh_new(loop, o->host + strlen("ssh:"), o->ask, &events, a);
	if (a->ssh == NULL)
		fail(a, ATTEMPT_UNREACHABLE,
		     mem_str("ssh cannot be started; is it installed?"));
	return a;
}

void
attempt_free(struct attempt *a)
{
	if (a == NULL)
		return;
	race_free(a->race);
	ssh_free(a->ssh);
	loop_timer_free(a->failed);
	peers_release(&a->peers);
	free(a->text);
	free(a);
}

uint64_t
attempt_delay(const char *host, unsigned fails)
{
	bool ssh = attempt_is_ssh(host);
	uint64_t first = ssh ? SSH_FIRST_MS : FIRST_MS;
	uint64_t last = ssh ? SSH_LAST_MS : LAST_MS;
	uint64_t ms = 0;
	uint8_t r = 0;

	if (fails > 0)
		ms = fails > 8 ? last : first << (fails - 1);
	if (ms > last)
		ms = last;
	/* Those who lost the same host do not all come at one moment. */
	secret_random(&r, sizeof r);
	return ms - ms / 8 + ms / 4 * r / 255;
}

void
attempt_note(const char *state, const char *host, const char *address)
{
	struct peers peers = { 0 };
	struct timespec now;
	char *why = NULL;

	if (attempt_is_ssh(host))
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	if (peers_load(state, PEERS_HOSTS, &peers, &why) == 0) {
		struct peer *p = peers_by_name(&peers, host);

		if (p != NULL) {
			p->unconfirmed = false;
			p->seen = (uint64_t)now.tv_sec * 1000;
			if (address != NULL)
				peer_address(p, address);
			peers_save(state, PEERS_HOSTS, p);
		}
	}
	free(why);
	peers_release(&peers);
}
