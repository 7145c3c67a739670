/* vt/screen_esc.c - control characters and short escape sequences. */
#include "vt/parts.h"

static void
shift(struct screen *s, uint8_t g)
{
	s->gl = g;
	text_care(s);
}

void
c0(struct screen *s, const struct token *t)
{
	switch (t->final) {
	case 0x07:
		if (s->events.bell)
			s->events.bell(s->ctx);
		break;
	case 0x08:
		move_backspace(s);
		break;
	case 0x09:
		move_tab(s, 1);
		break;
	case 0x0a:
	case 0x0b:
	case 0x0c:
		move_line_feed(s);
		break;
	case 0x0d:
		move_return(s);
		break;
	case 0x0e: /* SO */
		shift(s, 1);
		break;
	case 0x0f: /* SI */
		shift(s, 0);
		break;
	default:
		break;
	}
}

static void
designate(struct screen *s, unsigned g, uint8_t final)
{
	s->g[g] = final == '0'	 ? CHARSET_DEC
		  : final == 'A' ? CHARSET_UK
				 : CHARSET_ASCII;
	text_care(s);
}

static void
double_row(struct screen *s, uint16_t flag)
{
	struct row *r = grid_row(s->grid, s->row);

	r->flags = (uint16_t)((r->flags & ~ROW_DOUBLES) | flag);
}

static void
hash(struct screen *s, uint8_t final)
{
	switch (final) {
	case '3':
		double_row(s, ROW_DOUBLE_TOP);
		break;
	case '4':
		double_row(s, ROW_DOUBLE_BOTTOM);
		break;
	case '5':
		double_row(s, 0);
		break;
	case '6':
		double_row(s, ROW_DOUBLE);
		break;
	case '8':
		edit_align(s);
		break;
	default:
		break;
	}
}

static void
plain(struct screen *s, uint8_t final)
{
	switch (final) {
	case '7': /* DECSC */
		move_save(s);
		break;
	case '8': /* DECRC */
		move_restore(s);
		break;
	case '=': /* DECKPAM */
	case '>': /* DECKPNM */
		mode_set(s, MODE_APP_KEYPAD, final == '=');
		break;
	case 'D': /* IND */
		move_index(s);
		break;
	case 'E': /* NEL */
		s->pending_wrap = false;
		move_left(s, (int)s->cols);
		move_index(s);
		break;
	case 'H': /* HTS */
		if (!s->pending_wrap)
			s->page->tabs[s->col / 64] |= UINT64_C(1)
						      << s->col % 64;
		changed(s);
		break;
	case 'M': /* RI */
		move_reverse_index(s);
		break;
	case 'N': /* SS2 */
	case 'O': /* SS3 */
		s->single_shift = final == 'N' ? 2 : 3;
		text_care(s);
		break;
	case 'c': /* RIS */
		screen_reset(s);
		break;
	case 'n': /* LS2 */
		shift(s, 2);
		break;
	case 'o': /* LS3 */
		shift(s, 3);
		break;
	default:
		break;
	}
}

void
esc(struct screen *s, const struct token *t)
{
	if (t->bad || t->inter[1])
		return;
	switch (t->inter[0]) {
	case 0:
		plain(s, t->final);
		break;
	case '#':
		hash(s, t->final);
		break;
	case '%': /* which encoding: always UTF-8, but ASCII comes back */
		designate(s, 0, 'B');
		shift(s, 0);
		break;
	case '(':
	case ')':
	case '*':
	case '+':
		designate(s, (unsigned)(t->inter[0] - '('), t->final);
		break;
	case '-':
	case '.':
		designate(s, (unsigned)(t->inter[0] - '-') + 1, t->final);
		break;
	default:
		break;
	}
}
