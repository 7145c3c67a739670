/* proto/private.h - small files that only their owner may read. */
#ifndef CDO_PROTO_PRIVATE_H
#define CDO_PROTO_PRIVATE_H

#include <stddef.h>

struct buf;

/*
 * Appends the file, max bytes at most, to out if it is a plain file of ours,
 * with one name, closed to others.  Returns 0, -ENOENT, or -errno with *why
 * saying what is wrong with it and what to do (caller frees; NULL on 0 and
 * -ENOENT).  What was read is wiped by private_release.
 */
int private_read(const char *path, size_t max, struct buf *out, char **why);
/* Replaces it as a whole (io_replace, 0600); 0 or -errno. */
int private_write(const char *path, const struct buf *text);
/* Removes it, and makes that last; 0, also if it is not there, or -errno. */
int private_remove(const char *path);
/* Wipes, then frees. */
void private_release(struct buf *);

#endif
