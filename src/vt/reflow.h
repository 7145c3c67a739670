/* vt/reflow.h - a new size. */
#ifndef CDO_VT_REFLOW_H
#define CDO_VT_REFLOW_H

struct screen;

/*
 * Gives the primary screen and the history a new size: what had wrapped is
 * joined and wraps anew, the cursor and the saved cursor stay with their
 * text.  s->cols and s->rows are still the old ones.
 */
void reflow_primary(struct screen *, unsigned cols, unsigned rows);
/* The alternate screen is cut or padded: its program will draw it anew. */
void reflow_alternate(struct screen *, unsigned cols, unsigned rows);

#endif
