/* soak/common.h - what the tests of faults share. */
#ifndef CDO_SOAK_COMMON_H
#define CDO_SOAK_COMMON_H

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

#endif
