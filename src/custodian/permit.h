/* custodian/permit.h - who a guest is, and what it may do. */
#ifndef CDO_CUSTODIAN_PERMIT_H
#define CDO_CUSTODIAN_PERMIT_H

#include <stdint.h>

struct guest;
struct msg;

/* The guest's first message: fixes its role for good. */
void permit_greet(struct guest *, const struct msg *);
/* Gives an attaching guest its client's id. */
void permit_id(struct guest *, const uint8_t id[16]);

#endif
