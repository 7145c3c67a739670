/* cmd/cmd-devices.c - cdo devices. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/json.h"
#include "base/str.h"
#include "cmd/args.h"
#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "cmd/out.h"
#include "proto/msg.h"

enum { OPT_JSON = 256, OPT_DIRECTION };

enum { TEXT = 1 << 14 };

/* --- the list ----------------------------------------------------------- */

static char *
seen(const struct msg_value *map)
{
	uint64_t at = msg_to_uint(msg_get(map, "seen"), 0);
	uint64_t now = (uint64_t)time(NULL) * 1000;

	if (msg_to_uint(msg_get(map, "links"), 0) > 0)
		return str_printf("now");
	if (at == 0)
		return str_printf("never");
	char *ago = str_ago(now > at ? (now - at) / 1000 : 0);
	char *s = str_printf("%s ago", ago);
	free(ago);
	return s;
}

static void
cell(struct out_table *t, const struct msg_value *map, const char *key)
{
	char *s = msg_dup_str(msg_get(map, key), TEXT);

	out_cell(t, s, NULL);
	free(s);
}

static void
row(struct out_table *t, const struct msg_value *map)
{
	size_t len;
	const char *direction = msg_to_str(msg_get(map, "direction"), &len);
	bool host = direction != NULL && len == 4;
	char *when = seen(map);

	cell(t, map, "name");
	out_cell(t, host ? "we attach there" : "attaches here", NULL);
	cell(t, map, "role");
	out_cell(t, when, strcmp(when, "now") == 0 ? "32" : NULL);
	cell(t, map, "address");
	cell(t, map, "fingerprint");
	free(when);
}

static void
add_json(struct json *list, const struct msg_value *map)
{
	static const char *const words[] = {
		"direction", "name", "role", "fingerprint", "address", "relay"
	};
	struct json *o = json_new_object();

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		char *s = msg_dup_str(msg_get(map, words[i]), TEXT);

		json_set_str(o, words[i], s);
		free(s);
	}
	json_set_time(o, "paired", msg_to_uint(msg_get(map, "paired"), 0));
	json_set_time(o, "seen", msg_to_uint(msg_get(map, "seen"), 0));
	json_set_int(o, "links", msg_to_int(msg_get(map, "links"), 0));
	json_set_bool(o, "unconfirmed",
		      msg_to_bool(msg_get(map, "unconfirmed"), false));
	json_add(list, o);
}

/* Files that are left out, a line each. */
static void
complain(const struct msg_value *map, const char *key)
{
	char *all = msg_dup_str(msg_get(map, key), TEXT), *rest = NULL;

	if (all != NULL)
		for (char *s = strtok_r(all, "\n", &rest); s != NULL;
		     s = strtok_r(NULL, "\n", &rest))
			out_error("not counted: %s", s);
	free(all);
}

static int
list(struct ask *ask, const struct args *a)
{
	static const char *const heads[] = {
		"NAME", "DIRECTION", "ROLE", "SEEN", "ADDRESS", "FINGERPRINT"
	};
	struct out_table t = { .columns = 6 };
	struct json *all = json_new_array();
	const struct msg *m;
	struct msg_writer w;
	size_t n = 0;

	msg_begin(&w, ask_out(ask), MSG_DEVICES, 0);
	msg_end(&w);
	for (size_t i = 0; i < t.columns; i++)
		out_cell(&t, heads[i], "1");
	while ((m = ask_next(ask, ASK_MS)) != NULL && m->type == MSG_DEVICE) {
		row(&t, msg_field(m, 0));
		add_json(all, msg_field(m, 0));
		n++;
	}
	if (m == NULL) {
		out_error("cannot list the devices: %s", ask_text(ask));
	} else {
		complain(msg_field(m, 0), "bad_devices");
		complain(msg_field(m, 0), "bad_hosts");
	}
	if (m != NULL && args_has(a, OPT_JSON)) {
		struct json *o = json_new_object();

		json_set_str(o, "schema", "cdo.devices/1");
		json_set(o, "devices", all);
		all = NULL;
		out_json(o);
	} else if (m != NULL && n == 0) {
		out_note("no machine is paired with this one; `cdo pair`");
	}
	if (m == NULL || args_has(a, OPT_JSON) || n == 0) {
		for (size_t i = 0; i < t.n; i++)
			free(t.cells[i].text);
		free(t.cells);
	} else {
		out_table(&t);
	}
	json_free(all);
	return m == NULL ? ask_error(ask) : EXIT_DONE;
}

/* --- changes ------------------------------------------------------------ */

static int
refused(struct ask *ask, const char *deed, const char *name)
{
	out_error("cannot %s '%s': %s", deed, name, ask_text(ask));
	return ask_error(ask);
}

static int
revoke(struct ask *ask, const struct args *a)
{
	int status = EXIT_DONE;

	for (size_t i = 1; i < a->n; i++) {
		struct msg_writer w;

		msg_begin(&w, ask_out(ask), MSG_REVOKE, 2);
		msg_str(&w, a->operand[i]);
		msg_str(&w, args_value(a, OPT_DIRECTION));
		msg_end(&w);
		const struct msg *m = ask_next(ask, ASK_MS);
		if (m == NULL) {
			status = refused(ask, "revoke", a->operand[i]);
			continue;
		}
		uint64_t n = msg_to_uint(msg_get(msg_field(m, 0), "links"), 0);
		if (n > 0)
			out_note("'%s' was connected; it is no more",
				 a->operand[i]);
	}
	return status;
}

static int
set(struct ask *ask, const struct args *a, const char *key)
{
	struct msg_writer w;

	msg_begin(&w, ask_out(ask), MSG_DEVICE_SET, 3);
	msg_str(&w, a->operand[1]);
	msg_str(&w, args_value(a, OPT_DIRECTION));
	msg_map(&w, 1);
	msg_str(&w, key);
	msg_str(&w, a->operand[2]);
	msg_end(&w);
	return ask_next(ask, ASK_MS) != NULL
		       ? EXIT_DONE
		       : refused(ask, "change", a->operand[1]);
}

static int
change(struct ask *ask, const struct args *a)
{
	const char *verb = a->operand[0];

	if (strcmp(verb, "revoke") == 0 && a->n >= 2)
		return revoke(ask, a);
	if (strcmp(verb, "rename") == 0 && a->n == 3)
		return set(ask, a, "name");
	if (strcmp(verb, "role") == 0 && a->n == 3)
		return set(ask, a, "role");
	out_error("devices knows `revoke NAME...`, `rename NAME NEW` and "
		  "`role NAME ROLE`");
	return EXIT_USAGE;
}

static int
run(const struct args *a)
{
	int status;
	struct ask *ask = ask_open(a->cmd, true, &status);

	if (ask == NULL)
		return status;
	status = a->n == 0 ? list(ask, a) : change(ask, a);
	ask_close(ask);
	return status;
}

static const struct cmd_opt opts[] = {
	{ OPT_JSON, "json", NULL, "as JSON" },
	{ OPT_DIRECTION, "direction", "WHICH",
	  "of two of a name: `device` attaches here, `host` we attach to" },
	{ 0 },
};

const struct cmd cmd_devices = {
	.name = "devices",
	.usage = "[revoke NAME...|rename NAME NEW|role NAME ROLE]",
	.help = "list the machines that are paired with this one",
	.more = "revoke lets a machine in no more and ends its links at once; "
		"of a machine that we attach to it forgets the key.  role is "
		"view, attach or full, and counts from the next moment on.",
	.opts = opts,
	.max = -1,
	.flags = CMD_HERE,
	.run = run,
};
