/* e2e/sshd.h - another machine that the system's ssh leads to: this one. */
#ifndef CDO_E2E_SSHD_H
#define CDO_E2E_SSHD_H

#include <sys/types.h>

struct world;

/*
 * Starts a real sshd on the loopback address with keys and a configuration of
 * its own; `ssh box` leads to it, and there cdo has other directories: far-run
 * and far-state.  Every login is noisy.  Skips the test where there is no sshd.
 */
struct sshd;
struct sshd *sshd_start(struct world *);
/* Nobody gets in, and nobody who is in hears anything any more. */
void sshd_freeze(struct sshd *);
void sshd_thaw(struct sshd *);
/* Who is in is thrown out. */
void sshd_cut(struct sshd *);
/* Runs cdo on the far side, without ssh; returns its output. */
char *sshd_cdo(struct world *, const char *words);

#endif
