/* base/lock.h - a file that one process holds. */
#ifndef CDO_BASE_LOCK_H
#define CDO_BASE_LOCK_H

#include <stdbool.h>

/*
 * Locks the file at path, making it if need be (0600).  Returns a descriptor,
 * close-on-exec, that holds the lock until it and its copies are closed, or
 * -errno; -EWOULDBLOCK if another holds it and `wait` is false.
 */
int lock_take(const char *path, bool wait);

#endif
