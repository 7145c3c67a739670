/* custodian/permit.h - who a guest is, and what it may do. */
#ifndef CDO_CUSTODIAN_PERMIT_H
#define CDO_CUSTODIAN_PERMIT_H

#include <stdbool.h>
#include <stdint.h>

struct guest;
struct msg;

/*
 * The guest's first message: fixes its role for good.  0, or -EUSERS if it is
 * a device and they have all places that are theirs.
 */
int permit_greet(struct guest *, const struct msg *);
/*
 * Whether the guest may be given one more answer: not while so many are there
 * that it has not read.
 */
bool permit_answer(const struct guest *);
/* Gives an attaching guest its client's id. */
void permit_id(struct guest *, const uint8_t id[16]);
/*
 * Whether an attaching guest that has its id may type: its role holds that,
 * and there is a place left in the table of what was taken of each.
 */
bool permit_typing(const struct guest *);

#endif
