/* vt/query.h - what a program asks and what the terminal answers. */
#ifndef CDO_VT_QUERY_H
#define CDO_VT_QUERY_H

#include <stdbool.h>

struct screen;
struct token;

/*
 * Called for every control, ESC, CSI, OSC, DCS and APC token before the
 * screen looks at it.  If it asks the terminal something, answers through
 * events.reply (or refuses) and reports the token's bytes through events.cut.
 * Returns true when nothing is left in it for the screen: false for what is
 * no query, and for colour settings that have a query among them.
 */
bool query_token(struct screen *, const struct token *);

/* Tells a program that set 2031 whether the terminal is dark or light. */
void query_theme(struct screen *);
/* Tells a program that set 2048 the size: when it sets it, and after a
 * resize. */
void query_size(struct screen *);

#endif
