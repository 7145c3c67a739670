/* cmd/tape.h - a session's recording as what happens to one terminal. */
#ifndef CDO_CMD_TAPE_H
#define CDO_CMD_TAPE_H

#include <stdint.h>

struct cast_event;
struct tape;

/* As playback_new. */
struct tape *tape_new(const char *dir, unsigned newest);
void tape_free(struct tape *);

/*
 * Returns 1 with the next event, whose data is valid until the next call; 0 at
 * the end of what there is (ask again when there may be more); or -errno.
 * The first is a CAST_RESIZE that says how large the terminal is.  Output is
 * whole sequences and characters.  Where the recording has a hole a marker
 * says so, then output makes the screen whole again.
 */
int tape_next(struct tape *, struct cast_event *);

/* Unix ms of the first event and of the last; 0 before there was one. */
uint64_t tape_start(const struct tape *);
uint64_t tape_now(const struct tape *);

#endif
