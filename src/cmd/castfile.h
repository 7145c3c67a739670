/* cmd/castfile.h - the events of an asciicast that lies in a file. */
#ifndef CDO_CMD_CASTFILE_H
#define CDO_CMD_CASTFILE_H

struct cast_event;
struct cast_head;
struct castfile;

/*
 * NULL if it cannot be read or is no cast of version 1, 2 or 3, with *why
 * saying so (caller frees).
 */
struct castfile *castfile_open(const char *path, char **why);
void castfile_close(struct castfile *);

/* Borrowed from the file. */
const struct cast_head *castfile_head(const struct castfile *);
/* As tape_next; the first is the head's size.  -EINVAL: a line is wrong. */
int castfile_next(struct castfile *, struct cast_event *);

#endif
