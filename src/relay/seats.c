/* relay/seats.c - where strangers sit until they have proved themselves. */
#include "relay/seats.h"

#include <assert.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum { POLLED = 2 * STRANGERS_MAX };

static bool
is_of(const struct seat *s, const struct source *source)
{
	return s->fd >= 0 && (source == NULL ||
			      memcmp(&s->source, source, sizeof *source) == 0);
}

unsigned
seats_taken(const struct seat *seats, const struct source *same)
{
	unsigned n = 0;

	for (int i = 0; i < STRANGERS_MAX; i++)
		n += is_of(&seats[i], same);
	return n;
}

struct seat *
seats_oldest(struct seat *seats, const struct source *same)
{
	struct seat *found = NULL;

	for (struct seat *s = seats; s < seats + STRANGERS_MAX; s++)
		if (is_of(s, same) && s->greet.noise.step == 0 &&
		    (found == NULL || s->until < found->until))
			found = s;
	return found;
}

void
seats_poll(struct pollfd *p, unsigned n, int ms)
{
	struct pollfd used[POLLED], *to = used;

	assert(n <= POLLED);
	for (unsigned i = 0; i < n; i++)
		if (p[i].fd >= 0)
			*to++ = p[i];
	bool any = poll(used, (nfds_t)(to - used), ms) > 0;
	to = used;
	for (unsigned i = 0; i < n; i++)
		if (p[i].fd >= 0)
			p[i].revents = any ? to++->revents : 0;
}
