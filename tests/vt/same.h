/* vt/same.h - the laws of the engine: where two screens differ. */
#ifndef CDO_TESTS_SAME_H
#define CDO_TESTS_SAME_H

#include <stddef.h>
#include <stdint.h>

struct screen;

/*
 * What the first difference is, for people; NULL if there is none.  Erased
 * cells count as blanks; what a snapshot does not carry is not compared:
 * saved modes, prompt marks, what a frame holds back.  Caller frees.
 */
char *same_screens(const struct screen *, const struct screen *);

/*
 * The snapshot of s on a new terminal gives s, and there the same snapshot.
 * Returns what is wrong, NULL if nothing is.  Caller frees.
 */
char *same_snapshot(const struct screen *s);

/*
 * A terminal that was given `a` and is then given the snapshot of `s`, with
 * what undoes `a`, has s.
 */
char *same_after(const struct screen *s, const void *a, size_t len);

#endif
