/* base/run.h - run a program of the system's and hear what it says. */
#ifndef CDO_BASE_RUN_H
#define CDO_BASE_RUN_H

struct buf;

/*
 * Runs argv[0], found on PATH, without input, for ms at most, and appends
 * what it prints on stdout, bounded.  Returns its exit status, 128+N for a
 * signal, -ETIMEDOUT after killing it, or -errno (-ENOENT: not on PATH).
 */
int run_read(char *const argv[], int ms, struct buf *out);

#endif
