/* soak/nth.h - which call below the state directory is to fail. */
#ifndef CDO_SOAK_NTH_H
#define CDO_SOAK_NTH_H

#include <stdatomic.h>

/*
 * A file that the test and everything it starts have mapped; its path is in
 * CDO_NTH.  The library nth.so, preloaded, makes call number `fail` of those
 * that concern files below `root` fail with EIO.
 */
struct nth {
	atomic_int fail; /* from 1; 0: none */
	atomic_int calls; /* counted while fail is set */
	atomic_int failed; /* how many did */
	char root[128];
	char what[160]; /* the call that failed, for the message */
};

#endif
