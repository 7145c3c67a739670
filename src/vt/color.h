/* vt/color.h - colours as programs write them. */
#ifndef CDO_VT_COLOR_H
#define CDO_VT_COLOR_H

#include <stdbool.h>
#include <stdint.h>

/*
 * "#rgb" to "#rrrrggggbbbb" and "rgb:r/g/b" to "rgb:rrrr/gggg/bbbb", as
 * XParseColor reads them, into 0xrrggbb.
 */
bool color_parse(const char *spec, uint32_t *rgb);

#endif
