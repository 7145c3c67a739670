/* custodian/flow.h - bytes from the PTY, and to it. */
#ifndef CDO_CUSTODIAN_FLOW_H
#define CDO_CUSTODIAN_FLOW_H

#include <stdbool.h>

struct custodian;

/* Watches the PTY from here on. */
void flow_start(struct custodian *);
void flow_stop(struct custodian *);
/*
 * Reads what is there, into ring, screen and clients.  False once there will
 * never be more.
 */
bool flow_read(struct custodian *);
/* Writes what is queued for the program, and watches for room if need be. */
void flow_type(struct custodian *);

#endif
