/* client/canvas.h - cells wanted, drawn on a terminal with the least bytes. */
#ifndef CDO_CLIENT_CANVAS_H
#define CDO_CLIENT_CANVAS_H

#include <stdbool.h>
#include <stdint.h>

struct buf;
struct canvas;
struct cell_view;

/* The terminal is taken to show anything until the first render. */
struct canvas *canvas_new(unsigned cols, unsigned rows);
void canvas_free(struct canvas *);
/* Everything is blank, and the terminal unknown again. */
void canvas_resize(struct canvas *, unsigned cols, unsigned rows);
void canvas_forget(struct canvas *);

/*
 * Sets a cell; beyond the edges: ignored.  A wide character takes the next
 * cell too, if that is inside `cols`, the first column it may not touch;
 * otherwise a space stands for it.  width 0 is ignored.
 */
void canvas_put(struct canvas *, unsigned row, unsigned col, unsigned cols,
		const struct cell_view *);
/* Sets the cells from col up to `cols` in a row to blanks, or to fill. */
void canvas_blank(struct canvas *, unsigned row, unsigned col, unsigned cols,
		  const char *fill);
/* Where the terminal's cursor is left; style as DECSCUSR, 0 for its own. */
void canvas_cursor(struct canvas *, unsigned row, unsigned col, bool visible,
		   unsigned style);

/*
 * Appends what turns the terminal's screen from what the last render left
 * into what was set since; nothing if they are equal.
 */
void canvas_render(struct canvas *, struct buf *out);

#endif
