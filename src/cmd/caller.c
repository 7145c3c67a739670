/* cmd/caller.c - what a session gets of who asks for it. */
#include "cmd/caller.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "base/words.h"
#include "proto/msg.h"

void
caller_words(struct msg_writer *m, const char *key, char *const *list)
{
	size_t n = words_count(list);

	msg_str(m, key);
	msg_array(m, (unsigned)n);
	for (size_t i = 0; i < n; i++)
		msg_str(m, list[i]);
}

static char **
of_terminal(void)
{
	static const char *const keys[] = { "TERM=", "COLORTERM=", "LANG=",
					    "LC_" };
	char **list = NULL;

	for (char **e = environ; e != NULL && *e != NULL; e++)
		for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
			if (str_starts(*e, keys[i]))
				words_add(&list, *e);
	return list;
}

void
caller_put(struct msg_writer *m, bool far)
{
	mode_t mask = umask(0);
	char **list = far ? of_terminal() : NULL;

	umask(mask);
	caller_words(m, "env", far ? list : environ);
	msg_str(m, "umask");
	if (far)
		msg_nil(m);
	else
		msg_uint(m, mask);
	msg_str(m, "far");
	msg_bool(m, far);
	words_free(list);
}

size_t
caller_bytes(void)
{
	size_t n = 64;

	for (char **e = environ; e != NULL && *e != NULL; e++)
		n += strlen(*e) + 8;
	return n;
}
