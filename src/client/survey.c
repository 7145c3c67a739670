/* client/survey.c - what this terminal can do. */
#include "client/survey.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/str.h"
#include "client/tty.h"

enum { PATIENCE = 500 /* ms */, READ = 1024 };

/* The last one is answered by every terminal, and last. */
static const char questions[] = "\033[?u\033[?2026$p\033[c";

/* One answer, "CSI ? parameters final"; true for the last. */
static bool
answer(struct survey *s, const char *params, char final)
{
	if (final == 'u')
		s->kitty = true;
	else if (final == 'y' && str_starts(params, "2026;"))
		s->sync = params[5] >= '1' && params[5] <= '3';
	else if (final == 'c')
		s->answers = true;
	return final == 'c';
}

bool
survey_take(struct survey *s, const void *data, unsigned long len)
{
	const char *p = data, *end = p + len;

	while ((p = memchr(p, '\033', (size_t)(end - p))) != NULL) {
		char params[32];
		size_t n = 0;

		if (end - p < 4 || p[1] != '[' || p[2] != '?') {
			p++;
			continue;
		}
		p += 3;
		while (p < end && (unsigned char)*p < 0x40 &&
		       n < sizeof params - 1)
			params[n++] = *p++;
		params[n] = '\0';
		if (p < end && answer(s, params, *p))
			return true;
	}
	return false;
}

static bool
asks(void)
{
	const char *term = getenv("TERM");

	/* These print what they do not know. */
	return term != NULL && !str_eq(term, "dumb") &&
	       !str_starts(term, "linux") && !str_starts(term, "vt");
}

static void
ask(struct survey *s, struct tty *tty)
{
	struct buf in = { 0 };
	ssize_t n = 0;

	tty_write(tty, questions, sizeof questions - 1);
	do {
		if (!tty_readable(tty, PATIENCE))
			break;
		n = io_read(tty->fd, buf_room(&in, READ), READ);
		if (n > 0)
			buf_grew(&in, (size_t)n);
	} while (n > 0 && !survey_take(s, in.data, in.len));
	buf_release(&in);
}

int
survey_terminal(struct survey *s)
{
	struct tty_colors colors = { 0 };
	struct tty tty = { 0 };
	int r = tty_open(&tty);

	*s = (struct survey){ 0 };
	if (r < 0)
		return r;
	tty_colors(&colors);
	s->colors = colors.indexed;
	s->direct = colors.direct;
	r = asks() ? tty_raw(&tty) : 0;
	if (r == 0 && tty.raw)
		ask(s, &tty);
	tty_cooked(&tty);
	tty_close(&tty);
	return r;
}
