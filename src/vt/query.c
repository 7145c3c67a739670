/* vt/query.c - what a program asks and what the terminal answers. */
#include "vt/query.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "vt/query_osc.h"
#include "vt/sgr.h"
#include "vt/state.h"

#define ST "\33\\"

/* The token was nothing but a query. */
static bool
taken(struct screen *s, const struct token *t)
{
	screen_cut(s, t, NULL, 0);
	return true;
}

/* DA1 to DA3. */
static void
device_attributes(struct screen *s, uint8_t leader)
{
	if (leader == '>')
		screen_replyf(s, "\33[>1;10;0c");
	else if (leader == '=')
		screen_replyf(s, "\33P!|00000000" ST);
	else
		screen_replyf(s, s->profile.sixel ? "\33[?62;4;22c"
						  : "\33[?62;22c");
}

/* DSR 6 counts from the margins in origin mode. */
static void
cursor_position(struct screen *s, bool dec)
{
	bool origin = mode_on(s, MODE_ORIGIN);
	unsigned top = origin ? s->page->top : 0;
	unsigned left = origin ? s->page->left : 0;

	screen_replyf(s, dec ? "\33[?%u;%u;1R" : "\33[%u;%uR",
		      s->row < top ? 1 : s->row - top + 1,
		      s->col < left ? 1 : s->col - left + 1);
}

static void
report_theme(struct screen *s)
{
	screen_replyf(s, "\33[?997;%dn", s->profile.light ? 2 : 1);
}

static void
status_report(struct screen *s, const struct token *t)
{
	static const struct {
		int what;
		const char *reply;
	} fixed[] = {
		{ 15, "\33[?13n" }, /* printer: none */
		{ 25, "\33[?20n" }, /* user-defined keys: not locked */
		{ 26, "\33[?27;1;0;0n" }, /* keyboard: North American */
		{ 53, "\33[?50n" }, /* locator: none */
		{ 55, "\33[?50n" },	  { 56, "\33[?57;0n" },
		{ 62, "\33[0*{" }, /* room for macros */
		{ 75, "\33[?70n" }, /* data integrity: fine */
		{ 85, "\33[?83n" }, /* multiple sessions: not set up */
	};
	int what = token_param(t, 0, 0);

	if (t->leader == 0 && what == 5)
		screen_replyf(s, "\33[0n");
	if (what == 6)
		cursor_position(s, t->leader == '?');
	if (t->leader == 0)
		return;
	if (what == 996)
		report_theme(s);
	for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
		if (fixed[i].what == what)
			screen_reply(s, fixed[i].reply, strlen(fixed[i].reply));
}

enum { UNKNOWN = 0, SET = 1, RESET = 2 };

static int
private_mode(const struct screen *s, int n)
{
	bool on;

	for (unsigned m = 0; m < MODE_COUNT; m++)
		if (!screen_modes[m].ansi && screen_modes[m].number == n)
			return mode_on(s, (enum mode)m) ? SET : RESET;
	switch (n) {
	case 9:
	case 1000:
	case 1002:
	case 1003:
		on = s->mouse == n;
		break;
	case 1005:
	case 1006:
	case 1015:
	case 1016:
		on = s->mouse_encoding == n;
		break;
	case 47:
	case 1047:
	case 1049:
		on = screen_alternate(s);
		break;
	case 1048:
		on = s->page->saved.set;
		break;
	default:
		return UNKNOWN;
	}
	return on ? SET : RESET;
}

static int
ansi_mode(const struct screen *s, int n)
{
	for (unsigned m = 0; m < MODE_COUNT; m++)
		if (screen_modes[m].ansi && screen_modes[m].number == n)
			return mode_on(s, (enum mode)m) ? SET : RESET;
	return UNKNOWN;
}

/* DECRQM */
static void
mode_report(struct screen *s, const struct token *t)
{
	int n = token_param(t, 0, 0);

	if (t->leader == '?')
		screen_replyf(s, "\33[?%d;%d$y", n, private_mode(s, n));
	else
		screen_replyf(s, "\33[%d;%d$y", n, ansi_mode(s, n));
}

static void
pixels(struct screen *s, int what, unsigned h, unsigned w)
{
	if (s->profile.cell_h && s->profile.cell_w)
		screen_replyf(s, "\33[%d;%u;%ut", what, h * s->profile.cell_h,
			      w * s->profile.cell_w);
}

/* XTWINOPS that report.  Never the title: a program chose it. */
static bool
window_report(struct screen *s, const struct token *t)
{
	switch (token_param(t, 0, 0)) {
	case 11:
		screen_replyf(s, "\33[1t");
		break;
	case 13:
		screen_replyf(s, "\33[3;0;0t");
		break;
	case 14:
		pixels(s, 4, s->rows, s->cols);
		break;
	case 15:
		pixels(s, 5, s->rows, s->cols);
		break;
	case 16:
		pixels(s, 6, 1, 1);
		break;
	case 18:
		screen_replyf(s, "\33[8;%u;%ut", s->rows, s->cols);
		break;
	case 19:
		screen_replyf(s, "\33[9;%u;%ut", s->rows, s->cols);
		break;
	case 20:
	case 21:
		break;
	default:
		return false;
	}
	return true;
}

static void
modkeys_report(struct screen *s, int k)
{
	if (k < 0 || k >= MODKEYS)
		return;
	screen_replyf(s, "\33[>%d;%dm", k,
		      s->modkeys[k] < 0 ? 0 : s->modkeys[k]);
}

static void
version(struct screen *s)
{
	screen_replyf(s, "\33P>|%s(%s)" ST,
		      s->term_program ? s->term_program : "cdo",
		      PACKAGE_VERSION);
}

/* With an intermediate: mostly reports that nobody needs, and refused. */
static bool
csi_special(struct screen *s, const struct token *t)
{
	unsigned key = (unsigned)t->inter[0] << 8 | t->final;

	if (t->inter[1])
		return false;
	if (key == ('$' << 8 | 'p') && (t->leader == 0 || t->leader == '?')) {
		mode_report(s, t);
		return true;
	}
	if (t->leader)
		return false;
	switch (key) {
	case '*' << 8 | 'y': /* DECRQCRA: what is on the screen */
	case '$' << 8 | 'w': /* DECRQPSR */
	case '$' << 8 | 'u': /* DECRQTSR */
	case '&' << 8 | 'u': /* DECRQUPSS */
	case '#' << 8 | 'R': /* XTREPORTCOLORS */
	case '#' << 8 | '|': /* XTREPORTSGR */
		return true;
	case '\'' << 8 | '|': /* DECRQLP: there is no locator */
		screen_replyf(s, "\33[0&w");
		return true;
	case '"' << 8 | 'v': /* DECRQDE */
		screen_replyf(s, "\33[%u;%u;1;1;1\"w", s->rows, s->cols);
		return true;
	default:
		return false;
	}
}

static bool
csi(struct screen *s, const struct token *t)
{
	bool plain = t->leader == 0, dec = t->leader == '?';

	if (t->inter[0])
		return csi_special(s, t);
	switch (t->final) {
	case 'c':
		if (dec || t->leader == '<')
			return false;
		if (token_param(t, 0, 0) == 0)
			device_attributes(s, t->leader);
		return true;
	case 'n':
		if (!plain && !dec)
			return false;
		status_report(s, t);
		return true;
	case 'u':
		if (!dec)
			return false;
		screen_replyf(s, "\33[?%uu",
			      s->page->kitty.flags[s->page->kitty.n]);
		return true;
	case 't':
		return plain && window_report(s, t);
	case 'm':
		if (!dec)
			return false;
		modkeys_report(s, token_param(t, 0, 0));
		return true;
	case 'q':
		if (t->leader != '>')
			return false;
		if (token_param(t, 0, 0) == 0)
			version(s);
		return true;
	case 'S': /* XTSMGRAPHICS: refused */
		if (!dec)
			return false;
		screen_replyf(s, "\33[?%d;3;0S", token_param(t, 0, 0));
		return true;
	case 'x': /* DECREQTPARM: no parity, 8 bits, 38400 */
		if (!plain)
			return false;
		if (token_param(t, 0, 0) < 2)
			screen_replyf(s, "\33[%d;1;1;128;128;1;0x",
				      token_param(t, 0, 0) + 2);
		return true;
	default:
		return false;
	}
}

/* DECRQSS: a setting as the sequence that makes it. */
static void
setting(struct screen *s, const char *what)
{
	const struct page *p = s->page;
	struct buf out = { 0 };

	if (strcmp(what, "m") == 0)
		sgr_params(&s->pen, &out);
	else if (strcmp(what, "r") == 0)
		buf_printf(&out, "%u;%u", p->top + 1, p->bottom + 1);
	else if (strcmp(what, "s") == 0)
		buf_printf(&out, "%u;%u", p->left + 1, p->right + 1);
	else if (strcmp(what, " q") == 0)
		buf_printf(&out, "%u", s->cursor_style);
	else if (strcmp(what, "\"q") == 0)
		buf_printf(&out, "%d", s->pen.attrs & CELL_PROTECTED ? 1 : 0);
	if (out.len)
		screen_replyf(s, "\33P1$r%.*s%s" ST, (int)out.len,
			      (const char *)out.data, what);
	else
		screen_replyf(s, "\33P0$r" ST);
	buf_release(&out);
}

/* What the sessions say that a terminal is shown in: ours and theirs. */
static void
put_sessions(const struct screen *s, struct buf *out)
{
	if (s->session)
		buf_str(out, s->session);
	if (s->session && s->profile.inside[0])
		buf_byte(out, ' ');
	buf_str(out, s->profile.inside);
}

/* XTGETTCAP, one name: in hexadecimal digits, and so is the answer. */
static void
capability(struct screen *s, const char *hex, size_t len)
{
	struct buf value = { 0 }, name = { 0 }, out = { 0 };

	for (size_t i = 0; i + 1 < len && len < 64; i += 2) {
		char digits[3] = { hex[i], hex[i + 1], 0 };

		if (!isxdigit((unsigned char)digits[0]) ||
		    !isxdigit((unsigned char)digits[1]))
			goto out;
		buf_byte(&name, (uint8_t)strtoul(digits, NULL, 16));
	}
	buf_byte(&name, 0);

	const char *which = (const char *)name.data;
	if (len % 2 || strlen(which) != len / 2)
		goto out;
	if (strcmp(which, "TN") == 0 || strcmp(which, "name") == 0)
		buf_str(&value, "xterm-256color");
	else if (strcmp(which, "Co") == 0 || strcmp(which, "colors") == 0)
		buf_str(&value, "256");
	else if (strcmp(which, "RGB") == 0)
		buf_str(&value, "8");
	else if (strcmp(which, "cdo") == 0)
		put_sessions(s, &value);
out:
	if (value.len) {
		buf_str(&out, "\33P1+r");
		buf_append(&out, hex, len);
		buf_byte(&out, '=');
		for (size_t i = 0; i < value.len; i++)
			buf_printf(&out, "%02X", value.data[i]);
	} else {
		buf_str(&out, "\33P0+r");
	}
	buf_str(&out, ST);
	screen_reply(s, out.data, out.len);
	buf_release(&value);
	buf_release(&name);
	buf_release(&out);
}

static bool
dcs(struct screen *s, const struct token *t)
{
	const char *data = t->data ? (const char *)t->data : "";

	if (t->leader || t->inter[1])
		return false;
	if (t->inter[0] == '$' && t->final == 'q') {
		setting(s, data);
		return true;
	}
	if (t->inter[0] == '+' && t->final == 'Q') { /* XTGETXRES */
		screen_replyf(s, "\33P0+R" ST);
		return true;
	}
	if (t->inter[0] != '+' || t->final != 'q')
		return false;
	/* Bounded: what is asked in one breath makes as many answers. */
	for (unsigned n = 0; n < TOKEN_PARAMS; n++) {
		size_t len = strcspn(data, ";");

		capability(s, data, len);
		if (!data[len])
			break;
		data += len + 1;
	}
	return true;
}

/* Kitty's graphics: a=q asks whether they work; the answer has i's number. */
static bool
apc(struct screen *s, const struct token *t)
{
	const char *p = t->data ? (const char *)t->data : "";
	bool asks = false;
	unsigned long id = 0;

	if (*p++ != 'G')
		return false;
	for (;;) {
		size_t len = strcspn(p, ",;");

		if (len == 3 && memcmp(p, "a=q", 3) == 0)
			asks = true;
		if (len > 2 && memcmp(p, "i=", 2) == 0)
			id = strtoul(p + 2, NULL, 10);
		if (p[len] != ',')
			break;
		p += len + 1;
	}
	if (asks && s->profile.kitty_graphics)
		screen_replyf(s, "\33_Gi=%u;OK" ST, (unsigned)id);
	return asks;
}

bool
query_token(struct screen *s, const struct token *t)
{
	bool asked = false;

	if (t->bad || t->long_string)
		return false;
	switch (t->kind) {
	case TOKEN_C0:
		asked = t->final == 0x05; /* ENQ: no answerback */
		break;
	case TOKEN_ESC:
		asked = t->inter[0] == 0 && t->final == 'Z'; /* DECID */
		if (asked)
			device_attributes(s, 0);
		break;
	case TOKEN_CSI:
		asked = csi(s, t);
		break;
	case TOKEN_OSC:
		return query_osc(s, t);
	case TOKEN_DCS:
		asked = dcs(s, t);
		break;
	case TOKEN_APC:
		asked = apc(s, t);
		break;
	default:
		break;
	}
	return asked && taken(s, t);
}

void
query_theme(struct screen *s)
{
	if (mode_on(s, MODE_THEME))
		report_theme(s);
}

void
query_size(struct screen *s)
{
	if (mode_on(s, MODE_RESIZE))
		screen_replyf(s, "\33[48;%u;%u;%u;%ut", s->rows, s->cols,
			      s->rows * s->profile.cell_h,
			      s->cols * s->profile.cell_w);
}
