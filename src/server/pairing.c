/* server/pairing.c - a window in which a device may pair. */
#include "server/pairing.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "crypto/pairing.h"
#include "crypto/secret.h"
#include "proto/address.h"
#include "proto/identity.h"
#include "proto/link.h"
#include "proto/msg.h"
#include "proto/pact.h"
#include "proto/peers.h"
#include "proto/post.h"
#include "proto/rendezvous.h"
#include "server/gate.h"
#include "server/link.h"
#include "server/remote.h"
#include "server/server.h"
#include "server/session.h"

enum {
	LONGEST = 300000, /* ms */
	HOUR = 3600000,
	UNSEEN = 5, /* windows an hour that no terminal shows */
	WORD = 300,
};

struct pairing_window {
	struct remote *remote;
	const struct pairing_events *events;
	void *ctx;
	uint64_t number;
	uint64_t until; /* loop_now() */
	struct loop_timer *timer;
	char *address; /* NULL: no door is needed */
	char *via; /* a rendezvous, or NULL */
	char number_there[RENDEZVOUS_DIGITS + 1];
	char *name; /* what the device shall be called, or NULL */
	enum role role;
	bool told; /* that it is open */
	char code[PAIRING_CODE + 1];
};

/* --- telling who asked -------------------------------------------------- */

static struct msg_writer *
begin(struct pairing_window *p, const char *event, unsigned pairs)
{
	struct msg_writer *w = p->events->begin(p->ctx, pairs + 1);

	msg_str(w, "event");
	msg_str(w, event);
	return w;
}

static void
put(struct msg_writer *w, const char *key, const char *value)
{
	msg_str(w, key);
	msg_str(w, value);
}

static void
put_number(struct msg_writer *w, const char *key, uint64_t value)
{
	msg_str(w, key);
	msg_uint(w, value);
}

static void
close_window(struct pairing_window *p)
{
	struct remote *r = p->remote;
	void (*over)(void *ctx) = p->events->over;
	void *ctx = p->ctx;

	pairing_free(p);
	over(ctx);
	remote_check(r);
}

void
pairing_fail(struct pairing_window *p, const char *why)
{
	struct msg_writer *w = begin(p, "failed", 1);

	put(w, "text", why);
	p->events->end(p->ctx);
	close_window(p);
}

static void
expired(void *ctx)
{
	struct pairing_window *p = ctx;

	if (p->told) {
		begin(p, "expired", 0);
		p->events->end(p->ctx);
		close_window(p);
		return;
	}
	pairing_fail(p, "the door could not be opened in time");
}

/* --- beginning ---------------------------------------------------------- */

/* What we are called: the machine's name, as far as it can be shown. */
static char *
our_name(void)
{
	char host[HOST_NAME_MAX + 1] = "";

	gethostname(host, sizeof host - 1);
	host[strcspn(host, ".")] = '\0';
	return *host != '\0' ? str_safe(host, strlen(host), PACT_NAME)
			     : mem_str("host");
}

void
pairing_ready(struct pairing_window *p)
{
	struct remote *r = p->remote;
	const uint8_t *key = r->gate != NULL ? gate_key(r->gate) : NULL;
	char shown[IDENTITY_SHOWN], code[PAIRING_CODE + 2];
	char *whole;

	if (key == NULL || p->told)
		return;
	if (p->address != NULL && r->door < 0)
		return;
	if (p->via != NULL && p->number_there[0] == '\0')
		return;
	char *name = our_name();
	gate_window(r->gate, p->number, p->code, role_name(p->role), name);
	p->told = true;
	identity_show(key, shown);
	pairing_code_show(p->code, code);

	/* Who reaches us through a rendezvous says to it whom it means. */
	whole = p->via != NULL ? str_printf("%s-%s", p->number_there, code)
			       : mem_str(code);
	struct msg_writer *w = begin(p, "open", 6);
	put(w, "code", whole);
	put(w, "address", p->via != NULL ? p->via : r->bound);
	put(w, "name", name);
	put(w, "fingerprint", shown);
	put(w, "role", role_name(p->role));
	uint64_t now = loop_now(r->srv->loop);
	put_number(w, "left_ms", p->until > now ? p->until - now : 0);
	p->events->end(p->ctx);
	secret_wipe(code, sizeof code);
	secret_wipe(whole, strlen(whole));
	free(whole);
	free(name);
}

/* Without a terminal nobody may see that windows are opened all the time. */
static bool
too_often(const struct loop *loop)
{
	static uint64_t times[UNSEEN];
	static unsigned n;
	uint64_t now = loop_now(loop);
	uint64_t *oldest = &times[n % UNSEEN];

	if (n >= UNSEEN && now - *oldest < HOUR)
		return true;
	*oldest = now;
	n++;
	return false;
}

static enum role
read_role(const struct msg_value *map)
{
	size_t len;
	const char *s = msg_to_str(msg_get(map, "role"), &len);

	return s != NULL ? role_read(s, len) : ROLE_FULL;
}

/* Its HOST:PORT, or NULL, perhaps with *why. */
static char *
read_via(const struct msg_value *map, char **why)
{
	char *text = msg_dup_str(msg_get(map, "via"), WORD), *host, *via = NULL;
	uint16_t port;

	if (text != NULL && address_split(text, &host, &port) == 0) {
		via = address_join(host, port);
		free(host);
	} else if (text != NULL) {
		*why = str_printf("'%s' is no HOST[:PORT]", text);
	}
	free(text);
	return via;
}

struct pairing_window *
pairing_new(struct remote *r, const struct msg_value *map,
	    const struct pairing_events *events, void *ctx, char **why)
{
	uint64_t ms = msg_to_uint(msg_get(map, "timeout_ms"), LONGEST);
	enum role role = read_role(map);

	*why = NULL;
	if (r->window != NULL)
		*why = mem_str("another `cdo pair` is waiting already");
	else if (role == ROLE_NONE)
		*why = mem_str("no such role; there are view, attach and full");
	else if (r->devices.n >= PEERS_MAX)
		*why = str_printf("%d devices are paired, which is the limit",
				  PEERS_MAX);
	if (*why != NULL)
		return NULL;
	char *listen = msg_dup_str(msg_get(map, "listen"), WORD);
	char *via = read_via(map, why);
	/* Through a rendezvous no door need be open here. */
	char *address = *why == NULL && (via == NULL || listen != NULL)
				? remote_choose(r, listen, why)
				: NULL;
	free(listen);
	if (*why != NULL) {
		free(via);
		return NULL;
	}
	if (!msg_to_bool(msg_get(map, "tty"), false) &&
	    too_often(r->srv->loop)) {
		*why = str_printf("%d windows were opened without a terminal "
				  "in the last hour; wait, or use one",
				  UNSEEN);
		free(address);
		free(via);
		return NULL;
	}

	struct pairing_window *p = mem_zero(1, sizeof *p);
	p->remote = r;
	p->events = events;
	p->ctx = ctx;
	p->number = ++r->windows;
	p->role = role;
	p->address = address;
	p->via = via;
	p->name = msg_dup_str(msg_get(map, "name"), WORD);
	if (ms > LONGEST || ms == 0)
		ms = LONGEST;
	p->until = loop_now(r->srv->loop) + ms;
	p->timer = loop_timer_new(r->srv->loop, expired, p);
	loop_timer_start(p->timer, ms);
	secret_process();
	pairing_code_make(p->code);
	return p;
}

void
pairing_free(struct pairing_window *p)
{
	if (p == NULL)
		return;
	if (p->remote->gate != NULL)
		gate_shut(p->remote->gate);
	p->remote->window = NULL;
	secret_wipe(p->code, sizeof p->code);
	loop_timer_free(p->timer);
	free(p->address);
	free(p->via);
	free(p->name);
	free(p);
}

const char *
pairing_address(const struct pairing_window *p)
{
	return p->address;
}

const char *
pairing_via(const struct pairing_window *p)
{
	return p->via;
}

void
pairing_number(struct pairing_window *p, const char *digits)
{
	/* The place was lost and won again: another number, another code. */
	if (p->told) {
		pairing_fail(p, "the way through the relay was lost; run "
				"`cdo pair` again");
		return;
	}
	memccpy(p->number_there, digits, '\0', sizeof p->number_there - 1);
	pairing_ready(p);
}

void
pairing_trouble(struct pairing_window *p, const char *why)
{
	if (!p->told)
		pairing_fail(p, why);
}

/* --- what the gate tells ------------------------------------------------ */

static void
on_tried(struct pairing_window *p, const struct msg *m)
{
	char *address = msg_dup_str(msg_field(m, 2), WORD);
	uint64_t count = msg_to_uint(msg_field(m, 1), 0);
	struct msg_writer *w = begin(p, "try", 3);

	put_number(w, "count", count);
	put(w, "address", address);
	put_number(w, "at", session_clock());
	p->events->end(p->ctx);
	log_info("pairing: try %llu from %s", (unsigned long long)count,
		 address != NULL ? address : "?");
	free(address);
}

static void
on_wrong(struct pairing_window *p, const struct msg *m)
{
	char *address = msg_dup_str(msg_field(m, 2), WORD);
	uint64_t left = msg_to_uint(msg_field(m, 1), 0);
	struct msg_writer *w = begin(p, left > 0 ? "wrong" : "burned", 3);

	put_number(w, "left", left);
	put(w, "address", address);
	put_number(w, "at", session_clock());
	p->events->end(p->ctx);
	log_info("pairing: a wrong code from %s; %llu tries are left",
		 address != NULL ? address : "?", (unsigned long long)left);
	free(address);
	if (left == 0)
		close_window(p);
}

/* What POST_PROVED says, as a device; false if it is nonsense. */
static bool
read_device(const struct pairing_window *p, const struct msg *m,
	    struct peer *device)
{
	const struct peers *all = &p->remote->devices;
	size_t key_len, psk_len, len = 0;
	const uint8_t *key = msg_to_bin(msg_field(m, 1), &key_len);
	const uint8_t *psk = msg_to_bin(msg_field(m, 2), &psk_len);
	const char *name = msg_to_str(msg_field(m, 3), &len);
	char *address = msg_dup_str(msg_field(m, 5), WORD);

	*device = (struct peer){ .role = p->role };
	if (key != NULL && key_len == NOISE_KEY && psk != NULL &&
	    psk_len == NOISE_KEY) {
		memcpy(device->key, key, NOISE_KEY);
		memcpy(device->psk, psk, NOISE_KEY);
		if (p->name != NULL) {
			name = p->name;
			len = strlen(name);
		}
		device->name = peers_name(all, PEERS_DEVICES,
					  name != NULL ? name : "", len, key);
		device->paired = device->seen = session_clock();
		if (address != NULL)
			peer_address(device, address);
	}
	free(address);
	return device->name != NULL;
}

static void
on_proved(struct pairing_window *p, const struct msg *m)
{
	struct remote *r = p->remote;
	struct peer device;
	char shown[IDENTITY_SHOWN];

	if (!read_device(p, m, &device))
		return;
	/* An older pairing of it is over, and so are its links. */
	link_end_all(r, device.key, LINK_BYE_GOING, "paired anew");
	int e = remote_save(r, &device);
	gate_written(r->gate, p->number, e == 0);
	if (e == 0) {
		identity_show(device.key, shown);
		log_info("paired with '%s', role %s", device.name,
			 role_name(device.role));
		struct msg_writer *w = begin(p, "paired", 4);
		put(w, "name", device.name);
		put(w, "fingerprint", shown);
		put(w, "role", role_name(device.role));
		put(w, "address",
		    device.addresses != NULL ? device.addresses[0] : NULL);
		p->events->end(p->ctx);
		if (p->address != NULL)
			remote_remember(r, "listen", p->address);
		if (p->via != NULL)
			remote_remember(r, "relay", p->via);
		peer_release(&device);
		close_window(p);
		return;
	}
	char *why = str_printf("cannot write the device down: %s", io_error(e));
	peer_release(&device);
	pairing_fail(p, why);
	free(why);
}

void
pairing_heard(struct pairing_window *p, const struct msg *m)
{
	/* Of a window before this one? */
	if (msg_to_uint(msg_field(m, 0), 0) != p->number)
		return;
	if (m->type == POST_TRIED)
		on_tried(p, m);
	else if (m->type == POST_WRONG)
		on_wrong(p, m);
	else if (m->type == POST_PROVED)
		on_proved(p, m);
}
