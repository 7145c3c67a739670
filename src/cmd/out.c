/* cmd/out.c - what commands print: messages, tables, colour, JSON. */
#include "cmd/out.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "vt/width.h"

enum {
	LINE_MAX_ = 4096,
	GAP = 2, /* between two columns */
	/* What a column that may be cut keeps, and the last one has. */
	CUT_LEAST = 8,
	LAST_LEAST = 24,
};

static void __attribute__((format(printf, 2, 0)))
say(const char *who, const char *fmt, va_list ap)
{
	char text[LINE_MAX_];

	vsnprintf(text, sizeof text, fmt, ap);
	char *safe = str_safe(text, strlen(text), sizeof text);
	fflush(stdout);
	fprintf(stderr, "%s%s\n", who, safe);
	free(safe);
}

void
out_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say("cdo: ", fmt, ap);
	va_end(ap);
}

void
out_note(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say("", fmt, ap);
	va_end(ap);
}

void
out_json(struct json *v)
{
	struct buf b = { 0 };

	json_write(v, isatty(STDOUT_FILENO), &b);
	fwrite(b.data, 1, b.len, stdout);
	buf_release(&b);
	json_free(v);
}

bool
out_colour(void)
{
	static int yes = -1;

	if (yes < 0) {
		const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

		yes = (no == NULL || *no == '\0') && term != NULL &&
		      strcmp(term, "dumb") != 0 && isatty(STDOUT_FILENO);
	}
	return yes;
}

unsigned
out_width(void)
{
	struct winsize ws;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) != 0)
		return 0;
	return ws.ws_col;
}

/* --- tables --- */

void
out_cell(struct out_table *t, const char *text, const char *sgr)
{
	if (text == NULL)
		text = "";
	t->cells = mem_grow(t->cells, t->n + 1, sizeof *t->cells);
	t->cells[t->n++] = (struct out_cell){
		.text = str_safe(text, strlen(text), LINE_MAX_),
		.sgr = sgr,
	};
}

/* The rune at s, which is valid UTF-8; *len is how long it is. */
static uint32_t
rune(const char *s, size_t *len)
{
	unsigned char c = (unsigned char)*s;
	uint32_t v;

	*len = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	v = *len == 1 ? c : c & (0xffU >> (*len + 1));
	for (size_t i = 1; i < *len; i++)
		v = v << 6 | (s[i] & 0x3f);
	return v;
}

/* Columns of what fits into max columns of s; *end is where that ends. */
static unsigned
fit(const char *s, unsigned max, size_t *end)
{
	unsigned cols = 0;

	for (*end = 0; s[*end] != '\0';) {
		size_t len;
		unsigned w = width_of(rune(s + *end, &len)) & WIDTH_COLUMNS;

		if (cols + w > max)
			break;
		cols += w;
		*end += len;
	}
	return cols;
}

static unsigned
columns(const char *s)
{
	size_t end;

	return fit(s, UINT32_MAX, &end);
}

static void
put_cell(const struct out_cell *c, unsigned room, unsigned pad, bool colour)
{
	size_t end;
	unsigned cols = fit(c->text, room, &end);

	colour = colour && c->sgr != NULL && end > 0;
	if (colour)
		printf("\033[%sm", c->sgr);
	fwrite(c->text, 1, end, stdout);
	if (colour)
		fputs("\033[m", stdout);
	if (pad > cols)
		printf("%*s", (int)(pad - cols), "");
}

/* What stands to the right of cell i in its row is not all empty. */
static bool
followed(const struct out_table *t, size_t i)
{
	for (i++; i % t->columns != 0; i++)
		if (*t->cells[i].text != '\0')
			return true;
	return false;
}

/* Prints cell i, for which there is so much room; columns that it took. */
static void
put_row_cell(const struct out_table *t, size_t i, unsigned width, unsigned room)
{
	bool more = followed(t, i);
	unsigned fits = room < width ? room : width;

	put_cell(&t->cells[i], fits, more ? fits : 0, out_colour());
	if (more && room > fits + GAP)
		printf("%*s", GAP, "");
}

/* Which of the columns that may be cut is the widest; t->columns: none. */
static size_t
widest(const struct out_table *t, const unsigned *width)
{
	size_t found = t->columns;

	for (size_t c = 0; c < t->columns; c++)
		if (t->max[c] > 0 && width[c] > CUT_LEAST &&
		    (found == t->columns || width[c] > width[found]))
			found = c;
	return found;
}

/* On a narrow terminal they make room for the last one. */
static void
squeeze(const struct out_table *t, unsigned *width, unsigned edge)
{
	unsigned all = 0, last = width[t->columns - 1];
	size_t c;

	for (c = 0; c + 1 < t->columns; c++)
		all += width[c] + GAP;
	all += last < LAST_LEAST ? last : LAST_LEAST;
	for (; all > edge && (c = widest(t, width)) < t->columns; all--)
		width[c]--;
}

void
out_table(struct out_table *t)
{
	unsigned width[OUT_COLUMNS_MAX] = { 0 }, edge = out_width(), at = 0;

	for (size_t i = 0; i < t->n; i++) {
		size_t c = i % t->columns;
		unsigned w = columns(t->cells[i].text);

		if (edge > 0 && t->max[c] > 0 && w > t->max[c])
			w = t->max[c];
		if (w > width[c])
			width[c] = w;
	}
	if (edge > 0)
		squeeze(t, width, edge);
	for (size_t i = 0; i < t->n; i++) {
		unsigned w = width[i % t->columns];

		put_row_cell(t, i, w,
			     edge == 0	 ? UINT32_MAX
			     : edge > at ? edge - at
					 : 0);
		at += w + GAP;
		if ((i + 1) % t->columns == 0) {
			putchar('\n');
			at = 0;
		}
		free(t->cells[i].text);
	}
	free(t->cells);
	*t = (struct out_table){ .columns = t->columns };
}

/* --- the rest --- */

bool
out_confirm(const char *fmt, ...)
{
	char answer[16];
	va_list ap;

	if (!isatty(STDIN_FILENO))
		return false;
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputs(" [y/N] ", stderr);
	if (fgets(answer, sizeof answer, stdin) == NULL)
		return false;
	return answer[0] == 'y' || answer[0] == 'Y';
}

bool
out_done(void)
{
	int r = io_check(fflush(stdout));

	if (r == 0 && !ferror(stdout))
		return true;
	fprintf(stderr, "cdo: cannot write the output: %s\n",
		r < 0 ? io_error(r) : "an error");
	return false;
}
