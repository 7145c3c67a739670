/* vt/width.h - how many columns a character takes, and what it joins. */
#ifndef CDO_VT_WIDTH_H
#define CDO_VT_WIDTH_H

#include <stdint.h>

/* One byte for each code point. */
enum {
	WIDTH_COLUMNS = 3, /* 0, 1 or 2 */
	WIDTH_PICTURE = 1 << 2, /* Extended_Pictographic */
	WIDTH_TONE = 1 << 3, /* an emoji modifier: joins a picture */
	WIDTH_FLAG = 1 << 4, /* a regional indicator: two are a flag */
	WIDTH_JOINER = 1 << 5, /* U+200D: what follows may join */
	WIDTH_EMOJI = 1 << 6, /* U+FE0F: makes a picture or key wide */
	WIDTH_CONTROL = 1 << 7, /* U+0080..9F: never shown */
};

extern const uint8_t *width_pages[0x110000 >> 8];
const uint8_t *width_load(uint32_t page);

static inline unsigned
width_of(uint32_t rune)
{
	const uint8_t *page = width_pages[rune >> 8];

	if (!page)
		page = width_load(rune >> 8);
	return page[rune & 0xff];
}

#endif
