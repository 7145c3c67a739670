/* relay/rendezvous.c - a blind relay, where hosts and devices meet. */
#include "relay/rendezvous.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "base/path.h"
#include "base/str.h"
#include "crypto/secret.h"
#include "proto/address.h"
#include "proto/identity.h"
#include "proto/rendezvous.h"
#include "proto/tcp.h"
#include "proto/wire.h"
#include "relay/allowed.h"
#include "relay/sandbox.h"
#include "relay/strangers.h"

enum {
	PARTIES = 200, /* connections, so that descriptors last */
	WAITING_EACH = 4, /* devices that wait for one host */
	WAIT_MS = 10000, /* for it to pick up */
	PIECE = 64 << 10, /* bytes under way in each direction */
	ACCEPTS = 4,
	SHORT_MS = 1000, /* of rest without a descriptor to accept with */
};

enum kind {
	EMPTY,
	NEW, /* its opening is coming */
	PROVING, /* a host, in its handshake */
	HOST, /* registered */
	CALLER, /* a device: waits for its host */
	JOINED, /* to another */
};

struct party {
	enum kind kind;
	int fd;
	uint64_t until, told; /* ms; when its last note went out */
	struct source source;
	uint8_t in[RENDEZVOUS_M3]; /* an opening, a handshake message, a note */
	size_t have, want;
	/* A host. */
	uint8_t key[NOISE_KEY];
	struct noise noise;
	struct noise_cipher send, receive;
	char digits[RENDEZVOUS_DIGITS + 1];
	/* A device that waits. */
	struct party *host;
	uint8_t ticket[RENDEZVOUS_TICKET];
	bool pairs;
	/* Joined: what it sent, from..to, for the other. */
	struct party *other;
	uint8_t *piece;
	size_t from, to;
	bool ended; /* it sends no more */
};

/* All there is: a stranger costs no memory. */
static struct rendezvous {
	int door;
	uint64_t rests; /* ms: until when nobody is let in */
	struct noise_pair self;
	struct allowed allowed;
	struct strangers strangers;
	struct party parties[PARTIES];
	uint8_t pieces[PARTIES][PIECE];
} all;

static uint64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* --- coming and going --------------------------------------------------- */

static void
leave(struct party *p)
{
	struct party *other = p->other;
	bool host = p->kind == HOST;

	if (p->kind == EMPTY)
		return;
	io_close(p->fd);
	noise_wipe(&p->noise);
	noise_cipher_wipe(&p->send);
	noise_cipher_wipe(&p->receive);
	*p = (struct party){ .fd = -1, .piece = p->piece };
	if (other != NULL) {
		other->other = NULL;
		leave(other);
	}
	for (int i = 0; host && i < PARTIES; i++)
		if (all.parties[i].kind == CALLER && all.parties[i].host == p)
			leave(&all.parties[i]);
}

static unsigned
count(enum kind kind, const struct party *host, const struct source *source)
{
	unsigned n = 0;

	for (int i = 0; i < PARTIES; i++) {
		const struct party *p = &all.parties[i];

		n += p->kind == kind && (host == NULL || p->host == host) &&
		     (source == NULL ||
		      memcmp(&p->source, source, sizeof *source) == 0);
	}
	return n;
}

/* Who has not said, or proved, who he is. */
static unsigned
strangers(const struct source *source)
{
	return count(NEW, NULL, source) + count(PROVING, NULL, source);
}

static struct party *
empty(void)
{
	for (int i = 0; i < PARTIES; i++)
		if (all.parties[i].kind == EMPTY)
			return &all.parties[i];
	return NULL;
}

static void
let_in(uint64_t now)
{
	for (int i = 0; i < ACCEPTS; i++) {
		struct sockaddr_storage from = { 0 };
		socklen_t len = sizeof from;
		struct source source;
		uint32_t random;
		int fd = io_check(accept4(all.door, (struct sockaddr *)&from,
					  &len, SOCK_CLOEXEC | SOCK_NONBLOCK));

		/* The door would be readable for ever. */
		if (fd < 0 && fd != -EAGAIN && fd != -ECONNABORTED)
			all.rests = now + SHORT_MS;
		if (fd < 0)
			return;
		source_of(&source, (struct sockaddr *)&from);
		secret_random(&random, sizeof random);
		struct party *p = empty();
		if (p == NULL ||
		    !strangers_enter(&all.strangers, &source, strangers(NULL),
				     strangers(&source), random, now) ||
		    !strangers_work(&all.strangers, &source, now)) {
			io_close(fd);
			continue;
		}
		p->kind = NEW;
		p->fd = fd;
		p->source = source;
		p->until = now + STRANGERS_MS;
		p->want = RENDEZVOUS_HELLO;
	}
}

/* What is small and on a socket that is read goes at once, or never. */
static bool
say(struct party *p, const void *data, size_t len)
{
	if (send(p->fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)len)
		return true;
	leave(p);
	return false;
}

/* --- hosts -------------------------------------------------------------- */

static bool
note(struct party *host, enum rendezvous_note type, const void *data,
     size_t len, uint64_t now)
{
	uint8_t plain[RENDEZVOUS_PLAIN] = { (uint8_t)type };
	uint8_t sealed[RENDEZVOUS_NOTE];

	if (len > 0)
		memcpy(plain + 1, data, len);
	noise_seal(&host->send, NULL, 0, plain, sizeof plain, sealed);
	host->told = now;
	return say(host, sealed, sizeof sealed);
}

static struct party *
host_of(const uint8_t key[NOISE_KEY])
{
	for (int i = 0; i < PARTIES; i++)
		if (all.parties[i].kind == HOST &&
		    memcmp(all.parties[i].key, key, NOISE_KEY) == 0)
			return &all.parties[i];
	return NULL;
}

static struct party *
host_numbered(const uint8_t digits[RENDEZVOUS_DIGITS])
{
	for (int i = 0; i < PARTIES; i++)
		if (all.parties[i].kind == HOST && all.parties[i].digits[0] &&
		    memcmp(all.parties[i].digits, digits, RENDEZVOUS_DIGITS) ==
			    0)
			return &all.parties[i];
	return NULL;
}

static void
give_number(struct party *host, uint64_t now)
{
	char digits[RENDEZVOUS_DIGITS + 1];
	uint32_t n;

	do {
		secret_random(&n, sizeof n);
		snprintf(digits, sizeof digits, "%04u", n % 10000);
	} while (host_numbered((const uint8_t *)digits) != NULL);
	memcpy(host->digits, digits, sizeof digits);
	note(host, RENDEZVOUS_NUMBERED, digits, RENDEZVOUS_DIGITS, now);
}

/* A key that it claims is its; only who holds it can answer. */
static void
on_register(struct party *p)
{
	uint8_t first[RENDEZVOUS_M1];

	memcpy(p->key, p->in + RENDEZVOUS_HELLO, NOISE_KEY);
	if (!allowed_has(&all.allowed, p->key)) {
		leave(p);
		return;
	}
	rendezvous_begin(&p->noise, false, &all.self, p->key);
	p->kind = PROVING;
	p->have = 0;
	p->want = RENDEZVOUS_M2;
	if (noise_write(&p->noise, NULL, 0, first) < 0)
		leave(p);
	else
		say(p, first, sizeof first);
}

static void
on_proof(struct party *p, uint64_t now)
{
	uint8_t last[RENDEZVOUS_M3], nothing[1];
	char shown[IDENTITY_SHOWN];

	if (noise_read(&p->noise, p->in, RENDEZVOUS_M2, nothing) < 0 ||
	    noise_write(&p->noise, NULL, 0, last) < 0) {
		strangers_blame(&all.strangers, &p->source, PENALTY_BAD, now);
		leave(p);
		return;
	}
	struct party *old = host_of(p->key);
	if (old != NULL)
		leave(old); /* it has come back */
	noise_split(&p->noise, &p->send, &p->receive);
	noise_wipe(&p->noise);
	strangers_proved(&all.strangers, &p->source, now);
	p->kind = HOST;
	p->have = 0;
	p->want = RENDEZVOUS_NOTE;
	p->until = now + RENDEZVOUS_LOST;
	p->told = now;
	identity_show(p->key, shown);
	printf("%s is here\n", shown);
	fflush(stdout);
	say(p, last, sizeof last);
}

static void
on_note(struct party *p, uint64_t now)
{
	uint8_t plain[RENDEZVOUS_PLAIN];

	if (noise_open(&p->receive, NULL, 0, p->in, RENDEZVOUS_NOTE, plain) <
	    0) {
		leave(p);
		return;
	}
	p->have = 0;
	p->until = now + RENDEZVOUS_LOST;
	if (plain[0] == RENDEZVOUS_WANT_NUMBER)
		give_number(p, now);
	else if (plain[0] == RENDEZVOUS_DROP_NUMBER)
		memset(p->digits, 0, sizeof p->digits);
}

/* --- calls -------------------------------------------------------------- */

static void
on_call(struct party *p, struct party *host, bool pairs, uint64_t now)
{
	if (host == NULL || count(CALLER, host, NULL) >= WAITING_EACH) {
		/* Nobody guesses all numbers in a row. */
		if (pairs)
			strangers_blame(&all.strangers, &p->source, PENALTY_BAD,
					now);
		leave(p);
		return;
	}
	p->kind = CALLER;
	p->host = host;
	p->pairs = pairs;
	p->until = now + WAIT_MS;
	secret_random(p->ticket, sizeof p->ticket);
	note(host, RENDEZVOUS_CALLED, p->ticket, sizeof p->ticket, now);
}

static void
on_pick(struct party *p, uint64_t now)
{
	struct party *c = NULL;

	for (int i = 0; i < PARTIES && c == NULL; i++)
		if (all.parties[i].kind == CALLER &&
		    secret_equal(all.parties[i].ticket,
				 p->in + RENDEZVOUS_HELLO, RENDEZVOUS_TICKET))
			c = &all.parties[i];
	if (c == NULL || (c->pairs && !say(c, c->host->key, NOISE_KEY))) {
		leave(p);
		return;
	}
	strangers_proved(&all.strangers, &p->source, now);
	p->other = c;
	c->other = p;
	c->host = NULL;
	c->kind = p->kind = JOINED;
	c->until = p->until = now + RENDEZVOUS_LOST;
}

static void
on_opening(struct party *p, uint64_t now)
{
	unsigned type = rendezvous_type(p->in);
	const uint8_t *data = p->in + RENDEZVOUS_HELLO;

	if (type == 0) {
		strangers_blame(&all.strangers, &p->source, PENALTY_BAD, now);
		leave(p);
	} else if (p->have < RENDEZVOUS_HELLO + rendezvous_follows(type)) {
		p->want = RENDEZVOUS_HELLO + rendezvous_follows(type);
	} else if (type == RENDEZVOUS_REGISTER) {
		on_register(p);
	} else if (type == RENDEZVOUS_PICK) {
		on_pick(p, now);
	} else if (type == RENDEZVOUS_CALL) {
		on_call(p, host_of(data), false, now);
	} else {
		on_call(p, host_numbered(data), true, now);
	}
}

/* --- bytes -------------------------------------------------------------- */

static void
hear(struct party *p, uint64_t now)
{
	ssize_t n = wire_receive(p->fd, p->in + p->have, p->want - p->have);

	if (n == -EAGAIN)
		return;
	if (n <= 0) {
		leave(p);
		return;
	}
	p->have += (size_t)n;
	if (p->have < p->want)
		return;
	if (p->kind == NEW)
		on_opening(p, now);
	else if (p->kind == PROVING)
		on_proof(p, now);
	else if (p->kind == HOST)
		on_note(p, now);
}

/* What p has sent goes to its other; nothing is read while that is slow. */
static void
join(struct party *p, uint64_t now)
{
	if (p->from == p->to && !p->ended) {
		ssize_t n = wire_receive(p->fd, p->piece, PIECE);

		if (n == -EAGAIN)
			return;
		p->ended = n <= 0;
		p->from = 0;
		p->to = n > 0 ? (size_t)n : 0;
		p->until = p->other->until = now + RENDEZVOUS_LOST;
	}
	while (p->from < p->to) {
		ssize_t n = wire_send(
			p->other->fd,
			&(struct iovec){ p->piece + p->from, p->to - p->from },
			1);

		if (n == -EAGAIN)
			return;
		if (n < 0) {
			leave(p);
			return;
		}
		p->from += (size_t)n;
	}
	if (p->ended)
		leave(p);
}

/* --- the loop ----------------------------------------------------------- */

/* What p waits for: its own bytes, or room for what it has sent. */
static short
events_of(const struct party *p)
{
	short e = 0;

	if (p->kind == CALLER || p->kind == EMPTY)
		return 0;
	if (p->kind != JOINED)
		return POLLIN;
	if (p->from == p->to && !p->ended)
		e |= POLLIN;
	if (p->other->from < p->other->to)
		e |= POLLOUT;
	return e;
}

static void
serve(struct party *p, short came, uint64_t now)
{
	if (p->kind == JOINED) {
		if (came & POLLOUT)
			join(p->other, now);
		if (p->kind == JOINED && came & (POLLIN | POLLHUP | POLLERR))
			join(p, now);
	} else if (p->kind == CALLER) {
		leave(p); /* it hung up */
	} else {
		hear(p, now);
	}
}

static void
look_at_clock(struct party *p, uint64_t now)
{
	if (p->kind == EMPTY)
		return;
	if (now >= p->until) {
		if (p->kind == NEW || p->kind == PROVING)
			strangers_blame(&all.strangers, &p->source,
					PENALTY_LATE, now);
		leave(p);
	} else if (p->kind == HOST && now - p->told >= RENDEZVOUS_QUIET) {
		note(p, RENDEZVOUS_ALIVE, NULL, 0, now);
	}
}

static void
turn(void)
{
	struct pollfd p[PARTIES + 1];
	uint64_t now = now_ms(), due = now + RENDEZVOUS_QUIET;

	for (int i = 0; i < PARTIES; i++) {
		const struct party *x = &all.parties[i];

		p[i] = (struct pollfd){ .fd = x->kind == EMPTY ? -1 : x->fd,
					.events = events_of(x) };
		/* An end that cannot be passed on yet is not news. */
		if (x->kind == JOINED && p[i].events == 0)
			p[i].fd = -1;
		if (x->kind != EMPTY && x->until < due)
			due = x->until;
	}
	/* Who is over the limit waits outside. */
	bool open = now >= all.rests && empty() != NULL;
	if (now < all.rests && all.rests < due)
		due = all.rests;
	p[PARTIES] =
		(struct pollfd){ .fd = open ? all.door : -1, .events = POLLIN };
	int n = poll(p, PARTIES + 1, due > now ? (int)(due - now) : 0);
	now = now_ms();
	for (int i = 0; n > 0 && i < PARTIES; i++)
		if (p[i].fd >= 0 && p[i].revents != 0 &&
		    all.parties[i].fd == p[i].fd)
			serve(&all.parties[i], p[i].revents, now);
	if (n > 0 && p[PARTIES].revents != 0)
		let_in(now);
	for (int i = 0; i < PARTIES; i++)
		look_at_clock(&all.parties[i], now);
}

/* --- beginning ---------------------------------------------------------- */

static int
fail(const char *what, const char *why)
{
	fprintf(stderr, "cdo: %s: %s\n", what, why);
	return 1;
}

static int
listen_at(const char *address)
{
	char *host;
	uint16_t port;
	int r = address_split(address, &host, &port);

	if (r < 0)
		return r;
	r = tcp_listen(host, port, true);
	free(host);
	return r;
}

/* Whom it takes; without a list it would be open to all. */
static int
read_allowed(const char *file)
{
	char *state = path_state(), *why = NULL;
	char *path = file != NULL ? str_printf("%s", file)
				  : path_join(state, "relay.allow");
	int r = allowed_read(&all.allowed, path, &why);

	if (r < 0)
		fail("cannot read who may register", why);
	else if (all.allowed.n == 0)
		fail(path, "no host is in it, so none may register; a line "
			   "for each, its fingerprint");
	free(why);
	free(path);
	free(state);
	return r;
}

int
rendezvous_main(int argc, char **argv)
{
	const char *file = NULL;
	struct sandbox box;
	uint64_t seed;

	if (argc == 4 && strcmp(argv[2], "--allow") == 0)
		file = argv[3];
	else if (argc != 2)
		return fail("relay --listen", "say ADDR[:PORT], and perhaps "
					      "--allow FILE") +
		       1;
	if (read_allowed(file) < 0)
		return 1;
	all.door = listen_at(argv[1]);
	if (all.door < 0)
		return fail(argv[1], io_error(all.door));
	/* It proves nothing to anybody: a fresh one each time does. */
	noise_pair_make(&all.self);
	secret_random(&seed, sizeof seed);
	strangers_init(&all.strangers, seed, now_ms());
	for (int i = 0; i < PARTIES; i++)
		all.parties[i] =
			(struct party){ .fd = -1, .piece = all.pieces[i] };
	printf("listens at %s for %u host%s\n", argv[1], all.allowed.n,
	       all.allowed.n == 1 ? "" : "s");
	fflush(stdout);
	sandbox_enter(&box);
	for (;;)
		turn();
}
