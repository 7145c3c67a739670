/* cmd/joining.c - pair with a machine that shows a code. */
#include "cmd/joining.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "base/words.h"
#include "crypto/secret.h"
#include "proto/address.h"
#include "proto/greet.h"
#include "proto/identity.h"
#include "proto/msg.h"
#include "proto/pact.h"
#include "proto/peers.h"
#include "proto/rendezvous.h"
#include "proto/tcp.h"
#include "proto/wire.h"

enum {
	CONNECT_MS = 5000, /* for each of its addresses */
	TALK_MS = 15000, /* for all that is said */
};

struct joining {
	const char *address, *code, *name;
	const char *number; /* at a rendezvous, or NULL */
	uint8_t there[NOISE_KEY]; /* the host's key at it */
	char *full; /* the address, with its port */
	char *state;
	struct noise_pair self;
	struct greet greet;
	struct pact pact;
	int fd;
	uint64_t until;
	struct peer *host;
	bool written; /* the host is on our list */
	int error;
	char **why;
};

static int
fail(struct joining *j, int error, char *why)
{
	j->error = error;
	*j->why = why;
	return -1;
}

static uint64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* --- getting there ------------------------------------------------------ */

static int
wait_for(const struct joining *j, short events)
{
	return tcp_wait(j->fd, events, (int64_t)(j->until - now_ms()));
}

static int
reach(struct joining *j)
{
	const char *why;
	char *host;
	uint16_t port;

	if (address_split(j->address, &host, &port) < 0)
		return fail(j, MSG_E_USAGE, mem_str("that is no HOST[:PORT]"));
	j->full = address_join(host, port);
	j->fd = tcp_dial(host, port, CONNECT_MS, &why);
	free(host);
	if (why != NULL)
		return fail(j, MSG_E_UNREACHABLE,
			    str_printf("it does not resolve: %s", why));
	if (j->fd >= 0)
		return 0;
	return fail(j, MSG_E_UNREACHABLE,
		    str_printf("nobody answers there (%s)", io_error(j->fd)));
}

/* --- what is said ------------------------------------------------------- */

static int
lost(struct joining *j, int r)
{
	if (r == -ETIMEDOUT)
		return fail(j, MSG_E_TIMEOUT, mem_str("it does not answer"));
	return fail(j, MSG_E_NOT_ALLOWED,
		    mem_str("it hangs up; does `cdo pair` wait there, and is "
			    "this the newest code?"));
}

static int
send_all(struct joining *j, const uint8_t *data, size_t len)
{
	struct buf out = { 0 };
	int r = 0;

	buf_append(&out, data, len);
	while (r >= 0 && out.len > 0) {
		ssize_t n = wire_send_buf(j->fd, &out);

		r = n == -EAGAIN ? wait_for(j, POLLOUT) : (int)n;
	}
	buf_release(&out);
	return r < 0 ? lost(j, r) : 0;
}

/* Some bytes, at most max; how many, or -1. */
static ssize_t
receive(struct joining *j, uint8_t *data, size_t max)
{
	for (;;) {
		ssize_t n = wire_receive(j->fd, data, max);

		if (n > 0)
			return n;
		int r = n == -EAGAIN ? wait_for(j, POLLIN) : -EPIPE;
		if (r < 0)
			return lost(j, r);
	}
}

/* The address is that of a rendezvous: whom we mean there. */
static int
call(struct joining *j)
{
	uint8_t out[RENDEZVOUS_OPENING];
	size_t have = 0;

	size_t len = rendezvous_open(RENDEZVOUS_NUMBER, j->number, out);
	if (send_all(j, out, len) < 0)
		return -1;
	while (have < sizeof j->there) {
		ssize_t n = receive(j, j->there + have, sizeof j->there - have);

		if (n < 0) {
			free(*j->why);
			return fail(j, MSG_E_NOT_ALLOWED,
				    str_printf("nobody waits there as %s",
					       j->number));
		}
		have += (size_t)n;
	}
	return 0;
}

static int
shake_hands(struct joining *j)
{
	uint8_t in[GREET_OUT], out[GREET_OUT];
	size_t len;

	greet_init(&j->greet, &(struct greet_options){
				      .self = &j->self,
				      .type = GREET_PAIRING,
			      });
	ssize_t n = greet_start(&j->greet, out);
	if (n < 0 || send_all(j, out, (size_t)n) < 0)
		return -1;
	while (!greet_done(&j->greet)) {
		size_t want = greet_wants(&j->greet);

		n = receive(j, in, want < sizeof in ? want : sizeof in);
		if (n < 0)
			return -1;
		n = greet_feed(&j->greet, in, (size_t)n, out, &len);
		if (n < 0)
			return fail(j, MSG_E_FAILED,
				    mem_str("what answers there is not cdo, "
					    "or of another version"));
		if (len > 0 && send_all(j, out, len) < 0)
			return -1;
	}
	return 0;
}

static void
keep_ways(struct peer *h, const struct peer *old)
{
	for (size_t i = words_count(old->addresses); i > 0; i--)
		if (h->relay != NULL)
			peer_address(h, old->addresses[i - 1]);
	if (h->relay == NULL && old->relay != NULL) {
		h->relay = mem_str(old->relay);
		memcpy(h->relay_key, old->relay_key, sizeof h->relay_key);
	}
}

/* The host has proved that it knows the code. */
static int
write_down(struct joining *j)
{
	char name[PACT_NAME + 1], role[PACT_ROLE + 1];
	struct peer *h = j->host;
	struct peers all;

	if (peers_load(j->state, PEERS_HOSTS, &all, j->why) < 0) {
		j->error = MSG_E_FAILED;
		return -1;
	}
	pact_peer_name(&j->pact, name);
	pact_peer_role(&j->pact, role);
	const struct peer *old = peers_by_key(&all, pact_key(&j->pact));
	*h = (struct peer){
		.role = role_read(role, strlen(role)),
		.paired = (uint64_t)time(NULL) * 1000,
		.unconfirmed = true,
	};
	memcpy(h->key, pact_key(&j->pact), NOISE_KEY);
	pact_psk(&j->pact, h->psk);
	h->name = old != NULL && j->name == NULL
			  ? mem_str(old->name)
			  : peers_name(&all, PEERS_HOSTS,
				       j->name != NULL ? j->name : name,
				       strlen(j->name != NULL ? j->name : name),
				       h->key);
	if (j->number != NULL) {
		h->relay = mem_str(j->full);
		memcpy(h->relay_key, j->there, sizeof h->relay_key);
	} else {
		peer_address(h, j->full);
	}
	/* The other ways that there are to it are as good as before. */
	if (old != NULL)
		keep_ways(h, old);
	peers_release(&all);
	int r = h->role == ROLE_NONE ? -EPROTO
				     : peers_save(j->state, PEERS_HOSTS, h);
	if (r < 0)
		return fail(
			j, MSG_E_FAILED,
			str_printf("cannot write it down: %s", io_error(r)));
	j->written = true;
	return 0;
}

static int
confirm(struct joining *j)
{
	j->host->unconfirmed = false;
	int r = peers_save(j->state, PEERS_HOSTS, j->host);

	return r < 0 ? fail(j, MSG_E_FAILED,
			    str_printf("cannot write it down: %s", io_error(r)))
		     : 0;
}

static int
refused(struct joining *j, int r)
{
	if (r == -EKEYREJECTED)
		return fail(j, MSG_E_NOT_ALLOWED,
			    mem_str("the code is wrong; look again, a wrong "
				    "one counts"));
	return fail(j, MSG_E_FAILED, mem_str("it does not keep to the rules"));
}

/* One message of the host's; 1 at the end. */
static int
step(struct joining *j, const uint8_t *data, size_t len)
{
	for (size_t at = 0; at < len;) {
		struct buf out = { 0 };
		size_t used = 0;
		int r = pact_feed(&j->pact, data + at, len - at, &used, &out);

		at += used;
		if (r < 0)
			r = refused(j, r);
		else if (r == PACT_PROVED && write_down(j) < 0)
			r = -1;
		else if (r == PACT_PAIRED)
			r = confirm(j) < 0 ? -1 : 1;
		else
			r = out.len > 0 ? send_all(j, out.data, out.len) : 0;
		buf_release(&out);
		if (r != 0)
			return r;
	}
	return 0;
}

static int
agree(struct joining *j)
{
	uint8_t in[PACT_FRAME];
	struct buf out = { 0 };
	char host[HOST_NAME_MAX + 1] = "";
	int r = 0;

	gethostname(host, sizeof host - 1);
	host[strcspn(host, ".")] = '\0';
	char *name = *host != '\0' ? str_safe(host, strlen(host), PACT_NAME)
				   : mem_str("device");
	if (pact_init(&j->pact, &j->greet, name, "full") < 0)
		r = fail(j, MSG_E_FAILED, mem_str("no name to tell it"));
	free(name);
	if (r < 0)
		return r;
	pact_start(&j->pact, j->code, &out);
	r = send_all(j, out.data, out.len);
	buf_release(&out);
	while (r == 0) {
		ssize_t n = receive(j, in, sizeof in);

		r = n < 0 ? -1 : step(j, in, (size_t)n);
	}
	pact_wipe(&j->pact);
	return r < 0 ? -1 : 0;
}

int
joining_run(const char *address, const char *number, const char *code,
	    const char *name, struct peer *host, char **why)
{
	struct joining j = {
		.address = address,
		.number = number,
		.code = code,
		.name = name,
		.state = path_state(),
		.fd = -1,
		.host = host,
		.why = why,
		.error = MSG_E_FAILED,
	};
	int r;

	*host = (struct peer){ 0 };
	*why = NULL;
	secret_process();
	r = identity_load(j.state, IDENTITY_DEVICE, true, &j.self, why);
	if (r == 0)
		r = reach(&j);
	j.until = now_ms() + TALK_MS;
	if (r == 0 && number != NULL)
		r = call(&j);
	if (r == 0)
		r = shake_hands(&j);
	if (r == 0)
		r = agree(&j);
	/* Written down and not heard of: the first session will tell. */
	if (r < 0 && j.written && j.error != MSG_E_FAILED) {
		free(*why);
		*why = NULL;
		r = 0;
	}
	if (r < 0)
		peer_release(host);
	greet_wipe(&j.greet);
	secret_wipe(&j.self, sizeof j.self);
	if (j.fd >= 0)
		io_close(j.fd);
	free(j.full);
	free(j.state);
	return r < 0 ? j.error : 0;
}
