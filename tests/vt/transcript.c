/* vt/transcript.c - runs the transcripts: bytes in, screen out. */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "run.h"
#include "vt/screen.h"

/*
 * A transcript is lines of a verb and its words (verbs.c has the table); a
 * word in quotes may have \e \n \r \t \a \b \\ \" \xHH.  '#' begins a
 * comment.
 */
enum { WORDS = 64 };

static unsigned
hex(const char *p)
{
	const char digits[3] = { p[0], p[0] ? p[1] : '\0', 0 };

	return (unsigned)strtoul(digits, NULL, 16);
}

/* Cuts the next word off *p, undoing escapes in place. */
static bool
next_word(char **p, struct word *w)
{
	static const char named[] = "e\33n\nr\rt\ta\ab\b";
	char *in = *p + strspn(*p, " \t"), *out = in;

	if (!*in || *in == '#')
		return false;
	bool quotes = *in == '"';
	if (quotes)
		in++;
	w->text = out;
	for (; *in && (quotes ? *in != '"' : *in != ' '); in++) {
		if (*in != '\\' || !quotes) {
			*out++ = *in;
			continue;
		}
		in++;
		const char *n = strchr(named, *in);
		if (*in == 'x') {
			*out++ = (char)hex(in + 1);
			in += 2;
		} else {
			*out++ = n && (n - named) % 2 == 0 ? n[1] : *in;
		}
	}
	w->len = (size_t)(out - w->text);
	*p = *in ? in + 1 : in;
	*out = '\0';
	return true;
}

static void
run_line(struct run *r, char *line)
{
	struct word words[WORDS], verb;
	unsigned n = 0;

	if (!next_word(&line, &verb))
		return;
	while (n < WORDS && next_word(&line, &words[n]))
		n++;
	run_verb(r, verb.text, words, n);
}

static void
run_file(struct run *r, const char *path)
{
	FILE *f = fopen(path, "r");
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;

	r->path = path;
	r->line = 0;
	if (!f) {
		printf("not ok %u - cannot open %s\n", ++r->n_tests, path);
		return;
	}
	while ((n = getline(&line, &cap, f)) > 0) {
		r->line++;
		if (line[n - 1] == '\n')
			line[n - 1] = '\0';
		run_line(r, line);
	}
	run_finish(r);
	free(line);
	fclose(f);
}

int
main(int argc, char **argv)
{
	const char *top = getenv("CDO_TOP_SRCDIR");
	struct run r = { 0 };
	glob_t found = { 0 };

	if (argc < 2) {
		char *pattern =
			str_printf("%s/tests/vt/*.txt", top ? top : ".");
		glob(pattern, 0, NULL, &found);
		free(pattern);
	}
	for (int i = 1; i < argc; i++)
		run_file(&r, argv[i]);
	for (size_t i = 0; i < found.gl_pathc; i++)
		run_file(&r, found.gl_pathv[i]);
	printf("1..%u\n", r.n_tests);
	globfree(&found);
	screen_free(r.s);
	buf_release(&r.replies);
	buf_release(&r.client);
	buf_release(&r.events);
	buf_release(&r.fed);
	return 0;
}
