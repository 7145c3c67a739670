/* relay/confine.h - what the system itself offers to lock a process in. */
#ifndef CDO_RELAY_CONFINE_H
#define CDO_RELAY_CONFINE_H

#include <stdbool.h>

struct sandbox;

/* Notes what there is, and with `enter` locks this process in for good. */
void confine(struct sandbox *, bool enter);

#endif
