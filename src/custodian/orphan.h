/* custodian/orphan.h - children that come to us, and the program if need be. */
#ifndef CDO_CUSTODIAN_ORPHAN_H
#define CDO_CUSTODIAN_ORPHAN_H

struct custodian;

/* The first custodian is a subreaper: it waits for whoever is left to it. */
void orphan_start(struct custodian *);
/*
 * The keeper is gone: we learn of the program's end ourselves, and put it into
 * the session memory in the keeper's stead.
 */
void orphan_adopt(struct custodian *);

#endif
