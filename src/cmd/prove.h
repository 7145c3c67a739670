/* cmd/prove.h - try on this host what a kill leaves of a session. */
#ifndef CDO_CMD_PROVE_H
#define CDO_CMD_PROVE_H

struct checks;

/*
 * Starts a session in a place of its own, kills its server, custodian and
 * keeper, one after the other, attaches again, and adds a row for each.
 * Nothing of it is left behind.
 */
void prove(struct checks *);

#endif
