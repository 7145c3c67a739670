/* tools/vtsnap.c - a stream on stdin, the snapshot of its screen on stdout. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "vt/screen.h"
#include "vt/snapshot.h"

static unsigned
number(const char *name, unsigned otherwise)
{
	const char *s = getenv(name);

	return s && *s ? (unsigned)strtoul(s, NULL, 10) : otherwise;
}

/*
 * COLS, ROWS: the screen's size.  HISTORY: lines of it at most.  UNDO in the
 * environment: what leaves the terminal, instead of the snapshot.
 */
int
main(void)
{
	struct screen *s = screen_new(&(struct screen_options){
		.cols = number("COLS", 80),
		.rows = number("ROWS", 24),
		.history_lines = 100000,
		.history_bytes = 1 << 28,
	});
	struct buf out = { 0 };
	char chunk[1 << 16];
	size_t n;

	while ((n = fread(chunk, 1, sizeof chunk, stdin)) > 0)
		screen_feed(s, chunk, n);
	if (getenv("UNDO")) {
		snapshot_undo(s, &out);
		snapshot_park(s, &out);
	} else {
		snapshot_make(s, number("HISTORY", SNAPSHOT_ALL), NULL, &out);
	}
	n = fwrite(out.data, 1, out.len, stdout);
	int status = n == out.len && fflush(stdout) == 0 ? 0 : 1;
	buf_release(&out);
	screen_free(s);
	return status;
}
