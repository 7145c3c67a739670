/* cmd/cast.c - asciicast, versions 2 and 3: lines of a file and events. */
#include "cmd/cast.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/str.h"
#include "vt/screen.h"

enum { SECOND = 1000000 };

/* Longer than any recording; what a double holds exactly. */
static const double seconds_max = 1e9;

/*
 * How many bytes at p stand for one U+FFFD: as many as could still have
 * become a character (Unicode 15, section 3.9), which is what vt/token does.
 */
static size_t
broken(const uint8_t *p, size_t len)
{
	uint8_t c = p[0], lo = 0x80, hi = 0xbf;
	size_t n = 1, whole = c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

	if (c < 0xc2 || c > 0xf4)
		return 1;
	if (c == 0xe0)
		lo = 0xa0;
	else if (c == 0xed)
		hi = 0x9f;
	else if (c == 0xf0)
		lo = 0x90;
	else if (c == 0xf4)
		hi = 0x8f;
	while (n < whole && n < len && p[n] >= lo && p[n] <= hi) {
		lo = 0x80;
		hi = 0xbf;
		n++;
	}
	return n;
}

static void
put_escaped(struct buf *b, uint8_t c)
{
	static const char letters[] = "\bb\tt\nn\ff\rr\"\"\\\\";
	const char *l = memchr(letters, c, sizeof letters - 1);

	if (l) {
		buf_byte(b, '\\');
		buf_byte(b, (uint8_t)l[1]);
	} else if (c) {
		buf_printf(b, "\\u%04x", c);
	}
}

static void
put_string(struct buf *b, const uint8_t *p, size_t len)
{
	buf_byte(b, '"');
	for (size_t i = 0, n; i < len; i += n) {
		size_t plain = i;

		while (plain < len && p[plain] >= 0x20 && p[plain] < 0x7f &&
		       p[plain] != '"' && p[plain] != '\\')
			plain++;
		n = plain - i;
		if (n == 0 && p[i] < 0x80) {
			put_escaped(b, p[i]);
			n = 1;
		} else if (n > 0) {
			buf_append(b, p + i, n);
		} else if ((n = str_utf8((const char *)p + i, len - i)) > 0) {
			buf_append(b, p + i, n);
		} else {
			buf_str(b, "\xef\xbf\xbd");
			n = broken(p + i, len - i);
		}
	}
	buf_byte(b, '"');
}

static void
put_text(struct buf *b, const char *key, const char *text)
{
	if (!text)
		return;
	buf_printf(b, ", \"%s\": ", key);
	put_string(b, (const uint8_t *)text, strlen(text));
}

void
cast_put_head(struct buf *b, const struct cast_head *h)
{
	if (h->version == 2)
		buf_printf(b, "{\"version\": 2, \"width\": %u, \"height\": %u",
			   h->cols, h->rows);
	else
		buf_printf(b,
			   "{\"version\": 3, \"term\": {\"cols\": %u, "
			   "\"rows\": %u, \"type\": \"xterm-256color\"}",
			   h->cols, h->rows);
	if (h->timestamp)
		buf_printf(b, ", \"timestamp\": %" PRIu64, h->timestamp);
	if (h->idle_us)
		buf_printf(b, ", \"idle_time_limit\": %" PRIu64 ".%06" PRIu64,
			   h->idle_us / SECOND, h->idle_us % SECOND);
	put_text(b, "command", h->command);
	put_text(b, "title", h->title);
	if (h->version == 2)
		buf_str(b, ", \"env\": {\"TERM\": \"xterm-256color\"}");
	buf_str(b, "}\n");
}

void
cast_put_event(struct buf *b, int version, uint64_t since,
	       const struct cast_event *e)
{
	bool marker = version == 2 && e->kind == CAST_EXIT;
	uint64_t us = e->us;

	if (version == 3)
		us -= since < us ? since : us;
	buf_printf(b, "[%" PRIu64 ".%06" PRIu64 ", \"%c\", ", us / SECOND,
		   us % SECOND, marker ? CAST_MARKER : e->kind);
	switch (e->kind) {
	case CAST_RESIZE:
		buf_printf(b, "\"%ux%u\"", e->cols, e->rows);
		break;
	case CAST_EXIT:
		buf_printf(b, marker ? "\"exit %d\"" : "\"%d\"", e->status);
		break;
	default:
		put_string(b, e->data, e->len);
	}
	buf_str(b, "]\n");
}

/* --- reading ----------------------------------------------------------- */

bool
cast_size_ok(int64_t cols, int64_t rows)
{
	return cols >= 1 && cols <= SCREEN_COLS_MAX && rows >= 1 &&
	       rows <= SCREEN_ROWS_MAX;
}

/* Offsets first: the buffer moves as it grows. */
static size_t
keep(struct buf *text, const char *s)
{
	size_t at = text->len;

	buf_append(text, s, strlen(s) + 1);
	return at;
}

/* The line without its escaped NULs, which are nothing on a terminal. */
static void
drop_nuls(const char *line, size_t len, struct buf *out)
{
	static const char nul[] = "\\u0000";
	size_t n;

	for (size_t i = 0; i < len; i += n) {
		n = line[i] == '\\' && i + 1 < len ? 2 : 1;
		if (len - i >= 6 && memcmp(line + i, nul, 6) == 0)
			n = 6;
		else
			buf_append(out, line + i, n);
	}
}

static struct json *
parse(const char *line, size_t len)
{
	struct buf b = { 0 };
	char *why = NULL;
	struct json *j;

	drop_nuls(line, len, &b);
	j = json_parse(b.data, b.len, &why);
	free(why);
	buf_release(&b);
	return j;
}

int
cast_get_head(const char *line, size_t len, struct cast_head *h,
	      struct buf *text)
{
	struct json *j = parse(line, len);
	const struct json *size = j;
	const char *cols = "width", *rows = "height";
	double idle;

	*h = (struct cast_head){ .version = (int)json_int(j, "version", 0) };
	if (h->version == 3) {
		size = json_get(j, "term");
		cols = "cols";
		rows = "rows";
	}

	int64_t c = json_int(size, cols, 0), r = json_int(size, rows, 0);
	bool ok = (h->version == 2 || h->version == 3) && cast_size_ok(c, r);
	const char *command = json_str(j, "command");
	const char *title = json_str(j, "title");
	size_t command_at = command ? keep(text, command) : 0;
	size_t title_at = title ? keep(text, title) : 0;

	h->command = command ? (char *)text->data + command_at : NULL;
	h->title = title ? (char *)text->data + title_at : NULL;
	h->cols = (unsigned)c;
	h->rows = (unsigned)r;
	c = json_int(j, "timestamp", 0);
	h->timestamp = c > 0 ? (uint64_t)c : 0;
	idle = json_number(j, "idle_time_limit", 0);
	if (idle > 0 && idle < seconds_max)
		h->idle_us = (uint64_t)(idle * SECOND);
	json_free(j);
	return ok ? 0 : -EINVAL;
}

static bool
get_size(const char *s, struct cast_event *e)
{
	char *x, *end;
	long cols = strtol(s, &x, 10);
	long rows = *x == 'x' ? strtol(x + 1, &end, 10) : 0;

	if (!cast_size_ok(cols, rows) || *end)
		return false;
	e->cols = (unsigned)cols;
	e->rows = (unsigned)rows;
	return true;
}

int
cast_get_event(const char *line, size_t len, int version, uint64_t since,
	       struct cast_event *e, struct buf *text)
{
	struct json *j = parse(line, len);
	double time = json_at_number(j, 0, -1);
	const char *kind = json_at_str(j, 1);
	const char *data = json_at_str(j, 2);
	int r = -EINVAL;

	*e = (struct cast_event){ .kind = CAST_OTHER };
	if (!kind || !data || !(time >= 0 && time < seconds_max))
		goto out;
	e->us = (uint64_t)(time * SECOND + 0.5);
	e->us = version == 3 ? since + e->us : e->us;
	r = 0;
	if (str_eq(kind, "o") || str_eq(kind, "m")) {
		e->kind = (enum cast_kind)kind[0];
		e->len = strlen(data);
		keep(text, data);
		e->data = text->data + text->len - e->len - 1;
	} else if (str_eq(kind, "r") && get_size(data, e)) {
		e->kind = CAST_RESIZE;
	} else if (str_eq(kind, "x")) {
		e->kind = CAST_EXIT;
		e->status = (int)strtol(data, NULL, 10);
	}
out:
	json_free(j);
	return r;
}
