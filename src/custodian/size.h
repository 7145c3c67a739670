/* custodian/size.h - whose size the session has. */
#ifndef CDO_CUSTODIAN_SIZE_H
#define CDO_CUSTODIAN_SIZE_H

#include <stddef.h>

struct custodian;
struct guest;

/*
 * A sole client that may type sets the size; among several, the one that typed
 * or pasted last.  Nobody attached keeps it.
 */
void size_start(struct custodian *);
/* g is about to attach: before its first snapshot. */
void size_attach(struct custodian *, struct guest *g);
/* g's terminal has another size. */
void size_wish(struct custodian *, struct guest *g);
/* g sent these bytes; reports of focus and mouse do not count as typing. */
void size_typed(struct custodian *, struct guest *g, const void *data,
		size_t len);
/* g has left and is not looked at any more. */
void size_left(struct custodian *, const struct guest *g);

#endif
