/* custodian/summon.h - the server was lost: have another one. */
#ifndef CDO_CUSTODIAN_SUMMON_H
#define CDO_CUSTODIAN_SUMMON_H

struct custodian;

/*
 * A session that ends with its server also does when that was killed before it
 * came, or together with the custodian before this one.
 */
void summon_start(struct custodian *);
/* The connection to the server broke: starts one, unless somebody else does. */
void summon_lost(struct custodian *);
/* The server said that it goes on purpose. */
void summon_left(struct custodian *);

#endif
