/* unit/failing.h - the nth call on a file fails, by the linker's --wrap. */
#ifndef CDO_UNIT_FAILING_H
#define CDO_UNIT_FAILING_H

/* What a test that uses it is linked with; see Makefile.am, FAILING. */

/* From now on call number n fails with this errno; 0: none does. */
void failing_at(int n, int with);
/* How many calls there were since failing_at. */
int failing_calls(void);

#endif
