/* base/path.h - where cdo's sockets, state and configuration are. */
#ifndef CDO_BASE_PATH_H
#define CDO_BASE_PATH_H

#include <stddef.h>

/*
 * Each returns a string that the caller frees, absolute, without a trailing
 * slash (design.md, "State on disk and in the runtime directory").  Nothing
 * is made or checked.
 */
char *path_runtime(void); /* $CDO_RUNTIME_DIR, $XDG_RUNTIME_DIR/cdo, or: */
/*
 * Where the sockets are while the first has vanished: $CDO_RUNTIME_SECOND, else
 * /tmp/cdo-UID, but NULL if $CDO_RUNTIME_DIR says where the first is.
 */
char *path_runtime_second(void);
char *path_state(void); /* $CDO_STATE_DIR, $XDG_STATE_HOME/cdo */
char *path_config(void); /* $CDO_CONFIG, $XDG_CONFIG_HOME/cdo/cdo.conf */
char *path_home(void); /* $HOME, else of the password database */

/* "dir/name"; caller frees. */
char *path_join(const char *dir, const char *name);
/* Puts ~ for the home directory, for people to read; caller frees. */
char *path_tilde(const char *path);

/*
 * Makes dir (0700, parents too) if it is missing, then checks that it is a
 * directory and no link, ours, and closed to everybody else.  Returns 0 or
 * -errno with *why saying what is wrong with which directory and what to do
 * (caller frees; NULL on success).
 */
int path_private_dir(const char *dir, char **why);

/* 0 if a Unix socket of this path can be bound, -ENAMETOOLONG if not. */
int path_socket_fits(const char *path);

#endif
