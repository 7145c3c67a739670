/* client/patience.h - write to a busy terminal, for a moment only. */
#ifndef CDO_CLIENT_PATIENCE_H
#define CDO_CLIENT_PATIENCE_H

#include <stddef.h>

/*
 * Writes to a blocking descriptor, but not for longer than about `ms`;
 * returns how much was written, 0 also after an error.  The process's alarm
 * clock (SIGALRM) belongs to this.
 *
 * To be woken inside of write each time that a terminal has read what it had
 * takes half the time of asking for every bit of room that it makes.
 */
size_t patience_write(int fd, const void *data, size_t len, unsigned ms);

#endif
