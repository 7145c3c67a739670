/* cmd/cmd-ls.c - cdo ls. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "base/words.h"
#include "cmd/args.h"
#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "cmd/hosts.h"
#include "cmd/out.h"
#include "cmd/place.h"
#include "cmd/seen.h"
#include "proto/msg.h"

enum { OPT_JSON = 256, OPT_STATUS, OPT_ALL_HOSTS, REDRAW_MS = 5000 };

/* How a status looks: never by colour alone. */
static const struct look {
	const char *status, *mark, *sgr;
} looks[] = {
	{ "waiting", "!", "1;33" }, { "working", "*", "32" },
	{ "idle", "*", "32" },	    { "running", "*", "32" },
	{ "starting", "~", "36" },  { "completed", "+", "2" },
	{ "failed", "x", "31" },    { "stopped", "-", "2" },
	{ "lost", "?", "35" },	    { "unreachable", "?", "33" },
};

/* What the STATUS column says: what it does, else what it is. */
static const char *
shown(const struct seen *s)
{
	if (s->lives && s->unreachable)
		return "unreachable";
	if (s->lives && s->activity != NULL &&
	    strcmp(s->activity, "unknown") != 0)
		return s->activity;
	return s->status;
}

static const struct look *
find_look(const char *status)
{
	for (size_t i = 0; i < sizeof looks / sizeof *looks; i++)
		if (strcmp(looks[i].status, status) == 0)
			return &looks[i];
	return NULL;
}

static const struct look *
look(const struct seen *s)
{
	static const struct look other = { "?", "?", NULL };
	const struct look *l = find_look(shown(s));

	return l != NULL ? l : &other;
}

static bool
wanted(const struct args *a, const struct seen *s)
{
	const char *status = args_value(a, OPT_STATUS), *label;

	if (args_has(a, 'r') && !s->lives)
		return false;
	if (status != NULL && strcmp(status, s->status) != 0 &&
	    strcmp(status, shown(s)) != 0)
		return false;
	for (size_t i = 0; (label = args_each(a, 'l', i)) != NULL; i++) {
		char *key = mem_strn(label, strcspn(label, "="));
		const char *value = words_get(s->labels, key);
		const char *eq = strchr(label, '=');
		bool has = value != NULL &&
			   (eq == NULL || strcmp(eq + 1, value) == 0);

		free(key);
		if (!has)
			return false;
	}
	return true;
}

/* Running ones as they were made, then finished ones, the last first. */
static int
order(const void *va, const void *vb)
{
	const struct seen *a = va, *b = vb;

	if (a->lives != b->lives)
		return a->lives ? -1 : 1;
	if (a->lives)
		return (a->created > b->created) - (a->created < b->created);
	return (a->since < b->since) - (a->since > b->since);
}

static uint64_t
clock_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* "P2": persistent, and how many clients it has. */
static void
put_flags(struct out_table *t, const struct seen *s)
{
	char flags[32];

	if (s->clients == 0)
		snprintf(flags, sizeof flags, "%s-", s->persistent ? "P" : "-");
	else
		snprintf(flags, sizeof flags, "%s%u", s->persistent ? "P" : "-",
			 (unsigned)s->clients);
	out_cell(t, flags, NULL);
}

/* The words, the program without its directory. */
static void
put_command(struct out_table *t, const struct seen *s)
{
	char *line = seen_line(s->command);
	const char *word = s->command != NULL ? s->command[0] : "";
	const char *slash = *word == '/' ? strrchr(word, '/') : NULL;

	out_cell(t, slash != NULL ? line + (slash + 1 - word) : line, NULL);
	free(line);
}

static char *
age(uint64_t since, uint64_t now)
{
	return str_ago(now > since ? (now - since) / 1000 : 0);
}

/* Where it is, and how old that is which follows. */
static void
put_host(struct out_table *t, const struct seen *s, uint64_t now)
{
	char *old = s->unreachable ? age(s->asked, now) : NULL;

	out_cell(t, s->host != NULL ? s->host : "-", NULL);
	out_cell(t, old != NULL ? old : "now", old != NULL ? "33" : NULL);
	free(old);
}

static void
put_row(struct out_table *t, const struct seen *s, uint64_t now, bool hosts)
{
	const struct look *l = look(s);
	char *status = str_printf("%s %s", l->mark, shown(s));
	char *ago = age(s->since, now);
	char *dir = s->cwd == NULL ? NULL : path_tilde(s->cwd);
	char *result = seen_result(s);

	out_cell(t, s->name, NULL);
	if (hosts)
		put_host(t, s, now);
	out_cell(t, status, l->sgr);
	out_cell(t, ago, NULL);
	put_flags(t, s);
	out_cell(t, dir, NULL);
	put_command(t, s);
	if (result == NULL && seen_unrecorded(s) != NULL)
		result = str_printf("not recorded: %s", seen_unrecorded(s));
	if (result != NULL)
		out_cell(t, result, NULL);
	else
		out_cell(t, s->attention != NULL ? s->attention : s->title,
			 NULL);
	free(status);
	free(ago);
	free(dir);
	free(result);
}

static void
print_table(const struct seen *list, size_t n, bool hosts)
{
	static const char *const heads[] = { "NAME",	 "HOST",    "SEEN",
					     "  STATUS", "FOR",	    "FLAGS",
					     "DIR",	 "COMMAND", "TITLE" };
	size_t more = hosts ? 2 : 0;
	struct out_table t = { .columns = sizeof heads / sizeof *heads };
	uint64_t now = clock_ms();

	for (size_t i = 0; i < t.columns; i++)
		if (hosts || i == 0 || i > 2)
			out_cell(&t, heads[i], "1");
	t.columns -= 2 - more;
	t.max[4 + more] = t.max[5 + more] = 32;
	for (size_t i = 0; i < n; i++)
		put_row(&t, &list[i], now, hosts);
	out_table(&t);
}

static void
print_json(const struct seen *list, size_t n, struct json *hosts)
{
	struct json *obj = json_new_object(), *arr = json_new_array();

	for (size_t i = 0; i < n; i++)
		json_add(arr, seen_json(&list[i], NULL));
	json_set_str(obj, "schema", "cdo.list/1");
	json_set(obj, "sessions", arr);
	if (hosts != NULL)
		json_set(obj, "hosts", hosts);
	out_json(obj);
}

/* As it is said to attach. */
static void
print_name(const struct seen *s)
{
	if (s->host != NULL && place_default() == NULL)
		printf("%s/", s->host);
	puts(s->name);
}

/* Takes hosts: what is said of each of several machines, or NULL. */
static void
print(const struct args *a, struct seen *list, size_t all, struct json *hosts)
{
	size_t n = 0;

	/* The unwanted go behind, where they are released with the rest. */
	for (size_t i = 0; i < all; i++) {
		if (!wanted(a, &list[i]))
			continue;
		struct seen s = list[i];

		list[i] = list[n];
		list[n++] = s;
	}
	if (n > 1)
		qsort(list, n, sizeof *list, order);
	if (args_has(a, OPT_JSON)) {
		print_json(list, n, hosts);
	} else if (args_has(a, 'q')) {
		for (size_t i = 0; i < n; i++)
			print_name(&list[i]);
	} else if (n > 0) {
		print_table(list, n, args_has(a, OPT_ALL_HOSTS));
	} else if (isatty(STDERR_FILENO)) {
		out_note("no sessions; `cdo new` starts one");
	}
}

static void
release(struct seen *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		seen_release(&list[i]);
	free(list);
}

static void
ask_to_watch(struct ask *ask)
{
	struct msg_writer w;

	msg_begin(&w, ask_out(ask), MSG_LIST, 1);
	msg_map(&w, 1);
	msg_str(&w, "watch");
	msg_bool(&w, true);
	msg_end(&w);
}

/*
 * Prints the list anew whenever the server sends it, and on a terminal when
 * its times have grown old, until the server goes away.
 */
static bool
watch(const struct args *a, struct ask *ask)
{
	struct seen *list = NULL, *next = NULL;
	size_t n = 0, coming = 0;
	bool screen = isatty(STDOUT_FILENO) && !args_has(a, OPT_JSON) &&
		      !args_has(a, 'q');
	bool whole = false, written = true;

	ask_to_watch(ask);
	while (written) {
		bool idle = screen && whole && coming == 0;
		const struct msg *m = ask_next(ask, idle ? REDRAW_MS : -1);

		if (m == NULL && !ask_late(ask))
			break;
		if (m != NULL && m->type == MSG_SESSION) {
			next = mem_grow(next, coming + 1, sizeof *next);
			ask_saw(ask, &next[coming++], m);
			continue;
		}
		if (m != NULL && m->type == MSG_END) {
			release(list, n);
			list = next;
			n = coming;
			next = NULL;
			coming = 0;
			whole = true;
		}
		if (screen)
			fputs("\033[H\033[2J", stdout);
		print(a, list, n, NULL);
		written = out_done();
	}
	release(list, n);
	release(next, coming);
	return written && ask_error(ask) == EXIT_UNREACHABLE;
}

/* --- of several machines ---------------------------------------------- */

static struct json *
host_json(const struct host *h)
{
	struct json *obj = json_new_object();

	json_set_str(obj, "name", h->name);
	json_set_bool(obj, "reachable", h->why == NULL);
	json_set_time(obj, "seen", h->asked);
	json_set_str(obj, "error", h->why);
	return obj;
}

static void
tell_unreachable(const struct host *h)
{
	char *ago = age(h->asked, clock_ms());

	out_note("%s: unreachable, %s%s%s: %s", h->name,
		 h->asked == 0 ? "never seen" : "seen ",
		 h->asked == 0 ? "" : ago, h->asked == 0 ? "" : " ago", h->why);
	free(ago);
}

static int
all_hosts(const struct args *a)
{
	struct host *hosts;
	struct seen *list = NULL;
	struct json *arr = args_has(a, OPT_JSON) ? json_new_array() : NULL;
	size_t n, all = 0;
	int status = hosts_ask(a->cmd, &hosts, &n);

	for (size_t i = 0; status == EXIT_DONE && i < n; i++) {
		struct host *h = &hosts[i];

		list = mem_grow(list, all + h->n + 1, sizeof *list);
		if (h->n > 0)
			memcpy(list + all, h->list, h->n * sizeof *list);
		all += h->n;
		h->n = 0; /* they are in the one list now */
		if (arr != NULL)
			json_add(arr, host_json(h));
		else if (h->why != NULL)
			tell_unreachable(h);
	}
	if (status == EXIT_DONE) {
		print(a, list, all, arr);
		arr = NULL;
	}
	json_free(arr);
	release(list, all);
	hosts_free(hosts, n);
	return status;
}

static int
run(const struct args *a)
{
	const char *only = args_value(a, OPT_STATUS);
	struct seen *list;
	size_t n;
	int status;

	if (only != NULL && find_look(only) == NULL) {
		out_error("'%s' is no status; see `cdo ls --help`", only);
		return EXIT_USAGE;
	}
	if (args_has(a, OPT_ALL_HOSTS) &&
	    (args_has(a, 'w') || place_default() != NULL)) {
		out_error("--all-hosts goes neither with -w nor with -H");
		return EXIT_USAGE;
	}
	if (args_has(a, OPT_ALL_HOSTS))
		return all_hosts(a);
	struct ask *ask = ask_open(a->cmd, true, &status);
	if (ask == NULL)
		return status;
	if (args_has(a, 'w')) {
		while (watch(a, ask)) {
			ask_close(ask);
			ask = ask_open(a->cmd, true, &status);
			if (ask == NULL)
				return status;
		}
		status = EXIT_FAILED;
	} else {
		status = ask_list(ask, &list, &n);
		if (status == 0 && ask_host(ask) != NULL)
			hosts_keep(ask_host(ask), list, n);
		if (status == 0)
			print(a, list, n, NULL);
		release(list, n);
	}
	ask_close(ask);
	return status;
}

static const struct cmd_opt opts[] = {
	{ 'r', "running", NULL, "only those that run" },
	{ 'q', "quiet", NULL, "only names" },
	{ 'w', "watch", NULL, "go on, and print the list when it changes" },
	{ 'l', "label", "KEY[=VALUE]", "only those with this label" },
	{ OPT_STATUS, "status", "STATUS", "only those of this status" },
	{ OPT_ALL_HOSTS, "all-hosts", NULL,
	  "of all paired machines as well, in one list" },
	{ OPT_JSON, "json", NULL, "as JSON" },
	{ 0 },
};

const struct cmd cmd_ls = {
	.name = "ls",
	.alias = "list",
	.usage = "",
	.help = "list the sessions: running, and finished ones until cleared",
	.more = "STATUS is starting, running, completed, failed, stopped or "
		"lost; for running ones also working, waiting or idle, where "
		"that is known.  FLAGS: P persistent, then how many clients "
		"are attached.  With --all-hosts, SEEN is how old that is "
		"which "
		"is shown: of a machine that does not answer, what it said "
		"when it did; what ran there is unreachable.",
	.opts = opts,
	.run = run,
};
