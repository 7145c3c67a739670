/* relay/allowed.c - the hosts that may register at a blind relay. */
#include "relay/allowed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/str.h"

enum { FILE_MAX = 64 << 10 };

static int
wrong(const char *path, unsigned line, char **why)
{
	*why = str_printf("%s:%u: no fingerprint", path, line);
	return -EINVAL;
}

int
allowed_read(struct allowed *a, const char *path, char **why)
{
	struct buf text = { 0 };
	char *rest = NULL;
	unsigned line = 0;
	int r = io_slurp(path, FILE_MAX, &text);

	*why = NULL;
	a->n = 0;
	if (r < 0 && r != -ENOENT)
		*why = str_printf("%s: %s", path, io_error(r));
	else
		r = 0;
	char *all = buf_steal(&text);
	for (char *s = strtok_r(all, "\n", &rest); r == 0 && s != NULL;
	     s = strtok_r(NULL, "\n", &rest)) {
		line++;
		s += strspn(s, " \t\r");
		s[strcspn(s, "# \t\r")] = '\0';
		if (*s == '\0')
			continue;
		if (strlen(s) != IDENTITY_SHOWN - 1 || a->n == ALLOWED_MAX)
			r = wrong(path, line, why);
		else
			memcpy(a->list[a->n++], s, IDENTITY_SHOWN);
	}
	free(all);
	return r;
}

bool
allowed_has(const struct allowed *a, const uint8_t key[NOISE_KEY])
{
	char shown[IDENTITY_SHOWN];

	identity_show(key, shown);
	for (unsigned i = 0; i < a->n; i++)
		if (strcmp(a->list[i], shown) == 0)
			return true;
	return false;
}
