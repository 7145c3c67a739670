/* vt/screen_mode.c - what programs switch: modes, margins, keys, screens. */
#include <string.h>

#include "vt/parts.h"
#include "vt/query.h"

const struct mode_number screen_modes[MODE_COUNT] = {
	[MODE_APP_CURSOR] = { 1, false },
	[MODE_REVERSE_VIDEO] = { 5, false },
	[MODE_ORIGIN] = { 6, false },
	[MODE_AUTOWRAP] = { 7, false },
	[MODE_BLINK] = { 12, false },
	[MODE_CURSOR] = { 25, false },
	[MODE_REVERSE_WRAP] = { 45, false },
	[MODE_APP_KEYPAD] = { 66, false },
	[MODE_BACKARROW] = { 67, false },
	[MODE_LR_MARGINS] = { 69, false },
	[MODE_FOCUS] = { 1004, false },
	[MODE_ALT_SCROLL] = { 1007, false },
	[MODE_PASTE] = { 2004, false },
	[MODE_SYNC] = { 2026, false },
	[MODE_GRAPHEMES] = { 2027, false },
	[MODE_THEME] = { 2031, false },
	[MODE_RESIZE] = { 2048, false },
	[MODE_INSERT] = { 4, true },
	[MODE_NEWLINE] = { 20, true },
};

static int
find(int number, bool ansi)
{
	for (int m = 0; m < MODE_COUNT; m++)
		if (screen_modes[m].number == number &&
		    screen_modes[m].ansi == ansi)
			return m;
	return -1;
}

static bool
is_mouse(int n)
{
	return n == 9 || n == 1000 || n == 1002 || n == 1003;
}

static bool
is_encoding(int n)
{
	return n == 1005 || n == 1006 || n == 1015 || n == 1016;
}

void
mode_set(struct screen *s, enum mode m, bool on)
{
	uint64_t was = s->modes;

	if (on)
		s->modes |= MODE_BIT(m);
	else
		s->modes &= ~MODE_BIT(m);
	if (m == MODE_BLINK)
		s->blink_set = true;
	if (m == MODE_INSERT || m == MODE_AUTOWRAP || m == MODE_LR_MARGINS)
		text_care(s);
	if (s->modes != was && m != MODE_SYNC)
		changed(s);
}

/*
 * With other margins the cursor may be outside of them, where nothing leads in
 * origin mode, and what was its last column may be so no longer.
 */
static void
margins_changed(struct screen *s)
{
	bool pending = s->pending_wrap;

	move_to(s, (int)s->row, (int)s->col);
	s->pending_wrap = pending && text_at_end(s);
}

static void
enter_alternate(struct screen *s)
{
	if (s->page == &s->alternate)
		return;
	alternate_clear(s, pen_fill(s));
	s->page = &s->alternate;
	s->grid = &s->alternate.grid;
	margins_changed(s);
	changed(s);
}

static void
leave_alternate(struct screen *s)
{
	if (s->page == &s->primary)
		return;
	s->page = &s->primary;
	s->grid = &s->primary.grid;
	grid_release(&s->alternate.grid);
	margins_changed(s);
	changed(s);
}

static void
set_mouse(struct screen *s, uint16_t *value, int number, bool on)
{
	*value = on ? (uint16_t)number : 0;
	s->mouse_used |= on;
	changed(s);
}

/* What is more than a bit; true if it was that. */
static bool
set_special(struct screen *s, int number, bool on)
{
	if (is_mouse(number)) {
		set_mouse(s, &s->mouse, number, on);
		return true;
	}
	if (is_encoding(number)) {
		set_mouse(s, &s->mouse_encoding, number, on);
		return true;
	}
	switch (number) {
	case 1048:
		if (on)
			move_save(s);
		else
			move_restore(s);
		return true;
	case 1049:
		if (on)
			move_save(s);
		__attribute__((fallthrough));
	case 47:
	case 1047:
		if (on)
			enter_alternate(s);
		else
			leave_alternate(s);
		if (number == 1049 && !on)
			move_restore(s);
		return true;
	case 2: /* DECANM: back to VT100 means ASCII everywhere */
		if (on)
			memset(s->g, CHARSET_ASCII, sizeof s->g);
		text_care(s);
		return true;
	default:
		return false;
	}
}

/* The mode belongs to both screens, and so does its end. */
static void
open_sides(struct screen *s)
{
	s->primary.left = s->alternate.left = 0;
	s->primary.right = s->alternate.right = s->cols - 1;
	margins_changed(s);
}

static void
set_private(struct screen *s, int number, bool on)
{
	int m;

	if (set_special(s, number, on))
		return;
	m = find(number, false);
	if (m < 0)
		return;
	mode_set(s, (enum mode)m, on);
	if (m == MODE_ORIGIN)
		move_home(s);
	if (m == MODE_RESIZE && on)
		query_size(s);
	if (m == MODE_LR_MARGINS && !on)
		open_sides(s);
}

void
mode_set_tokens(struct screen *s, const struct token *t, bool on)
{
	for (unsigned i = 0; i < t->n_params; i++) {
		int number = token_param(t, i, 0), m;

		if (t->leader == '?') {
			set_private(s, number, on);
			continue;
		}
		m = find(number, true);
		if (m >= 0)
			mode_set(s, (enum mode)m, on);
	}
}

void
mode_save(struct screen *s, const struct token *t)
{
	for (unsigned i = 0; i < t->n_params; i++) {
		int number = token_param(t, i, 0), m = find(number, false);

		if (is_mouse(number))
			s->saved_mouse = s->mouse;
		else if (is_encoding(number))
			s->saved_encoding = s->mouse_encoding;
		if (m < 0)
			continue;
		s->saved_which |= MODE_BIT(m);
		s->saved_modes &= ~MODE_BIT(m);
		s->saved_modes |= s->modes & MODE_BIT(m);
	}
}

void
mode_restore(struct screen *s, const struct token *t)
{
	for (unsigned i = 0; i < t->n_params; i++) {
		int number = token_param(t, i, 0), m = find(number, false);

		if (is_mouse(number)) {
			s->mouse = s->saved_mouse;
			changed(s);
		} else if (is_encoding(number)) {
			s->mouse_encoding = s->saved_encoding;
			changed(s);
		}
		if (m >= 0 && (s->saved_which & MODE_BIT(m)))
			set_private(s, number, s->saved_modes & MODE_BIT(m));
	}
}

void
mode_soft_reset(struct screen *s)
{
	struct page *p = s->page;

	mode_set(s, MODE_CURSOR, true);
	mode_set(s, MODE_AUTOWRAP, true);
	mode_set(s, MODE_ORIGIN, false);
	mode_set(s, MODE_INSERT, false);
	mode_set(s, MODE_APP_CURSOR, false);
	mode_set(s, MODE_APP_KEYPAD, false);
	p->top = 0;
	p->bottom = s->rows - 1;
	mode_set(s, MODE_LR_MARGINS, false);
	open_sides(s);
	s->pen = (struct pen){ 0 };
	pen_changed(s);
	memset(s->g, CHARSET_ASCII, sizeof s->g);
	s->gl = 0;
	s->single_shift = 0;
	p->saved = (struct saved){ 0 };
	text_care(s);
}

void
mode_margins(struct screen *s, const struct token *t)
{
	int top = token_param(t, 0, 1), bottom = token_param(t, 1, 0);

	if (bottom == 0 || bottom > (int)s->rows)
		bottom = (int)s->rows;
	if (bottom <= top)
		return;
	s->page->top = (unsigned)top - 1;
	s->page->bottom = (unsigned)bottom - 1;
	changed(s);
	move_home(s);
}

void
mode_columns(struct screen *s, const struct token *t)
{
	int left = token_param(t, 0, 1), right = token_param(t, 1, 0);

	if (right == 0 || right > (int)s->cols)
		right = (int)s->cols;
	if (right <= left)
		return;
	s->page->left = (unsigned)left - 1;
	s->page->right = (unsigned)right - 1;
	move_home(s);
}

void
mode_keys(struct screen *s, const struct token *t)
{
	int key = token_param(t, 0, 0), value = token_param(t, 1, -1);

	if (t->n_params <= 1 && key == 0) {
		memset(s->modkeys, -1, sizeof s->modkeys);
	} else if (key < MODKEYS) {
		if (value > INT8_MAX)
			return;
		s->modkeys[key] = (int8_t)value;
	}
	changed(s);
}

struct kitty *
mode_kitty_of(struct screen *s)
{
	return &s->page->kitty;
}

void
mode_kitty(struct screen *s, const struct token *t)
{
	struct kitty *k = mode_kitty_of(s);
	uint8_t flags = (uint8_t)(token_param(t, 0, 0) & 31);
	uint8_t *top = &k->flags[k->n];
	int n = token_param(t, 0, 1);

	switch (t->leader) {
	case '>':
		if (k->n == KITTY_STACK) /* the oldest goes, not the base */
			memmove(k->flags + 1, k->flags + 2, KITTY_STACK - 1);
		else
			k->n++;
		k->flags[k->n] = flags;
		break;
	case '<':
		k->n = n >= k->n ? 0 : (uint8_t)(k->n - n);
		break;
	default:
		switch (token_param(t, 1, 1)) {
		case 1:
			*top = flags;
			break;
		case 2:
			*top |= flags;
			break;
		case 3:
			*top &= (uint8_t)~flags;
			break;
		default:
			return;
		}
		break;
	}
	changed(s);
}
