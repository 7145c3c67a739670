/* vt/color.c - colours as programs write them. */
#include "vt/color.h"

#include <stddef.h>
#include <string.h>

static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* n digits; `scaled`: all of them at their highest are 255. */
static bool
part(const char *s, size_t n, bool scaled, uint32_t *out)
{
	uint32_t v = 0, max = 0;

	if (n < 1 || n > 4)
		return false;
	for (size_t i = 0; i < n; i++) {
		int d = hex(s[i]);

		if (d < 0)
			return false;
		v = v << 4 | (uint32_t)d;
		max = max << 4 | 15;
	}
	if (scaled)
		*out = (v * 255 + max / 2) / max;
	else
		*out = n == 1 ? v << 4 : v >> 4 * (n - 2);
	return true;
}

bool
color_parse(const char *spec, uint32_t *rgb)
{
	uint32_t v[3];

	if (*spec == '#') {
		size_t len = strlen(++spec);

		if (len % 3 != 0)
			return false;
		for (size_t i = 0; i < 3; i++)
			if (!part(spec + i * (len / 3), len / 3, false, &v[i]))
				return false;
	} else if (strncmp(spec, "rgb:", 4) == 0) {
		spec += 4;
		for (size_t i = 0; i < 3; i++) {
			size_t n = strcspn(spec, "/");

			if (!part(spec, n, true, &v[i]) ||
			    spec[n] != (i < 2 ? '/' : 0))
				return false;
			spec += n + 1;
		}
	} else {
		return false;
	}
	*rgb = v[0] << 16 | v[1] << 8 | v[2];
	return true;
}
