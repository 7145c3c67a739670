/* vt/width.c - how many columns a character takes, and what it joins. */
#include "vt/width.h"

#include <utf8proc.h>

#include "base/mem.h"

const uint8_t *width_pages[0x110000 >> 8];

static unsigned
classify(uint32_t c)
{
	const utf8proc_property_t *p = utf8proc_get_property((int32_t)c);
	int columns = utf8proc_charwidth((int32_t)c);
	unsigned class = 0;

	if (c < 0x20 || (c >= 0x7f && c < 0xa0))
		return WIDTH_CONTROL;
	if (c == 0x200d)
		return WIDTH_JOINER;
	if (c == 0xfe0f)
		return WIDTH_EMOJI;
	if (c >= 0x1f1e6 && c <= 0x1f1ff)
		return WIDTH_FLAG | 1;
	if (p->boundclass == UTF8PROC_BOUNDCLASS_EXTENDED_PICTOGRAPHIC)
		class |= WIDTH_PICTURE;
	if (c >= 0x1f3fb && c <= 0x1f3ff)
		class |= WIDTH_TONE;

	/* What utf8proc does not know yet is seen: wide where emoji grow. */
	if (p->category == UTF8PROC_CATEGORY_CN)
		columns = (c >= 0x1fa70 && c <= 0x1faff) ||
					  (c >= 0x20000 && c <= 0x3fffd)
				  ? 2
				  : 1;
	/* As wcwidth has it, which programs count with. */
	if (c == 0xad || p->category == UTF8PROC_CATEGORY_CO ||
	    p->category == UTF8PROC_CATEGORY_MC)
		columns = 1;
	if ((c >= 0x1160 && c <= 0x11ff) || (c >= 0xd7b0 && c <= 0xd7ff))
		columns = 0; /* vowels and tails of a Hangul syllable */
	return class | (unsigned)columns;
}

const uint8_t *
width_load(uint32_t page)
{
	uint8_t *classes = mem_alloc(256);

	for (uint32_t i = 0; i < 256; i++)
		classes[i] = (uint8_t)classify(page << 8 | i);
	width_pages[page] = classes;
	return classes;
}
