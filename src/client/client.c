/* client/client.c - attach this terminal to a session. */
#include "client/client.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "client/hands.h"
#include "client/state.h"
#include "client/talk.h"

enum {
	STATUS_FAILED = 125,
	RESIZE_MS = 250, /* for the session to take the terminal's size */
	LEAVE_MS = 300, /* for the custodian to say where the text ends */
	FRAME_MS = 15,
	NOTE_MS = 3000, /* a note stands in front of the session */
	FINISH_MS = 2000, /* for the terminal to take what is left */
};

static const int signals[STATE_SIGNALS] = { SIGTSTP, SIGCONT, SIGWINCH,
					    SIGHUP,  SIGTERM, SIGINT };

enum { STOPPING = 2 }; /* the first two of them */

/* --- the end ------------------------------------------------------------ */

void
client_finish(struct client *c, enum client_how how, char *last)
{
	if (c->last == NULL) {
		c->how = how;
		c->last = last;
	} else {
		free(last);
	}
	loop_stop(c->loop);
}

void
client_finish_detached(struct client *c)
{
	client_finish(c, CLIENT_DETACHED,
		      str_printf("[detached from %s]", c->name));
}

void
client_detach(struct client *c)
{
	if (c->leaving)
		return;
	c->leaving = true;
	if (talk_detach(c))
		loop_timer_start(c->leave, LEAVE_MS);
	else
		client_finish_detached(c);
}

static void
on_leave(void *ctx)
{
	client_finish_detached(ctx);
}

/* --- notes --------------------------------------------------------------- */

void
client_note(struct client *c, uint64_t bytes, const char *what)
{
	if (bytes > 0)
		buf_printf(&c->notes, "[%s: %llu byte%s %s]\r\n", c->name,
			   (unsigned long long)bytes, bytes == 1 ? "" : "s",
			   what);
}

void
client_show_notes(struct client *c)
{
	if (c->noted_at == c->notes.len)
		return;
	stage_note(&c->stage, c->notes.data + c->noted_at,
		   c->notes.len - c->noted_at);
	c->noted_at = c->notes.len;
	loop_timer_start(c->noted, NOTE_MS);
}

static void
on_noted(void *ctx)
{
	struct client *c = ctx;

	stage_unnote(&c->stage);
	talk_resync(c);
}

/* --- the terminal ------------------------------------------------------- */

/* While the terminal takes nothing, nothing is read for it. */
static void
want(struct client *c)
{
	bool busy = c->tty.out.len > 0;
	unsigned events = busy ? LOOP_WRITE : 0;

	if (c->typed.bytes.len < STATE_TYPED)
		events |= LOOP_READ;
	talk_pause(c, busy);
	if (!busy)
		talk_shown(c);
	loop_fd_want(c->watch, events);
}

/* Of a flood not every state has to be drawn; of a key's echo the first. */
void
client_shown(struct client *c)
{
	uint64_t since = loop_now(c->loop) - c->drawn;

	want(c);
	if (c->stage.dirty && !loop_timer_running(c->draw))
		loop_timer_start(c->draw,
				 since < FRAME_MS ? FRAME_MS - since : 0);
}

static void
on_draw(void *ctx)
{
	struct client *c = ctx;

	c->drawn = loop_now(c->loop);
	stage_draw(&c->stage);
	want(c);
}

static void
on_terminal(void *ctx, unsigned events)
{
	struct client *c = ctx;

	if (events & LOOP_WRITE && tty_flush(&c->tty))
		stage_draw(&c->stage);
	if (events & LOOP_READ && keyboard_read(&c->keyboard) < 0)
		client_finish_detached(c);
	else
		want(c);
}

static void
check_size(struct client *c)
{
	unsigned cols, rows;

	if (tty_size(c->tty.fd, &cols, &rows) < 0 ||
	    !stage_resize(&c->stage, cols, rows))
		return;
	if (c->read_only) {
		talk_resync(c);
		return;
	}
	talk_resize(c);
	if (stage_fits(&c->stage))
		talk_resync(c);
	else /* if the session takes this size, its snapshot comes by itself */
		loop_timer_start(c->resize, RESIZE_MS);
}

static void
on_resize(void *ctx)
{
	talk_resync(ctx);
}

/* --- stopping and going on ---------------------------------------------- */

static void on_signal(void *ctx, int signum);

static void
go_on(struct client *c)
{
	tty_raw(&c->tty);
	check_size(c);
	talk_resync(c);
	want(c);
}

void
client_suspend(struct client *c, bool whole)
{
	stage_leave(&c->stage, NULL, 0);
	tty_finish(&c->tty, FINISH_MS);
	tty_cooked(&c->tty);

	/* Stopping is up to the system now, and going on is up to us. */
	for (size_t i = 0; i < STOPPING; i++)
		loop_signal_free(c->signals[i]);
	kill(whole ? 0 : getpid(), SIGTSTP);
	for (size_t i = 0; i < STOPPING; i++)
		c->signals[i] =
			loop_signal_new(c->loop, signals[i], on_signal, c);

	go_on(c);
}

static void
on_signal(void *ctx, int signum)
{
	struct client *c = ctx;

	switch (signum) {
	case SIGTSTP:
		client_suspend(c, false);
		break;
	case SIGWINCH:
		check_size(c);
		break;
	case SIGCONT:
		/* It may have been stopped by what cannot be caught. */
		go_on(c);
		break;
	default:
		client_detach(c);
		break;
	}
}

/* --- from the start to the end ------------------------------------------ */

static void
watch(struct client *c)
{
	c->resize = loop_timer_new(c->loop, on_resize, c);
	c->draw = loop_timer_new(c->loop, on_draw, c);
	c->leave = loop_timer_new(c->loop, on_leave, c);
	c->noted = loop_timer_new(c->loop, on_noted, c);
	for (size_t i = 0; i < STATE_SIGNALS; i++)
		c->signals[i] =
			loop_signal_new(c->loop, signals[i], on_signal, c);
	c->watch = loop_fd_new(c->loop, c->tty.fd, LOOP_READ, on_terminal, c);
	keyboard_start(&c->keyboard, c->loop, &c->tty, &hands_events, c);
	remote_start(c);
}

/* The terminal as it was, and why. */
static void
give_back(struct client *c)
{
	bool reports = stage_reports(&c->stage);
	bool shown = c->stage.view != STAGE_NONE;
	struct buf line = { 0 };

	remote_leave(c);
	stage_leave(&c->stage, c->park.data, c->park.len);
	buf_append(&line, c->notes.data, c->notes.len);
	if (c->how < CLIENT_FAILED || c->ever)
		buf_printf(&line, "%s\r\n", c->last);
	if (shown)
		tty_finish(&c->tty, FINISH_MS);
	keyboard_drain(&c->keyboard, reports);
	tty_write(&c->tty, line.data, line.len);
	tty_finish(&c->tty, FINISH_MS);
	buf_release(&line);
}

static void
release(struct client *c)
{
	remote_stop(c);
	talk_stop(c);
	keyboard_stop(&c->keyboard);
	stage_release(&c->stage);
	loop_fd_free(c->watch);
	for (size_t i = 0; i < STATE_SIGNALS; i++)
		loop_signal_free(c->signals[i]);
	loop_timer_free(c->resize);
	loop_timer_free(c->draw);
	loop_timer_free(c->leave);
	loop_timer_free(c->noted);
	loop_free(c->loop);
	tty_close(&c->tty);
	buf_release(&c->park);
	buf_release(&c->notes);
	free(c->last);
}

static int
fail(const struct client_options *opt, const char *why)
{
	fprintf(stderr, "cdo: cannot attach to '%s': %s\n", opt->name, why);
	return STATUS_FAILED;
}

static int
open_terminal(struct client *c)
{
	unsigned cols, rows;
	int r = tty_open(&c->tty);

	if (r == 0)
		r = tty_size(c->tty.fd, &cols, &rows);
	if (r == 0)
		stage_init(&c->stage, &c->tty, cols, rows);
	return r;
}

/*
 * In a session, this terminal may show, some windows further out, the very one
 * that is asked for: let it say so before anything is drawn.
 */
static void
ask_first(struct client *c)
{
	struct buf ask = { 0 };

	keyboard_probe(&c->keyboard, &ask);
	tty_write(&c->tty, ask.data, ask.len);
	buf_release(&ask);
	if (!c->keyboard.probing)
		talk_attach(c);
}

/* Takes c's parts apart again. */
static int
run(struct client *c)
{
	char *why = NULL;

	c->asks_first = getenv("CDO_SESSION") != NULL;
	int r = talk_start(c);

	if (r == -ENOENT || r == -ECONNREFUSED) {
		c->how = CLIENT_ABSENT;
	} else if (r < 0) {
		why = str_printf("it does not answer: %s", io_error(r));
	} else {
		watch(c);
		tty_raw(&c->tty);
		if (c->asks_first)
			ask_first(c);
		loop_run(c->loop);
		give_back(c);
		if (c->how == CLIENT_FAILED && !c->ever)
			why = mem_str(c->last);
	}
	release(c);
	r = c->how >= CLIENT_FAILED ? STATUS_FAILED : 0;
	if (why != NULL)
		r = fail(c->opt, why);
	free(why);
	return r;
}

int
client_attach(const struct client_options *opt, struct client_end *end)
{
	struct client c = {
		.opt = opt,
		.how = CLIENT_FAILED,
		.read_only = opt->read_only,
	};
	int r;

	if (end != NULL)
		*end = (struct client_end){ .how = CLIENT_FAILED };
	if (keyboard_init(&c.keyboard, opt->prefix, opt->detach_keys) < 0)
		return fail(opt, "the prefix or detach keys name no key");
	r = io_check(getentropy(c.id, sizeof c.id));
	if (r == 0)
		r = open_terminal(&c);
	if (r == -ENOTTY)
		return fail(opt, "standard input or output is no terminal");
	if (r < 0)
		return fail(opt, io_error(r));
	c.name = mem_str(opt->name);
	c.loop = loop_new();
	r = run(&c);
	if (end != NULL)
		*end = (struct client_end){ .how = c.how, .status = c.status };
	if (end != NULL)
		memcpy(end->to, c.to, sizeof end->to);
	return r;
}

int
client_size(unsigned *cols, unsigned *rows)
{
	return tty_size(STDIN_FILENO, cols, rows);
}

int
client_check_keys(const char *keys)
{
	struct bindings b;

	return bindings_init(&b, NULL, keys);
}
