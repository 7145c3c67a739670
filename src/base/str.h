/* base/str.h - strings: made, compared, made safe to show. */
#ifndef CDO_BASE_STR_H
#define CDO_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Caller frees. */
char *str_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
bool str_eq(const char *a, const char *b); /* NULL is equal to NULL only */
bool str_starts(const char *s, const char *prefix);

/* Decimal, whole string, min..max; 0 or -EINVAL or -ERANGE. */
int str_int(const char *s, long min, long max, long *out);
/* "5s" "250ms" "3m" "2h" "7d", plain seconds without a unit. */
int str_duration(const char *s, uint64_t *ms);
/* "1k" "16M" "2G", plain bytes without a unit. */
int str_bytes(const char *s, uint64_t *bytes);

/* [A-Za-z0-9._-]{1,48}, no leading - or . (interface.md, Names). */
bool str_is_name(const char *s);

/* The one of known[0..n) that `s` was meant to be, or NULL; borrowed. */
const char *str_nearest(const char *s, const char *const *known, size_t n);

/*
 * What a terminal may be shown of a hostile string: valid UTF-8 printable
 * characters stay, everything else becomes U+FFFD, at most max bytes.
 * Caller frees.
 */
char *str_safe(const char *s, size_t len, size_t max);

/* How many characters valid UTF-8 has; each is taken for a column. */
size_t str_columns(const char *s);

/* Length of the valid UTF-8 character at s[0..len), 0 if there is none. */
size_t str_utf8(const char *s, size_t len);

/* How long, for people: "3s", "14m", "2h", "4d"; caller frees. */
char *str_ago(uint64_t seconds);
/* RFC 3339 UTC of milliseconds since 1970; caller frees. */
char *str_time(uint64_t unix_ms);

#endif
