/* custodian/above.h - what an earlier run of the session has left. */
#ifndef CDO_CUSTODIAN_ABOVE_H
#define CDO_CUSTODIAN_ABOVE_H

struct custodian;
struct screen_options;

/*
 * --above: the session runs again.  above_screen makes c->screen, as the
 * earlier run left it; above_line, once that is recorded, undoes what its
 * program had set and puts a visible line below.
 */
void above_screen(struct custodian *, const struct screen_options *);
void above_line(struct custodian *);

#endif
