/* custodian/recording.h - what of the session goes to the recorder, when. */
#ifndef CDO_CUSTODIAN_RECORDING_H
#define CDO_CUSTODIAN_RECORDING_H

#include <stddef.h>

struct custodian;

/* Unless the session is not to be recorded. */
void recording_start(struct custodian *);
/* The screen was fed; the ring still has the cuts. */
void recording_output(struct custodian *);
/* What the screen was given that is not of the program. */
void recording_bytes(struct custodian *, void *data, size_t len);
void recording_resized(struct custodian *);
/* The program has ended, and all of its output was read. */
void recording_exit(struct custodian *, int status);
/* This custodian goes: all that was handed over can be read. */
void recording_stop(struct custodian *);
/* "on", "off", "flood" while too much comes, or why it is paused. */
const char *recording_state(const struct custodian *);

#endif
