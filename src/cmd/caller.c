/* cmd/caller.c - what a session gets of who asks for it. */
#include "cmd/caller.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

void
caller_put(struct msg_writer *m)
{
	mode_t mask = umask(0);

	umask(mask);
	caller_words(m, "env", environ);
	msg_str(m, "umask");
	msg_uint(m, mask);
}

size_t
caller_bytes(void)
{
	size_t n = 64;

	for (char **e = environ; e != NULL && *e != NULL; e++)
		n += strlen(*e) + 8;
	return n;
}
