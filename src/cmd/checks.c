/* cmd/checks.c - what cdo doctor has found. */
#include "cmd/checks.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "cmd/out.h"

enum { TEXT_MAX = 4096 };

static const struct {
	const char *name, *mark, *sgr;
} levels[] = {
	[CHECK_OK] = { "ok", "ok", "32" },
	[CHECK_INFO] = { "info", "--", NULL },
	[CHECK_WARNING] = { "warning", "warning", "33" },
	[CHECK_ERROR] = { "error", "ERROR", "1;31" },
};

void
checks_add(struct checks *c, const char *id, enum check_level level, char *text,
	   const char *fix)
{
	c->list = mem_grow(c->list, c->n + 1, sizeof *c->list);
	c->list[c->n++] = (struct check){
		.id = id,
		.level = level,
		.text = text,
		.fix = fix == NULL ? NULL : mem_str(fix),
	};
}

enum check_level
checks_worst(const struct checks *c)
{
	enum check_level worst = CHECK_OK;

	for (size_t i = 0; i < c->n; i++)
		if (c->list[i].level > worst)
			worst = c->list[i].level;
	return worst;
}

void
checks_print(const struct checks *c)
{
	bool colour = out_colour();

	for (size_t i = 0; i < c->n; i++) {
		const struct check *k = &c->list[i];
		const char *sgr = colour ? levels[k->level].sgr : NULL;
		char *text = str_safe(k->text, strlen(k->text), TEXT_MAX);

		printf("%s%s%s%-8s%s %-14s %s\n", sgr ? "\033[" : "",
		       sgr ? sgr : "", sgr ? "m" : "", levels[k->level].mark,
		       sgr ? "\033[m" : "", k->id, text);
		if (k->fix != NULL)
			printf("%23s -> %s\n", "", k->fix);
		free(text);
	}
}

void
checks_json(const struct checks *c)
{
	struct json *obj = json_new_object(), *rows = json_new_array();

	for (size_t i = 0; i < c->n; i++) {
		const struct check *k = &c->list[i];
		struct json *row = json_new_object();

		json_set_str(row, "id", k->id);
		json_set_str(row, "level", levels[k->level].name);
		json_set_str(row, "text", k->text);
		json_set_str(row, "fix", k->fix);
		json_add(rows, row);
	}
	json_set_str(obj, "schema", "cdo.doctor/1");
	json_set(obj, "checks", rows);
	out_json(obj);
}

void
checks_release(struct checks *c)
{
	for (size_t i = 0; i < c->n; i++) {
		free(c->list[i].text);
		free(c->list[i].fix);
	}
	free(c->list);
	c->list = NULL;
	c->n = 0;
}
