/* vt/screen_csi.c - control sequences, to who carries them out. */
#include "vt/parts.h"

static void
move(struct screen *s, const struct token *t)
{
	int n = token_param(t, 0, 1);

	switch (t->final) {
	case 'A': /* CUU */
		move_up(s, n);
		break;
	case 'B': /* CUD */
	case 'e': /* VPR */
		move_down(s, n);
		break;
	case 'C': /* CUF */
	case 'a': /* HPR */
		move_right(s, n);
		break;
	case 'D': /* CUB */
		move_left(s, n);
		break;
	case 'E': /* CNL */
		move_down(s, n);
		move_left(s, (int)s->cols);
		break;
	case 'F': /* CPL */
		move_up(s, n);
		move_left(s, (int)s->cols);
		break;
	case 'G': /* CHA */
	case '`': /* HPA */
		if (mode_on(s, MODE_ORIGIN) && mode_on(s, MODE_LR_MARGINS))
			n += (int)s->page->left;
		move_to(s, (int)s->row, n - 1);
		break;
	case 'd': { /* VPA */
		unsigned col = s->col;

		move_cup(s, n - 1, 0);
		move_to(s, (int)s->row, (int)col);
		break;
	}
	case 'H': /* CUP */
	case 'f': /* HVP */
		move_cup(s, n - 1, token_param(t, 1, 1) - 1);
		break;
	case 'I': /* CHT */
		move_tab(s, n > (int)s->cols ? (int)s->cols : n);
		break;
	case 'Z': /* CBT */
		move_tab(s, n > (int)s->cols ? -(int)s->cols : -n);
		break;
	default:
		break;
	}
}

static void
tab_clear(struct screen *s, int how)
{
	if (how == 0 && !s->pending_wrap)
		s->page->tabs[s->col / 64] &= ~(UINT64_C(1) << s->col % 64);
	else if (how == 3)
		for (unsigned i = 0; i <= s->cols / 64; i++)
			s->page->tabs[i] = 0;
	changed(s);
}

static void
window(struct screen *s, const struct token *t)
{
	int what = token_param(t, 1, 0);

	if (token_param(t, 0, 0) == 22)
		osc_push(s, what == 0 || what == 2, what == 0 || what == 1);
	else if (token_param(t, 0, 0) == 23)
		osc_pop(s, what == 0 || what == 2, what == 0 || what == 1);
}

static void
cursor_style(struct screen *s, int style)
{
	if (style > 6)
		return;
	s->cursor_style = (uint8_t)style;
	s->cursor_styled = style != 0;
	changed(s);
}

static void
protect(struct screen *s, int how)
{
	if (how == 1)
		s->pen.attrs |= CELL_PROTECTED;
	else if (how == 0 || how == 2)
		s->pen.attrs &= (uint16_t)~CELL_PROTECTED;
	pen_changed(s);
}

static void
plain(struct screen *s, const struct token *t)
{
	switch (t->final) {
	case 'A':
	case 'B':
	case 'C':
	case 'D':
	case 'E':
	case 'F':
	case 'G':
	case 'H':
	case 'I':
	case 'Z':
	case '`':
	case 'a':
	case 'd':
	case 'e':
	case 'f':
		move(s, t);
		break;
	case '@':
	case 'J':
	case 'K':
	case 'L':
	case 'M':
	case 'P':
	case 'S':
	case 'T':
	case 'X':
		edit_csi(s, t);
		break;
	case 'b': /* REP */
		text_repeat(s, (unsigned)token_param(t, 0, 1));
		break;
	case 'g': /* TBC */
		tab_clear(s, token_param(t, 0, 0));
		break;
	case 'h': /* SM */
	case 'l': /* RM */
		mode_set_tokens(s, t, t->final == 'h');
		break;
	case 'm':
		sgr(s, t);
		break;
	case 'r': /* DECSTBM */
		mode_margins(s, t);
		break;
	case 's': /* DECSLRM or SCOSC */
		if (mode_on(s, MODE_LR_MARGINS))
			mode_columns(s, t);
		else
			move_save(s);
		break;
	case 't':
		window(s, t);
		break;
	case 'u': /* SCORC */
		move_restore(s);
		break;
	default:
		break;
	}
}

static void private(struct screen *s, const struct token *t)
{
	switch (t->leader << 8 | t->final) {
	case '?' << 8 | 'h': /* DECSET */
	case '?' << 8 | 'l': /* DECRST */
		mode_set_tokens(s, t, t->final == 'h');
		break;
	case '?' << 8 | 'J': /* DECSED */
	case '?' << 8 | 'K': /* DECSEL */
		edit_csi(s, t);
		break;
	case '?' << 8 | 's': /* XTSAVE */
		mode_save(s, t);
		break;
	case '?' << 8 | 'r': /* XTRESTORE */
		mode_restore(s, t);
		break;
	case '>' << 8 | 'm': /* XTMODKEYS */
		mode_keys(s, t);
		break;
	case '>' << 8 | 'u':
	case '<' << 8 | 'u':
	case '=' << 8 | 'u':
		mode_kitty(s, t);
		break;
	default:
		break;
	}
}

static void
intermediate(struct screen *s, const struct token *t)
{
	switch (t->inter[0] << 8 | t->final) {
	case ' ' << 8 | 'q': /* DECSCUSR */
		cursor_style(s, t->n_params ? token_param(t, 0, 0) : 1);
		break;
	case '!' << 8 | 'p': /* DECSTR */
		mode_soft_reset(s);
		break;
	case '"' << 8 | 'q': /* DECSCA */
		protect(s, token_param(t, 0, 0));
		break;
	case ' ' << 8 | '@': /* SL */
	case ' ' << 8 | 'A': /* SR */
	case '\'' << 8 | '}': /* DECIC */
	case '\'' << 8 | '~': /* DECDC */
		edit_csi(s, t);
		break;
	default:
		break;
	}
}

void
csi(struct screen *s, const struct token *t)
{
	if (t->bad)
		return;
	if (!t->leader && !t->inter[0])
		plain(s, t);
	else if (!t->inter[0])
	private(s, t);
	else if (!t->leader && !t->inter[1]) intermediate(s, t);
}
