/* relay/network.h - this machine's addresses have changed. */
#ifndef CDO_RELAY_NETWORK_H
#define CDO_RELAY_NETWORK_H

/*
 * A descriptor that is readable when they may have, non-blocking; or -errno:
 * this system does not tell, and one has to go by the link's silence alone.
 */
int network_open(void);
/* Reads what it says.  1: they have changed; 0; or -errno: close it. */
int network_read(int fd);

#endif
