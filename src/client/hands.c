/* client/hands.c - what the user's keys and terminal make the client do. */
#include "client/hands.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "client/state.h"
#include "client/talk.h"

static void
on_typed(void *ctx, const void *data, size_t len)
{
	struct client *c = ctx;

	if (!c->read_only && !c->leaving && !remote_takes(c, data, len))
		resume_add(&c->typed, data, len);
}

static void
on_mouse(void *ctx, const uint8_t *data, size_t len)
{
	struct client *c = ctx;
	struct buf out = { 0 };

	stage_mouse(&c->stage, data, len, &out);
	on_typed(c, out.data, out.len);
	buf_release(&out);
}

static void
on_rest(void *ctx)
{
	struct client *c = ctx;

	/* The terminal's answers first: they may end all this. */
	if (!c->keyboard.probing)
		resume_open(&c->typed);
	talk_typed(c);
}

static void
help(struct client *c)
{
	struct buf text = { 0 };
	const char *prefix = c->opt->prefix != NULL ? c->opt->prefix : "C-b";
	const char *key, *does;

	if (c->stage.covered) {
		stage_uncover(&c->stage);
		talk_resync(c);
		return;
	}
	buf_printf(&text, "%s, then\r\n", prefix);
	for (size_t i = 0; bindings_row(&c->keyboard.bindings, i, &key, &does);
	     i++)
		if (does != NULL)
			buf_printf(&text, "  %-6s %s\r\n", key, does);
	buf_printf(&text, "  %-6s type it\r\n", prefix);
	if (c->opt->detach_keys != NULL)
		buf_printf(&text, "%s  detach\r\n", c->opt->detach_keys);
	buf_str(&text, "\r\nAny key goes back.");
	stage_cover(&c->stage, text.data, text.len);
	c->keyboard.any_key = true;
	buf_release(&text);
}

static void
on_action(void *ctx, enum bindings_verdict v)
{
	struct client *c = ctx;

	switch (v) {
	case BINDINGS_DETACH:
		resume_open(&c->typed);
		talk_typed(c);
		client_detach(c);
		break;
	case BINDINGS_SUSPEND:
		client_suspend(c, true);
		break;
	case BINDINGS_HELP:
		help(c);
		break;
	default:
		stage_bell(&c->stage);
		break;
	}
}

static void
on_probed(void *ctx)
{
	struct client *c = ctx;
	const struct probe *p = &c->keyboard.probe;

	if (probe_inside(p, c->opt->id)) {
		static const char why[] = "a session is not shown in itself";

		client_finish(c, CLIENT_FAILED,
			      c->ever ? str_printf("[%s: %s]", c->name, why)
				      : mem_str(why));
		return;
	}
	if (c->asks_first)
		talk_attach(c);
	stage_knows(&c->stage, p->sync, p->themes);
	if (p->answers)
		talk_profile(c);
	on_rest(c);
}

const struct keyboard_events hands_events = {
	.typed = on_typed,
	.mouse = on_mouse,
	.rest = on_rest,
	.action = on_action,
	.probed = on_probed,
};
