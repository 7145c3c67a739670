/* custodian/request.h - what guests ask for. */
#ifndef CDO_CUSTODIAN_REQUEST_H
#define CDO_CUSTODIAN_REQUEST_H

struct custodian;
struct guest;
struct msg;

/*
 * Does what the message asks.  0, also for what is not known; -errno if the
 * guest is to be cut off.  The guest may be gone after 0 as well.
 */
int request_run(struct guest *, const struct msg *);
/* The session is over: answers those who asked for that. */
void request_answer_waiting(struct custodian *);

#endif
