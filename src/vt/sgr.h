/* vt/sgr.h - pens as the sequences that select them. */
#ifndef CDO_VT_SGR_H
#define CDO_VT_SGR_H

#include <stdbool.h>

#include "vt/pen.h"

struct buf;

/* What the terminal that reads `out` has selected. */
struct sgr {
	const struct pens *pens; /* where links are looked up */
	struct buf *out;
	struct pen now;
};

/* Appends the shortest way from the selected pen to this one. */
void sgr_select(struct sgr *, const struct pen *);
/* Appends the parameters of SGR that select it from any pen: "0;1;31". */
void sgr_params(const struct pen *, struct buf *out);

#endif
