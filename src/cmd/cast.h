/* cmd/cast.h - asciicast, versions 2 and 3: lines of a file and events. */
#ifndef CDO_CMD_CAST_H
#define CDO_CMD_CAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

/* What happened to a terminal, whether recorded by us or by anybody. */
enum cast_kind {
	CAST_OUTPUT = 'o', /* data */
	CAST_RESIZE = 'r', /* cols, rows */
	CAST_MARKER = 'm', /* data: a label */
	CAST_EXIT = 'x', /* status */
	CAST_OTHER = 0, /* what a reader need not know */
};

struct cast_event {
	enum cast_kind kind;
	uint64_t us; /* since the recording began */
	const uint8_t *data;
	size_t len;
	unsigned cols, rows;
	int status; /* as a shell says it: 128+N for a signal */
};

struct cast_head {
	int version; /* 2 or 3 */
	unsigned cols, rows;
	uint64_t timestamp; /* unix seconds, 0 unknown */
	const char *command, *title; /* NULL: none */
	uint64_t idle_us; /* longest pause it asks for, 0: any */
};

/*
 * Each appends a line.  Version 3 counts from the event before, `since`.
 * Bytes that are no UTF-8 become U+FFFD, as a terminal shows them; NULs,
 * which no terminal shows, are left out.  In version 2 the exit is a marker.
 */
void cast_put_head(struct buf *, const struct cast_head *);
void cast_put_event(struct buf *, int version, uint64_t since,
		    const struct cast_event *);

/* Whether a terminal may be that large. */
bool cast_size_ok(int64_t cols, int64_t rows);

/*
 * Read a line, without its newline.  Return 0, or -EINVAL if it is none.
 * Strings are appended to `text`, NUL-ended, and borrowed from there.
 */
int cast_get_head(const char *line, size_t len, struct cast_head *,
		  struct buf *text);
int cast_get_event(const char *line, size_t len, int version, uint64_t since,
		   struct cast_event *, struct buf *text);

#endif
