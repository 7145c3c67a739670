/* vt/screen_osc.c - titles, links, colours and notes from the program. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "vt/color.h"
#include "vt/parts.h"

enum { TEXT_MAX = 4096 }; /* of what is passed up */

/*
 * Replaces a string by what is safe of text.  Only whether there is one has to
 * be undone: titles turn.
 */
static void
keep(struct screen *s, char **to, const char *text, size_t max)
{
	char *safe = str_safe(text, strlen(text), max);

	if ((*to && **to) != (*safe != 0))
		changed(s);
	free(*to);
	*to = safe;
}

static void
drop(char **string)
{
	free(*string);
	*string = NULL;
}

void
osc_title(struct screen *s, const char *title, bool window, bool icon)
{
	if (icon)
		keep(s, &s->icon, title, TITLE_MAX);
	if (!window)
		return;
	keep(s, &s->title, title, TITLE_MAX);
	if (s->events.title)
		s->events.title(s->ctx, s->title);
}

static void
push(struct titles *t, const char *title)
{
	if (t->n == TITLES_MAX) {
		free(t->of[0]);
		memmove(t->of, t->of + 1, (TITLES_MAX - 1) * sizeof t->of[0]);
		t->n--;
	}
	t->of[t->n++] = mem_str(title ? title : "");
}

void
osc_push(struct screen *s, bool window, bool icon)
{
	if (window)
		push(&s->titles, s->title);
	if (icon)
		push(&s->icons, s->icon);
	changed(s);
}

void
osc_pop(struct screen *s, bool window, bool icon)
{
	if (window && s->titles.n > 0) {
		char *title = s->titles.of[--s->titles.n];

		osc_title(s, title, true, false);
		free(title);
	}
	if (icon && s->icons.n > 0) {
		char *title = s->icons.of[--s->icons.n];

		osc_title(s, title, false, true);
		free(title);
	}
	changed(s);
}

static void
forget(struct titles *t)
{
	while (t->n > 0)
		free(t->of[--t->n]);
}

void
osc_reset(struct screen *s)
{
	drop(&s->title);
	drop(&s->icon);
	drop(&s->cwd);
	drop(&s->pointer);
	forget(&s->titles);
	forget(&s->icons);
	free(s->palette);
	s->palette = NULL;
	memset(s->dynamic, 0, sizeof s->dynamic);
	s->progress = s->percent = 0;
}

/* Cuts a field off: what is before ';', *rest is behind it ("" at the end). */
static char *
field(char **rest)
{
	char *f = *rest, *end = strchr(f, ';');

	if (end) {
		*end = 0;
		*rest = end + 1;
	} else {
		*rest = f + strlen(f);
	}
	return f;
}

static void
link(struct screen *s, char *rest)
{
	char *params = field(&rest), *id = NULL;

	for (char *p = params; p; p = strchr(p, ':')) {
		p += *p == ':';
		if (strncmp(p, "id=", 3) == 0) {
			id = p + 3;
			break;
		}
	}
	if (id)
		id[strcspn(id, ":")] = 0;
	s->pen.link = *rest ? pens_link(&s->pens, id ? id : "", rest) : 0;
	pen_changed(s);
}

static void
set_color(struct screen *s, struct color_set *c, const char *spec)
{
	uint32_t rgb;

	if (strlen(spec) > COLOR_SPEC_MAX || !*spec)
		return;
	for (const char *p = spec; *p; p++)
		if (*p <= ' ' || *p > '~')
			return;
	strcpy(c->spec, spec);
	c->rgb = color_parse(spec, &rgb) ? COLOR_RGB | rgb : 0;
	changed(s);
}

static void
palette(struct screen *s, char *rest)
{
	while (*rest) {
		char *number = field(&rest), *spec = field(&rest);
		long n;

		if (str_int(number, 0, 255, &n) < 0 || strcmp(spec, "?") == 0)
			continue;
		if (!s->palette)
			s->palette = mem_zero(256, sizeof *s->palette);
		set_color(s, &s->palette[n], spec);
	}
}

static void
palette_reset(struct screen *s, char *rest)
{
	changed(s);
	if (!*rest) {
		free(s->palette);
		s->palette = NULL;
	}
	while (*rest) {
		long n;

		if (str_int(field(&rest), 0, 255, &n) == 0 && s->palette)
			s->palette[n].spec[0] = 0;
	}
}

static void
dynamic(struct screen *s, int number, char *rest)
{
	for (; *rest && number <= DYNAMIC_LAST; number++) {
		char *spec = field(&rest);

		if (strcmp(spec, "?") != 0)
			set_color(s, &s->dynamic[number - DYNAMIC_FIRST], spec);
	}
}

static void
notify(struct screen *s, const char *title, const char *body)
{
	char *t = str_safe(title, strlen(title), TEXT_MAX);
	char *b = str_safe(body, strlen(body), TEXT_MAX);

	if (s->events.notify)
		s->events.notify(s->ctx, t, b);
	free(t);
	free(b);
}

static void
progress(struct screen *s, char *rest)
{
	long state = 0, percent = 0;

	if (str_int(field(&rest), 0, 4, &state) < 0)
		return;
	if (str_int(field(&rest), 0, 100, &percent) < 0)
		percent = 0;
	s->progress = (int)state;
	s->percent = (int)percent;
	changed(s);
	if (s->events.progress)
		s->events.progress(s->ctx, s->progress, s->percent);
}

/* OSC 9: iTerm2's note, or one of ConEmu's numbers. */
static void
nine(struct screen *s, char *rest)
{
	size_t digits = strspn(rest, "0123456789");

	if (digits > 0 && (rest[digits] == ';' || !rest[digits])) {
		if (strcmp(field(&rest), "4") == 0)
			progress(s, rest);
		return;
	}
	notify(s, "", rest);
}

/* OSC 99, kitty's: metadata;payload. */
static void
ninety_nine(struct screen *s, char *rest)
{
	char *meta = field(&rest);
	bool body = false;

	for (char *p = meta, *next; *p; p = next) {
		size_t n = strcspn(p, ":");

		next = p[n] ? p + n + 1 : p + n;
		if (strncmp(p, "p=body", n) == 0)
			body = true;
		else if (strncmp(p, "p=", 2) == 0 &&
			 strncmp(p, "p=title", n) != 0)
			return; /* closed, icons, buttons: none of it here */
		else if (strncmp(p, "e=1", n) == 0)
			return; /* encoded */
	}
	if (*rest)
		notify(s, body ? "" : rest, body ? rest : "");
}

static void
mark(struct screen *s, char *rest)
{
	struct row *r = grid_row(s->grid, s->row);
	char kind = *field(&rest);
	long status = 0;

	switch (kind) {
	case 'A':
	case 'P':
		r->flags |= ROW_PROMPT;
		break;
	case 'B':
		r->flags |= ROW_INPUT;
		break;
	case 'C':
		r->flags |= ROW_OUTPUT;
		break;
	case 'D':
		r->flags |= ROW_END;
		if (str_int(field(&rest), 0, 255, &status) < 0)
			status = 0;
		break;
	default:
		return;
	}
	if (s->events.mark)
		s->events.mark(s->ctx, kind == 'P' ? 'A' : kind, (int)status);
}

static void
agent(struct screen *s, const char *payload)
{
	char *safe = str_safe(payload, strlen(payload), TEXT_MAX);

	if (s->events.agent)
		s->events.agent(s->ctx, safe);
	free(safe);
}

static void
run(struct screen *s, long number, char *rest)
{
	switch (number) {
	case 0:
		osc_title(s, rest, true, true);
		break;
	case 1:
		osc_title(s, rest, false, true);
		break;
	case 2:
		osc_title(s, rest, true, false);
		break;
	case 4:
		palette(s, rest);
		break;
	case 7:
		keep(s, &s->cwd, rest, CWD_MAX);
		if (s->events.cwd)
			s->events.cwd(s->ctx, s->cwd);
		break;
	case 8:
		link(s, rest);
		break;
	case 9:
		nine(s, rest);
		break;
	case 22:
		keep(s, &s->pointer, rest, POINTER_MAX);
		break;
	case 99:
		ninety_nine(s, rest);
		break;
	case 104:
		palette_reset(s, rest);
		break;
	case 133:
		mark(s, rest);
		break;
	case 777:
		if (strcmp(field(&rest), "notify") == 0) {
			char *title = field(&rest);

			notify(s, title, rest);
		}
		break;
	case 7501:
		agent(s, rest);
		break;
	default:
		if (number >= DYNAMIC_FIRST && number <= DYNAMIC_LAST)
			dynamic(s, (int)number, rest);
		else if (number >= DYNAMIC_FIRST + 100 &&
			 number <= DYNAMIC_LAST + 100) {
			s->dynamic[number - 100 - DYNAMIC_FIRST].spec[0] = 0;
			changed(s);
		}
		break;
	}
}

void
osc(struct screen *s, const struct token *t)
{
	char *copy, *rest;
	long number;

	if (t->kind == TOKEN_TITLE) { /* screen's, of a window */
		osc_title(s, (const char *)t->data, true, false);
		return;
	}
	copy = mem_strn((const char *)t->data, t->len);
	rest = copy;
	if (str_int(field(&rest), 0, 9999, &number) == 0)
		run(s, number, rest);
	free(copy);
}
