/* cmd/cmd-config.c - cdo config. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/conf.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/path.h"
#include "client/client.h"
#include "cmd/args.h"
#include "cmd/cmd.h"
#include "cmd/out.h"

enum { OPT_JSON = 256 };

/* The complaints, a line each. */
static struct json *
errors_json(char *text)
{
	struct json *arr = json_new_array();
	char *save, *line = strtok_r(text, "\n", &save);

	for (; line != NULL; line = strtok_r(NULL, "\n", &save))
		json_add_str(arr, line);
	return arr;
}

/* What conf_show wrote: "key = value" lines, "[agent NAME]" above some. */
static void
set_options(struct json *obj, char *text)
{
	struct json *options = json_new_object(), *agents = json_new_object();
	struct json *at = options;
	char *save, *line = strtok_r(text, "\n", &save);

	for (; line != NULL; line = strtok_r(NULL, "\n", &save)) {
		char *end = line + strcspn(line, "=");

		if (*line == '[') {
			line[strcspn(line, "]")] = '\0';
			at = json_new_object();
			json_set(agents, line + strlen("[agent "), at);
		} else if (*end == '=') {
			char *value = end + 1 + strspn(end + 1, " ");

			while (end > line && end[-1] == ' ')
				end--;
			*end = '\0';
			json_set_str(at, line, value);
		}
	}
	json_set(obj, "options", options);
	json_set(obj, "agents", agents);
}

static void
print_json(const struct conf *conf, const char *errors)
{
	struct json *obj = json_new_object();
	struct buf text = { 0 };
	char *path = path_config(), *errs = mem_str(errors);

	json_set_str(obj, "schema", "cdo.config/1");
	json_set_str(obj, "path", path);
	json_set(obj, "errors", errors_json(errs));
	if (conf != NULL) {
		conf_show(conf, &text);
		char *shown = buf_steal(&text);
		set_options(obj, shown);
		free(shown);
	}
	out_json(obj);
	free(errs);
	free(path);
}

static int
print_path(void)
{
	char *path = path_config();

	puts(path);
	free(path);
	return EXIT_DONE;
}

static int
run(const struct args *a)
{
	const char *verb = a->operand[0];
	struct buf text = { 0 };

	if (strcmp(verb, "path") == 0 && !args_has(a, OPT_JSON))
		return print_path();
	if (strcmp(verb, "path") != 0 && strcmp(verb, "check") != 0 &&
	    strcmp(verb, "show") != 0) {
		out_error("config does not know '%s'; see `cdo config --help`",
			  verb);
		return EXIT_USAGE;
	}
	struct conf *conf = conf_load(NULL, &text);
	bool right = conf != NULL;
	if (right && client_check_keys(conf->prefix) < 0) {
		/* The file is read where nobody knows what a key is. */
		buf_printf(&text,
			   "cdo.conf: prefix: '%s' is no key; write "
			   "C-b\n",
			   conf->prefix);
		right = false;
	}
	char *errors = buf_steal(&text);
	if (args_has(a, OPT_JSON)) {
		print_json(conf, errors);
	} else if (!right) {
		/* One complaint a line, each safe to show already. */
		fputs(errors, stderr);
	} else if (strcmp(verb, "show") == 0) {
		conf_show(conf, &text);
		fwrite(text.data, 1, text.len, stdout);
	}
	int status = right ? EXIT_DONE : EXIT_FAILED;
	conf_free(conf);
	free(errors);
	buf_release(&text);
	return status;
}

static const struct cmd_opt opts[] = {
	{ OPT_JSON, "json", NULL, "as JSON: path, errors, options, agents" },
	{ 0 },
};

const struct cmd cmd_config = {
	.name = "config",
	.usage = "check|path|show",
	.help = "check cdo.conf, say where it is, show the options in force",
	.opts = opts,
	.min = 1,
	.max = 1,
	.flags = CMD_HERE,
	.run = run,
};
