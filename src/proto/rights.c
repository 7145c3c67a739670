/* proto/rights.c - what a paired device may ask for. */
#include "proto/rights.h"

#include <string.h>

#include "proto/msg.h"

static const char *const names[] = {
	[ROLE_NONE] = "none", [ROLE_VIEW] = "view",   [ROLE_ATTACH] = "attach",
	[ROLE_FULL] = "full", [ROLE_LOCAL] = "local",
};

static const struct {
	enum msg_type type;
	enum role role;
} needed[] = {
	{ MSG_HELLO, ROLE_VIEW },   { MSG_LIST, ROLE_VIEW },
	{ MSG_FIND, ROLE_VIEW },    { MSG_STATUS, ROLE_VIEW },
	{ MSG_ATTACH, ROLE_VIEW }, /* read-only */
	{ MSG_SHOWN, ROLE_VIEW },   { MSG_DETACH, ROLE_VIEW },
	{ MSG_RESYNC, ROLE_VIEW },  { MSG_CAPTURE, ROLE_VIEW },
	{ MSG_INFO, ROLE_VIEW },    { MSG_FETCH, ROLE_VIEW },
	{ MSG_PROFILE, ROLE_VIEW }, /* only that of a typist counts */

	{ MSG_INPUT, ROLE_ATTACH }, { MSG_RESIZE, ROLE_ATTACH },

	{ MSG_NEW, ROLE_FULL },	    { MSG_RENAME, ROLE_FULL },
	{ MSG_LABEL, ROLE_FULL },   { MSG_CLEAR, ROLE_FULL },
	{ MSG_HALT, ROLE_FULL },    { MSG_STOP, ROLE_FULL },
	{ MSG_KICK, ROLE_FULL },
};

const char *
role_name(enum role role)
{
	return names[role <= ROLE_LOCAL ? role : ROLE_NONE];
}

enum role
role_read(const char *name, size_t len)
{
	for (enum role r = ROLE_VIEW; r <= ROLE_FULL; r++)
		if (strlen(names[r]) == len && memcmp(names[r], name, len) == 0)
			return r;
	return ROLE_NONE;
}

enum role
rights_needed(unsigned type)
{
	for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
		if (needed[i].type == type)
			return needed[i].role;
	return ROLE_LOCAL;
}
