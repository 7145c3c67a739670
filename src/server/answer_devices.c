/* server/answer_devices.c - what `cdo pair` and `cdo devices` ask. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/str.h"
#include "proto/identity.h"
#include "proto/link.h"
#include "proto/local.h"
#include "proto/msg.h"
#include "proto/peers.h"
#include "server/answer.h"
#include "server/link.h"
#include "server/pairing.h"
#include "server/remote.h"
#include "server/server.h"

enum { WORD = 4 * PEER_NAME };

/* --- pairing ------------------------------------------------------------ */

/* One message at a time is written, to one who asked. */
static struct msg_writer writer;

static struct msg_writer *
begin(void *ctx, unsigned pairs)
{
	struct asker *p = ctx;

	msg_begin(&writer, local_out(p->conn), MSG_PAIRING, 1);
	msg_map(&writer, pairs);
	return &writer;
}

static void
end(void *ctx)
{
	struct asker *p = ctx;

	msg_end(&writer);
	local_flush(p->conn);
}

static void
over(void *ctx)
{
	struct asker *p = ctx;

	p->window = NULL;
	msg_begin(&writer, local_out(p->conn), MSG_END, 0);
	msg_end(&writer);
	local_flush(p->conn);
}

void
answer_pair(struct asker *p, const struct msg *m)
{
	static const struct pairing_events events = { begin, end, over };
	struct remote *r = p->srv->remote;
	char *why;

	struct pairing_window *w =
		pairing_new(r, msg_field(m, 0), &events, p, &why);
	if (w == NULL) {
		answer_error(p, MSG_E_FAILED, "%s", why);
		free(why);
		return;
	}
	p->window = r->window = w;
	begin(p, 2);
	msg_str(&writer, "event");
	msg_str(&writer, "opening");
	msg_str(&writer, "address");
	msg_str(&writer, pairing_address(w) != NULL ? pairing_address(w)
						    : pairing_via(w));
	end(p);
	remote_check(r);
	/* A door that is there at once is no event; one that cannot be is. */
	if (p->window != NULL && pairing_address(w) != NULL && r->door < 0 &&
	    r->failed != 0 && !remote_waits(r)) {
		char *text = str_printf("cannot listen at %s: %s",
					pairing_address(w),
					io_error(r->failed));
		pairing_fail(w, text);
		free(text);
	} else if (p->window != NULL) {
		pairing_ready(w);
	}
}

/* --- the list ----------------------------------------------------------- */

static const char *const directions[] = { "device", "host" };

static void
put(const char *key, const char *value)
{
	msg_str(&writer, key);
	msg_str(&writer, value);
}

static void
put_number(const char *key, uint64_t value)
{
	msg_str(&writer, key);
	msg_uint(&writer, value);
}

static void
write_one(struct asker *p, enum peers_kind kind, const struct peer *d)
{
	char shown[IDENTITY_SHOWN];

	identity_show(d->key, shown);
	msg_begin(&writer, local_out(p->conn), MSG_DEVICE, 1);
	msg_map(&writer, 9 + (d->relay != NULL));
	put("direction", directions[kind]);
	put("name", d->name);
	put("role", role_name(d->role));
	put("fingerprint", shown);
	put("address", d->addresses != NULL ? d->addresses[0] : NULL);
	put_number("paired", d->paired);
	put_number("seen", d->seen);
	put_number("links", kind == PEERS_DEVICES
				    ? link_count(p->srv->remote, d->key)
				    : 0);
	msg_str(&writer, "unconfirmed");
	msg_bool(&writer, d->unconfirmed);
	if (d->relay != NULL)
		put("relay", d->relay);
	msg_end(&writer);
}

void
answer_devices(struct asker *p, const struct msg *m)
{
	const struct peers *devices = &p->srv->remote->devices;
	struct peers hosts;
	char *why;

	(void)m;
	if (peers_load(p->srv->state, PEERS_HOSTS, &hosts, &why) < 0) {
		answer_error(p, MSG_E_FAILED, "%s", why);
		free(why);
		return;
	}
	for (size_t i = 0; i < devices->n; i++)
		write_one(p, PEERS_DEVICES, &devices->list[i]);
	for (size_t i = 0; i < hosts.n; i++)
		write_one(p, PEERS_HOSTS, &hosts.list[i]);
	msg_begin(&writer, local_out(p->conn), MSG_END, 1);
	msg_map(&writer, 2);
	put("bad_devices", devices->bad);
	put("bad_hosts", hosts.bad);
	msg_end(&writer);
	peers_release(&hosts);
}

/* --- changing them ------------------------------------------------------ */

/* A device or a host that a request means. */
struct meant {
	struct peer *peer;
	enum peers_kind kind;
	struct peers hosts; /* loaded for this */
	char *name;
};

/* Field 0 is its name, 1 the direction or nil; false: answered why not. */
static bool
find(struct asker *p, const struct msg *m, struct meant *t)
{
	char *direction = msg_dup_str(msg_field(m, 1), WORD), *why = NULL;
	struct peer *device = NULL, *host = NULL;

	*t = (struct meant){ .name = msg_dup_str(msg_field(m, 0), WORD) };
	if (t->name != NULL &&
	    peers_load(p->srv->state, PEERS_HOSTS, &t->hosts, &why) == 0) {
		if (!str_eq(direction, directions[PEERS_HOSTS]))
			device = peers_by_name(&p->srv->remote->devices,
					       t->name);
		if (!str_eq(direction, directions[PEERS_DEVICES]))
			host = peers_by_name(&t->hosts, t->name);
	}
	if (why != NULL)
		answer_error(p, MSG_E_FAILED, "%s", why);
	else if (device != NULL && host != NULL)
		answer_error(p, MSG_E_AMBIGUOUS,
			     "a device and a host are called so; say "
			     "--direction");
	else if (device == NULL && host == NULL)
		answer_error(p, MSG_E_NO_SESSION,
			     "no such device; `cdo devices` lists them");
	free(direction);
	free(why);
	if ((device == NULL) == (host == NULL))
		return false;
	t->peer = device != NULL ? device : host;
	t->kind = device != NULL ? PEERS_DEVICES : PEERS_HOSTS;
	return true;
}

static void
release(struct meant *t)
{
	peers_release(&t->hosts);
	free(t->name);
}

void
answer_revoke(struct asker *p, const struct msg *m)
{
	struct remote *r = p->srv->remote;
	struct meant t;

	if (find(p, m, &t)) {
		size_t links = 0;
		int e;

		if (t.kind == PEERS_DEVICES) {
			links = link_count(r, t.peer->key);
			e = remote_revoke(r, t.peer);
		} else {
			e = peers_forget(p->srv->state, t.kind, t.peer);
		}
		if (e < 0) {
			answer_error(p, MSG_E_FAILED,
				     "its links are closed, but that cannot "
				     "be written down: %s",
				     io_error(e));
		} else {
			msg_begin(&writer, local_out(p->conn), MSG_OK, 1);
			msg_map(&writer, 2);
			put("direction", directions[t.kind]);
			put_number("links", links);
			msg_end(&writer);
		}
	}
	release(&t);
}

/* A device's new role counts for the links that it makes from now on. */
static int
change(struct asker *p, struct meant *t, const char *name, enum role role)
{
	struct remote *r = p->srv->remote;
	struct peer next;

	peer_copy(&next, t->peer);
	if (name != NULL) {
		free(next.name);
		next.name = mem_str(name);
	}
	bool other = role != ROLE_NONE && role != next.role;
	if (other)
		next.role = role;
	int e = t->kind == PEERS_DEVICES
			? remote_save(r, &next)
			: peers_save(p->srv->state, t->kind, &next);
	if (e == 0 && other && t->kind == PEERS_DEVICES)
		link_end_all(r, next.key, LINK_BYE_GOING,
			     "its role has changed");
	peer_release(&next);
	return e;
}

void
answer_device_set(struct asker *p, const struct msg *m)
{
	const struct msg_value *map = msg_field(m, 2);
	struct meant t;

	if (find(p, m, &t)) {
		const struct peers *all = t.kind == PEERS_DEVICES
						  ? &p->srv->remote->devices
						  : &t.hosts;
		char *name = msg_dup_str(msg_get(map, "name"), WORD);
		char *clean = name != NULL
				      ? peers_name(all, t.kind, name,
						   strlen(name), t.peer->key)
				      : NULL;
		size_t len;
		const char *word = msg_to_str(msg_get(map, "role"), &len);
		enum role role = word != NULL ? role_read(word, len)
					      : ROLE_NONE;
		int e;

		if (name != NULL && strcmp(name, clean) != 0)
			answer_error(p, MSG_E_USAGE,
				     "'%s' cannot be its name; '%s' could",
				     name, clean);
		else if (word != NULL && role == ROLE_NONE)
			answer_error(p, MSG_E_USAGE,
				     "no such role; there are view, attach "
				     "and full");
		else if (word != NULL && t.kind == PEERS_HOSTS)
			answer_error(p, MSG_E_USAGE,
				     "what we may do there is said there");
		else if ((e = change(p, &t, name, role)) < 0)
			answer_error(p, MSG_E_FAILED,
				     "cannot write it down: %s", io_error(e));
		else
			answer_ok(p);
		free(clean);
		free(name);
	}
	release(&t);
}

void
answer_leaves(struct asker *p)
{
	struct remote *r = p->srv->remote;

	if (p->window == NULL)
		return;
	pairing_free(p->window);
	remote_check(r);
}

void
answer_door(const struct asker *p, struct msg_writer *w)
{
	const struct remote *r = p->srv->remote;
	char *trouble = NULL;

	if (r != NULL && r->failed < 0)
		trouble = str_printf("cannot listen at %s: %s", r->address,
				     io_error(r->failed));
	msg_str(w, "listen");
	msg_str(w, r != NULL ? r->bound : NULL);
	msg_str(w, "listen_error");
	msg_str(w, trouble);
	msg_str(w, "devices");
	msg_uint(w, r != NULL ? r->devices.n : 0);
	msg_str(w, "links");
	msg_uint(w, r != NULL ? link_count(r, NULL) : 0);
	free(trouble);
}
