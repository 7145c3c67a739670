/* relay/strangers.c - what strangers may cost before they prove themselves. */
#include "relay/strangers.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

enum {
	WAYS = 8, /* places in the table that a source may have */
	SETS = STRANGERS_TABLE / WAYS,
	ONE = 1000, /* a handshake's token */
	BURST = STRANGERS_SAME, /* handshakes of one source in a row */
	TELL = 60000,
};

void
source_of(struct source *s, const struct sockaddr *sa)
{
	*s = (struct source){ 0 };
	if (sa->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)sa;

		memcpy(s->bytes + 4, &in->sin_addr, 4);
		s->bytes[0] = 1;
	} else if (sa->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in = (const void *)sa;
		const uint8_t *b = in->sin6_addr.s6_addr;

		if (IN6_IS_ADDR_V4MAPPED(&in->sin6_addr)) {
			memcpy(s->bytes + 4, b + 12, 4);
			s->bytes[0] = 1;
		} else {
			memcpy(s->bytes, b, 8);
		}
	}
}

void
strangers_init(struct strangers *all, uint64_t seed, uint64_t now)
{
	memset(all, 0, sizeof *all);
	all->seed = seed | 1;
	all->counted = now;
	all->tokens = STRANGERS_ALL * ONE;
	all->reserve = STRANGERS_ALL / 2 * ONE;
}

/* Nobody who does not know the seed can push a certain source out. */
static struct stranger *
set_of(struct strangers *all, const struct source *s)
{
	uint64_t h;

	memcpy(&h, s->bytes, sizeof h);
	for (int i = 0; i < 3; i++) {
		h = (h ^ h >> 29) * (all->seed | 1);
		h ^= all->seed << i;
	}
	return &all->table[(h >> 40) % SETS * WAYS];
}

static struct stranger *
look(struct strangers *all, const struct source *s)
{
	struct stranger *set = set_of(all, s);

	for (int i = 0; i < WAYS; i++)
		if (set[i].used && memcmp(&set[i].source, s, sizeof *s) == 0)
			return &set[i];
	return NULL;
}

/* Ages what it knows of this one. */
static void
age(struct stranger *x, uint64_t now)
{
	uint64_t gone = now - x->counted, full = BURST * ONE;

	if (x->penalty <= now)
		x->refused = false;
	x->counted = now;
	if (gone >= full / STRANGERS_EACH)
		x->tokens = (int32_t)full;
	else
		x->tokens += (int32_t)gone * STRANGERS_EACH;
	if (x->tokens > (int32_t)full)
		x->tokens = (int32_t)full;
}

/* The less, the sooner it makes room: quiet ones, and never a device's. */
static uint64_t
worth(const struct stranger *x)
{
	if (!x->used)
		return 0;
	if (x->known)
		return UINT64_MAX;
	return x->penalty > x->counted ? x->penalty : x->counted;
}

/* Its place in the table. */
static struct stranger *
find(struct strangers *all, const struct source *s, uint64_t now)
{
	struct stranger *x = look(all, s), *set = set_of(all, s);

	if (x == NULL) {
		x = set;
		for (int i = 1; i < WAYS; i++)
			if (worth(&set[i]) < worth(x))
				x = &set[i];
		*x = (struct stranger){
			.source = *s,
			.used = true,
			.counted = now,
			.tokens = BURST * ONE,
		};
	}
	age(x, now);
	return x;
}

/*
 * Through a rendezvous all come from one place, and none shall pay for what
 * another did there; it has limits of its own.
 */
static bool
is_nowhere(const struct source *s)
{
	static const struct source nowhere;

	return memcmp(s, &nowhere, sizeof nowhere) == 0;
}

bool
strangers_enter(struct strangers *all, const struct source *s, unsigned sitting,
		unsigned same, uint32_t random, uint64_t now)
{
	const struct stranger *x = find(all, s, now);

	if (is_nowhere(s))
		return sitting < STRANGERS_RANDOM;
	unsigned most = STRANGERS_MAX - (x->known ? 0 : STRANGERS_KNOWN);
	if (x->refused || same >= STRANGERS_SAME || sitting >= most ||
	    x->tokens < ONE)
		return false;
	/* At half the seats three of ten go, at the last one all. */
	if (sitting >= STRANGERS_RANDOM && !x->known) {
		unsigned part = 30 + 70 * (sitting - STRANGERS_RANDOM) /
					     (STRANGERS_MAX - STRANGERS_RANDOM);

		return random % 100 >= part;
	}
	return true;
}

static void
refill(struct strangers *all, uint64_t now)
{
	uint64_t gone = now - all->counted;
	const int32_t full = STRANGERS_ALL * ONE;

	all->counted = now;
	if (gone > ONE)
		gone = ONE;
	all->tokens += (int32_t)gone * STRANGERS_ALL;
	all->reserve += (int32_t)gone * STRANGERS_ALL / 2;
	if (all->tokens > full)
		all->tokens = full;
	if (all->reserve > full / 2)
		all->reserve = full / 2;
}

bool
strangers_work(struct strangers *all, const struct source *s, uint64_t now)
{
	struct stranger *x = find(all, s, now);
	int32_t *from = &all->tokens;

	refill(all, now);
	/* A flood of strangers leaves something for who was here before. */
	if (*from < ONE && x->known)
		from = &all->reserve;
	if (is_nowhere(s))
		x->tokens = BURST * ONE;
	if (*from < ONE || x->tokens < ONE)
		return false;
	*from -= ONE;
	x->tokens -= ONE;
	return true;
}

void
strangers_proved(struct strangers *all, const struct source *s, uint64_t now)
{
	struct stranger *x = find(all, s, now);

	x->known = true;
	x->refused = false;
	x->penalty = 0;
	x->tokens += ONE;
}

void
strangers_blame(struct strangers *all, const struct source *s, uint32_t ms,
		uint64_t now)
{
	struct stranger *x = find(all, s, now);

	/*
	 * A device whose way is bad is late now and then, and shall come back
	 * at once; who shares its address has no more than the limits give.
	 */
	if (is_nowhere(s) || x->known)
		return;
	if (x->penalty < now)
		x->penalty = now;
	x->penalty += ms;
	if (x->penalty > now + PENALTY_MAX)
		x->penalty = now + PENALTY_MAX;
	if (x->penalty - now >= PENALTY_FROM)
		x->refused = true;
}

void
strangers_forgive(struct strangers *all)
{
	for (int i = 0; i < STRANGERS_TABLE; i++) {
		all->table[i].refused = false;
		all->table[i].penalty = 0;
	}
}

bool
strangers_tell(struct strangers *all, const struct source *s, uint64_t now)
{
	struct stranger *x = find(all, s, now);

	if (x->told != 0 && now - x->told < TELL)
		return false;
	x->told = now;
	return true;
}
