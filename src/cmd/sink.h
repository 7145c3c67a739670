/* cmd/sink.h - a file that is there whole or not at all. */
#ifndef CDO_CMD_SINK_H
#define CDO_CMD_SINK_H

#include <stdbool.h>

#include "base/buf.h"

struct sink {
	int fd;
	char *path, *temp; /* NULL: written where it is */
	struct buf buf; /* what is to be written; append to it */
};

/*
 * path NULL: stdout.  A file takes its name when sink_close is told so, until
 * then an older one is as it was; what is no file is written to directly.
 * Returns 0 or -errno.
 */
int sink_open(struct sink *, const char *path);
/* Writes what was appended once it is enough; 0 or -errno. */
int sink_push(struct sink *);
/* With `keep` the rest of it; else as if it had never been.  0 or -errno. */
int sink_close(struct sink *, bool keep);

#endif
