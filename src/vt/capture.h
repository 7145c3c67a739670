/* vt/capture.h - a screen as text, ANSI or cells for JSON. */
#ifndef CDO_VT_CAPTURE_H
#define CDO_VT_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>

struct buf;
struct screen;

/*
 * Appends the newest `history` lines and the screen: a line each, trailing
 * blanks cut, lines that were wrapped by the terminal joined; trailing empty
 * lines of the screen are left out.  The ANSI form has SGR and OSC 8 inside
 * and ends each line in the default pen.
 */
void capture_text(const struct screen *, uint32_t history, struct buf *out);
void capture_ansi(const struct screen *, uint32_t history, struct buf *out);

/*
 * The same for the rows [from, to), numbered as in screen_cell; `pens`: the
 * ANSI form.  And how many rows of the screen there are down to the last that
 * has anything.
 */
void capture_rows(const struct screen *, int from, int to, bool pens,
		  struct buf *out);
unsigned capture_filled(const struct screen *, bool pens);

/*
 * Appends a JSON object: {"schema":"cdo.capture/1","size":{cols,rows},
 * "cursor":{...},"modes":{...},"title":..,"alternate":..,
 * "history":n,"lines":[{"wrapped":bool,
 * "cells":[{"t":text,"w":width,"fg":..}]}]}
 * Attributes at their default are left out of a cell; a line's trailing
 * default blanks are left out.
 */
void capture_json(const struct screen *, uint32_t history, struct buf *out);

#endif
