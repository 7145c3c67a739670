/* cmd/player.c - a recording replayed on this terminal, with a few keys. */
#include "cmd/player.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/mem.h"
#include "client/tty.h"
#include "cmd/cast.h"
#include "vt/screen.h"
#include "vt/snapshot.h"

enum {
	CTRL_C = 3,
	LOOK_MS = 200, /* for a signal, while nothing happens */
	FINISH_MS = 1000,
};

struct player {
	const struct player_options *o;
	struct tty tty;
	struct screen *screen; /* what the terminal shows */
	/* Output from stream offset `at` on, less the cuts, is to be shown. */
	struct buf held;
	uint64_t at;
	struct buf out; /* what is shown of it */
	uint64_t was, due; /* us: the last event's time, and when it is shown */
	uint64_t paused; /* us: since when; 0: it runs */
	bool step, quit;
	bool cramped; /* the terminal is too small for it */
};

static volatile sig_atomic_t signalled;

static void
on_signal(int signum)
{
	signalled = signum;
}

static uint64_t
clock_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* --- output ------------------------------------------------------------ */

/* A query, whose answer would come as keys: see screen_events.cut. */
static void
cut(void *ctx, uint64_t from, uint64_t to, const void *instead, size_t len)
{
	struct player *p = ctx;

	if (from > p->at) {
		buf_append(&p->out, p->held.data, (size_t)(from - p->at));
		buf_drop(&p->held, (size_t)(from - p->at));
	}
	buf_append(&p->out, instead, len);
	buf_drop(&p->held, (size_t)(to - from));
	p->at = to;
}

static void
show(struct player *p, const struct cast_event *e)
{
	uint64_t whole;

	buf_append(&p->held, e->data, e->len);
	screen_feed(p->screen, e->data, e->len);
	whole = screen_boundary(p->screen) - p->at;
	buf_append(&p->out, p->held.data, (size_t)whole);
	buf_drop(&p->held, (size_t)whole);
	p->at += whole;
	tty_write(&p->tty, p->out.data, p->out.len);
	buf_clear(&p->out);
}

static void
begin(struct player *p, unsigned cols, unsigned rows)
{
	static const struct screen_events events = { .cut = cut };
	unsigned have_cols, have_rows;

	p->screen = screen_new(&(struct screen_options){
		.cols = cols,
		.rows = rows,
		.events = &events,
		.ctx = p,
	});
	tty_size(p->tty.fd, &have_cols, &have_rows);
	p->cramped = have_cols < cols || have_rows < rows;
	/* What is on the screen goes into its scrollback. */
	for (unsigned i = 0; i < have_rows; i++)
		buf_str(&p->out, "\r\n");
	buf_str(&p->out, "\033[H");
	tty_write(&p->tty, p->out.data, p->out.len);
	buf_clear(&p->out);
}

static void
end(struct player *p)
{
	if (!p->screen)
		return;
	buf_clear(&p->out);
	buf_byte(&p->out, 0x18); /* CAN: whatever is not whole */
	snapshot_undo(p->screen, &p->out);
	snapshot_park(p->screen, &p->out);
	if (p->cramped)
		buf_printf(&p->out,
			   "[recorded at %ux%u, which is more than this]\r\n",
			   screen_cols(p->screen), screen_rows(p->screen));
	tty_write(&p->tty, p->out.data, p->out.len);
	tty_finish(&p->tty, FINISH_MS);
}

/* --- time and keys ----------------------------------------------------- */

static void
pause_or_go(struct player *p)
{
	uint64_t now = clock_us();

	if (p->paused)
		p->due += now - p->paused;
	p->paused = p->paused ? 0 : now;
}

static void
keys(struct player *p)
{
	uint8_t key[64];
	ssize_t n = io_read(p->tty.fd, key, sizeof key);

	if (n == 0 || (n < 0 && n != -EAGAIN))
		p->quit = true;
	for (ssize_t i = 0; i < n; i++)
		switch (key[i]) {
		case 'q':
		case CTRL_C:
			p->quit = true;
			break;
		case ' ':
			pause_or_go(p);
			break;
		case '.':
			p->step = p->paused;
			break;
		case '\033':
			return; /* what the terminal says of itself */
		}
}

/* Until the next event is due; meanwhile there may be keys. */
static void
wait_for(struct player *p, uint64_t us)
{
	uint64_t pause = us - p->was;

	p->was = us;
	if (p->o->idle_us && pause > p->o->idle_us)
		pause = p->o->idle_us;
	p->due += (uint64_t)((double)pause / p->o->speed);
	p->step = false;
	while (!p->quit && !p->step) {
		uint64_t now = clock_us(), ms = LOOK_MS;

		tty_flush(&p->tty);
		if (signalled || p->tty.broken)
			p->quit = true;
		if (p->quit || (!p->paused && p->due <= now))
			return;
		if (!p->paused && (p->due - now) / 1000 < ms)
			ms = (p->due - now + 999) / 1000;
		if (tty_readable(&p->tty, (int)ms))
			keys(p);
	}
	/* A step shows it now, and what follows keeps its distance. */
	if (p->step)
		p->due = p->paused;
}

static int
play(struct player *p)
{
	struct cast_event e;
	int r;

	p->due = clock_us();
	while (!p->quit && (r = p->o->next(p->o->ctx, &e)) == 1) {
		wait_for(p, e.us);
		if (p->quit)
			return 0;
		if (e.kind == CAST_RESIZE && !p->screen)
			begin(p, e.cols, e.rows);
		else if (e.kind == CAST_RESIZE)
			screen_resize(p->screen, e.cols, e.rows);
		else if (e.kind == CAST_OUTPUT && p->screen)
			show(p, &e);
	}
	return p->quit ? 0 : r;
}

int
player_run(const struct player_options *o)
{
	static const int caught[] = { SIGHUP, SIGINT, SIGTERM };
	struct player p = { .o = o };
	int r = tty_open(&p.tty);

	if (r < 0)
		return r;
	for (size_t i = 0; i < sizeof caught / sizeof caught[0]; i++)
		signal(caught[i], on_signal);
	r = tty_raw(&p.tty);
	if (r == 0)
		r = play(&p);
	end(&p);
	tty_close(&p.tty);
	screen_free(p.screen);
	buf_release(&p.held);
	buf_release(&p.out);
	return r;
}
