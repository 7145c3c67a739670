/* base/str.c - strings: made, compared, made safe to show. */
#include "base/str.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/mem.h"

char *
str_printf(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		abort();

	char *s = mem_alloc((size_t)n + 1);

	va_start(ap, fmt);
	vsnprintf(s, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return s;
}

bool
str_eq(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

bool
str_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

/* The digits at the start of s; NULL if there are none or too many. */
static const char *
digits(const char *s, uint64_t *v, bool *over)
{
	const char *p = s;

	*v = 0;
	*over = false;
	for (; *p >= '0' && *p <= '9'; p++)
		if (__builtin_mul_overflow(*v, 10, v) ||
		    __builtin_add_overflow(*v, (uint64_t)(*p - '0'), v))
			*over = true;
	return p == s ? NULL : p;
}

int
str_int(const char *s, long min, long max, long *out)
{
	bool minus = *s == '-', over;
	uint64_t v;
	const char *end = digits(s + minus, &v, &over);

	if (!end || *end)
		return -EINVAL;
	if (over || v > INT64_MAX)
		return -ERANGE;

	int64_t n = minus ? -(int64_t)v : (int64_t)v;

	if (n < min || n > max)
		return -ERANGE;
	*out = (long)n;
	return 0;
}

struct unit {
	const char *name;
	uint64_t times;
};

static int
measure(const char *s, const struct unit *units, uint64_t *out)
{
	bool over;
	uint64_t v;
	const char *end = digits(s, &v, &over);

	if (!end)
		return -EINVAL;
	for (; units->name; units++) {
		if (strcmp(units->name, end) != 0)
			continue;
		if (over || __builtin_mul_overflow(v, units->times, &v))
			return -ERANGE;
		*out = v;
		return 0;
	}
	return -EINVAL;
}

int
str_duration(const char *s, uint64_t *ms)
{
	static const struct unit units[] = {
		{ "", 1000 },	{ "ms", 1 },	  { "s", 1000 },
		{ "m", 60000 }, { "h", 3600000 }, { "d", 86400000 },
		{ NULL, 0 },
	};

	return measure(s, units, ms);
}

int
str_bytes(const char *s, uint64_t *bytes)
{
	static const struct unit units[] = {
		{ "", 1 },	  { "k", 1 << 10 }, { "K", 1 << 10 },
		{ "m", 1 << 20 }, { "M", 1 << 20 }, { "g", 1 << 30 },
		{ "G", 1 << 30 }, { NULL, 0 },
	};

	return measure(s, units, bytes);
}

static bool
name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

bool
str_is_name(const char *s)
{
	size_t n = 0;

	if (*s == '-' || *s == '.')
		return false;
	while (name_char(s[n]))
		if (++n > 48)
			return false;
	return n > 0 && !s[n];
}

/* How many letters to add, drop, change or swap to get from a to b. */
static size_t
distance(const char *a, const char *b)
{
	enum { MAX = 32 };
	size_t n = strlen(a), m = strlen(b);
	size_t d[MAX + 1][MAX + 1];

	if (n > MAX || m > MAX)
		return SIZE_MAX;
	for (size_t i = 0; i <= n; i++) {
		for (size_t j = 0; j <= m; j++) {
			size_t best = i ? d[i - 1][j] + 1 : j;

			d[i][j] = j ? best : i;
			if (!i || !j)
				continue;
			if (d[i][j - 1] + 1 < best)
				best = d[i][j - 1] + 1;
			if (d[i - 1][j - 1] + (a[i - 1] != b[j - 1]) < best)
				best = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] && d[i - 2][j - 2] + 1 < best)
				best = d[i - 2][j - 2] + 1;
			d[i][j] = best;
		}
	}
	return d[n][m];
}

const char *
str_nearest(const char *s, const char *const *known, size_t n)
{
	const char *near = NULL;
	size_t best = strlen(s) > 3 ? 3 : 2; /* must be nearer than that */

	for (size_t i = 0; i < n; i++) {
		size_t d = distance(s, known[i]);

		if (d < best) {
			best = d;
			near = known[i];
		}
	}
	return near;
}

/* As str_utf8, and says which character it is. */
static size_t
decode(const char *s, size_t len, uint32_t *c)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const uint8_t *p = (const uint8_t *)s;
	size_t n = 1;

	if (len == 0)
		return 0;
	*c = p[0];
	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	n += (size_t)1 + (p[0] >= 0xe0) + (p[0] >= 0xf0);
	if (n > len)
		return 0;
	*c &= 0x7fU >> n;
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		*c = *c << 6 | (p[i] & 0x3f);
	}
	bool surrogate = *c >= 0xd800 && *c < 0xe000;
	return *c < least[n] || *c > 0x10ffff || surrogate ? 0 : n;
}

size_t
str_utf8(const char *s, size_t len)
{
	uint32_t c;

	return decode(s, len, &c);
}

/* It moves no cursor, rings no bell, and does not turn a line around. */
static bool
harmless(uint32_t c)
{
	static const uint32_t bad[][2] = {
		{ 0, 0x1f },	    { 0x7f, 0x9f },	{ 0x061c, 0x061c },
		{ 0x200e, 0x200f }, { 0x2028, 0x202e }, { 0x2066, 0x2069 },
		{ 0xfeff, 0xfeff }, { 0xfff9, 0xfffb }, { 0xe0000, 0xe00ff },
	};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (c >= bad[i][0] && c <= bad[i][1])
			return false;
	return true;
}

char *
str_safe(const char *s, size_t len, size_t max)
{
	static const char mark[] = "\xef\xbf\xbd";
	struct buf b = { 0 };

	for (size_t i = 0; i < len;) {
		uint32_t c;
		size_t n = decode(s + i, len - i, &c);
		bool keep = n && harmless(c);
		size_t put = keep ? n : sizeof mark - 1;

		if (b.len + put > max)
			break;
		buf_append(&b, keep ? s + i : mark, put);
		i += n ? n : 1;
	}
	return buf_steal(&b);
}

char *
str_ago(uint64_t s)
{
	if (s < 60)
		return str_printf("%us", (unsigned)s);
	if (s < 3600)
		return str_printf("%um", (unsigned)(s / 60));
	if (s < 86400)
		return str_printf("%uh", (unsigned)(s / 3600));
	return str_printf("%llud", (unsigned long long)(s / 86400));
}

char *
str_time(uint64_t unix_ms)
{
	time_t t = (time_t)(unix_ms / 1000);
	char text[40];
	struct tm tm;

	if (!gmtime_r(&t, &tm) ||
	    !strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm))
		return mem_str("");
	if (unix_ms % 1000)
		return str_printf("%s.%03uZ", text, (unsigned)(unix_ms % 1000));
	return str_printf("%sZ", text);
}

size_t
str_columns(const char *s)
{
	size_t n = 0;

	for (; *s != '\0'; s++)
		n += ((uint8_t)*s & 0xc0) != 0x80;
	return n;
}
