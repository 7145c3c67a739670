/* client/color.h - the nearest colour that a terminal has. */
#ifndef CDO_CLIENT_COLOR_H
#define CDO_CLIENT_COLOR_H

#include <stdint.h>

/*
 * A colour (vt/screen.h) on a terminal with `indexed` of them: the index of
 * the nearest, or -1 for the default colour.
 */
int color_index(uint32_t color, unsigned indexed);

#endif
