/* vt/watch.c - a screen, and what it told since it was last asked. */
#include "run.h"

#include <stdarg.h>
#include <stdio.h>

#include "vt/screen.h"

static void
on_reply(void *ctx, const void *data, size_t len)
{
	struct run *r = ctx;

	buf_append(&r->replies, data, len);
}

void
run_show(struct run *r, uint64_t to)
{
	if (r->shown < r->skip)
		r->shown = r->skip;
	if (to > r->shown) {
		buf_append(&r->client, r->fed.data + r->shown,
			   (size_t)(to - r->shown));
		r->shown = to;
	}
}

static void
on_cut(void *ctx, uint64_t from, uint64_t to, const void *instead, size_t len)
{
	struct run *r = ctx;

	run_show(r, from);
	buf_append(&r->client, instead, len);
	r->skip = to;
}

static void __attribute__((format(printf, 2, 3)))
event(struct run *r, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	buf_printf(&r->events, "%s\n", text);
}

static void
on_title(void *ctx, const char *title)
{
	event(ctx, "title %s", title);
}

static void
on_bell(void *ctx)
{
	event(ctx, "bell");
}

static void
on_notify(void *ctx, const char *title, const char *body)
{
	event(ctx, "notify %s|%s", title ? title : "", body);
}

static void
on_progress(void *ctx, int state, int percent)
{
	event(ctx, "progress %d %d", state, percent);
}

static void
on_agent(void *ctx, const char *payload)
{
	event(ctx, "agent %s", payload);
}

static void
on_cwd(void *ctx, const char *url)
{
	event(ctx, "cwd %s", url);
}

static void
on_mark(void *ctx, char kind, int status)
{
	event(ctx, "mark %c %d", kind, status);
}

void
run_screen(struct run *r, unsigned cols, unsigned rows, uint32_t history)
{
	static const struct screen_events events = {
		.reply = on_reply,
		.cut = on_cut,
		.title = on_title,
		.bell = on_bell,
		.notify = on_notify,
		.progress = on_progress,
		.agent = on_agent,
		.cwd = on_cwd,
		.mark = on_mark,
	};

	screen_free(r->s);
	r->s = screen_new(&(struct screen_options){
		.cols = cols,
		.rows = rows,
		.history_lines = history,
		.history_bytes = 1 << 20,
		.events = &events,
		.ctx = r,
		.session = "4f3a",
	});
	buf_clear(&r->replies);
	buf_clear(&r->client);
	buf_clear(&r->events);
	buf_clear(&r->fed);
	r->shown = r->skip = 0;
}
