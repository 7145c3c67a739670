/* base/conf.c - cdo.conf: options and agent profiles (inih). */
#include "base/conf.h"

#include <assert.h>
#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "base/words.h"

enum { FILE_MAX = 1 << 20 };

/* How an option is written, and what its member is. */
enum kind { WORD, TEXT, COUNT, BYTES, SWITCH, TIME, THEME };

struct option {
	const char *name;
	enum kind kind;
	size_t at; /* in struct conf */
	const char *def;
};

static const struct option options[] = {
	{ "prefix", WORD, offsetof(struct conf, prefix), "C-b" },
	{ "history-limit", COUNT, offsetof(struct conf, history_limit),
	  "10000" },
	{ "history-bytes", BYTES, offsetof(struct conf, history_bytes), "16M" },
	{ "attach-history", COUNT, offsetof(struct conf, attach_history),
	  "1000" },
	{ "shell", TEXT, offsetof(struct conf, shell), "" },
	{ "persistent", SWITCH, offsetof(struct conf, persistent), "on" },
	{ "record", SWITCH, offsetof(struct conf, record), "on" },
	{ "record-max", BYTES, offsetof(struct conf, record_max), "256M" },
	{ "keep-finished", TIME, offsetof(struct conf, keep_finished_ms),
	  "7d" },
	{ "grace", TIME, offsetof(struct conf, grace_ms), "5s" },
	{ "term-program", WORD, offsetof(struct conf, term_program), "cdo" },
	{ "theme", THEME, offsetof(struct conf, theme), "dark" },
	{ "listen", TEXT, offsetof(struct conf, listen), "" },
	{ "relay", TEXT, offsetof(struct conf, relay), "" },
};

enum { OPTIONS = sizeof options / sizeof options[0] };

static const struct {
	const char *name, *command, *resume, *resume_id;
	bool holds;
} known_agents[] = {
	{ "claude", "claude", "claude --continue", "claude --resume", true },
	{ "codex", "codex", "codex resume --last", "codex resume", true },
	{ "gemini", "gemini", "gemini --resume", "gemini --resume", true },
	{ "shell", "", NULL, NULL, false },
};

/* What is being read, and what is wrong with it. */
struct reader {
	struct conf *conf;
	const char *file; /* as complaints name it */
	struct buf *errs;
	bool bad;
};

static void __attribute__((format(printf, 3, 4)))
complain(struct reader *r, int line, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	char *safe = str_safe(text, strlen(text), sizeof text);
	buf_printf(r->errs, "%s:%d: %s\n", r->file, line, safe);
	free(safe);
	r->bad = true;
}

static void
suggest(struct reader *r, int line, const char *what, const char *name,
	const char *const *known, size_t n)
{
	const char *near = str_nearest(name, known, n);

	if (near)
		complain(r, line, "no such %s '%s'; did you mean '%s'?", what,
			 name, near);
	else
		complain(r, line, "no such %s '%s'", what, name);
}

static int
to_switch(const char *s, bool *on)
{
	static const char *const yes[] = { "on", "yes", "true", "1" };
	static const char *const no[] = { "off", "no", "false", "0" };

	for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++) {
		bool is = strcmp(s, yes[i]) == 0;

		if (!is && strcmp(s, no[i]) != 0)
			continue;
		*on = is;
		return 0;
	}
	return -EINVAL;
}

static void
replace(char **to, const char *s)
{
	free(*to);
	*to = s && *s ? mem_str(s) : NULL;
}

/* Returns what the value should have been, or NULL if it was. */
static const char *
set(struct conf *c, const struct option *o, const char *v)
{
	void *to = (char *)c + o->at;
	long n;

	switch (o->kind) {
	case WORD:
		if (!*v || strpbrk(v, " \t"))
			return "one word";
		replace(to, v);
		return NULL;
	case TEXT:
		replace(to, v);
		return NULL;
	case THEME:
		if (strcmp(v, "dark") != 0 && strcmp(v, "light") != 0)
			return "dark or light";
		replace(to, v);
		return NULL;
	case COUNT:
		if (str_int(v, 0, INT32_MAX, &n) < 0)
			return "a number";
		*(uint32_t *)to = (uint32_t)n;
		return NULL;
	case BYTES:
		return str_bytes(v, to) < 0 ? "a size such as 16M" : NULL;
	case SWITCH:
		return to_switch(v, to) < 0 ? "on or off" : NULL;
	case TIME:
		return str_duration(v, to) < 0 ? "a time such as 5s" : NULL;
	}
	return NULL;
}

static void
on_option(struct reader *r, int line, const char *name, const char *value)
{
	const char *names[OPTIONS];

	for (size_t i = 0; i < OPTIONS; i++) {
		const struct option *o = &options[i];

		names[i] = o->name;
		if (strcmp(o->name, name) != 0)
			continue;
		const char *want = set(r->conf, o, value);
		if (want)
			complain(r, line, "%s must be %s, not '%s'", name, want,
				 value);
		return;
	}
	suggest(r, line, "option", name, names, OPTIONS);
}

/*
 * Words as a shell would see them: blanks part, quotes hold together.  NULL
 * if a quote is not closed.
 */
static char **
split(const char *s)
{
	char **w = mem_zero(1, sizeof *w);
	size_t n = 0;

	for (;;) {
		struct buf b = { 0 };
		char quote = 0;

		s += strspn(s, " \t");
		if (!*s)
			return w;
		for (; *s && (quote || (*s != ' ' && *s != '\t')); s++) {
			if (*s == quote)
				quote = 0;
			else if (!quote && (*s == '"' || *s == '\''))
				quote = *s;
			else
				buf_byte(&b, (uint8_t)*s);
		}
		w = mem_grow(w, n + 2, sizeof *w);
		w[n++] = buf_steal(&b);
		w[n] = NULL;
		if (quote) {
			words_free(w);
			return NULL;
		}
	}
}

static struct conf_agent *
agent(struct conf *c, const char *name)
{
	for (size_t i = 0; i < c->n_agents; i++)
		if (strcmp(c->agents[i].name, name) == 0)
			return &c->agents[i];

	c->agents = mem_grow(c->agents, c->n_agents + 1, sizeof *c->agents);
	struct conf_agent *a = &c->agents[c->n_agents++];
	*a = (struct conf_agent){ .name = mem_str(name), .holds = true };
	a->command = mem_zero(2, sizeof *a->command);
	a->command[0] = mem_str(name);
	return a;
}

static void
on_agent(struct reader *r, int line, const char *name, const char *key,
	 const char *value)
{
	static const char *const keys[] = { "command", "resume", "resume-id",
					    "holds" };

	if (!str_is_name(name)) {
		complain(r, line, "'%s' cannot be an agent's name", name);
		return;
	}
	struct conf_agent *a = agent(r->conf, name);
	char ***to = strcmp(key, keys[0]) == 0	 ? &a->command
		     : strcmp(key, keys[1]) == 0 ? &a->resume
		     : strcmp(key, keys[2]) == 0 ? &a->resume_id
						 : NULL;

	if (to) {
		char **w = split(value);

		if (!w) {
			complain(r, line, "%s has a quote without its other",
				 key);
			return;
		}
		if (to != &a->command && !w[0]) {
			words_free(w);
			w = NULL;
		}
		words_free(*to);
		*to = w;
	} else if (strcmp(key, "holds") == 0) {
		if (to_switch(value, &a->holds) < 0)
			complain(r, line, "holds must be on or off, not '%s'",
				 value);
	} else {
		suggest(r, line, "option of an agent", key, keys, 4);
	}
}

/* The file's lines, one by one, as inih asks for them. */
struct lines {
	struct reader *reader;
	const char *next, *end;
	int line;
};

static char *
next_line(char *to, int size, void *stream)
{
	struct lines *l = stream;

	if (l->next == l->end)
		return NULL;
	const char *nl = memchr(l->next, '\n', (size_t)(l->end - l->next));
	const char *stop = nl ? nl : l->end;
	const char *from = l->next;

	l->line++;
	l->next = nl ? nl + 1 : l->end;
	/* To inih an indented line would go on where the last one ended. */
	while (from < stop && (*from == ' ' || *from == '\t'))
		from++;
	size_t n = (size_t)(stop - from);
	if (n + 1 > (size_t)size) {
		complain(l->reader, l->line, "longer than %d bytes", size - 1);
		n = 0;
	} else if (memchr(from, '\0', n)) {
		complain(l->reader, l->line, "a NUL byte");
		n = 0;
	}
	memcpy(to, from, n);
	to[n] = '\0';
	return to;
}

static int
on_entry(void *user, const char *section, const char *name, const char *value)
{
	static const char agents[] = "agent ";
	struct lines *l = user;

	if (!*section)
		on_option(l->reader, l->line, name, value);
	else if (str_starts(section, agents))
		on_agent(l->reader, l->line,
			 section + sizeof agents - 1 +
				 strspn(section + sizeof agents - 1, " \t"),
			 name, value);
	else
		complain(l->reader, l->line,
			 "no such section '[%s]'; there is [agent NAME]",
			 section);
	return 1;
}

static struct conf *
defaults(void)
{
	struct conf *c = mem_zero(1, sizeof *c);

	for (size_t i = 0; i < OPTIONS; i++) {
		const char *bad = set(c, &options[i], options[i].def);
		assert(!bad);
		(void)bad;
	}
	for (size_t i = 0; i < sizeof known_agents / sizeof known_agents[0];
	     i++) {
		struct conf_agent *a = agent(c, known_agents[i].name);

		words_free(a->command);
		a->command = split(known_agents[i].command);
		if (known_agents[i].resume)
			a->resume = split(known_agents[i].resume);
		if (known_agents[i].resume_id)
			a->resume_id = split(known_agents[i].resume_id);
		a->holds = known_agents[i].holds;
	}
	return c;
}

static void
parse(struct reader *r, const struct buf *text)
{
	struct lines l = { .reader = r };

	if (!text->len)
		return;
	l.next = (const char *)text->data;
	l.end = l.next + text->len;
	int line = ini_parse_stream(next_line, &l, on_entry, &l);
	if (line > 0)
		complain(r, line, "neither [SECTION] nor NAME = VALUE");
	else if (line < 0)
		abort(); /* out of memory */
}

struct conf *
conf_load(const char *path, struct buf *errs)
{
	struct conf *c = defaults();
	struct buf text = { 0 };
	struct reader r = { .conf = c, .errs = errs };

	c->path = path ? mem_str(path) : path_config();
	r.file = strrchr(c->path, '/') ? strrchr(c->path, '/') + 1 : c->path;
	int e = io_slurp(c->path, FILE_MAX, &text);
	if (e == 0) {
		parse(&r, &text);
	} else if (e != -ENOENT && e != -ENOTDIR) {
		buf_printf(errs, "cannot read '%s': %s\n", c->path,
			   io_error(e));
		r.bad = true;
	}
	buf_release(&text);
	if (r.bad) {
		conf_free(c);
		return NULL;
	}
	return c;
}

void
conf_free(struct conf *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->n_agents; i++) {
		free(c->agents[i].name);
		words_free(c->agents[i].command);
		words_free(c->agents[i].resume);
		words_free(c->agents[i].resume_id);
	}
	free(c->agents);
	free(c->path);
	free(c->prefix);
	free(c->shell);
	free(c->term_program);
	free(c->theme);
	free(c->listen);
	free(c->relay);
	free(c);
}

const struct conf_agent *
conf_agent(const struct conf *c, const char *name)
{
	for (size_t i = 0; i < c->n_agents; i++)
		if (strcmp(c->agents[i].name, name) == 0)
			return &c->agents[i];
	return NULL;
}

static void
show_words(struct buf *out, const char *key, char *const *w)
{
	buf_printf(out, "%s =", key);
	for (; w && *w; w++) {
		const char *q = strchr(*w, '"')		       ? "'"
				: !**w || strpbrk(*w, " \t';") ? "\""
							       : "";

		buf_printf(out, " %s%s%s", q, *w, q);
	}
	buf_byte(out, '\n');
}

/* In the large unit if it is a multiple, else in the small one. */
static void
show_measure(struct buf *out, uint64_t v, uint64_t times, const char *large,
	     const char *small)
{
	bool fits = v % times == 0;

	buf_printf(out, "%llu%s", (unsigned long long)(fits ? v / times : v),
		   fits ? large : small);
}

static void
show(const struct conf *c, const struct option *o, struct buf *out)
{
	const void *at = (const char *)c + o->at;
	const char *s;

	buf_printf(out, "%s = ", o->name);
	switch (o->kind) {
	case WORD:
	case TEXT:
	case THEME:
		s = *(char *const *)at;
		buf_str(out, s ? s : "");
		break;
	case COUNT:
		buf_printf(out, "%u", *(const uint32_t *)at);
		break;
	case BYTES:
		show_measure(out, *(const uint64_t *)at, 1 << 20, "M", "");
		break;
	case SWITCH:
		buf_str(out, *(const bool *)at ? "on" : "off");
		break;
	case TIME:
		show_measure(out, *(const uint64_t *)at, 1000, "s", "ms");
		break;
	}
	buf_byte(out, '\n');
}

void
conf_show(const struct conf *c, struct buf *out)
{
	for (size_t i = 0; i < OPTIONS; i++)
		show(c, &options[i], out);
	for (size_t i = 0; i < c->n_agents; i++) {
		const struct conf_agent *a = &c->agents[i];

		buf_printf(out, "\n[agent %s]\n", a->name);
		show_words(out, "command", a->command);
		show_words(out, "resume", a->resume);
		show_words(out, "resume-id", a->resume_id);
		buf_printf(out, "holds = %s\n", a->holds ? "on" : "off");
	}
}
