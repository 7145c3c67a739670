/* server/gate.c - the process at the door. */
#include "server/gate.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/spawn.h"
#include "crypto/secret.h"
#include "proto/msg.h"
#include "proto/pass.h"
#include "proto/post.h"
#include "server/link.h"
#include "server/pairing.h"
#include "server/remote.h"
#include "server/server.h"

enum {
	AGAIN_FIRST = 20, /* ms before another is started */
	AGAIN_MAX = 5000,
	STEADY = 10000, /* ms that it ran: all is well again */
	LINE = 512,
};

struct gate {
	struct remote *remote;
	struct pass *pass; /* NULL: it has died, another is to come */
	struct loop_timer *again;
	uint64_t delay, since;
	uint8_t key[NOISE_KEY];
	bool ready;
};

/* --- to it -------------------------------------------------------------- */

/* Takes fd. */
static void
post(struct gate *g, struct buf *out, int fd)
{
	if (g->pass != NULL)
		pass_send(g->pass, out, fd);
	else if (fd >= 0)
		io_close(fd);
	if (out->data != NULL)
		secret_wipe(out->data, out->len);
	buf_release(out);
}

static void
post_plain(struct gate *g, enum post_type type)
{
	struct buf out = { 0 };
	struct msg_writer w;

	msg_begin(&w, &out, (enum msg_type)type, 0);
	msg_end(&w);
	post(g, &out, -1);
}

void
gate_listen(struct gate *g, int door)
{
	struct buf out = { 0 };
	struct msg_writer w;
	int fd = io_check(fcntl(door, F_DUPFD_CLOEXEC, 0));

	if (fd < 0) {
		log_warn("no descriptor for the gate: %s", io_error(fd));
		return;
	}
	msg_begin(&w, &out, (enum msg_type)POST_LISTEN, 0);
	msg_end(&w);
	post(g, &out, fd);
}

void
gate_deaf(struct gate *g)
{
	post_plain(g, POST_DEAF);
}

void
gate_caller(struct gate *g, int fd)
{
	struct buf out = { 0 };
	struct msg_writer w;

	msg_begin(&w, &out, (enum msg_type)POST_CALLER, 0);
	msg_end(&w);
	post(g, &out, fd);
}

void
gate_device(struct gate *g, const struct peer *p)
{
	struct buf out = { 0 };
	struct msg_writer w;

	buf_room(&out, LINE);
	msg_begin(&w, &out, (enum msg_type)POST_DEVICE, 2);
	msg_bin(&w, p->key, sizeof p->key);
	msg_bin(&w, p->psk, sizeof p->psk);
	msg_end(&w);
	post(g, &out, -1);
}

void
gate_forget(struct gate *g, const struct peer *p)
{
	struct buf out = { 0 };
	struct msg_writer w;

	msg_begin(&w, &out, (enum msg_type)POST_FORGET, 1);
	msg_bin(&w, p->key, sizeof p->key);
	msg_end(&w);
	post(g, &out, -1);
}

void
gate_window(struct gate *g, uint64_t number, const char *code, const char *role,
	    const char *name)
{
	struct buf out = { 0 };
	struct msg_writer w;

	buf_room(&out, LINE);
	msg_begin(&w, &out, (enum msg_type)POST_WINDOW, 4);
	msg_uint(&w, number);
	msg_str(&w, code);
	msg_str(&w, role);
	msg_str(&w, name);
	msg_end(&w);
	post(g, &out, -1);
}

void
gate_shut(struct gate *g)
{
	post_plain(g, POST_SHUT);
}

void
gate_written(struct gate *g, uint64_t number, bool done)
{
	struct buf out = { 0 };
	struct msg_writer w;

	msg_begin(&w, &out, (enum msg_type)POST_WRITTEN, 2);
	msg_uint(&w, number);
	msg_bool(&w, done);
	msg_end(&w);
	post(g, &out, -1);
}

const uint8_t *
gate_key(const struct gate *g)
{
	return g->ready ? g->key : NULL;
}

/* --- from it ------------------------------------------------------------ */

static void
on_ready(struct gate *g, const struct msg *m)
{
	size_t len;
	const uint8_t *key = msg_to_bin(msg_field(m, 0), &len);

	if (key == NULL || len != NOISE_KEY)
		return;
	memcpy(g->key, key, len);
	g->ready = true;
	if (g->remote->window != NULL)
		pairing_ready(g->remote->window);
}

/* Takes fd. */
static void
got(void *ctx, struct msg *m, int fd)
{
	struct gate *g = ctx;
	struct pairing_window *window = g->remote->window;
	char *text;

	switch (m->type) {
	case POST_READY:
		on_ready(g, m);
		break;
	case POST_LINK:
		link_begin(g->remote, m, fd);
		return;
	case POST_LOG:
		text = msg_dup_str(msg_field(m, 0), LINE);
		log_info("gate: %s", text != NULL ? text : "");
		free(text);
		break;
	case POST_TRIED:
	case POST_WRONG:
	case POST_PROVED:
		if (window != NULL)
			pairing_heard(window, m);
		break;
	default:
		break;
	}
	if (fd >= 0)
		io_close(fd);
}

static bool start(struct gate *g);

static void
gone(void *ctx, int why)
{
	struct gate *g = ctx;
	uint64_t now = loop_now(g->remote->srv->loop);

	log_warn("the gate has ended: %s", why < 0 ? io_error(why) : "");
	pass_free(g->pass);
	g->pass = NULL;
	g->ready = false;
	if (now - g->since >= STEADY)
		g->delay = AGAIN_FIRST;
	loop_timer_start(g->again, g->delay);
	g->delay = g->delay * 2 < AGAIN_MAX ? g->delay * 2 : AGAIN_MAX;
	/* How often its code was tried only that one knew. */
	if (g->remote->window != NULL)
		pairing_fail(g->remote->window,
			     "the gate has ended; run `cdo pair` again");
}

static void
again(void *ctx)
{
	struct gate *g = ctx;

	if (start(g) && g->remote->door >= 0)
		gate_listen(g, g->remote->door);
}

static bool
start(struct gate *g)
{
	static const struct pass_events events = { got, gone };
	const struct server *srv = g->remote->srv;
	char *argv[] = { (char[]){ "cdo" },    (char[]){ "relay" },
			 (char[]){ "--gate" }, (char[]){ "--state" },
			 srv->state,	       NULL };
	char *env[] = { NULL };
	int fds[2], r = io_socketpair(fds);

	if (r == 0) {
		r = spawn_self(argv, env, &fds[1], 1, -1);
		io_close(fds[1]);
		if (r < 0)
			io_close(fds[0]);
	}
	if (r < 0) {
		log_warn("cannot start the gate: %s", io_error(r));
		loop_timer_start(g->again, AGAIN_MAX);
		return false;
	}
	g->since = loop_now(srv->loop);
	g->pass = pass_new(srv->loop, fds[0], &events, g);
	for (size_t i = 0; i < g->remote->devices.n; i++)
		gate_device(g, &g->remote->devices.list[i]);
	return true;
}

struct gate *
gate_new(struct remote *r)
{
	struct gate *g = mem_zero(1, sizeof *g);

	g->remote = r;
	g->delay = AGAIN_FIRST;
	g->again = loop_timer_new(r->srv->loop, again, g);
	start(g);
	return g;
}

void
gate_free(struct gate *g)
{
	if (g == NULL)
		return;
	loop_timer_free(g->again);
	pass_free(g->pass);
	free(g);
}
