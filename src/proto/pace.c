/* proto/pace.c - how much may be under way before keys would wait for it. */
#include "proto/pace.h"

#include <errno.h>

enum {
	PROBE = 5000, /* ms: how long the way is may have changed */
};

uint64_t
pace_limit(const struct pace *p)
{
	return p->probing || p->limit == 0 ? PACE_MIN : p->limit;
}

uint64_t
pace_room(const struct pace *p)
{
	uint64_t out = p->sent - p->arrived, max = pace_limit(p);

	return out < max ? max - out : 0;
}

void
pace_held(struct pace *p)
{
	p->full = true;
}

void
pace_sent(struct pace *p, uint64_t bytes, uint64_t now_ms)
{
	p->sent += bytes;
	if (p->measuring)
		return;
	if (p->probing && p->sent - p->arrived > PACE_MIN)
		return; /* what is under way still stands in a queue */
	p->measuring = true;
	p->full = false;
	p->mark = p->sent;
	p->began = now_ms;
	p->before = p->arrived;
}

/*
 * What the way carries in its round trip and PACE_DELAY.  With more than that
 * under way the rate would come out the same, with less the limit grows.
 */
static uint64_t
carried(const struct pace *p, uint64_t bytes, uint64_t ms)
{
	uint64_t n = bytes * (p->shortest + PACE_DELAY) / (ms > 0 ? ms : 1);

	return n < PACE_MIN ? PACE_MIN : n > PACE_MAX ? PACE_MAX : n;
}

static void
round_over(struct pace *p, uint64_t now_ms)
{
	uint64_t ms = now_ms - p->began;

	p->measuring = false;
	if (p->probing || !p->known || ms <= p->shortest) {
		p->shortest = ms;
		p->probed = now_ms;
		p->known = true;
	}
	if (!p->probing) {
		uint64_t n = carried(p, p->arrived - p->before, ms);

		/* Who sends little does not learn how much it could be. */
		if (p->full || n > pace_limit(p))
			p->limit = n;
	}
	p->probing = p->full && now_ms - p->probed > PROBE;
}

int
pace_arrived(struct pace *p, uint64_t total, uint64_t now_ms)
{
	if (total < p->arrived || total > p->sent)
		return -EPROTO;
	p->arrived = total;
	if (p->measuring && p->arrived >= p->mark)
		round_over(p, now_ms);
	return 0;
}
