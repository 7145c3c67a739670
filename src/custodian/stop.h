/* custodian/stop.h - end the program and what belongs to it. */
#ifndef CDO_CUSTODIAN_STOP_H
#define CDO_CUSTODIAN_STOP_H

#include <stdbool.h>
#include <stdint.h>

struct custodian;

/*
 * HUP and TERM (or `signum`, if it is not 0) to every process of the session
 * id, KILL to those that are there after grace ms.
 */
void stop_begin(struct custodian *, int signum, uint64_t grace);
/* The program has ended. */
void stop_ended(struct custodian *);
/* Nothing is being stopped, or nothing is left of it. */
bool stop_over(struct custodian *);

#endif
