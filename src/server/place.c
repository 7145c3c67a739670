/* server/place.c - our place at a blind relay, where devices call. */
#include "server/place.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/spawn.h"
#include "base/str.h"
#include "proto/msg.h"
#include "proto/pass.h"
#include "proto/post.h"
#include "proto/rendezvous.h"
#include "server/gate.h"
#include "server/pairing.h"
#include "server/remote.h"
#include "server/server.h"

enum {
	AGAIN = 1000, /* ms before another is started */
	LINE = 512,
};

struct place {
	struct remote *remote;
	struct pass *pass; /* NULL: another process is to come */
	struct loop_timer *again;
	char *address;
	char *trouble;
	bool number;
};

/* --- to it -------------------------------------------------------------- */

static void
tell_number(struct place *p)
{
	struct buf out = { 0 };
	struct msg_writer w;

	if (p->pass == NULL)
		return;
	msg_begin(&w, &out, (enum msg_type)POST_NUMBER_WANTED, 1);
	msg_bool(&w, p->number);
	msg_end(&w);
	pass_send(p->pass, &out, -1);
	buf_release(&out);
}

void
place_want_number(struct place *p, bool wanted)
{
	if (p->number == wanted)
		return;
	p->number = wanted;
	tell_number(p);
}

/* --- from it ------------------------------------------------------------ */

/* Takes fd. */
static void
got(void *ctx, struct msg *m, int fd)
{
	struct place *p = ctx;
	struct remote *r = p->remote;
	char *text = msg_dup_str(msg_field(m, 1), LINE);

	if (m->type == POST_CALLER && fd >= 0 && r->gate != NULL) {
		gate_caller(r->gate, fd);
		fd = -1;
	} else if (m->type == POST_NUMBER && text != NULL) {
		if (r->window != NULL && p->number)
			pairing_number(r->window, text);
	} else if (m->type == POST_PLACE) {
		free(p->trouble);
		p->trouble = text;
		text = NULL;
		log_info("relay %s: %s", p->address,
			 p->trouble != NULL ? p->trouble : "we are there");
		if (r->window != NULL && p->number && p->trouble != NULL)
			pairing_trouble(r->window, p->trouble);
	}
	free(text);
	if (fd >= 0)
		io_close(fd);
}

static void start(void *ctx);

static void
gone(void *ctx, int why)
{
	struct place *p = ctx;

	(void)why;
	log_warn("our place at %s has ended", p->address);
	pass_free(p->pass);
	p->pass = NULL;
	loop_timer_start(p->again, AGAIN);
}

static void
start(void *ctx)
{
	static const struct pass_events events = { got, gone };
	struct place *p = ctx;
	const struct server *srv = p->remote->srv;
	char *argv[] = { (char[]){ "cdo" },
			 (char[]){ "relay" },
			 (char[]){ "--calls" },
			 p->address,
			 (char[]){ "--state" },
			 srv->state,
			 NULL };
	int fds[2], r = io_socketpair(fds);

	if (r == 0) {
		r = spawn_self(argv, NULL, &fds[1], 1, -1);
		io_close(fds[1]);
		if (r < 0)
			io_close(fds[0]);
	}
	if (r < 0) {
		log_warn("cannot start what calls %s: %s", p->address,
			 io_error(r));
		loop_timer_start(p->again, AGAIN);
		return;
	}
	p->pass = pass_new(srv->loop, fds[0], &events, p);
	if (p->number)
		tell_number(p);
}

struct place *
place_new(struct remote *r, const char *address)
{
	struct place *p = mem_zero(1, sizeof *p);

	p->remote = r;
	p->address = mem_str(address);
	p->again = loop_timer_new(r->srv->loop, start, p);
	start(p);
	return p;
}

void
place_free(struct place *p)
{
	if (p == NULL)
		return;
	loop_timer_free(p->again);
	pass_free(p->pass);
	free(p->address);
	free(p->trouble);
	free(p);
}

const char *
place_address(const struct place *p)
{
	return p->address;
}

const char *
place_trouble(const struct place *p)
{
	return p->trouble;
}
