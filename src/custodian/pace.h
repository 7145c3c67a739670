/* custodian/pace.h - what a client far away is sent, and when. */
#ifndef CDO_CUSTODIAN_PACE_H
#define CDO_CUSTODIAN_PACE_H

#include <stdint.h>

struct guest;
struct paced;

/*
 * Its connection ends in another process of this machine, whose socket takes
 * more than the way behind it carries.  So it tells what it has shown
 * (MSG_SHOWN), and is sent no more than proto/pace allows: what is under way
 * to it is a fraction of a second old.  When it is behind by more than it
 * carries in half a second, what went past is left out, and it gets the screen
 * as it is by then.
 *
 * NULL for all others, which view.c serves as fast as they take it.
 */
struct paced *pace_new(struct guest *);
void pace_free(struct paced *);

/* As view_first, view_push and view_last; pace_push does nothing for others. */
void pace_first(struct guest *, uint32_t history);
void pace_push(struct guest *);
void pace_last(struct guest *);
/*
 * It has shown so many bytes of snapshots and output, in all.  0, or -EPROTO
 * if it cannot have.
 */
int pace_shown(struct guest *, uint64_t total);

#endif
