/* server/serve.c - those who ask something of the server. */
#include "server/serve.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/io.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "proto/local.h"
#include "proto/msg.h"
#include "server/answer.h"
#include "server/create.h"
#include "server/server.h"
#include "server/watch.h"

enum {
	TELL_EVERY = 200, /* ms between two lists for one who watches */
	QUEUE_MAX = 64 << 20, /* bytes of answers that nobody takes */
	DEVICE_QUEUE_MAX = 512 << 10, /* the same, of a device */
	DEVICES_MAX = 192, /* connections of devices */
	PAUSE = 100, /* ms without accepting when descriptors run out */
	WARN_EVERY = 60000, /* ms between two lines in the log about devices */
};

struct serve {
	struct server *srv;
	struct loop_fd *door;
	struct loop_timer *reopen;
	struct loop_timer *tell;
	struct asker *peers;
	uint64_t warned; /* when about a device, 0: never */
};

/* --- those who ask --- */

static void
asker_free(struct asker *p)
{
	struct asker **at = &p->serve->peers;

	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	answer_leaves(p);
	if (p->create != NULL)
		create_forget(p->create);
	local_free(p->conn);
	free(p->device);
	free(p);
}

/* A device does not fill the log, and the disk, with what it does wrong. */
static bool
may_warn(const struct asker *p)
{
	uint64_t now = loop_now(p->srv->loop), *last = &p->serve->warned;

	if (p->device == NULL)
		return true;
	if (*last != 0 && now - *last < WARN_EVERY)
		return false;
	*last = now > 0 ? now : 1;
	return true;
}

/*
 * Who asks after something that a custodian has told others shall find that
 * the server knows it too; so hear the custodians first.
 */
static void
hear_custodians(struct registry *reg)
{
	/* From behind: some may go. */
	for (size_t i = reg->n; i > 0; i--)
		watch_pump(reg->list[i - 1]);
}

/* A device asks for what its role does not hold. */
static void
refuse(struct asker *p, unsigned type)
{
	if (++p->refused >= RIGHTS_REFUSALS) {
		if (may_warn(p))
			log_warn("device '%s' (%s) was refused %u times, the "
				 "last time request %u; it is sent away",
				 p->device, role_name(p->role), p->refused,
				 type);
		asker_free(p);
		return;
	}
	answer_error(p, MSG_E_NOT_ALLOWED,
		     "this device has the role '%s', which does not allow it",
		     role_name(p->role));
	local_flush(p->conn);
}

static void
got(void *ctx, struct msg *msg)
{
	struct asker *p = ctx;

	if (!p->greeted) {
		if (msg->type != MSG_HELLO) {
			if (may_warn(p))
				log_warn("a peer did not say hello");
			asker_free(p);
			return;
		}
		p->greeted = true;
		return;
	}
	if (local_queued(p->conn) >
	    (p->device != NULL ? DEVICE_QUEUE_MAX : QUEUE_MAX)) {
		if (may_warn(p))
			log_warn("a peer asks and does not listen");
		asker_free(p);
		return;
	}
	if (p->role < rights_needed(msg->type)) {
		refuse(p, msg->type);
		return;
	}
	hear_custodians(&p->srv->reg);
	if (!answer_request(p, msg))
		answer_error(p, MSG_E_USAGE,
			     "this server does not know request %u", msg->type);
	local_flush(p->conn);
}

static void
gone(void *ctx, int why)
{
	if (why < 0 && why != -EPIPE && why != -ECONNRESET && may_warn(ctx))
		log_warn("a peer broke off: %s", io_error(why));
	asker_free(ctx);
}

static void
drained(void *ctx)
{
	struct asker *p = ctx;

	if (p->owed)
		serve_changed(p->serve);
	p->owed = false;
}

static void
welcome(struct serve *v, int fd, enum role role, const char *device)
{
	static const struct local_events ev = { got, gone, drained };
	struct asker *p = mem_zero(1, sizeof *p);

	p->serve = v;
	p->srv = v->srv;
	p->role = role;
	p->device = device != NULL ? mem_str(device) : NULL;
	p->conn = local_new(v->srv->loop, fd, &ev, p);
	p->next = v->peers;
	v->peers = p;
	local_hello(p->conn, "server");
	local_flush(p->conn);
}

int
serve_device(struct serve *v, int fd, enum role role, const char *device)
{
	unsigned n = 0;

	for (const struct asker *p = v->peers; p != NULL; p = p->next)
		n += p->device != NULL;
	if (n >= DEVICES_MAX) {
		io_close(fd);
		return -EUSERS;
	}
	io_nonblock(fd, true);
	welcome(v, fd, role, device);
	return 0;
}

/* Lets one in; false if there is none, or none can be. */
static bool
let_in(struct serve *v)
{
	int fd = local_accept(v->srv->listener);
	if (fd == -EAGAIN || fd == -ECONNABORTED)
		return fd != -EAGAIN;
	if (fd < 0) {
		/* Out of descriptors, mostly: they wait in the backlog. */
		log_warn("cannot accept: %s", io_error(fd));
		loop_fd_want(v->door, 0);
		loop_timer_start(v->reopen, PAUSE);
		return false;
	}
	welcome(v, fd, ROLE_LOCAL, NULL);
	return true;
}

static void
at_the_door(void *ctx, unsigned events)
{
	(void)events;
	let_in(ctx);
}

static void
reopen(void *ctx)
{
	struct serve *v = ctx;

	loop_fd_want(v->door, LOOP_READ);
}

static void
tell(void *ctx)
{
	struct serve *v = ctx;

	for (struct asker *p = v->peers; p != NULL; p = p->next) {
		if (!p->watches)
			continue;
		p->owed = local_queued(p->conn) > 0;
		if (p->owed)
			continue;
		answer_list(p);
		local_flush(p->conn);
	}
}

void
serve_changed(struct serve *v)
{
	bool watched = false;

	for (const struct asker *p = v->peers; p != NULL; p = p->next)
		watched |= p->watches;
	if (watched && !loop_timer_running(v->tell))
		loop_timer_start(v->tell, TELL_EVERY);
}

struct serve *
serve_new(struct server *srv)
{
	struct serve *v = mem_zero(1, sizeof *v);

	v->srv = srv;
	v->reopen = loop_timer_new(srv->loop, reopen, v);
	v->tell = loop_timer_new(srv->loop, tell, v);
	return v;
}

void
serve_open(struct serve *v)
{
	if (v->door == NULL)
		v->door = loop_fd_new(v->srv->loop, v->srv->listener, LOOP_READ,
				      at_the_door, v);
}

void
serve_move(struct serve *v, bool now)
{
	if (v->door == NULL)
		return; /* not open yet */
	if (now) {
		v->door = NULL;
		serve_open(v);
	} else {
		while (let_in(v))
			continue;
		loop_fd_free(v->door);
	}
}

void
serve_free(struct serve *v)
{
	if (v == NULL)
		return;
	while (v->peers != NULL)
		asker_free(v->peers);
	loop_fd_free(v->door);
	loop_timer_free(v->reopen);
	loop_timer_free(v->tell);
	free(v);
}
