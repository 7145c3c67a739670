/* vt/flow.h - rows as the text that, written on, gives them again. */
#ifndef CDO_VT_FLOW_H
#define CDO_VT_FLOW_H

#include <stdbool.h>

#include "vt/row.h"
#include "vt/sgr.h"

/*
 * Rows go in from the top to the bottom.  A row that is wrapped goes on where
 * the one before stands at the margin; the others begin after an `eol`.
 */
struct flow {
	struct sgr sgr;
	unsigned cols;
	const char *eol;
	bool pens; /* write pens and links; else text only */
	/* For an erased terminal: jump over gaps, say where doubtful characters
	 * end, tell doubles. */
	bool terminal;
	/* The row before, all-zero at the start. */
	bool open;
	unsigned at; /* the column where it was left */
	bool joins; /* what comes next might join its last character */
};

void flow_row(struct flow *, const struct row *);
/* Writes the row's cells [from, to) where the cursor is. */
void flow_cells(struct flow *, const struct row *, unsigned from, unsigned to);
/* Back to the default pen. */
void flow_end(struct flow *);
/* Without the trailing cells that were erased in the default pen. */
unsigned flow_length(const struct row *, unsigned cols);

#endif
