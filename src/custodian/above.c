/* custodian/above.c - what an earlier run of the session has left. */
#include "custodian/above.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/path.h"
#include "custodian/rebuild.h"
#include "custodian/recording.h"
#include "custodian/state.h"
#include "vt/screen.h"
#include "vt/snapshot.h"

enum { CAN = 0x18, LAST_MAX = 256 << 20 };

/* The screen that the custodian wrote at the end; NULL if it did not. */
static struct screen *
written(const struct custodian *c, const struct screen_options *o,
	unsigned cols, unsigned rows)
{
	struct screen_options its = *o;
	struct screen *s = NULL;
	struct buf last = { 0 };
	char *path = path_join(c->o.dir, "last.vt");

	if (cols > 0 && rows > 0) {
		its.cols = cols;
		its.rows = rows;
	}
	if (io_slurp(path, LAST_MAX, &last) == 0) {
		s = screen_new(&its);
		screen_replay(s, last.data, last.len);
	}
	free(path);
	buf_release(&last);
	return s;
}

void
above_screen(struct custodian *c, const struct screen_options *o)
{
	unsigned cols = 0, rows = 0;

	sscanf(c->o.above, "%5ux%5u", &cols, &rows);
	if (cols == 0) /* it was lost: that screen is of a run before */
		c->screen = rebuild_screen(c->o.dir, o);
	if (!c->screen)
		c->screen = written(c, o, cols, rows);
	if (!c->screen)
		c->screen = rebuild_screen(c->o.dir, o);
	if (!c->screen)
		c->screen = screen_new(o);
	screen_resize(c->screen, o->cols, o->rows);
	screen_set_fed(c->screen, 0);
}

void
above_line(struct custodian *c)
{
	struct buf b = { 0 };
	time_t now = time(NULL);
	struct tm tm;
	char when[32] = "";

	if (localtime_r(&now, &tm))
		strftime(when, sizeof when, "%Y-%m-%d %H:%M", &tm);
	buf_byte(&b, CAN);
	snapshot_undo(c->screen, &b);
	snapshot_park(c->screen, &b);
	buf_printf(&b, "\033[7m[%s: runs again since %s]\033[m\r\n", c->o.name,
		   when);
	screen_replay(c->screen, b.data, b.len);
	recording_bytes(c, b.data, b.len);
	screen_set_fed(c->screen, 0);
	buf_release(&b);
}
