/* server/link.c - the links of devices that are connected. */
#include "server/link.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/spawn.h"
#include "base/str.h"
#include "proto/local.h"
#include "proto/msg.h"
#include "proto/pass.h"
#include "proto/peers.h"
#include "proto/post.h"
#include "server/registry.h"
#include "server/remote.h"
#include "server/serve.h"
#include "server/server.h"
#include "server/session.h"

enum {
	LINKS_MAX = 256,
	LINKS_EACH = 192, /* the rest is for other devices */
	SEEN_EVERY = 60000, /* ms between two notes on disk of one device */
	STAY = 500, /* ms that a relay may stay when its link is over */
	OPENS = 64, /* connections that a link may ask for at once ... */
	OPEN_EVERY = 50, /* ... and then one in so many ms */
	TEXT = 300,
	KEYS = 256, /* bytes of POST_KEYS, so that no copies are left */
};

struct link_relay {
	struct link_relay *next;
	struct remote *remote;
	struct pass *pass;
	pid_t pid;
	struct loop_timer *limit; /* NULL: it is wanted */
	uint64_t opened; /* loop_now() when all that it asked for is paid */
	uint8_t key[NOISE_KEY];
};

static void
link_free(struct link_relay *l)
{
	struct link_relay **at = &l->remote->links;

	while (*at != l)
		at = &(*at)->next;
	*at = l->next;
	pass_free(l->pass);
	loop_timer_free(l->limit);
	free(l);
}

/*
 * It is here, or has been until now.  The disk hears of it now and then: one
 * that comes and goes all the time would keep us waiting for it.
 */
static void
note_seen(struct link_relay *l, const char *address)
{
	struct peer *p = peers_by_key(&l->remote->devices, l->key);
	uint64_t now = session_clock();

	if (p == NULL)
		return;
	bool due = now - p->seen >= SEEN_EVERY; /* or the clock went back */
	p->seen = now;
	if (address != NULL)
		peer_address(p, address);
	if (!due)
		return;
	int r = peers_save(l->remote->srv->state, PEERS_DEVICES, p);
	if (r < 0)
		log_warn("cannot note when '%s' was seen: %s", p->name,
			 io_error(r));
}

/* --- what a device asks for --------------------------------------------- */

static void
refuse(struct link_relay *l, uint64_t channel, enum msg_error error,
       const char *text)
{
	struct buf out = { 0 };
	struct msg_writer w;

	msg_begin(&w, &out, (enum msg_type)POST_REFUSED, 3);
	msg_uint(&w, channel);
	msg_uint(&w, error);
	msg_str(&w, text);
	msg_end(&w);
	pass_send(l->pass, &out, -1);
	buf_release(&out);
}

/* Takes fd. */
static void
accept_as(struct link_relay *l, uint64_t channel, int fd)
{
	struct buf out = { 0 };
	struct msg_writer w;

	msg_begin(&w, &out, (enum msg_type)POST_OPENED, 1);
	msg_uint(&w, channel);
	msg_end(&w);
	pass_send(l->pass, &out, fd);
	buf_release(&out);
}

/* Says to a custodian what this connection may do, before anybody else can. */
static int
introduce(int fd, const struct peer *p)
{
	struct buf out = { 0 };
	struct msg_writer w;

	msg_begin(&w, &out, MSG_HELLO, 2);
	msg_uint(&w, MSG_VERSION);
	msg_map(&w, 4);
	msg_str(&w, "role");
	msg_str(&w, "device");
	msg_str(&w, "device");
	msg_str(&w, p->name);
	msg_str(&w, "rights");
	msg_str(&w, role_name(p->role));
	msg_str(&w, "key");
	msg_bin(&w, p->key, sizeof p->key);
	msg_end(&w);
	/* A fresh socket takes that much at once. */
	int r = io_write_all(fd, out.data, out.len);
	buf_release(&out);
	return r;
}

static void
open_session(struct link_relay *l, uint64_t channel, const char *target,
	     const struct peer *p)
{
	const struct registry *reg = &l->remote->srv->reg;
	struct session *s = registry_by_id(reg, target);

	if (s == NULL)
		s = registry_named(reg, target);
	if (s == NULL || session_hidden(s) || s->socket == NULL) {
		refuse(l, channel, MSG_E_NO_SESSION, "no such session");
		return;
	}
	/* One that is stopped shall not stop us. */
	int fd = local_connect_now(s->socket);
	int r = fd < 0 ? fd : introduce(fd, p);
	if (r < 0) {
		char *text =
			str_printf("it cannot be reached: %s", io_error(r));

		if (fd >= 0)
			io_close(fd);
		refuse(l, channel, MSG_E_UNREACHABLE, text);
		free(text);
		return;
	}
	accept_as(l, channel, fd);
}

static void
open_server(struct link_relay *l, uint64_t channel, const struct peer *p)
{
	int fds[2], r = io_socketpair(fds);

	if (r < 0) {
		refuse(l, channel, MSG_E_FAILED, io_error(r));
		return;
	}
	r = serve_device(l->remote->srv->serve, fds[0], p->role, p->name);
	if (r < 0) {
		io_close(fds[1]);
		refuse(l, channel, MSG_E_FAILED, "too many connections");
		return;
	}
	accept_as(l, channel, fds[1]);
}

/* What it opens and closes all the time, sessions would spend theirs on. */
static bool
may_open(struct link_relay *l)
{
	uint64_t now = loop_now(l->remote->srv->loop);

	if (l->opened < now)
		l->opened = now;
	if (l->opened - now >= OPENS * OPEN_EVERY)
		return false;
	l->opened += OPEN_EVERY;
	return true;
}

/* Takes fd. */
static void
got(void *ctx, struct msg *m, int fd)
{
	struct link_relay *l = ctx;
	const struct peer *p = peers_by_key(&l->remote->devices, l->key);
	uint64_t channel = msg_to_uint(msg_field(m, 0), 0);

	if (fd >= 0)
		io_close(fd);
	if (m->type != POST_OPEN || p == NULL || l->limit != NULL)
		return;
	char *target = msg_dup_str(msg_field(m, 1), TEXT);
	if (target == NULL)
		refuse(l, channel, MSG_E_USAGE, "no such target");
	else if (!may_open(l))
		refuse(l, channel, MSG_E_FAILED,
		       "too many connections in a short time");
	else if (strcmp(target, "server") == 0)
		open_server(l, channel, p);
	else
		open_session(l, channel, target, p);
	free(target);
}

static void
gone(void *ctx, int why)
{
	struct link_relay *l = ctx;

	(void)why;
	note_seen(l, NULL);
	link_free(l);
}

/* --- beginning and end -------------------------------------------------- */

/* What the gate has told of the ciphers, to the relay that will use them. */
static void
send_keys(struct pass *pass, const struct msg *m, int fd)
{
	struct buf out = { 0 };
	struct msg_writer w;
	size_t len;

	buf_room(&out, KEYS);
	msg_begin(&w, &out, (enum msg_type)POST_KEYS, 4);
	for (unsigned i = 2; i <= 4; i += 2) {
		const uint8_t *key = msg_to_bin(msg_field(m, i), &len);

		msg_bin(&w, key, key != NULL ? len : 0);
		msg_uint(&w, msg_to_uint(msg_field(m, i + 1), 0));
	}
	msg_end(&w);
	pass_send(pass, &out, fd);
	buf_release(&out);
}

/* A new relay: its pid and our end of its socket, or -errno. */
static pid_t
start(int *sock)
{
	char *argv[] = { (char[]){ "cdo" }, (char[]){ "relay" },
			 (char[]){ "--link" }, NULL };
	char *env[] = { NULL };
	int fds[2], r = io_socketpair(fds);

	if (r < 0)
		return r;
	r = spawn_self(argv, env, &fds[1], 1, -1);
	io_close(fds[1]);
	*sock = fds[0];
	if (r < 0)
		io_close(fds[0]);
	return r;
}

static bool
has_room(const struct remote *r, const uint8_t *key)
{
	return link_count(r, NULL) < LINKS_MAX &&
	       link_count(r, key) < LINKS_EACH;
}

void
link_begin(struct remote *r, const struct msg *m, int fd)
{
	static const struct pass_events events = { got, gone };
	size_t len;
	const uint8_t *key = msg_to_bin(msg_field(m, 0), &len);
	struct peer *p = key != NULL && len == NOISE_KEY
				 ? peers_by_key(&r->devices, key)
				 : NULL;
	int sock = -1;
	pid_t pid = -EBADF;

	/* Revoked since, or a gate that is not itself. */
	if (p != NULL && fd >= 0)
		pid = has_room(r, key) ? start(&sock) : -EMFILE;
	if (pid < 0) {
		if (p != NULL)
			log_warn("no relay for '%s': %s", p->name,
				 io_error(pid));
		if (fd >= 0)
			io_close(fd);
		return;
	}
	struct link_relay *l = mem_zero(1, sizeof *l);
	l->remote = r;
	l->pid = pid;
	memcpy(l->key, key, sizeof l->key);
	l->next = r->links;
	r->links = l;
	l->pass = pass_new(r->srv->loop, sock, &events, l);
	send_keys(l->pass, m, fd);
	char *address = msg_dup_str(msg_field(m, 1), TEXT);
	note_seen(l, address);
	free(address);
}

/* It was told, and holds on to what it has: sessions, this device's rights. */
static void
kill_relay(void *ctx)
{
	struct link_relay *l = ctx;

	log_warn("a relay did not end its link; it is killed");
	kill(l->pid, SIGKILL);
	link_free(l);
}

/* Tells the device why, and ends its relay. */
static void
end(struct link_relay *l, enum link_bye why, const char *text)
{
	struct buf out = { 0 };
	struct msg_writer w;

	msg_begin(&w, &out, (enum msg_type)POST_BYE, 2);
	msg_uint(&w, why);
	msg_str(&w, text);
	msg_end(&w);
	pass_send(l->pass, &out, -1);
	buf_release(&out);
	l->limit = loop_timer_new(l->remote->srv->loop, kill_relay, l);
	loop_timer_start(l->limit, STAY);
}

void
link_end_all(struct remote *r, const uint8_t key[NOISE_KEY], enum link_bye why,
	     const char *text)
{
	for (struct link_relay *l = r->links; l != NULL; l = l->next)
		if (l->limit == NULL && memcmp(l->key, key, NOISE_KEY) == 0)
			end(l, why, text);
}

void
link_close(struct remote *r)
{
	while (r->links != NULL) {
		if (r->links->limit == NULL)
			end(r->links, LINK_BYE_GOING, "");
		link_free(r->links);
	}
}

size_t
link_count(const struct remote *r, const uint8_t key[NOISE_KEY])
{
	size_t n = 0;

	for (const struct link_relay *l = r->links; l != NULL; l = l->next)
		n += l->limit == NULL &&
		     (key == NULL || memcmp(l->key, key, NOISE_KEY) == 0);
	return n;
}
