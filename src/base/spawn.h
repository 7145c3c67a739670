/* base/spawn.h - start a process, of ours mostly, that outlives us. */
#ifndef CDO_BASE_SPAWN_H
#define CDO_BASE_SPAWN_H

#include <sys/types.h>

/*
 * Starts this very binary with argv (argv[0] is free to choose), in a session
 * of its own, signals as by default, stdin and stdout on /dev/null, stderr
 * likewise or err_fd if that is >= 0, and fds[i] as descriptor 3 + i; nothing
 * else is inherited.  env NULL: ours.  Returns the pid or -errno.  The child
 * is the caller's to wait for.
 */
pid_t spawn_self(char *const argv[], char *const env[], const int *fds,
		 int nfds, int err_fd);

/*
 * The same, but near to us: in our session and process group, with our stderr,
 * so that it can ask on our terminal; what is typed there to stop or end us
 * does not reach it, nor that the terminal is closed.
 */
pid_t spawn_near(char *const argv[], const int *fds, int nfds);
/* Likewise a program of the system's, found on PATH; -1: /dev/null. */
pid_t spawn_system(char *const argv[], int in, int out, int err);

/* The path of this binary as it was started, absolute; borrowed. */
const char *spawn_self_path(void);
/* main() tells it once. */
void spawn_init(const char *argv0);

#endif
