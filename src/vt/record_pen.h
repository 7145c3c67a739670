/* vt/record_pen.h - a pen as bytes: inside of a record. */
#ifndef CDO_VT_RECORD_PEN_H
#define CDO_VT_RECORD_PEN_H

#include <stdint.h>
#include <string.h>

#include "vt/pen.h"
#include "vt/screen.h"

/* The first byte says what follows, in this order. */
enum {
	PEN_ATTRS = 1 << 0, /* varint */
	PEN_FG_INDEX = 1 << 1, /* a byte */
	PEN_FG_RGB = 1 << 2, /* three */
	PEN_BG_INDEX = 1 << 3,
	PEN_BG_RGB = 1 << 4,
	PEN_UL = 1 << 5, /* four */
	PEN_LINK = 1 << 6, /* id, NUL, URI, NUL */
};
enum { PEN_PLAIN_MAX = 1 + 5 + 3 + 3 + 4 /* without a link */ };

static inline uint8_t *
put_varint(uint8_t *p, uint32_t v)
{
	for (; v >= 0x80; v >>= 7)
		*p++ = (uint8_t)(v | 0x80);
	*p++ = (uint8_t)v;
	return p;
}

static inline const uint8_t *
get_varint(const uint8_t *p, uint32_t *v)
{
	unsigned shift = 0;

	*v = 0;
	do {
		*v |= (uint32_t)(*p & 0x7f) << shift;
		shift += 7;
	} while (*p++ & 0x80);
	return p;
}

static inline uint8_t *
put_color(uint8_t *p, uint32_t color)
{
	if (color & COLOR_RGB) {
		*p++ = (uint8_t)(color >> 16);
		*p++ = (uint8_t)(color >> 8);
	}
	*p++ = (uint8_t)color;
	return p;
}

/* A pen, into PEN_PLAIN_MAX bytes: its link is not among them. */
static inline uint8_t *
put_pen(uint8_t *p, struct pen pen)
{
	uint8_t *mask = p++;

	*mask = 0;
	if (pen.attrs) {
		*mask |= PEN_ATTRS;
		p = put_varint(p, pen.attrs);
	}
	if (pen.fg) {
		*mask |= pen.fg & COLOR_RGB ? PEN_FG_RGB : PEN_FG_INDEX;
		p = put_color(p, pen.fg);
	}
	if (pen.bg) {
		*mask |= pen.bg & COLOR_RGB ? PEN_BG_RGB : PEN_BG_INDEX;
		p = put_color(p, pen.bg);
	}
	if (pen.ul) {
		*mask |= PEN_UL;
		memcpy(p, &pen.ul, 4);
		p += 4;
	}
	return p;
}

/* The same, by its number. */
static inline uint8_t *
put_pen_number(uint8_t *p, uint32_t number, const struct pens *ps)
{
	if ((number & PENS_PLAIN) && !(number >> 18 & PENS_ATTRS)) {
		unsigned fg = number >> 8 & 1, bg = number >> 17 & 1;

		p[0] = (uint8_t)(fg * PEN_FG_INDEX | bg * PEN_BG_INDEX);
		p[1] = (uint8_t)number;
		p[1 + fg] = (uint8_t)(number >> 9);
		return p + 1 + fg + bg;
	}
	return put_pen(p, pens_get(ps, number));
}

static inline const uint8_t *
get_rgb(const uint8_t *p, uint32_t *color)
{
	*color = COLOR_RGB | (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
	return p + 3;
}

static inline const uint8_t *
get_pen(const uint8_t *p, struct pens *ps, struct pen *pen)
{
	unsigned mask = *p++;
	uint32_t v;

	*pen = (struct pen){ 0 };
	if (mask & PEN_ATTRS) {
		p = get_varint(p, &v);
		pen->attrs = (uint16_t)v;
	}
	if (mask & PEN_FG_INDEX)
		pen->fg = COLOR_INDEX | *p++;
	if (mask & PEN_FG_RGB)
		p = get_rgb(p, &pen->fg);
	if (mask & PEN_BG_INDEX)
		pen->bg = COLOR_INDEX | *p++;
	if (mask & PEN_BG_RGB)
		p = get_rgb(p, &pen->bg);
	if (mask & PEN_UL) {
		memcpy(&pen->ul, p, 4);
		p += 4;
	}
	if (mask & PEN_LINK) {
		const char *id = (const char *)p;
		const char *uri = id + strlen(id) + 1;

		pen->link = pens_link(ps, id, uri);
		p = (const uint8_t *)uri + strlen(uri) + 1;
	}
	return p;
}

#endif
