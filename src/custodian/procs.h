/* custodian/procs.h - the processes of a session, by its session id. */
#ifndef CDO_CUSTODIAN_PROCS_H
#define CDO_CUSTODIAN_PROCS_H

#include <stdint.h>
#include <sys/types.h>

/* Ticks since boot, as processes are stamped with; 0 where nobody tells. */
uint64_t procs_clock(void);

/*
 * Sends a signal (0: none) to every process whose session id is sid.  Once its
 * leader is gone the number may be given to somebody else: `ended` is
 * procs_clock() of its end, or 0 while it lives.  Returns how many there are.
 * Where processes cannot be listed it is the leader's process group, and the
 * answer 0 or 1.
 */
unsigned procs_signal(pid_t sid, int signum, uint64_t ended);

/*
 * The wait status of a process of this user that has ended and that its parent,
 * whoever that is, has not waited for yet; else -1.
 */
int procs_status(pid_t pid);

#endif
