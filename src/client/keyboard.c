/* client/keyboard.c - what the user's terminal sends, sorted. */
#include "client/keyboard.h"

#include <errno.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/loop.h"
#include "client/tty.h"

enum {
	READ_SIZE = 8 << 10,
	BARRIER_MAX = 100, /* ms: a terminal that is further away is not asked
			      again at the end */
};

int
keyboard_init(struct keyboard *k, const char *prefix, const char *detach_keys)
{
	return bindings_init(&k->bindings, prefix, detach_keys);
}

/* --- what input.c found ------------------------------------------------ */

static enum input_verdict
on_key(void *ctx, const struct stroke *s)
{
	struct keyboard *k = ctx;

	if (k->draining)
		return INPUT_DROP;
	if (k->any_key && s->event == STROKE_PRESS && !stroke_is_modifier(s)) {
		k->any_key = false;
		k->events->action(k->ctx, BINDINGS_HELP);
		return INPUT_DROP;
	}

	enum bindings_verdict v = bindings_take(&k->bindings, s);
	switch (v) {
	case BINDINGS_PASS:
		return INPUT_TYPE;
	case BINDINGS_HOLD:
		return INPUT_KEEP;
	case BINDINGS_LITERAL:
		return INPUT_LITERAL;
	case BINDINGS_BACK:
		return INPUT_AGAIN;
	case BINDINGS_DROP:
		break;
	default:
		k->events->action(k->ctx, v);
		break;
	}
	return INPUT_DROP;
}

static bool
on_busy(void *ctx)
{
	struct keyboard *k = ctx;

	return k->any_key || bindings_busy(&k->bindings);
}

static void
on_typed(void *ctx, const void *data, size_t len)
{
	struct keyboard *k = ctx;

	if (!k->draining && !k->any_key)
		k->events->typed(k->ctx, data, len);
}

static void
on_mouse(void *ctx, const uint8_t *data, size_t len)
{
	struct keyboard *k = ctx;

	if (!k->draining && !k->any_key)
		k->events->mouse(k->ctx, data, len);
}

static void
probe_over(struct keyboard *k)
{
	loop_timer_stop(k->limit);
	k->probing = false;
	if (!k->draining)
		k->events->probed(k->ctx);
}

static void
on_limit(void *ctx)
{
	probe_over(ctx);
}

static void
on_reply(void *ctx, const uint8_t *data, size_t len)
{
	struct keyboard *k = ctx;
	struct buf ask = { 0 };

	switch (probe_take(&k->probe, data, len)) {
	case PROBE_NOTHING:
		break;
	case PROBE_OVER:
		if (k->answer_ms == 0)
			k->answer_ms =
				1 + (unsigned)(loop_now(k->loop) - k->asked);
		probe_over(k);
		break;
	case PROBE_THEME:
		if (k->draining)
			break;
		probe_again(&k->probe, &ask);
		tty_write(k->tty, ask.data, ask.len);
		buf_release(&ask);
		break;
	}
}

static const struct input_events input_events = {
	.key = on_key,
	.busy = on_busy,
	.typed = on_typed,
	.mouse = on_mouse,
	.reply = on_reply,
};

/* --- the terminal ------------------------------------------------------ */

static void
wait_for_rest(struct keyboard *k)
{
	unsigned ms = input_patience(&k->input);

	if (ms > 0)
		loop_timer_start(k->late, ms);
	else if (loop_timer_running(k->late))
		loop_timer_stop(k->late);
}

static void
on_late(void *ctx)
{
	struct keyboard *k = ctx;

	input_late(&k->input);
	wait_for_rest(k);
	k->events->rest(k->ctx);
}

void
keyboard_start(struct keyboard *k, struct loop *loop, struct tty *tty,
	       const struct keyboard_events *events, void *ctx)
{
	k->events = events;
	k->ctx = ctx;
	k->tty = tty;
	k->loop = loop;
	k->late = loop_timer_new(loop, on_late, k);
	k->limit = loop_timer_new(loop, on_limit, k);
	input_init(&k->input, &input_events, k);
}

void
keyboard_stop(struct keyboard *k)
{
	loop_timer_free(k->late);
	loop_timer_free(k->limit);
	k->late = k->limit = NULL;
}

void
keyboard_probe(struct keyboard *k, struct buf *out)
{
	k->probing = probe_ask(out);
	if (!k->probing)
		return;
	k->asked = loop_now(k->loop);
	loop_timer_start(k->limit, PROBE_MS);
}

int
keyboard_read(struct keyboard *k)
{
	uint8_t data[READ_SIZE];
	ssize_t n = io_read(k->tty->fd, data, sizeof data);

	if (n == -EAGAIN)
		return 0;
	if (n <= 0)
		return n == 0 ? -EPIPE : (int)n;
	input_feed(&k->input, data, (size_t)n);
	if (!k->draining) {
		wait_for_rest(k);
		k->events->rest(k->ctx);
	}
	return 0;
}

void
keyboard_drain(struct keyboard *k, bool reports)
{
	int ms = k->probing ? PROBE_MS : 0;
	unsigned reads = 0; /* somebody may lean on a key */

	k->draining = true;
	if (!k->probing && reports && k->probe.answers &&
	    k->answer_ms <= BARRIER_MAX) {
		/* Its answer comes behind every report. */
		k->probe.done = false;
		k->probing = true;
		tty_write(k->tty, "\033[c", 3);
		ms = 4 * BARRIER_MAX;
	}
	while (reads++ < 64 && tty_readable(k->tty, ms) &&
	       keyboard_read(k) == 0)
		if (!k->probing)
			ms = 0;
}
