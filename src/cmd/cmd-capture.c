/* cmd/cmd-capture.c - cdo capture. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/str.h"
#include "cmd/args.h"
#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "cmd/fetch.h"
#include "cmd/finished.h"
#include "cmd/out.h"
#include "cmd/seen.h"
#include "proto/local.h"
#include "proto/msg.h"
#include "vt/capture.h"
#include "vt/screen.h"

enum { OPT_HISTORY = 256, OPT_ANSI, OPT_JSON };

static const struct format {
	int key;
	const char *name; /* on the wire */
	void (*make)(const struct screen *, uint32_t history, struct buf *);
} formats[] = {
	{ OPT_JSON, "json", capture_json },
	{ OPT_ANSI, "ansi", capture_ansi },
	{ 0, "text", capture_text },
};

static int
from_custodian(const struct args *a, const struct seen *s,
	       const struct format *f, uint32_t history)
{
	struct msg_writer w;
	struct msg *m;
	int status;
	struct local_call *call = ask_custodian(a->cmd, s, "capture", &status);

	if (call == NULL)
		return status;
	msg_begin(&w, local_call_out(call), MSG_CAPTURE, 1);
	msg_map(&w, 2);
	msg_str(&w, "format");
	msg_str(&w, f->name);
	msg_str(&w, "history");
	msg_uint(&w, history);
	msg_end(&w);
	int r = local_call_send(call);
	while (r == 0 && (r = local_call_next(call, ASK_MS, &m)) == 0 &&
	       m->type != MSG_END) {
		size_t len;
		const uint8_t *bin = msg_to_bin(msg_field(m, 0), &len);

		if (m->type == MSG_DATA && bin != NULL)
			fwrite(bin, 1, len, stdout);
		else if (m->type == MSG_ERROR)
			r = -1;
		if (r < 0)
			break;
	}
	local_call_free(call);
	if (r == 0)
		return EXIT_DONE;
	out_error("cannot capture '%s': %s", s->name, io_error(r));
	return EXIT_UNREACHABLE;
}

static int
from_record(const struct seen *s, const struct format *f, uint32_t history)
{
	struct buf out = { 0 };
	int r;
	struct screen *screen = finished_screen(s, &r);

	if (screen == NULL) {
		out_error("cannot capture '%s': its last screen cannot be "
			  "read: %s",
			  s->name, io_error(r));
		return EXIT_FAILED;
	}
	f->make(screen, history, &out);
	if (out.len > 0)
		fwrite(out.data, 1, out.len, stdout);
	screen_free(screen);
	buf_release(&out);
	return EXIT_DONE;
}

static int
run(const struct args *a)
{
	const struct format *f = formats;
	const char *lines = args_value(a, OPT_HISTORY);
	long history = args_has(a, OPT_HISTORY) ? UINT32_MAX : 0;
	struct seen s;
	int status;

	if (lines != NULL && str_int(lines, 0, UINT32_MAX, &history) < 0) {
		out_error("--history: '%s' is no number of lines", lines);
		return EXIT_USAGE;
	}
	while (f->key != 0 && !args_has(a, f->key))
		f++;
	struct ask *ask = ask_open_at(a->cmd, a->operand[0], true, &status);
	if (ask == NULL)
		return status;
	status = ask_find(ask, a->operand[0], "capture", &s);
	if (status == 0) {
		if (!s.lives)
			status = fetch_record(ask, &s, s.reason != NULL,
					      "capture");
		if (s.lives)
			status = from_custodian(a, &s, f, (uint32_t)history);
		else if (status == 0)
			status = from_record(&s, f, (uint32_t)history);
		seen_release(&s);
	}
	ask_close(ask);
	return status;
}

static const struct cmd_opt opts[] = {
	{ OPT_HISTORY, "history", "[=LINES]",
	  "the scrollback too, or so much" },
	{ OPT_ANSI, "ansi", NULL, "with colours and attributes" },
	{ OPT_JSON, "json", NULL, "as JSON: cells, cursor, modes" },
	{ 0 },
};

const struct cmd cmd_capture = {
	.name = "capture",
	.usage = "SESSION",
	.help = "print the screen as text",
	.more = "A line that was too long for the screen is one line again; "
		"as JSON, each row is as it stands.",
	.opts = opts,
	.min = 1,
	.max = 1,
	.flags = CMD_SESSIONS,
	.run = run,
};
