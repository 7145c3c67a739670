/* proto/rights.h - what a paired device may ask for. */
#ifndef CDO_PROTO_RIGHTS_H
#define CDO_PROTO_RIGHTS_H

#include <stdbool.h>
#include <stddef.h>

/* Each holds all rights of those before it. */
enum role {
	ROLE_NONE, /* no role of this name */
	ROLE_VIEW, /* sees sessions */
	ROLE_ATTACH, /* types into them too */
	ROLE_FULL, /* starts, ends and names them: a login */
	ROLE_LOCAL, /* the user here: devices and the server's life as well */
};

/* "view", "attach", "full", "local"; static. */
const char *role_name(enum role);
/* ROLE_NONE if it is none that a device can have. */
enum role role_read(const char *name, size_t len);

/*
 * The least role that may send a message of this type to a server or a
 * custodian.  A type that is not listed is for no device.
 */
enum role rights_needed(unsigned type);

enum { RIGHTS_REFUSALS = 8 }; /* then the connection is closed */

#endif
