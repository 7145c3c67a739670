/* server/remote.c - paired devices, and the way in for them. */
#include "server/remote.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/conf.h"
#include "base/io.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "crypto/secret.h"
#include "proto/address.h"
#include "proto/link.h"
#include "proto/private.h"
#include "proto/tcp.h"
#include "server/gate.h"
#include "server/link.h"
#include "server/pairing.h"
#include "server/place.h"
#include "server/server.h"

enum {
	/* ms between tries to listen: the gate before us may still do so. */
	AGAIN_FIRST = 50,
	AGAIN_MAX = 5000,
	FIRST_TRIES = 20,
};

/* --- the address -------------------------------------------------------- */

/* Where `cdo pair` has opened the door before, or NULL. */
static char *
remembered(const struct remote *r, const char *what)
{
	char *path = path_join(r->srv->state, what), *why = NULL, *host = NULL,
	     *found = NULL;
	struct buf text = { 0 };
	uint16_t port;

	if (private_read(path, ADDRESS_MAX, &text, &why) == 0 && text.len > 1) {
		char *line = mem_strn((const char *)text.data, text.len - 1);

		if (address_split(line, &host, &port) == 0)
			found = mem_str(line);
		free(line);
	}
	if (why != NULL)
		log_warn("%s", why);
	free(host);
	free(why);
	free(path);
	buf_release(&text);
	return found;
}

void
remote_remember(struct remote *r, const char *what, const char *address)
{
	char *path = path_join(r->srv->state, what);
	struct buf text = { 0 };

	buf_printf(&text, "%s\n", address);
	int e = private_write(path, &text);
	if (e < 0)
		log_warn("cannot write '%s': %s", path, io_error(e));
	buf_release(&text);
	free(path);
}

/* What leads out of here in this family; no packet is sent for that. */
static char *
outward(int family)
{
	const struct sockaddr_in far4 = {
		.sin_family = AF_INET,
		.sin_port = htons(9),
		.sin_addr.s_addr = htonl(0xc0000201), /* 192.0.2.1 */
	};
	const struct sockaddr_in6 far6 = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(9),
		.sin6_addr.s6_addr = { 0x20, 1, 0xd, 0xb8, [15] = 1 },
	};
	struct sockaddr_storage me = { 0 };
	socklen_t len = sizeof me;
	char *host = NULL, *shown = NULL, *out = NULL;
	uint16_t port;

	int fd = io_check(socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	if (fd < 0)
		return NULL;
	int r = family == AF_INET
			? connect(fd, (const void *)&far4, sizeof far4)
			: connect(fd, (const void *)&far6, sizeof far6);
	if (r == 0 && getsockname(fd, (struct sockaddr *)&me, &len) == 0)
		shown = address_show((struct sockaddr *)&me);
	io_close(fd);
	if (shown != NULL && address_split(shown, &host, &port) == 0)
		out = address_join(host, ADDRESS_PORT);
	free(host);
	free(shown);
	return out;
}

static bool
is_off(const char *listen)
{
	return str_eq(listen, "off");
}

char *
remote_choose(struct remote *r, const char *wanted, char **why)
{
	const char *configured = r->srv->conf->listen;
	char *host, *out = NULL;
	uint16_t port;

	*why = NULL;
	if (is_off(configured)) {
		*why = mem_str("cdo.conf says listen = off");
		return NULL;
	}
	if (wanted == NULL)
		wanted = configured;
	if (wanted != NULL)
		out = mem_str(wanted);
	if (out == NULL)
		out = remembered(r, "listen");
	if (out == NULL)
		out = outward(AF_INET);
	if (out == NULL)
		out = outward(AF_INET6);
	if (out == NULL) {
		*why = mem_str("this machine has no default route; say where "
			       "with --listen ADDR");
		return NULL;
	}
	if (address_split(out, &host, &port) < 0) {
		*why = str_printf("'%s' is no ADDR[:PORT]", out);
		free(out);
		return NULL;
	}
	free(out);
	out = address_join(host, port);
	free(host);
	return out;
}

/* --- the door ----------------------------------------------------------- */

static int
bind_to(const char *address, int *fd)
{
	char *host;
	uint16_t port;
	int r = address_split(address, &host, &port);

	*fd = -1;
	if (r < 0)
		return r;
	r = tcp_listen(host, port, false);
	free(host);
	if (r >= 0)
		*fd = r;
	return r < 0 ? r : 0;
}

static void
close_door(struct remote *r)
{
	if (r->door >= 0)
		io_close(r->door);
	r->door = -1;
	free(r->bound);
	r->bound = NULL;
	r->tries = 0;
	r->failed = 0;
	loop_timer_stop(r->again);
	if (r->gate != NULL)
		gate_deaf(r->gate);
}

/* Who waits for it to open shall not wait in vain. */
static void
tell_closed(struct remote *r)
{
	char *text = str_printf("cannot listen at %s: %s", r->address,
				io_error(r->failed));

	pairing_fail(r->window, text);
	free(text);
}

static void
open_door(struct remote *r)
{
	r->failed = bind_to(r->address, &r->door);
	if (r->failed == 0) {
		r->bound = mem_str(r->address);
		log_info("listens at %s for %zu device%s", r->bound,
			 r->devices.n, r->devices.n == 1 ? "" : "s");
		gate_listen(r->gate, r->door);
		if (r->window != NULL)
			pairing_ready(r->window);
		return;
	}
	if (r->tries++ == FIRST_TRIES)
		log_warn("cannot listen at %s: %s; goes on trying", r->address,
			 io_error(r->failed));
	if (r->window != NULL && r->tries == FIRST_TRIES)
		tell_closed(r);
	loop_timer_start(r->again,
			 r->tries < FIRST_TRIES ? AGAIN_FIRST : AGAIN_MAX);
}

bool
remote_waits(const struct remote *r)
{
	/* Nobody else's: an address that is not there will not come so soon. */
	return r->failed == -EADDRINUSE && r->tries < FIRST_TRIES;
}

static void
settle(struct remote *r)
{
	const char *configured = r->srv->conf->listen;
	char *address = NULL;

	free(r->address);
	if (r->window != NULL && pairing_address(r->window) != NULL)
		address = mem_str(pairing_address(r->window));
	else if (is_off(configured))
		address = NULL;
	else if (configured != NULL)
		address = mem_str(configured);
	else
		address = remembered(r, "listen");
	r->address = address;
}

/* Where our place is to be, or NULL; caller frees. */
static char *
relay_address(const struct remote *r)
{
	const char *configured = r->srv->conf->relay;

	if (r->window != NULL && pairing_via(r->window) != NULL)
		return mem_str(pairing_via(r->window));
	return configured != NULL ? mem_str(configured)
				  : remembered(r, "relay");
}

static void
settle_place(struct remote *r, bool wanted)
{
	char *address = wanted ? relay_address(r) : NULL;

	if (r->place != NULL && !str_eq(place_address(r->place), address)) {
		place_free(r->place);
		r->place = NULL;
	}
	if (r->place == NULL && address != NULL)
		r->place = place_new(r, address);
	if (r->place != NULL)
		place_want_number(r->place,
				  r->window != NULL && pairing_via(r->window));
	free(address);
}

void
remote_check(struct remote *r)
{
	bool wanted = (r->devices.n > 0 || r->window != NULL) &&
		      !r->srv->leaving;

	settle(r);
	settle_place(r, wanted);
	bool door = wanted && r->address != NULL;
	if (!door)
		close_door(r);
	if (!door && r->place == NULL) {
		gate_free(r->gate);
		r->gate = NULL;
		return;
	}
	if (r->gate == NULL) {
		r->gate = gate_new(r);
		if (r->door >= 0)
			gate_listen(r->gate, r->door);
	}
	if (!door)
		return;
	if (r->bound != NULL && strcmp(r->bound, r->address) != 0)
		close_door(r);
	if (r->door < 0)
		open_door(r);
}

static void
again(void *ctx)
{
	remote_check(ctx);
}

/* --- devices ------------------------------------------------------------ */

int
remote_save(struct remote *r, struct peer *p)
{
	int e = peers_save(r->srv->state, PEERS_DEVICES, p);

	if (e < 0)
		return e;
	struct peer *old = peers_by_key(&r->devices, p->key);
	if (old != p && old != NULL) {
		peer_release(old);
		peer_copy(old, p);
	} else if (old == NULL) {
		r->devices.list = mem_grow(r->devices.list, r->devices.n + 1,
					   sizeof *r->devices.list);
		peer_copy(&r->devices.list[r->devices.n++], p);
	}
	if (r->gate != NULL)
		gate_device(r->gate, p);
	return 0;
}

int
remote_revoke(struct remote *r, struct peer *p)
{
	size_t at = (size_t)(p - r->devices.list);
	int e = peers_forget(r->srv->state, PEERS_DEVICES, p);

	if (r->gate != NULL)
		gate_forget(r->gate, p);
	link_end_all(r, p->key, LINK_BYE_REVOKED,
		     "this device was revoked; pair it again");
	log_info("device '%s' is revoked", p->name);
	peer_release(p);
	r->devices.list[at] = r->devices.list[--r->devices.n];
	remote_check(r);
	return e;
}

/* --- coming and going --------------------------------------------------- */

struct remote *
remote_new(struct server *srv)
{
	struct remote *r = mem_zero(1, sizeof *r);
	char *why;

	r->srv = srv;
	r->door = -1;
	r->again = loop_timer_new(srv->loop, again, r);
	if (peers_load(srv->state, PEERS_DEVICES, &r->devices, &why) < 0)
		log_warn("%s", why);
	free(why);
	if (r->devices.bad != NULL)
		log_warn("%s", r->devices.bad);
	if (r->devices.n > 0)
		secret_process();
	return r;
}

void
remote_free(struct remote *r)
{
	if (r == NULL)
		return;
	pairing_free(r->window);
	r->window = NULL;
	link_close(r);
	if (r->door >= 0)
		io_close(r->door);
	place_free(r->place);
	gate_free(r->gate);
	loop_timer_free(r->again);
	peers_release(&r->devices);
	free(r->address);
	free(r->bound);
	free(r);
}
