/* cmd/place.h - which machine a word means. */
#ifndef CDO_CMD_PLACE_H
#define CDO_CMD_PLACE_H

#include <stdbool.h>

struct far;

/* -H HOST: where words without a host are.  False if it can be none. */
bool place_set(const char *host);
/* As set; NULL: here. */
const char *place_default(void);
/* Whether it can be the name of a machine: as a session's, or ssh:... */
bool place_is_host(const char *host);

/*
 * Splits "HOST/NAME" at its last slash.  Returns NAME, borrowed; *host is the
 * caller's to free: HOST, or without one the default, NULL for here.
 */
const char *place_split(const char *word, char **host);

/*
 * The link to that machine, dialed at the first call and kept for all that
 * this process does there.  Waits until it is up, for some seconds, or as long
 * as ssh takes that may ask.  NULL after *error (enum msg_error) and *why for
 * people (caller frees).
 */
struct far *place_link(const char *host, int *error, char **why);
/*
 * The same without waiting; NULL if there can be none.  ask: ssh may ask on
 * the terminal.
 */
struct far *place_dial(const char *host, bool ask);
/* Hangs up everywhere. */
void place_leave(void);

#endif
