/* e2e/guard.h - whatever tests have started ends with them. */
#ifndef CDO_E2E_GUARD_H
#define CDO_E2E_GUARD_H

/*
 * Called first of all: the tests go on in a child.  When that has ended,
 * however it did, and also when this process is asked to end, every process
 * that it has left is killed and guard_dir removed; then this one exits as the
 * child did.
 */
void guard_begin(void);
/* Where the tests make their directories: a short path, for sockets. */
const char *guard_dir(void);

#endif
