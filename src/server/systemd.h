/* server/systemd.h - what systemd is told, and what it gives. */
#ifndef CDO_SERVER_SYSTEMD_H
#define CDO_SERVER_SYSTEMD_H

#include <stdbool.h>

/* All of it does nothing where there is no systemd. */

/* The listening socket that it has handed over, or -1. */
int systemd_listener(void);
/* "READY=1" or the like, to who asked for it (sd_notify(3)). */
void systemd_tell(const char *state);
/*
 * Whether sessions shall have a scope of their own: the user's manager stays
 * when the last login ends, or it keeps this server.
 */
bool systemd_scopes(void);

#endif
