/* client/probe.c - ask the terminal once what only it knows. */
#include "client/probe.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "proto/msg.h"

/* The last one is answered by every terminal, and last. */
#define COLORS "\033]10;?\033\\\033]11;?\033\\\033]12;?\033\\"
#define THEME "\033[?996n"
#define CELL "\033[16t"
#define NAME "\033[>q"
#define KITTY "\033[?u"
#define SYNC "\033[?2026$p"
#define INSIDE "\033P+q63646f\033\\" /* cdo */
#define LAST "\033[c"

bool
probe_ask(struct buf *out)
{
	const char *term = getenv("TERM");

	if (term == NULL || str_eq(term, "dumb"))
		return false;
	if (str_eq(getenv("TERM_PROGRAM"), "Apple_Terminal") ||
	    str_starts(term, "linux") || str_starts(term, "vt")) {
		/* They print what they do not know. */
		buf_str(out, LAST);
	} else if (str_starts(term, "screen") && getenv("STY") != NULL) {
		/* It hands the DCS on, without its introducer, as text. */
		buf_str(out, COLORS LAST);
	} else {
		buf_str(out, COLORS THEME CELL NAME KITTY SYNC INSIDE LAST);
	}
	return true;
}

void
probe_again(struct probe *p, struct buf *out)
{
	p->done = false;
	buf_str(out, COLORS LAST);
}

struct reader {
	const char *at, *end;
};

static bool
skip(struct reader *r, const char *s)
{
	size_t n = strlen(s);

	if ((size_t)(r->end - r->at) < n || memcmp(r->at, s, n) != 0)
		return false;
	r->at += n;
	return true;
}

static bool
number(struct reader *r, unsigned *out)
{
	const char *start = r->at;

	*out = 0;
	while (r->at < r->end && *r->at >= '0' && *r->at <= '9') {
		if (*out < 1 << 20)
			*out = *out * 10 + (unsigned)(*r->at - '0');
		r->at++;
	}
	return r->at > start;
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One to four hexadecimal digits, scaled to eight bits. */
static bool
channel(struct reader *r, uint32_t *color)
{
	unsigned v = 0, n = 0;

	while (r->at < r->end && n < 4 && hex_digit(*r->at) >= 0) {
		v = v << 4 | (unsigned)hex_digit(*r->at++);
		n++;
	}
	if (n == 0)
		return false;
	*color = *color << 8 | v * 255 / ((1u << 4 * n) - 1);
	return true;
}

/* `rgb:r/g/b`, `rgba:r/g/b/a` or `#rrggbb`. */
static bool
color(struct reader *r, uint32_t *out)
{
	uint32_t c = 0;

	if (skip(r, "#")) {
		for (int i = 0; i < 6; i++) {
			if (r->at == r->end || hex_digit(*r->at) < 0)
				return false;
			c = c << 4 | (uint32_t)hex_digit(*r->at++);
		}
	} else if ((!skip(r, "rgb:") && !skip(r, "rgba:")) || !channel(r, &c) ||
		   !skip(r, "/") || !channel(r, &c) || !skip(r, "/") ||
		   !channel(r, &c)) {
		return false;
	}
	*out = c;
	return true;
}

/* 0 to 255000 */
static unsigned
luminance(uint32_t c)
{
	return (c >> 16 & 255) * 299 + (c >> 8 & 255) * 587 + (c & 255) * 114;
}

static void
take_color(struct probe *p, struct reader r)
{
	struct profile *f = &p->profile;
	uint32_t c;
	unsigned n;

	if (!number(&r, &n) || !skip(&r, ";") || !color(&r, &c))
		return;
	if (n == 10)
		f->fg = c;
	else if (n == 11)
		f->bg = c;
	else if (n == 12)
		f->cursor = c;
	if (n == 10 || n == 11)
		f->known = true;
	if (n == 11 && !p->told_light)
		f->light = luminance(c) > 127500;
}

static void
take_name(struct probe *p, struct reader r)
{
	static const char *const drawing[] = { "kitty", "ghostty", "WezTerm",
					       "Konsole" };

	for (size_t i = 0; i < sizeof drawing / sizeof *drawing; i++)
		if (skip(&r, drawing[i]))
			p->profile.kitty_graphics = true;
}

/* `63646f=<hex>`: the sessions that this terminal shows. */
static void
take_inside(struct probe *p, struct reader r)
{
	char *out = p->profile.inside;
	size_t n = 0;

	if (!skip(&r, "63646f=") && !skip(&r, "63646F="))
		return;
	while (r.end - r.at >= 2 && n < sizeof p->profile.inside - 1) {
		int hi = hex_digit(r.at[0]), lo = hex_digit(r.at[1]);

		if (hi < 0 || lo < 0)
			break;
		out[n++] = (char)(hi << 4 | lo);
		r.at += 2;
	}
	out[n] = '\0';
}

static enum probe_news
take_device(struct probe *p, struct reader r)
{
	unsigned n;

	while (number(&r, &n)) {
		if (n == 4)
			p->profile.sixel = true;
		skip(&r, ";");
	}
	if (!skip(&r, "c") || p->done)
		return PROBE_NOTHING;
	p->answers = true;
	p->done = true;
	return PROBE_OVER;
}

/* `CSI ?`. */
static enum probe_news
take_private(struct probe *p, struct reader r)
{
	struct reader whole = r;
	unsigned n, v = 0;

	if (number(&r, &n) && n == 997 && skip(&r, ";") && number(&r, &v)) {
		bool light = v == 2, news = light != p->profile.light;

		p->themes = true;
		p->told_light = true;
		p->profile.light = light;
		return p->done && news ? PROBE_THEME : PROBE_NOTHING;
	}
	if (n == 2026 && skip(&r, ";") && number(&r, &v) && skip(&r, "$y")) {
		p->sync = v == 1 || v == 2;
		return PROBE_NOTHING;
	}
	return take_device(p, whole);
}

static void
take_cell(struct probe *p, struct reader r)
{
	unsigned h, w;

	if (number(&r, &h) && skip(&r, ";") && number(&r, &w) &&
	    skip(&r, "t") && h < 1000 && w < 1000) {
		p->profile.cell_h = (uint16_t)h;
		p->profile.cell_w = (uint16_t)w;
	}
}

enum probe_news
probe_take(struct probe *p, const uint8_t *data, size_t len)
{
	struct reader r = { (const char *)data, (const char *)data + len };

	if (skip(&r, "\033[?"))
		return take_private(p, r);
	if (skip(&r, "\033[6;")) {
		take_cell(p, r);
		return PROBE_NOTHING;
	}

	/* A string: its end is BEL or ST. */
	r.end -= len > 0 && data[len - 1] == '\a' ? 1 : len > 4 ? 2 : 0;
	if (skip(&r, "\033]"))
		take_color(p, r);
	else if (skip(&r, "\033P>|"))
		take_name(p, r);
	else if (skip(&r, "\033P1+r"))
		take_inside(p, r);
	return PROBE_NOTHING;
}

void
probe_report(const struct probe *probe, struct buf *out)
{
	const struct profile *p = &probe->profile;
	struct msg_writer w;

	msg_begin(&w, out, MSG_PROFILE, 1);
	msg_map(&w, 9);
	msg_str(&w, "light");
	msg_bool(&w, p->light);
	msg_str(&w, "fg");
	msg_uint(&w, p->fg);
	msg_str(&w, "bg");
	msg_uint(&w, p->bg);
	msg_str(&w, "cursor");
	msg_uint(&w, p->cursor);
	msg_str(&w, "cell_w");
	msg_uint(&w, p->cell_w);
	msg_str(&w, "cell_h");
	msg_uint(&w, p->cell_h);
	msg_str(&w, "sixel");
	msg_bool(&w, p->sixel);
	msg_str(&w, "kitty_graphics");
	msg_bool(&w, p->kitty_graphics);
	msg_str(&w, "inside");
	msg_str(&w, p->inside);
	msg_end(&w);
}

bool
probe_inside(const struct probe *p, const char *id)
{
	const char *list = p->profile.inside;
	size_t n = strlen(id);

	while (*list != '\0') {
		size_t word = strcspn(list, " ");

		if (word == n && memcmp(list, id, n) == 0)
			return true;
		list += word;
		list += strspn(list, " ");
	}
	return false;
}
