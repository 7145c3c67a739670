/* cmd/cmd-export.c - cdo export. */
#include <errno.h>
#include <stdlib.h>

#include "base/io.h"
#include "base/str.h"
#include "cmd/args.h"
#include "cmd/ask.h"
#include "cmd/cast.h"
#include "cmd/cmd.h"
#include "cmd/fetch.h"
#include "cmd/lines.h"
#include "cmd/out.h"
#include "cmd/seen.h"
#include "cmd/sink.h"
#include "cmd/tape.h"

enum { OPT_FORMAT = 256, OPT_IDLE };
enum { MS = 1000 };

struct job {
	struct sink sink;
	struct cast_head head;
	struct lines *lines;
	uint64_t idle; /* us, 0: as it was */
	uint64_t us, told; /* of the last event, as it was and as written */
	bool any; /* there was output */
};

static void
put_cast(struct job *j, const struct cast_event *e)
{
	struct cast_event told = *e;
	uint64_t pause = e->us - j->us;

	if (j->idle && pause > j->idle)
		pause = j->idle;
	j->us = e->us;
	told.us = j->told + pause;
	/* The first says how large it is, and what comes later, that it was. */
	if (!j->head.cols) {
		j->head.cols = e->cols;
		j->head.rows = e->rows;
		cast_put_head(&j->sink.buf, &j->head);
		return;
	}
	cast_put_event(&j->sink.buf, j->head.version, j->told, &told);
	j->told = told.us;
}

static void
put_text(struct job *j, const struct cast_event *e)
{
	lines_feed(j->lines, e, &j->sink.buf);
}

static void
put_raw(struct job *j, const struct cast_event *e)
{
	if (e->kind == CAST_OUTPUT)
		buf_append(&j->sink.buf, e->data, e->len);
}

static const struct format {
	const char *name;
	int version; /* of a cast */
	void (*put)(struct job *, const struct cast_event *);
} formats[] = {
	{ "cast2", 2, put_cast },
	{ "cast3", 3, put_cast },
	{ "txt", 0, put_text },
	{ "raw", 0, put_raw },
};
enum { FORMATS = sizeof formats / sizeof formats[0] };

/* The recording into the sink; 0 or -errno, -ENODATA if there is none. */
static int
copy(struct job *j, const struct seen *s, const struct format *f)
{
	struct tape *tape = tape_new(s->dir, 0);
	struct cast_event e;
	int r;

	while ((r = tape_next(tape, &e)) == 1) {
		j->head.timestamp = tape_start(tape) / MS;
		j->any = j->any || e.kind == CAST_OUTPUT;
		f->put(j, &e);
		/* What has only a head is not worth being written. */
		if (j->any && (r = sink_push(&j->sink)) < 0)
			break;
	}
	if (r == 0 && f->put == put_text)
		lines_rest(j->lines, &j->sink.buf);
	tape_free(tape);
	return r < 0 ? r : j->any ? 0 : -ENODATA;
}

static int
export_to(const struct seen *s, const struct format *f, uint64_t idle_ms,
	  const char *path)
{
	char *command = seen_line(s->command);
	struct job j = {
		.head = { .version = f->version,
			  .command = command,
			  .title = s->name },
		.idle = idle_ms * MS,
	};
	int r = sink_open(&j.sink, path), closed;

	if (r < 0) {
		out_error("cannot write '%s': %s", path, io_error(r));
		goto out;
	}
	j.lines = lines_new(false);
	r = copy(&j, s, f);
	closed = sink_close(&j.sink, r == 0);
	if (r == -ENODATA)
		out_error("cannot export '%s': nothing of it was recorded",
			  s->name);
	else if (r < 0)
		out_error("cannot export '%s': %s", s->name, io_error(r));
	else if (closed < 0)
		out_error("cannot write '%s': %s", path ? path : "stdout",
			  io_error(closed));
	if (r == 0)
		r = closed;
	lines_free(j.lines);
out:
	free(command);
	return r < 0 ? EXIT_FAILED : EXIT_DONE;
}

static int
run(const struct args *a)
{
	const char *name = args_value(a, OPT_FORMAT);
	const char *idle = args_value(a, OPT_IDLE);
	const struct format *f = formats;
	uint64_t idle_ms = 0;
	struct seen s;
	int status;

	while (name != NULL && f < formats + FORMATS && !str_eq(name, f->name))
		f++;
	if (f == formats + FORMATS) {
		out_error("--format: '%s' is none of cast2, cast3, txt, raw",
			  name);
		return EXIT_USAGE;
	}
	if (idle != NULL && str_duration(idle, &idle_ms) < 0) {
		out_error("--idle-limit: '%s' is no time, as in 2s", idle);
		return EXIT_USAGE;
	}
	struct ask *ask = ask_open_at(a->cmd, a->operand[0], true, &status);
	if (ask == NULL)
		return status;
	status = ask_find(ask, a->operand[0], "export", &s);
	if (status == 0) {
		status = fetch_record(ask, &s, true, "export");
		if (status == 0)
			status = export_to(&s, f, idle_ms, args_value(a, 'o'));
		seen_release(&s);
	}
	ask_close(ask);
	return status;
}

static const struct cmd_opt opts[] = {
	{ 'o', "output", "FILE", "write it there, whole or not at all" },
	{ OPT_FORMAT, "format", "FORMAT", "cast2 (default), cast3, txt, raw" },
	{ OPT_IDLE, "idle-limit", "TIME", "no pause is longer than that" },
	{ 0 },
};

const struct cmd cmd_export = {
	.name = "export",
	.usage = "SESSION",
	.help = "print a session's recording as an asciicast",
	.more = "cast2 and cast3 are asciicasts of those versions, for "
		"asciinema and others;\ntxt is the text, raw the bytes that "
		"the program wrote.",
	.opts = opts,
	.min = 1,
	.max = 1,
	.flags = CMD_SESSIONS,
	.run = run,
};
