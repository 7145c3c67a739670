/* relay/race.c - one try to reach a host, at all its addresses at once. */
#include "relay/race.h"

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/words.h"
#include "proto/greet.h"
#include "proto/link.h"
#include "proto/peers.h"
#include "proto/rendezvous.h"
#include "proto/wire.h"
#include "relay/carry.h"

enum {
	RUNNERS = 16, /* addresses in one race */
	TICK = RACE_STEP,
	READ = 1024,
	DIRECT = 1000, /* ms that names are waited for before a relay */
};

struct question {
	struct race *race;
	const char *address; /* "HOST:PORT" of the peer */
	struct loop_resolve *resolve; /* NULL: answered */
};

struct runner {
	struct race *race;
	const char *address;
	struct sockaddr_storage to;
	socklen_t to_len;
	int fd; /* -1: not started, or out */
	bool started, connected;
	uint64_t until;
	struct loop_fd *watch;
	struct greet greet;
	struct buf out, early;
};

struct race {
	struct loop *loop;
	const struct noise_pair *self;
	const struct peer *peer;
	uint64_t ms, began;
	const struct race_events *events;
	void *ctx;
	struct loop_timer *tick;
	struct question *questions;
	size_t n_questions;
	struct runner runners[RUNNERS];
	size_t n;
	enum race_loss loss;
	char *text;
};

static bool calls(const struct runner *u);

/* --- losing ------------------------------------------------------------- */

static void
blame(struct race *r, enum race_loss loss, const char *address, const char *why)
{
	if (r->text != NULL && loss < r->loss)
		return;
	free(r->text);
	r->loss = loss;
	r->text = str_printf("%s: %s", address, why);
}

static void
drop(struct runner *u)
{
	loop_fd_free(u->watch);
	u->watch = NULL;
	if (u->fd >= 0)
		io_close(u->fd);
	u->fd = -1;
	greet_wipe(&u->greet);
	buf_release(&u->out);
	buf_release(&u->early);
}

static void
out_of_it(struct runner *u, enum race_loss loss, const char *why)
{
	blame(u->race, loss, u->address, why);
	drop(u);
}

/* --- running ------------------------------------------------------------ */

static void
win(struct runner *u)
{
	struct race *r = u->race;
	/* The way through a relay is no address of the host. */
	const char *address = calls(u) ? NULL : u->address;
	struct noise_cipher send, receive;
	struct buf early = u->early;
	struct link link;
	int fd = u->fd;

	greet_split(&u->greet, &send, &receive);
	link_init(&link, &send, &receive, loop_now(r->loop));
	loop_fd_free(u->watch);
	u->watch = NULL;
	u->fd = -1;
	u->early = (struct buf){ 0 };
	r->events->won(r->ctx, fd, &link, early.data, early.len, address);
	link_wipe(&link);
	buf_release(&early);
}

static void
speak(struct runner *u)
{
	while (u->out.len > 0) {
		ssize_t n = wire_send_buf(u->fd, &u->out);

		if (n == -EAGAIN)
			break;
		if (n < 0) {
			out_of_it(u, RACE_SHUT, io_error((int)n));
			return;
		}
	}
	loop_fd_want(u->watch, LOOP_READ | (u->out.len > 0 ? LOOP_WRITE : 0));
}

/* Not to the host itself, but to where it can be called. */
static bool
calls(const struct runner *u)
{
	return u->address == u->race->peer->relay;
}

static void
begin(struct runner *u)
{
	struct race *r = u->race;
	int error = 0;
	socklen_t len = sizeof error;
	uint8_t out[GREET_OUT], opening[RENDEZVOUS_OPENING];

	getsockopt(u->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error != 0) {
		out_of_it(u, RACE_UNREACHABLE, io_error(-error));
		return;
	}
	u->connected = true;
	carry_tune(u->fd);
	greet_init(&u->greet, &(struct greet_options){
				      .self = r->self,
				      .type = GREET_SESSION,
				      .remote = r->peer->key,
				      .psk = r->peer->psk,
			      });
	int n = greet_start(&u->greet, out);
	if (n < 0) {
		out_of_it(u, RACE_FALSE, "its key cannot be one");
		return;
	}
	if (calls(u))
		buf_append(&u->out, opening,
			   rendezvous_call(opening, r->peer->relay_key));
	buf_append(&u->out, out, (size_t)n);
	speak(u);
}

static void
hear(struct runner *u)
{
	uint8_t data[READ], out[GREET_OUT];
	size_t out_len = 0;
	ssize_t n = wire_receive(u->fd, data, sizeof data);

	if (n == -EAGAIN)
		return;
	if (n <= 0) {
		out_of_it(u, RACE_SHUT,
			  n == 0 ? "it hangs up on us" : io_error((int)n));
		return;
	}
	ssize_t used = greet_feed(&u->greet, data, (size_t)n, out, &out_len);
	if (used < 0) {
		out_of_it(u, RACE_FALSE,
			  "who answers is not the machine that was paired");
		return;
	}
	buf_append(&u->out, out, out_len);
	buf_append(&u->early, data + used, (size_t)(n - used));
	speak(u);
}

static void check(struct race *r);

static void
on_runner(void *ctx, unsigned events)
{
	struct runner *u = ctx;
	struct race *r = u->race;

	if (!u->connected)
		begin(u);
	else if (events & LOOP_WRITE)
		speak(u);
	if (u->fd >= 0 && events & LOOP_READ && !greet_done(&u->greet))
		hear(u);
	if (u->fd < 0) {
		loop_timer_start(r->tick, 0);
		check(r);
	} else if (u->connected && greet_done(&u->greet) && u->out.len == 0) {
		win(u);
	}
}

static void
start(struct runner *u)
{
	struct race *r = u->race;
	const struct sockaddr *to = (const struct sockaddr *)&u->to;

	u->started = true;
	u->until = loop_now(r->loop) + r->ms;
	u->fd = io_check(socket(to->sa_family, SOCK_STREAM, 0));
	if (u->fd < 0) {
		out_of_it(u, RACE_UNREACHABLE, io_error(u->fd));
		return;
	}
	io_cloexec(u->fd, true);
	io_nonblock(u->fd, true);
	int c = io_check(connect(u->fd, to, u->to_len));
	if (c < 0 && c != -EINPROGRESS) {
		out_of_it(u, RACE_UNREACHABLE, io_error(c));
		return;
	}
	u->watch = loop_fd_new(r->loop, u->fd, LOOP_WRITE, on_runner, u);
}

/* --- the race ----------------------------------------------------------- */

static bool
asking(const struct race *r)
{
	for (size_t i = 0; i < r->n_questions; i++)
		if (r->questions[i].resolve != NULL)
			return true;
	return false;
}

/* Is anybody running, or still to start? */
static void
check(struct race *r)
{
	uint64_t now = loop_now(r->loop);
	bool going = asking(r) && now - r->began < r->ms;

	for (size_t i = 0; i < r->n; i++)
		going |= !r->runners[i].started || r->runners[i].fd >= 0;
	if (going)
		return;
	loop_timer_stop(r->tick);
	if (r->text == NULL)
		blame(r, RACE_UNREACHABLE, r->peer->name,
		      words_count(r->peer->addresses) == 0 && !r->peer->relay
			      ? "no address of it is known"
			      : "its name cannot be looked up");
	r->events->lost(r->ctx, r->loss, r->text);
}

static void
on_tick(void *ctx)
{
	struct race *r = ctx;
	uint64_t now = loop_now(r->loop);
	bool started = false;

	loop_timer_start(r->tick, TICK);
	for (size_t i = 0; i < r->n; i++) {
		struct runner *u = &r->runners[i];

		if (!u->started && calls(u) && asking(r) &&
		    now - r->began < DIRECT)
			continue;
		if (!u->started && !started) {
			start(u);
			/* Where nobody is, the next one need not wait. */
			started = u->fd >= 0;
		} else if (u->fd >= 0 && now >= u->until) {
			out_of_it(u,
				  u->connected ? RACE_SHUT : RACE_UNREACHABLE,
				  "no answer");
		}
	}
	check(r);
}

static void
enter(struct race *r, const char *address, const struct addrinfo *a)
{
	struct runner *u = &r->runners[r->n];

	if (r->n == RUNNERS || a->ai_addrlen > sizeof u->to)
		return;
	*u = (struct runner){
		.race = r,
		.address = address,
		.to_len = a->ai_addrlen,
		.fd = -1,
	};
	memcpy(&u->to, a->ai_addr, a->ai_addrlen);
	r->n++;
}

static void
on_resolved(void *ctx, const struct addrinfo *list)
{
	struct question *q = ctx;
	struct race *r = q->race;
	bool idle = true;

	q->resolve = NULL;
	for (size_t i = 0; i < r->n; i++)
		idle &= r->runners[i].started && r->runners[i].fd < 0;
	for (; list != NULL; list = list->ai_next)
		enter(r, q->address, list);
	if (idle)
		loop_timer_start(r->tick, 0);
}

/* "HOST:PORT", "[::1]:PORT"; the pieces are the caller's. */
static bool
split(const char *address, char **host, char **port)
{
	const char *colon = strrchr(address, ':');

	if (colon == NULL || colon == address || colon[1] == '\0')
		return false;
	bool bare = address[0] == '[' && colon[-1] == ']';
	*host = mem_strn(address + bare,
			 (size_t)(colon - address) - (bare ? 2 : 0));
	*port = mem_str(colon + 1);
	return true;
}

/* Numbers are at once what others are asked for. */
static void
ask(struct race *r, const char *address)
{
	static const struct addrinfo hints = {
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
		.ai_socktype = SOCK_STREAM,
	};
	struct question *q = &r->questions[r->n_questions];
	struct addrinfo *list = NULL;
	char *host, *port;

	if (!split(address, &host, &port)) {
		blame(r, RACE_UNREACHABLE, address, "that is no address");
		return;
	}
	if (getaddrinfo(host, port, &hints, &list) == 0) {
		enter(r, address, list);
		freeaddrinfo(list);
	} else {
		*q = (struct question){ .race = r, .address = address };
		q->resolve =
			loop_resolve_new(r->loop, host, port, on_resolved, q);
		r->n_questions += q->resolve != NULL;
	}
	free(host);
	free(port);
}

struct race *
race_new(struct loop *loop, const struct noise_pair *self,
	 const struct peer *peer, uint64_t ms, const struct race_events *events,
	 void *ctx)
{
	struct race *r = mem_zero(1, sizeof *r);
	size_t n = words_count(peer->addresses);

	r->loop = loop;
	r->self = self;
	r->peer = peer;
	r->ms = ms;
	r->began = loop_now(loop);
	r->events = events;
	r->ctx = ctx;
	r->questions = mem_zero(n + 2, sizeof *r->questions);
	for (size_t i = 0; i < n; i++)
		ask(r, peer->addresses[i]);
	if (peer->relay != NULL)
		ask(r, peer->relay);
	r->tick = loop_timer_new(loop, on_tick, r);
	loop_timer_start(r->tick, 0);
	return r;
}

void
race_free(struct race *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; i < r->n_questions; i++)
		loop_resolve_free(r->questions[i].resolve);
	for (size_t i = 0; i < r->n; i++)
		drop(&r->runners[i]);
	loop_timer_free(r->tick);
	free(r->questions);
	free(r->text);
	free(r);
}
