/* client/stage.h - what the terminal shows: the session direct, or composed. */
#ifndef CDO_CLIENT_STAGE_H
#define CDO_CLIENT_STAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/direct.h"

struct buf;
struct screen;
struct tty;

enum stage_view { STAGE_NONE, STAGE_DIRECT, STAGE_COMPOSED };

struct stage {
	struct tty *tty;
	enum stage_view view;
	bool waiting; /* for a snapshot; output until then is discarded */
	bool inside; /* ... of which parts are still to come */
	bool covered; /* by the help: as waiting, but snapshots too */
	bool sync; /* the terminal knows 2026 */
	bool themes; /* and 2031 */
	bool dirty; /* composed has news; see stage_draw */
	unsigned cols, rows; /* the terminal's */
	unsigned session_cols, session_rows;
	struct direct direct;
	struct composed *composed;
	struct buf preface; /* goes before the next snapshot */
	/*
	 * `models`: what the direct view shows is known here as well, so that
	 * a banner in front of it can be taken away without asking anybody.
	 */
	bool models;
	struct screen *model; /* NULL: not known */
	char *banner; /* what stands there, or NULL */
};

/* All-zero before.  Nothing is written until a snapshot comes. */
void stage_init(struct stage *, struct tty *, unsigned cols, unsigned rows);
void stage_release(struct stage *);

/* The terminal's size.  True if a snapshot is needed. */
bool stage_resize(struct stage *, unsigned cols, unsigned rows);
/* The session has the terminal's size. */
bool stage_fits(const struct stage *);
/* The session's size; a snapshot follows. */
void stage_session(struct stage *, unsigned cols, unsigned rows);
/* Nothing that comes before the next snapshot is to be shown. */
void stage_wait(struct stage *);
/* The wait is over, without one: output goes on where it was.  False if it
 * cannot, because nothing is shown. */
bool stage_again(struct stage *);
/* Whether the terminal has all that has come. */
bool stage_shows(const struct stage *);

void stage_undo(struct stage *, const void *undo, size_t len);
void stage_snapshot(struct stage *, const void *data, size_t len, bool last);
void stage_output(struct stage *, const void *data, size_t len);
/* For when nothing more comes at once: a composed view is drawn. */
void stage_draw(struct stage *);
/* What the probe found out. */
void stage_knows(struct stage *, bool sync, bool themes);

void stage_bell(struct stage *);
/* Shows text instead of the session until stage_uncover and a snapshot. */
void stage_cover(struct stage *, const void *text, size_t len);
void stage_uncover(struct stage *);

/*
 * Right after a snapshot: lines of text in front of it, at the top.  They go
 * with stage_unnote and another snapshot.
 */
void stage_note(struct stage *, const void *lines, size_t len);
void stage_unnote(struct stage *);

/*
 * One line in front of the session, at the top, as long as nothing comes from
 * it; needs `models`.  NULL: as if there had been none.
 */
void stage_banner(struct stage *, const char *text);

/* Whether what the terminal shows makes it report by itself: mouse, focus. */
bool stage_reports(const struct stage *);
/* Appends a mouse report in SGR form as the program expects it. */
void stage_mouse(const struct stage *, const uint8_t *data, size_t len,
		 struct buf *out);
/* Focus reports are for the program (1004). */
bool stage_focus(const struct stage *);

/*
 * Queues what gives the terminal back as it was, the text in place and the
 * cursor below it; `park` as the custodian told it, or NULL.  A snapshot
 * brings the session back.
 */
void stage_leave(struct stage *, const void *park, size_t len);

#endif
