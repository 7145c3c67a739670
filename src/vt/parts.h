/* vt/parts.h - what the files that make up the screen tell each other. */
#ifndef CDO_VT_PARTS_H
#define CDO_VT_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vt/state.h"

/* screen.c */
void page_init(struct page *, unsigned cols, unsigned rows);
void page_release(struct page *);
void tabs_reset(struct page *, unsigned cols);
/* Numbers for the pen in force, and for what it erases with. */
void pen_find(struct screen *);
void pen_find_fill(struct screen *);
/* Frees the pens that no cell has. */
void pens_sweep(struct screen *);
/* The alternate screen as it is when it is entered. */
void alternate_clear(struct screen *, uint32_t fill);

static inline uint32_t
pen_number(struct screen *s)
{
	if (s->pen_stale)
		pen_find(s);
	return s->pen_number;
}

/* What erasing leaves: the background colour (BCE). */
static inline uint32_t
pen_fill(struct screen *s)
{
	if (s->fill_stale)
		pen_find_fill(s);
	return s->fill;
}

static inline void
pen_changed(struct screen *s)
{
	s->pen_stale = s->fill_stale = true;
}

static inline void
changed(struct screen *s)
{
	s->generation++;
}

/* screen_text.c */
void text_ascii(struct screen *, const uint8_t *p, size_t len);
void text_runes(struct screen *, const uint32_t *runes, unsigned n);
void text_repeat(struct screen *, unsigned n); /* REP */
/* The cursor is in the last column that text there may use: otherwise no wrap
 * can be pending. */
bool text_at_end(const struct screen *);
/* After a change of modes, charsets or margins. */
void text_care(struct screen *);

/* screen_move.c */
void move_to(struct screen *, int row, int col); /* absolute, clamped */
void move_home(struct screen *);
void move_cup(struct screen *, int row, int col); /* 0-based, DECOM */
void move_up(struct screen *, int n);
void move_down(struct screen *, int n);
void move_right(struct screen *, int n);
void move_left(struct screen *, int n);
void move_tab(struct screen *, int n); /* n < 0: back */
void move_index(struct screen *); /* IND */
void move_reverse_index(struct screen *);
void move_line_feed(struct screen *);
void move_return(struct screen *); /* CR */
void move_backspace(struct screen *);
void move_save(struct screen *);
void move_restore(struct screen *);
/* The rows [top, bottom] of the margins n lines up; n < 0 is down. */
void scroll_rows(struct screen *, unsigned top, unsigned bottom, int n);
/* Scrolls the margins by one line; wrapped: the new row goes on the last. */
void scroll_feed(struct screen *, bool wrapped);

/* screen_edit.c */
void edit_csi(struct screen *, const struct token *);
void edit_align(struct screen *); /* DECALN */

/* screen_csi.c */
void csi(struct screen *, const struct token *);

/* screen_sgr.c */
void sgr(struct screen *, const struct token *);
/*
 * The sequence whose parameters begin at p, without a token, if all it does is
 * select colours by 38 and 48, as programs that repaint do for every cell.
 * Returns its end; NULL, and nothing is changed, if it is another.
 */
const uint8_t *sgr_straight(struct screen *, const uint8_t *p,
			    const uint8_t *end);

/* screen_mode.c */
void mode_set_tokens(struct screen *, const struct token *, bool on);
void mode_save(struct screen *, const struct token *);
void mode_restore(struct screen *, const struct token *);
void mode_set(struct screen *, enum mode, bool on);
void mode_soft_reset(struct screen *);
void mode_margins(struct screen *, const struct token *); /* DECSTBM */
void mode_columns(struct screen *, const struct token *); /* DECSLRM */
void mode_keys(struct screen *, const struct token *); /* CSI > m */
void mode_kitty(struct screen *, const struct token *); /* CSI = > < u */
struct kitty *mode_kitty_of(struct screen *);

/* screen_esc.c */
void esc(struct screen *, const struct token *);
void c0(struct screen *, const struct token *);

/* screen_osc.c */
void osc(struct screen *, const struct token *);
void osc_title(struct screen *, const char *title, bool window, bool icon);
void osc_push(struct screen *, bool window, bool icon);
void osc_pop(struct screen *, bool window, bool icon);
void osc_reset(struct screen *);

#endif
