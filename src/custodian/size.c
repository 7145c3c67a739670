/* custodian/size.c - whose size the session has. */
#include "custodian/size.h"

#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "base/loop.h"
#include "base/mem.h"
#include "custodian/flow.h"
#include "custodian/guest.h"
#include "custodian/recall.h"
#include "custodian/recording.h"
#include "custodian/report.h"
#include "custodian/ring.h"
#include "custodian/state.h"
#include "custodian/view.h"
#include "keeper/memory.h"

enum {
	SETTLE = 50, /* ms without another wish */
	PATIENCE = 250, /* ms in all: somebody drags a window's edge */
};

struct size {
	unsigned leader; /* number of the client whose size it is; 0 none */
	struct loop_timer *timer;
	uint64_t since; /* loop_now() of the first wish not yet granted */
};

static void
apply(struct custodian *c, unsigned cols, unsigned rows)
{
	struct memory_head *h = c->head;

	if (cols == 0 || rows == 0 || (cols == h->cols && rows == h->rows))
		return;
	/* What is there was written for the old size. */
	flow_read(c);
	h->cols = cols;
	h->rows = rows;
	screen_resize(c->screen, cols, rows);
	recall_resized(c);
	recording_resized(c);
	ioctl(MEMORY_FD_PTY, TIOCSWINSZ,
	      &(struct winsize){ .ws_col = (unsigned short)cols,
				 .ws_row = (unsigned short)rows });
	view_note_undo(c);
	view_resized(c);
	report_changed(c);
}

static void
settled(void *ctx)
{
	struct custodian *c = ctx;

	for (struct guest *g = c->guests; g; g = g->next)
		if (g->attached && !g->leaving &&
		    g->number == c->size->leader) {
			apply(c, g->cols, g->rows);
			return;
		}
}

void
size_start(struct custodian *c)
{
	c->size = mem_zero(1, sizeof *c->size);
	c->size->timer = loop_timer_new(c->loop, settled, c);
}

void
size_attach(struct custodian *c, struct guest *g)
{
	if (g->read_only || guest_typists(c, g) > 0)
		return;
	c->size->leader = g->number;
	loop_timer_stop(c->size->timer);
	apply(c, g->cols, g->rows);
}

static void
soon(struct custodian *c)
{
	struct size *s = c->size;
	uint64_t now = loop_now(c->loop);

	if (!loop_timer_running(s->timer))
		s->since = now;
	if (now - s->since < PATIENCE)
		loop_timer_start(s->timer, SETTLE);
}

void
size_wish(struct custodian *c, struct guest *g)
{
	if (g->read_only)
		return;
	if (guest_typists(c, g) == 0)
		c->size->leader = g->number;
	if (c->size->leader == g->number)
		soon(c);
}

/* Nothing but reports of focus (CSI I, O) and mouse (CSI M, CSI <). */
static bool
reports_only(const uint8_t *p, size_t len)
{
	size_t i = 0;

	while (i < len) {
		if (len - i < 3 || p[i] != 0x1b || p[i + 1] != '[')
			return false;
		uint8_t kind = p[i + 2];
		i += 3;
		if (kind == 'M') {
			i += 3;
		} else if (kind == '<') {
			while (i < len && p[i] != 'M' && p[i] != 'm')
				i++;
			i++;
		} else if (kind != 'I' && kind != 'O') {
			return false;
		}
	}
	return true;
}

void
size_typed(struct custodian *c, struct guest *g, const void *data, size_t len)
{
	if (c->size->leader == g->number || g->read_only ||
	    reports_only(data, len))
		return;
	c->size->leader = g->number;
	if (g->cols != c->head->cols || g->rows != c->head->rows)
		soon(c);
}

void
size_left(struct custodian *c, const struct guest *g)
{
	if (c->size->leader == g->number)
		c->size->leader = 0;
	report_guests(c);
}
