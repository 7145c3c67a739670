/* custodian/upgrade.h - give way to a custodian of another release. */
#ifndef CDO_CUSTODIAN_UPGRADE_H
#define CDO_CUSTODIAN_UPGRADE_H

struct custodian;

/*
 * Ends the loop as soon as nothing is under way that a successor could not
 * know of; the keeper starts what its binary is by then.  Without a keeper this
 * custodian stays.
 */
void upgrade_begin(struct custodian *);

#endif
