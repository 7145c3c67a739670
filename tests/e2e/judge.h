/* e2e/judge.h - somebody types, something prints: is it all there, once? */
#ifndef CDO_E2E_JUDGE_H
#define CDO_E2E_JUDGE_H

#include "base/buf.h"

struct term;
struct world;

/*
 * Sessions live in the host's world, and the window is in another's, or in the
 * same: `prefix` is how the host is called there, "desk/" or "".
 */

/* Types numbers into a session that writes down each byte it gets. */
struct typist {
	struct world *host, *w;
	struct term *t;
	unsigned next;
	struct buf all; /* that was typed */
};
void typist_start(struct typist *, struct world *host, struct world *w,
		  const char *prefix);
void typist_key(struct typist *);
void typist_for(struct typist *, unsigned ms);
/* Types one, waits until something comes back, and tells after how many ms. */
long typist_back(struct typist *);
/* Waits until all has come back that was typed. */
void typist_all_back(const struct typist *);

struct count {
	unsigned long typed, lost; /* bytes */
	unsigned long told; /* said to be in doubt by the client at its end */
};
/* Ends it; fails the test if what arrived is not what was typed, in order. */
struct count typist_stop(struct typist *);

/* Prints numbered lines, many at once. */
struct flood {
	struct world *host, *w;
	struct term *t;
	const char *prefix;
	long from, to;
};
/* Its host keeps all lines; for one whose server runs before flood_start. */
void flood_prepare(struct world *host);
void flood_start(struct flood *, struct world *host, struct world *w,
		 const char *prefix);
/* Prints the next lines; returns when the first of them are on the way. */
void flood_begin(struct flood *);
/*
 * Waits for their end; returns how many of them the session does not have.
 * Fails the test if one is there twice or elsewhere.
 */
unsigned long flood_missing(struct flood *);

/* Random numbers from CDO_SEED. */
unsigned judge_dice(unsigned sides);

#endif
