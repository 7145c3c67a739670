/* bench/far.h - attaching from another machine, which is this one. */
#ifndef CDO_BENCH_FAR_H
#define CDO_BENCH_FAR_H

#include <sys/types.h>

/* A sshd with keys and a configuration of its own, on the loopback. */
struct far {
	char *dir, *ssh, *conf; /* owned; conf: of the client, for "box" */
	pid_t sshd;
};

/* 0, or -1 where there is no OpenSSH or it does not start. */
int far_init(struct far *, const char *dir);
void far_release(struct far *);
/*
 * A shell script that pairs a device, whose directories are in $FAR_DEVICE,
 * with the host of the environment; they meet at this address.
 */
extern const char far_pairing[];
#define FAR_ADDRESS "127.98.76.54"

#endif
