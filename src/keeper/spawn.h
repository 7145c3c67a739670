/* keeper/spawn.h - the program on its terminal, and custodians. */
#ifndef CDO_KEEPER_SPAWN_H
#define CDO_KEEPER_SPAWN_H

#include <sys/types.h>

#include "keeper/memory.h"

struct options;

/*
 * Opens a pseudo-terminal of cols x rows: fds[0] its master, fds[1] its slave.
 * 0 or -errno.
 */
int spawn_pty(unsigned cols, unsigned rows, int fds[2]);

/*
 * Starts o->program in o->cwd on the slave, in a session of its own, signals as
 * by default.  Returns its pid once it runs, or -errno with *stage "cwd",
 * "exec" or "fork".
 */
pid_t spawn_program(const struct options *o, int slave, const char **stage);

/*
 * Becomes the custodian, with fds[i] as descriptor i of enum memory_fd (those
 * below MEMORY_FD_CONTROL are not looked at, -1 is closed).  argv is a
 * keeper's.  Returns only if that failed, -errno.
 */
int spawn_custodian(const struct options *o, char **argv,
		    const int fds[MEMORY_FD_COUNT]);

/*
 * Has systemd-run put this process into o->scope, and comes back as a keeper
 * with --scoped instead of --scope.  Returns only if it is not there.
 */
void spawn_scope(const struct options *o, char **argv);

#endif
