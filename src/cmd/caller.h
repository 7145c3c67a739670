/* cmd/caller.h - what a session gets of who asks for it. */
#ifndef CDO_CMD_CALLER_H
#define CDO_CMD_CALLER_H

#include <stdbool.h>
#include <stddef.h>

struct msg_writer;

/*
 * Pairs of MSG_NEW's map: CALLER_PAIRS of them, "env", "umask" and "far": the
 * session is to be on another machine, which is told of the terminal alone.
 */
enum { CALLER_PAIRS = 3 };
void caller_put(struct msg_writer *, bool far);
/* How many bytes that is, at most. */
size_t caller_bytes(void);

/* A key and an array of strings; NULL: an empty one. */
void caller_words(struct msg_writer *, const char *key, char *const *list);

#endif
