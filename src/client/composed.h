/* client/composed.h - a session of another size, drawn on a canvas. */
#ifndef CDO_CLIENT_COMPOSED_H
#define CDO_CLIENT_COMPOSED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct composed;

/* A terminal of cols x rows; the session is blank until a snapshot comes. */
struct composed *composed_new(unsigned cols, unsigned rows);
/* Appends what gives the terminal back as it was; then it may be freed. */
void composed_leave(struct composed *, struct buf *out);
void composed_free(struct composed *);

void composed_resize(struct composed *, unsigned cols, unsigned rows);
/* The session is of this size from here on, and blank. */
void composed_session(struct composed *, unsigned cols, unsigned rows);
/* The session's snapshot, and its output: what rings in that, rings here. */
void composed_snapshot(struct composed *, const void *data, size_t len);
void composed_feed(struct composed *, const void *data, size_t len);

/* In front of it, in the upper right corner; NULL: nothing. */
void composed_banner(struct composed *, const char *text);

/*
 * Appends what brings the terminal up to date: its alternate screen, the
 * part of the session around the cursor, and the modes of its keyboard.
 */
void composed_draw(struct composed *, struct buf *out);

/*
 * Appends a mouse report in SGR form as the program expects it; nothing if
 * it is beside the session.
 */
void composed_mouse(const struct composed *, const uint8_t *data, size_t len,
		    struct buf *out);

#endif
