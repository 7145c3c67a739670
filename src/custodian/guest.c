/* custodian/guest.c - who is connected: clients, the server, commands. */
#include "custodian/guest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/loop.h"
#include "base/mem.h"
#include "custodian/input.h"
#include "custodian/pace.h"
#include "custodian/request.h"
#include "custodian/size.h"
#include "custodian/state.h"
#include "custodian/summon.h"
#include "custodian/view.h"
#include "keeper/memory.h"
#include "proto/local.h"
#include "vt/snapshot.h"

/* g is not attached any more. */
static void
left(struct custodian *c, const struct guest *g)
{
	size_left(c, g);
	if (g->profile.inside[0])
		guest_profiles(c, NULL);
}

static void
guest_free(struct guest *g)
{
	struct custodian *c = g->c;
	struct guest **at = &c->guests;
	bool attached = g->attached, server = g->server;

	while (*at != g)
		at = &(*at)->next;
	*at = g->next;
	c->n_guests--;
	if (g->number > 0 && !g->read_only)
		input_leave(c->input, g->row);
	local_free(g->conn);
	pace_free(g->paced);
	free(g->tty);
	free(g->term);
	free(g->host);
	free(g->device);
	if (attached)
		left(c, g);
	free(g);
	if (server)
		summon_lost(c);
}

static void
got(void *ctx, struct msg *msg)
{
	struct guest *g = ctx;

	if (!g->leaving && request_run(g, msg) < 0)
		guest_free(g);
}

static void
gone(void *ctx, int why)
{
	(void)why;
	guest_free(ctx);
}

static void
drained(void *ctx)
{
	struct guest *g = ctx;

	if (g->leaving)
		guest_free(g);
	else
		view_push(g);
}

static void
welcome(struct custodian *c, int fd)
{
	static const struct local_events events = {
		.got = got,
		.gone = gone,
		.drained = drained,
	};
	struct guest *g = mem_zero(1, sizeof *g);

	g->c = c;
	g->role = ROLE_LOCAL;
	g->conn = local_new(c->loop, fd, &events, g);
	g->next = c->guests;
	c->guests = g;
	c->n_guests++;
	local_hello(g->conn, "custodian");
	local_flush(g->conn);
}

/* Who connected first and has said nothing yet makes room for others. */
static bool
evict_silent(struct custodian *c)
{
	struct guest *silent = NULL;

	for (struct guest *g = c->guests; g; g = g->next)
		if (!g->spoke)
			silent = g;
	if (silent)
		guest_free(silent);
	return silent;
}

/*
 * Without a descriptor left the listener would stay readable for ever: gives
 * up the spare one, and turns the peer away if nobody silent can leave.
 */
static int
accept_short(struct custodian *c)
{
	bool room = evict_silent(c);

	io_close(c->spare);
	int fd = local_accept(MEMORY_FD_LISTENER);
	if (!room && fd >= 0) {
		io_close(fd);
		fd = -ECONNABORTED;
	}
	c->spare = io_open("/dev/null", O_RDONLY, 0);
	return fd;
}

void
guest_accept(struct custodian *c)
{
	for (;;) {
		int fd = local_accept(MEMORY_FD_LISTENER);

		if (fd == -EMFILE || fd == -ENFILE)
			fd = accept_short(c);
		if (fd == -EPERM || fd == -ECONNABORTED)
			continue;
		if (fd < 0)
			return;
		if (c->n_guests >= GUESTS_MAX && !evict_silent(c))
			io_close(fd);
		else
			welcome(c, fd);
	}
}

unsigned
guest_typists(const struct custodian *c, const struct guest *other)
{
	unsigned n = 0;

	for (const struct guest *g = c->guests; g; g = g->next)
		n += g->attached && !g->leaving && !g->read_only && g != other;
	return n;
}

unsigned
guest_clients(const struct custodian *c)
{
	unsigned n = 0;

	for (const struct guest *g = c->guests; g; g = g->next)
		n += g->attached && !g->leaving;
	return n;
}

void
guest_replace(struct guest *g)
{
	for (struct guest *o = g->c->guests, *next; o; o = next) {
		next = o->next;
		if (o != g && o->attached &&
		    memcmp(o->id, g->id, sizeof g->id) == 0)
			guest_free(o);
	}
}

static void
write_gone(struct guest *g, enum msg_gone why, const char *text)
{
	const struct buf *undo = view_undo(g->c);
	struct buf park = { 0 };
	struct msg_writer w;

	snapshot_park(g->c->screen, &park);
	msg_begin(&w, local_out(g->conn), MSG_GONE, 4);
	msg_uint(&w, why);
	msg_str(&w, text);
	msg_bin(&w, undo->data, undo->len);
	msg_bin(&w, park.data, park.len);
	msg_end(&w);
	buf_release(&park);
}

void
guest_dismiss(struct guest *g, enum msg_gone why, const char *text)
{
	struct custodian *c = g->c;

	if (!g->attached || g->leaving)
		return;
	if (why != MSG_GONE_NESTED) { /* that one was shown nothing */
		view_note_undo(c);
		view_last(g);
	}
	write_gone(g, why, text);
	local_flush(g->conn);
	g->leaving = true;
	g->attached = false;
	left(c, g);
	if (local_queued(g->conn) == 0)
		guest_free(g);
}

void
guest_dismiss_all(struct custodian *c, enum msg_gone why, const char *text)
{
	for (struct guest *g = c->guests, *next; g; g = next) {
		next = g->next;
		guest_dismiss(g, why, text);
	}
}

bool
guest_busy(const struct custodian *c)
{
	for (const struct guest *g = c->guests; g; g = g->next)
		if (local_queued(g->conn) > 0)
			return true;
	return false;
}

bool
guest_silent(const struct custodian *c)
{
	for (const struct guest *g = c->guests; g; g = g->next)
		if (!g->spoke)
			return true;
	return false;
}

void
guest_resume(struct custodian *c)
{
	for (struct guest *g = c->guests; g; g = g->next)
		if (g->paused) {
			g->paused = false;
			local_pause(g->conn, false);
		}
}

/* Adds the ids that are in `more` to the list in p. */
static void
add_inside(struct profile *p, const char *more)
{
	size_t have = strlen(p->inside), len = strlen(more);

	if (len == 0 || have + 1 + len >= sizeof p->inside)
		return;
	if (have > 0)
		p->inside[have++] = ' ';
	memcpy(p->inside + have, more, len + 1);
}

void
guest_profile_default(struct profile *p, bool light)
{
	const uint32_t dark_ink = 0x000000, light_ink = 0xe5e5e5;

	*p = (struct profile){
		.light = light,
		.fg = light ? dark_ink : light_ink,
		.bg = light ? 0xffffff : 0x000000,
		.cursor = light ? dark_ink : light_ink,
	};
}

void
guest_profiles(struct custodian *c, const struct guest *active)
{
	struct profile *p = &c->profile;

	if (active) {
		*p = active->profile;
		c->active = active->number;
	}
	p->inside[0] = 0;
	for (const struct guest *g = c->guests; g; g = g->next)
		if (g->attached && !g->leaving)
			add_inside(p, g->profile.inside);
	screen_profile(c->screen, p);
}

void
guest_free_all(struct custodian *c)
{
	while (c->guests)
		guest_free(c->guests);
}
