/* proto/address.h - HOST[:PORT] of another machine. */
#ifndef CDO_PROTO_ADDRESS_H
#define CDO_PROTO_ADDRESS_H

#include <stdint.h>

struct sockaddr;

enum {
	ADDRESS_PORT = 7433, /* unless it is said otherwise */
	ADDRESS_MAX = 300, /* bytes of HOST:PORT */
};

/*
 * HOST, HOST:PORT, [V6]:PORT, [V6] or a bare V6 address.  Returns 0 with
 * *host (caller frees) and *port, or -EINVAL.
 */
int address_split(const char *text, char **host, uint16_t *port);
/* HOST:PORT, in brackets what has colons; caller frees. */
char *address_join(const char *host, uint16_t port);
/* The same of a socket's address, in numbers; caller frees. */
char *address_show(const struct sockaddr *);

#endif
