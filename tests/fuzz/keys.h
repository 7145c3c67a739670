/* fuzz/keys.h - ends of a link whose keys are always the same. */
#ifndef CDO_FUZZ_KEYS_H
#define CDO_FUZZ_KEYS_H

#include <stdbool.h>

#include "proto/greet.h"
#include "proto/link.h"

/*
 * A greet with the keys of tests/vectors/cdo-pair-v1.json, so that what was
 * recorded there is a good beginning.
 */
void keys_greet(struct greet *, bool host, enum greet_type, bool pairing);
/* A link whose keys are zeros, both ways. */
void keys_link(struct link *);

#endif
