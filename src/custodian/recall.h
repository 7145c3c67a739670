/* custodian/recall.h - the screen in the session memory, for a successor. */
#ifndef CDO_CUSTODIAN_RECALL_H
#define CDO_CUSTODIAN_RECALL_H

#include <stdbool.h>

struct custodian;
struct screen_options;

/* Whether no custodian of this run had anything to show yet. */
bool recall_fresh(const struct custodian *);
/*
 * Makes c->screen: blank for a new session, what an earlier run has left for
 * one that runs again, otherwise what the predecessor's showed, as far as the
 * session memory tells.
 */
void recall_screen(struct custodian *, const struct screen_options *);

/* More output came: is it time for another frame? */
void recall_note(struct custodian *);
/* Another size: what was written for the old one cannot be continued. */
void recall_resized(struct custodian *);
/* What the screen shows now is what the run begins with. */
void recall_keep(struct custodian *);
/* The session is quiet: keeps the least that restores it. */
void recall_quiet(struct custodian *);

#endif
