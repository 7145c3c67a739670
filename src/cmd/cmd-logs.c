/* cmd/cmd-logs.c - cdo logs. */
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/str.h"
#include "cmd/args.h"
#include "cmd/ask.h"
#include "cmd/cast.h"
#include "cmd/cmd.h"
#include "cmd/fetch.h"
#include "cmd/lines.h"
#include "cmd/out.h"
#include "cmd/seen.h"
#include "cmd/tape.h"
#include "custodian/segments.h"

enum { OPT_SINCE = 256, OPT_RAW, OPT_PLAIN };
enum {
	LOOK_MS = 250, /* between looks for more; it comes once a second */
	LOOK_FAR_MS = 1000,
	ALIVE_LOOKS = 20, /* and between questions whether it still runs */
	ENOUGH = 64 << 10,
	LINES_MAX = 1000000000,
};

struct logs {
	struct tape *tape;
	struct lines *lines; /* NULL: raw */
	uint64_t since; /* unix ms */
	long last; /* so many lines only; -1: all */
	struct buf out;
	long held; /* lines in out, while there is a `last` */
	unsigned looks; /* in vain, one after another */
	struct ask *ask; /* of a session on another machine, or NULL */
	bool over; /* the program has ended */
};

/* Drops the oldest lines that will not be shown. */
static void
drop_lines(struct logs *l, size_t fresh)
{
	const uint8_t *p = l->out.data + fresh, *end = l->out.data + l->out.len;

	for (; p < end && (p = memchr(p, '\n', (size_t)(end - p))); p++)
		l->held++;
	while (l->held > l->last) {
		p = memchr(l->out.data, '\n', l->out.len);
		buf_drop(&l->out, (size_t)(p + 1 - l->out.data));
		l->held--;
	}
}

static int
show(struct logs *l)
{
	int r = io_write_all(STDOUT_FILENO, l->out.data, l->out.len);

	buf_clear(&l->out);
	return r;
}

static int
take(struct logs *l, const struct cast_event *e)
{
	bool old = tape_now(l->tape) < l->since;
	size_t fresh = l->out.len;

	l->over = e->kind == CAST_EXIT;
	if (l->lines)
		lines_feed(l->lines, e, &l->out);
	else if (e->kind == CAST_OUTPUT)
		buf_append(&l->out, e->data, e->len);
	if (old) {
		/* What is above the cursor is older than all to come. */
		if (l->lines)
			lines_settled(l->lines, &l->out);
		buf_clear(&l->out);
		return 0;
	}
	if (l->last >= 0)
		drop_lines(l, fresh);
	else if (l->out.len >= ENOUGH)
		return show(l);
	return 0;
}

/* Whether the program may still write. */
static bool
alive(const struct seen *it)
{
	static const struct cmd nobody;
	int status;
	char *word = it->host == NULL ? mem_str(it->id)
				      : str_printf("%s/%s", it->host, it->id);
	struct ask *ask = ask_open_at(&nobody, word, false, &status);
	struct seen s;
	bool lives = true;

	if (ask != NULL && ask_find(ask, word, NULL, &s) == 0) {
		lives = s.lives;
		seen_release(&s);
	}
	ask_close(ask);
	free(word);
	return lives;
}

/* Waits for more; false if there will be none. */
static bool
wait_for_more(struct logs *l, struct seen *s)
{
	bool far = s->host != NULL;

	if (l->over)
		return false;
	if (++l->looks % ALIVE_LOOKS == 0 && !alive(s))
		return false;
	poll(NULL, 0, far ? LOOK_FAR_MS : LOOK_MS);
	return !far || fetch_record(l->ask, s, true, "follow") == EXIT_DONE;
}

/* All that there is now; 0 or -errno. */
static int
catch_up(struct logs *l)
{
	struct cast_event e;
	int r;

	while ((r = tape_next(l->tape, &e)) == 1) {
		l->looks = 0;
		if ((r = take(l, &e)) < 0)
			break;
	}
	return r;
}

static int
print(struct logs *l, struct seen *s, bool follow)
{
	bool more;
	int r;

	do {
		size_t fresh;

		if ((r = catch_up(l)) < 0)
			return r;
		fresh = l->out.len;
		if (l->lines && follow && tape_now(l->tape) >= l->since)
			lines_settled(l->lines, &l->out);
		more = follow && wait_for_more(l, s);
		if (l->lines && !more)
			lines_rest(l->lines, &l->out);
		if (l->last >= 0)
			drop_lines(l, fresh);
		/* From here on all is new. */
		l->last = -1;
		r = show(l);
	} while (r == 0 && more);
	return r;
}

/* A time ago, or RFC 3339 in UTC; 0 or -. */
static int
parse_since(const char *text, uint64_t *ms)
{
	uint64_t ago, now = (uint64_t)time(NULL) * 1000;
	struct tm tm = { 0 };
	const char *end;

	if (str_duration(text, &ago) == 0) {
		*ms = ago < now ? now - ago : 0;
		return 0;
	}
	end = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	if (end == NULL || (strcmp(end, "Z") != 0 && *end != '\0'))
		return -1;
	*ms = (uint64_t)timegm(&tm) * 1000;
	return 0;
}

static void
open_at(struct logs *l, const struct args *a, const struct seen *s,
	unsigned newest)
{
	bool pens = !args_has(a, OPT_PLAIN) && out_colour();

	lines_free(l->lines);
	tape_free(l->tape);
	buf_clear(&l->out);
	l->held = 0;
	l->tape = tape_new(s->dir, newest);
	l->lines = args_has(a, OPT_RAW) ? NULL : lines_new(pens);
}

/* The last lines need not all of a long recording. */
static int
open_near_end(struct logs *l, const struct args *a, const struct seen *s)
{
	struct segment *list;
	int n = segments_list(s->dir, &list), r;

	free(list);
	for (int newest = 1; newest < n; newest *= 4) {
		open_at(l, a, s, (unsigned)newest);
		if ((r = catch_up(l)) < 0 || l->held >= l->last)
			return r;
	}
	open_at(l, a, s, 0);
	return 0;
}

static int
print_session(const struct args *a, struct seen *s, struct logs *l)
{
	int r = 0;

	if (l->last >= 0 && l->since == 0)
		r = open_near_end(l, a, s);
	else
		open_at(l, a, s, 0);
	if (r == 0)
		r = print(l, s, args_has(a, 'f'));
	if (r < 0)
		out_error("cannot read the log of '%s': %s", s->name,
			  io_error(r));
	lines_free(l->lines);
	tape_free(l->tape);
	buf_release(&l->out);
	return r < 0 ? EXIT_FAILED : EXIT_DONE;
}

static int
run(const struct args *a)
{
	const char *last = args_value(a, 'n');
	const char *since = args_value(a, OPT_SINCE);
	struct logs l = { .last = -1 };
	struct seen s;
	int status;

	if (last != NULL && str_int(last, 0, LINES_MAX, &l.last) < 0) {
		out_error("-n: '%s' is no number of lines", last);
		return EXIT_USAGE;
	}
	if (since != NULL && parse_since(since, &l.since) < 0) {
		out_error("--since: '%s' is no time, as in 10m or "
			  "2026-01-31T12:00:00Z",
			  since);
		return EXIT_USAGE;
	}
	struct ask *ask = ask_open_at(a->cmd, a->operand[0], true, &status);
	if (ask == NULL)
		return status;
	status = ask_find(ask, a->operand[0], "read the log of", &s);
	if (status == 0) {
		l.ask = ask;
		status = fetch_record(ask, &s, true, "read the log of");
		if (status == 0)
			status = print_session(a, &s, &l);
		seen_release(&s);
	}
	ask_close(ask);
	return status;
}

static const struct cmd_opt opts[] = {
	{ 'f', "follow", NULL, "go on until the program ends" },
	{ 'n', "lines", "LINES", "the newest only" },
	{ OPT_SINCE, "since", "TIME", "later than 10m ago, or than a date" },
	{ OPT_RAW, "raw", NULL, "the bytes that the program wrote" },
	{ OPT_PLAIN, "plain", NULL, "without colours" },
	{ 0 },
};

const struct cmd cmd_logs = {
	.name = "logs",
	.usage = "SESSION",
	.help = "print what a session's program wrote",
	.more = "Lines are printed as they were when they left the screen.  "
		"The recording is\na second behind at most.",
	.opts = opts,
	.min = 1,
	.max = 1,
	.flags = CMD_SESSIONS,
	.run = run,
};
