/* client/color.c - the nearest colour that a terminal has. */
#include "client/color.h"

#include "vt/screen.h"

/* xterm's own first sixteen. */
static const uint32_t base[] = {
	0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd,
	0x00cdcd, 0xe5e5e5, 0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00,
	0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff,
};

static const uint8_t levels[] = { 0, 95, 135, 175, 215, 255 };

static uint32_t
distance(uint32_t a, uint32_t b)
{
	uint32_t sum = 0;

	for (unsigned shift = 0; shift < 24; shift += 8) {
		int d = (int)(a >> shift & 255) - (int)(b >> shift & 255);

		sum += (uint32_t)(d * d);
	}
	return sum;
}

static uint32_t
rgb_of(unsigned index)
{
	if (index < 16)
		return base[index];
	if (index >= 232)
		return (8 + (index - 232) * 10) * 0x010101u;
	index -= 16;
	return (uint32_t)levels[index / 36] << 16 |
	       (uint32_t)levels[index / 6 % 6] << 8 | levels[index % 6];
}

static unsigned
level(uint32_t v)
{
	return v < 48 ? 0 : v < 115 ? 1 : (v - 35) / 40;
}

/* Of the cube and the greys; the first sixteen are the user's to choose. */
static int
nearest_256(uint32_t rgb)
{
	uint32_t r = rgb >> 16 & 255, g = rgb >> 8 & 255, b = rgb & 255;
	unsigned cube = 16 + 36 * level(r) + 6 * level(g) + level(b);
	uint32_t mean = (r + g + b) / 3;
	unsigned step = mean < 8 ? 0 : mean > 238 ? 23 : (mean - 3) / 10;
	unsigned grey = 232 + step;

	return (int)(distance(rgb_of(grey), rgb) < distance(rgb_of(cube), rgb)
			     ? grey
			     : cube);
}

static int
nearest(uint32_t rgb, unsigned n)
{
	unsigned best = 0;

	for (unsigned i = 1; i < n; i++)
		if (distance(base[i], rgb) < distance(base[best], rgb))
			best = i;
	return (int)best;
}

int
color_index(uint32_t color, unsigned indexed)
{
	if (color == COLOR_DEFAULT || indexed < 8)
		return -1;

	uint32_t index = color & 0xffffff;
	if (color & COLOR_RGB)
		return indexed >= 256 ? nearest_256(index)
				      : nearest(index, indexed >= 16 ? 16 : 8);
	if (index < indexed)
		return (int)index;
	/* The bright eight of a terminal without them: the plain ones. */
	if (index < 16)
		return (int)(index & 7);
	return nearest(rgb_of(index & 255), indexed >= 16 ? 16 : 8);
}
