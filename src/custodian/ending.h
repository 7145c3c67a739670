/* custodian/ending.h - the program has ended: what remains to be done. */
#ifndef CDO_CUSTODIAN_ENDING_H
#define CDO_CUSTODIAN_ENDING_H

struct custodian;
struct guest;

/*
 * The program has ended, as the session memory says.  Its last output is read,
 * its record written, everybody told; then the loop stops.
 */
void ending_begin(struct custodian *);
/* The PTY will never give more. */
void ending_drained(struct custodian *);
/* What it waited for may be over; see stop_over. */
void ending_check(struct custodian *);
/* A client that attached meanwhile. */
void ending_tell(struct custodian *, struct guest *);

#endif
