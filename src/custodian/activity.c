/* custodian/activity.c - is the program working, waiting, idle? */
#include "custodian/activity.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "custodian/report.h"
#include "custodian/state.h"

enum state { UNKNOWN, IDLE, WORKING, WAITING };

struct activity {
	enum state state;
	char *attention;
};

static const char *const names[] = {
	[UNKNOWN] = NULL,
	[IDLE] = "idle",
	[WORKING] = "working",
	[WAITING] = "waiting",
};

/* Takes attention. */
static void
become(struct custodian *c, enum state state, char *attention)
{
	struct activity *a = c->activity;

	if (a->state == state && str_eq(a->attention, attention)) {
		free(attention);
		return;
	}
	a->state = state;
	free(a->attention);
	a->attention = attention;
	report_changed(c);
}

/*
 * Agents draw what they do into their titles (terminal.md, 3): a spinner of
 * braille dots or a full star while they work, a hollow sign when they do not.
 */
static enum state
from_title(const char *title)
{
	static const struct {
		const char *mark;
		enum state state;
	} marks[] = {
		{ "\u2733", IDLE }, /* claude */
		{ "\u2726", WORKING }, /* gemini */
		{ "\u25c7", IDLE },
	};
	const unsigned char *t = (const unsigned char *)title;

	/* U+2800..28FF */
	if (t[0] == 0xe2 && t[1] >= 0xa0 && t[1] <= 0xa3)
		return WORKING;
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
		if (str_starts(title, marks[i].mark))
			return marks[i].state;
	return UNKNOWN;
}

static void
on_title(void *ctx, const char *title)
{
	struct custodian *c = ctx;
	enum state now = c->o.agent ? from_title(title) : UNKNOWN;

	report_changed(c);
	if (now == WORKING)
		become(c, now, NULL);
	else if (now == IDLE && c->activity->state != WAITING)
		become(c, now, NULL);
}

static void
on_notify(void *ctx, const char *title, const char *body)
{
	become(ctx, WAITING, mem_str(body && *body ? body : title));
}

/* ConEmu's OSC 9;4: 0 nothing, 1 and 3 in progress, 2 failed, 4 paused. */
static void
on_progress(void *ctx, int state, int percent)
{
	(void)percent;
	if (state == 1 || state == 3)
		become(ctx, WORKING, NULL);
	else if (state == 0)
		become(ctx, IDLE, NULL);
}

/* codex: "state=idle|working|done|clear:app=codex". */
static void
on_agent(void *ctx, const char *payload)
{
	static const struct {
		const char *word;
		enum state state;
	} words[] = {
		{ "state=working", WORKING },
		{ "state=idle", IDLE },
		{ "state=done", IDLE },
		{ "state=clear", UNKNOWN },
	};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (str_starts(payload, words[i].word))
			become(ctx, words[i].state, NULL);
}

/* A shell's marks: A, B around the prompt, C before output, D after it. */
static void
on_mark(void *ctx, char kind, int status)
{
	(void)status;
	become(ctx, kind == 'C' ? WORKING : IDLE, NULL);
}

void
activity_start(struct custodian *c)
{
	c->activity = mem_zero(1, sizeof *c->activity);
}

void
activity_events(struct screen_events *e)
{
	e->title = on_title;
	e->notify = on_notify;
	e->progress = on_progress;
	e->agent = on_agent;
	e->mark = on_mark;
}

void
activity_input(struct custodian *c)
{
	if (c->activity->state == WAITING)
		become(c, UNKNOWN, NULL);
}

const char *
activity_name(const struct custodian *c)
{
	return names[c->activity->state];
}

const char *
activity_attention(const struct custodian *c)
{
	return c->activity->attention;
}
