/* custodian/rebuild.c - a session's last screen, out of its recording. */
#include "custodian/rebuild.h"

#include "base/buf.h"
#include "custodian/playback.h"
#include "custodian/transcript.h"
#include "vt/screen.h"
#include "vt/snapshot.h"

enum {
	CAN = 0x18,
	/* Segments: far more than any history holds. */
	NEWEST = 3,
};

/* Behind a hole the whole screen is drawn anew, below the old history. */
static void
undo(struct screen *s)
{
	struct buf b = { 0 };

	buf_byte(&b, CAN);
	snapshot_undo(s, &b);
	screen_replay(s, b.data, b.len);
	buf_release(&b);
}

static void
key(struct screen **s, const struct screen_options *o,
    const struct transcript_frame *f)
{
	struct screen_options mine = *o;

	mine.cols = f->cols;
	mine.rows = f->rows;
	if (!*s) {
		*s = screen_new(&mine);
		return;
	}
	undo(*s);
	screen_resize(*s, f->cols, f->rows);
}

struct screen *
rebuild_screen(const char *dir, const struct screen_options *o)
{
	struct playback *p = playback_new(dir, NEWEST);
	struct transcript_frame f;
	struct screen *s = NULL;
	bool skip = false;

	while (playback_next(p, &f) == 1) {
		if (f.kind == TRANSCRIPT_KEY) {
			skip = f.joined && s;
			if (!skip)
				key(&s, o, &f);
		} else if (!s) {
			continue;
		} else if (f.kind == TRANSCRIPT_RESIZE) {
			screen_resize(s, f.cols, f.rows);
		} else if (f.kind == TRANSCRIPT_OUTPUT ||
			   (f.kind == TRANSCRIPT_SCREEN && !skip)) {
			screen_replay(s, f.data, f.len);
		}
	}
	playback_free(p);
	return s;
}
