/* cmd/lines.h - what a program wrote, as the lines a reader would see. */
#ifndef CDO_CMD_LINES_H
#define CDO_CMD_LINES_H

#include <stdbool.h>

struct buf;
struct cast_event;
struct lines;

/*
 * A line is given once it has left the screen upwards, whole, as it was then:
 * what is painted over and over is there in its last form.  With `pens` lines
 * carry colours and links.
 */
struct lines *lines_new(bool pens);
void lines_free(struct lines *);

/* Appends the lines that the event finishes; the first one is a resize. */
void lines_feed(struct lines *, const struct cast_event *, struct buf *out);
/* And those above the cursor, which will probably stay as they are. */
void lines_settled(struct lines *, struct buf *out);
/* And all the rest of the screen. */
void lines_rest(struct lines *, struct buf *out);

#endif
