/* tools/vtcapture.c - a stream on stdin, its screen as JSON on stdout. */
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "vt/capture.h"
#include "vt/screen.h"

static unsigned
number(const char *name, unsigned otherwise)
{
	const char *s = getenv(name);

	return s && *s ? (unsigned)strtoul(s, NULL, 10) : otherwise;
}

/* COLS, ROWS: the screen's size.  HISTORY: lines of it (none). */
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
	capture_json(s, number("HISTORY", 0), &out);
	n = fwrite(out.data, 1, out.len, stdout);
	int status = n == out.len && fflush(stdout) == 0 ? 0 : 1;
	buf_release(&out);
	screen_free(s);
	return status;
}
