/* soak/common.h - what the tests of faults share. */
#ifndef CDO_SOAK_COMMON_H
#define CDO_SOAK_COMMON_H

#include <stdbool.h>
#include <stddef.h>

struct world;
struct json;

/* The variable's value, or what it is without. */
long soak_number(const char *name, long otherwise);
/*
 * Of the lines that are numbers in the session's history, `from` to `to`
 * stand there in order and none twice; returns how many are missing.
 */
long soak_missing(struct world *, const char *session, long from, long to);
/* The one session's directory; fails the test if it is not the only one. */
const char *soak_dir(struct world *);
/* A file in it as JSON; as long as the world. */
const struct json *soak_record(struct world *, const char *file);

/* Times are printed; they are limited only where CDO_TIMED is set. */
struct soak_times {
	size_t n;
	long ms[4096]; /* the first so many */
};
void soak_times_add(struct soak_times *, long ms);
/* That of so many of a hundred are not longer than; 0 if there are none. */
long soak_times_at(struct soak_times *, unsigned percent);
/* Median, 99 of a hundred, the longest; limit: of the 99. */
void soak_times_tell(struct soak_times *, const char *what, long limit);
void soak_limit(const char *what, long value, long limit);

/*
 * From now on this process and all that it starts have a network of their own,
 * where there is only the loopback.  False: that is not allowed here.
 */
bool soak_own_network(void);
/* There this machine gets another address. */
void soak_new_address(unsigned n);

#endif
