/* client/bindings.h - what the keys after the prefix do. */
#ifndef CDO_CLIENT_BINDINGS_H
#define CDO_CLIENT_BINDINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/stroke.h"

enum bindings_verdict {
	BINDINGS_PASS, /* not ours: type it */
	BINDINGS_HOLD, /* perhaps ours: keep it */
	BINDINGS_DROP, /* ours; what was held is ours too */
	BINDINGS_LITERAL, /* what was held is ours; type this one */
	BINDINGS_BACK, /* what was held was not ours: type it, ask again */
	BINDINGS_DETACH, /* do it; the key and what was held are ours */
	BINDINGS_SUSPEND,
	BINDINGS_HELP,
	BINDINGS_UNKNOWN, /* the prefix and a key that nothing is bound to */
};

enum { BINDINGS_DETACH_MAX = 8, BINDINGS_DOWN_MAX = 4 };

struct bindings {
	struct stroke prefix;
	struct stroke detach[BINDINGS_DETACH_MAX];
	unsigned detach_len; /* 0: the prefix and d */
	unsigned matched; /* of detach */
	bool prefixed; /* the prefix was the last key */
	/* Keys we took whose release is ours as well. */
	uint32_t down[BINDINGS_DOWN_MAX];
	unsigned down_len;
};

/* NULL: the defaults.  0, or -EINVAL if the words name no such keys. */
int bindings_init(struct bindings *, const char *prefix,
		  const char *detach_keys);

/* False: only a control character, or ESC, can be the next key of ours. */
bool bindings_busy(const struct bindings *);

enum bindings_verdict bindings_take(struct bindings *, const struct stroke *);

/*
 * Row i of the table: a key that follows the prefix and what it does, NULL
 * if detach keys of the user's own stand in its place.  False behind the last.
 */
bool bindings_row(const struct bindings *, size_t i, const char **key,
		  const char **does);

#endif
