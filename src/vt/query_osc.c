/* vt/query_osc.c - the queries among the OSC strings. */
#include "vt/query_osc.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "vt/state.h"

enum { ANSWER_MAX = 16 << 10 }; /* to all that is asked in one string */

/* Answers end as the query did. */
static const char *
terminator(const struct token *t)
{
	return t->bel ? "\a" : "\33\\";
}

/* xterm's palette, where the program set none. */
static uint32_t
usual_color(unsigned n)
{
	static const uint32_t low[16] = {
		0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd,
		0x00cdcd, 0xe5e5e5, 0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00,
		0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff,
	};
	static const uint8_t step[6] = { 0, 95, 135, 175, 215, 255 };

	if (n < 16)
		return low[n];
	if (n < 232) {
		n -= 16;
		return (uint32_t)step[n / 36] << 16 |
		       (uint32_t)step[n / 6 % 6] << 8 | step[n % 6];
	}
	return (8 + 10 * (n - 232)) * 0x010101;
}

static uint32_t
palette_color(const struct screen *s, unsigned n)
{
	if (s->palette && s->palette[n].spec[0] && s->palette[n].rgb)
		return s->palette[n].rgb & 0xffffff;
	return usual_color(n);
}

/* OSC 10 to 19; false where neither program nor terminal has told. */
static bool
dynamic_color(const struct screen *s, unsigned n, uint32_t *rgb)
{
	const struct color_set *c = &s->dynamic[n - DYNAMIC_FIRST];

	*rgb = c->rgb & 0xffffff;
	if (c->spec[0] && c->rgb)
		return true;
	if (n == 10)
		*rgb = s->profile.fg;
	else if (n == 11)
		*rgb = s->profile.bg;
	else if (n == 12)
		*rgb = s->profile.cursor;
	return n <= 12;
}

/* rgb:rrrr/gggg/bbbb */
static void
put_rgb(struct buf *out, uint32_t rgb)
{
	unsigned r = rgb >> 16 & 255, g = rgb >> 8 & 255, b = rgb & 255;

	buf_printf(out, "rgb:%04x/%04x/%04x", r * 257, g * 257, b * 257);
}

/*
 * Sends the answer and, if the token asked, puts the rest of it in its place.
 * Releases both; true if nothing of the token is left.
 */
static bool
settle(struct screen *s, const struct token *t, bool asked, struct buf *answer,
       struct buf *rest)
{
	bool all = asked && rest->len == 0;

	if (answer->len)
		screen_reply(s, answer->data, answer->len);
	if (asked)
		screen_cut(s, t, rest->data, rest->len);
	buf_release(answer);
	buf_release(rest);
	return all;
}

/* The next of the fields that semicolons part; false after the last. */
static bool
field(const char **p, const char **text, size_t *len)
{
	if (!*p)
		return false;
	*text = *p;
	*len = strcspn(*p, ";");
	*p = (*p)[*len] ? *p + *len + 1 : NULL;
	return true;
}

static bool
is_question(const char *text, size_t len)
{
	return len == 1 && text[0] == '?';
}

/* Decimal digits only, at most max; -1 otherwise. */
static int
number(const char *text, size_t len, int max)
{
	int n = 0;

	if (len == 0 || len > 4)
		return -1;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -1;
		n = n * 10 + text[i] - '0';
	}
	return n <= max ? n : -1;
}

/* OSC 4 (and 5, which is not answered): n;spec;n;spec... */
static bool
palette(struct screen *s, const struct token *t, int osc, const char *p)
{
	struct buf rest = { 0 }, answer = { 0 };
	const char *index, *spec;
	size_t n_index, n_spec;
	bool asked = false;

	while (field(&p, &index, &n_index) && field(&p, &spec, &n_spec)) {
		if (!is_question(spec, n_spec)) {
			buf_printf(&rest, ";%.*s;%.*s", (int)n_index, index,
				   (int)n_spec, spec);
			continue;
		}
		asked = true;
		int n = number(index, n_index, 255);
		if (n < 0 || osc != 4 || answer.len > ANSWER_MAX)
			continue;
		buf_printf(&answer, "\33]4;%d;", n);
		put_rgb(&answer, palette_color(s, (unsigned)n));
		buf_str(&answer, terminator(t));
	}
	if (asked && rest.len) {
		struct buf whole = { 0 };

		buf_printf(&whole, "\33]%d", osc);
		buf_append(&whole, rest.data, rest.len);
		buf_str(&whole, terminator(t));
		buf_release(&rest);
		rest = whole;
	}
	return settle(s, t, asked, &answer, &rest);
}

/* OSC 10 and up: value after value, each for the next number. */
static bool
dynamic(struct screen *s, const struct token *t, int osc, const char *p)
{
	struct buf rest = { 0 }, answer = { 0 };
	const char *spec;
	size_t len;
	bool asked = false;

	for (int n = osc; n <= DYNAMIC_LAST && field(&p, &spec, &len); n++) {
		uint32_t rgb;

		if (!is_question(spec, len)) {
			buf_printf(&rest, "\33]%d;%.*s%s", n, (int)len, spec,
				   terminator(t));
			continue;
		}
		asked = true;
		if (!dynamic_color(s, (unsigned)n, &rgb))
			continue;
		buf_printf(&answer, "\33]%d;", n);
		put_rgb(&answer, rgb);
		buf_str(&answer, terminator(t));
	}
	return settle(s, t, asked, &answer, &rest);
}

/* Kitty's names for the colours we know. */
static bool
named_color(const struct screen *s, const char *key, size_t len, uint32_t *rgb,
	    struct buf *name)
{
	static const struct {
		const char *key;
		unsigned number;
	} keys[] = {
		{ "foreground", 10 },
		{ "background", 11 },
		{ "cursor", 12 },
	};
	int n = number(key, len, 255);

	if (n >= 0) {
		buf_printf(name, "%d", n);
		*rgb = palette_color(s, (unsigned)n);
		return true;
	}
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (strlen(keys[i].key) == len &&
		    memcmp(keys[i].key, key, len) == 0) {
			buf_str(name, keys[i].key);
			return dynamic_color(s, keys[i].number, rgb);
		}
	return false;
}

/* OSC 21: key=value;key=?... */
static bool
kitty_colors(struct screen *s, const struct token *t, const char *p)
{
	struct buf rest = { 0 }, answer = { 0 };
	const char *text;
	size_t len;
	bool asked = false;

	while (field(&p, &text, &len)) {
		uint32_t rgb;

		if (len < 2 || memcmp(text + len - 2, "=?", 2) != 0) {
			buf_printf(&rest, "%s%.*s", rest.len ? ";" : "\33]21;",
				   (int)len, text);
			continue;
		}
		asked = true;
		struct buf name = { 0 };
		if (answer.len < ANSWER_MAX &&
		    named_color(s, text, len - 2, &rgb, &name)) {
			buf_str(&answer, answer.len ? ";" : "\33]21;");
			buf_append(&answer, name.data, name.len);
			buf_byte(&answer, '=');
			put_rgb(&answer, rgb);
		}
		buf_release(&name);
	}
	if (rest.len)
		buf_str(&rest, terminator(t));
	if (answer.len)
		buf_str(&answer, terminator(t));
	return settle(s, t, asked, &answer, &rest);
}

/* OSC 52: nobody reads the clipboard. */
static bool
clipboard(struct screen *s, const char *p, const struct token *t)
{
	const char *what, *data;
	size_t n_what, n_data;

	if (!field(&p, &what, &n_what) || !field(&p, &data, &n_data) ||
	    !is_question(data, n_data))
		return false;
	screen_replyf(s, "\33]52;c;%s", terminator(t));
	return true;
}

static bool
starts(const char *p, const char *prefix)
{
	return strncmp(p, prefix, strlen(prefix)) == 0;
}

/* iTerm2's. */
static bool
iterm(struct screen *s, const char *p, const struct token *t)
{
	if (starts(p, "ReportCellSize")) {
		if (s->profile.cell_h && s->profile.cell_w)
			screen_replyf(s,
				      "\33]1337;ReportCellSize=%u.0;%u.0;1.0%s",
				      s->profile.cell_h, s->profile.cell_w,
				      terminator(t));
		return true;
	}
	return starts(p, "ReportVariable") || starts(p, "RequestUpload") ||
	       starts(p, "Capabilities");
}

/* OSC 99: the metadata, up to the second semicolon, has p=?. */
static bool
asks_notifications(const char *p)
{
	size_t len = strcspn(p, ";");

	for (size_t i = 0; i + 3 <= len; i++)
		if (memcmp(p + i, "p=?", 3) == 0 && (i == 0 || p[i - 1] == ':'))
			return true;
	return false;
}

bool
query_osc(struct screen *s, const struct token *t)
{
	const char *p = t->data ? (const char *)t->data : "";
	size_t digits = strcspn(p, ";");
	int osc = number(p, digits, 9999);
	bool asked = false;

	p = p[digits] ? p + digits + 1 : "";
	/* Most are titles and links. */
	if (osc < 4 || osc == 8)
		return false;
	if (osc == 4 || osc == 5)
		return palette(s, t, osc, p);
	if (osc >= DYNAMIC_FIRST && osc <= DYNAMIC_LAST)
		return dynamic(s, t, osc, p);
	if (osc == 21)
		return kitty_colors(s, t, p);
	switch (osc) {
	case 22: /* pointer shapes */
	case 50: /* font */
	case 176: /* application */
		asked = p[0] == '?';
		break;
	case 52:
		asked = clipboard(s, p, t);
		break;
	case 60: /* xterm's permissions */
	case 61:
		asked = true;
		break;
	case 99:
		asked = asks_notifications(p);
		break;
	case 1337:
		asked = iterm(s, p, t);
		break;
	case 5522: /* kitty's clipboard */
		asked = starts(p, "type=read");
		break;
	default:
		break;
	}
	if (asked)
		screen_cut(s, t, NULL, 0);
	return asked;
}
