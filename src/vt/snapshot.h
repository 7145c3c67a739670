/* vt/snapshot.h - a screen as the bytes that rebuild it. */
#ifndef CDO_VT_SNAPSHOT_H
#define CDO_VT_SNAPSHOT_H

#include <stdint.h>

struct buf;
struct screen;

#define SNAPSHOT_ALL UINT32_MAX

/*
 * Appends the bytes that, on a terminal of the screen's size, give exactly
 * this screen, with the newest `history` lines above it (terminal.md, 1).
 * The terminal may have had any bytes before, provided that `undo`, what
 * snapshot_undo gave for those, is handed in; NULL for a terminal that had
 * none.  Taken at the tokenizer's last boundary.
 */
void snapshot_make(const struct screen *, uint32_t history,
		   const struct buf *undo, struct buf *out);

/*
 * Appends what undoes, on a terminal that was given this screen, exactly
 * what was set: modes, kitty stacks, colours, margins, titles; it leaves the
 * alternate screen, never RIS.  It moves the cursor only where leaving origin
 * mode does.
 */
void snapshot_undo(const struct screen *, struct buf *out);

/*
 * Appends what puts the cursor, after the undo, to the start of a new line
 * below the last row of the primary screen that holds anything.
 */
void snapshot_park(const struct screen *, struct buf *out);

#endif
