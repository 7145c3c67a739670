/* relay/calls.c - a host's place at a blind relay. */
#include "relay/calls.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/str.h"
#include "crypto/secret.h"
#include "proto/address.h"
#include "proto/identity.h"
#include "proto/msg.h"
#include "proto/pass.h"
#include "proto/post.h"
#include "proto/rendezvous.h"
#include "proto/tcp.h"
#include "proto/wire.h"

enum {
	SERVER = 3,
	AGAIN = 2000, /* ms between two tries, for ever */
	TALK = 5000, /* for a connection, and for a handshake */
};

struct calls {
	const char *address;
	struct noise_pair self;
	int fd; /* of the place, -1: none yet */
	struct noise_cipher send, receive;
	uint8_t in[RENDEZVOUS_NOTE];
	size_t have;
	uint64_t heard, told; /* ms */
	uint64_t again; /* when to try next */
	bool number; /* one is wanted */
	char *trouble; /* told last */
	bool over;
};

static uint64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* --- to the server ------------------------------------------------------ */

static void
post(struct calls *c, enum post_type type, const void *bin, size_t len,
     const char *text, int fd)
{
	struct buf out = { 0 };
	struct msg_writer w;

	msg_begin(&w, &out, (enum msg_type)type, 2);
	if (bin != NULL)
		msg_bin(&w, bin, len);
	else
		msg_nil(&w);
	msg_str(&w, text);
	msg_end(&w);
	if (pass_put(SERVER, &out, fd) < 0)
		c->over = true;
	buf_release(&out);
}

/* Once for each kind of it. */
static void
trouble(struct calls *c, const char *text)
{
	if (str_eq(c->trouble, text))
		return;
	free(c->trouble);
	c->trouble = text != NULL ? mem_str(text) : NULL;
	post(c, POST_PLACE, c->self.public, NOISE_KEY, text, -1);
}

/* --- connections -------------------------------------------------------- */

/* A connection to the relay, with its opening sent. */
static int
connect_with(struct calls *c, enum rendezvous_type type, const void *data)
{
	uint8_t opening[RENDEZVOUS_OPENING];
	const char *why;
	char *host;
	uint16_t port;

	if (address_split(c->address, &host, &port) < 0)
		return -EINVAL;
	int fd = tcp_dial(host, port, TALK, &why);
	free(host);
	if (fd < 0)
		return fd;
	size_t len = rendezvous_open(type, data, opening);
	if (send(fd, opening, len, MSG_NOSIGNAL) != (ssize_t)len) {
		io_close(fd);
		return -EPIPE;
	}
	return fd;
}

static int
read_all(int fd, uint8_t *data, size_t len)
{
	uint64_t until = now_ms() + TALK;

	for (size_t have = 0; have < len;) {
		ssize_t n = wire_receive(fd, data + have, len - have);

		if (n == -EAGAIN)
			n = tcp_wait(fd, POLLIN, (int64_t)(until - now_ms())) <
					    0
				    ? -ETIMEDOUT
				    : 0;
		else if (n == 0)
			n = -EPIPE;
		if (n < 0)
			return (int)n;
		have += (size_t)n;
	}
	return 0;
}

/* --- the place ---------------------------------------------------------- */

static void
lose(struct calls *c)
{
	if (c->fd >= 0)
		io_close(c->fd);
	c->fd = -1;
	c->have = 0;
	noise_cipher_wipe(&c->send);
	noise_cipher_wipe(&c->receive);
	c->again = now_ms() + AGAIN;
}

static void
note(struct calls *c, enum rendezvous_note type)
{
	uint8_t plain[RENDEZVOUS_PLAIN] = { (uint8_t)type };
	uint8_t sealed[RENDEZVOUS_NOTE];

	noise_seal(&c->send, NULL, 0, plain, sizeof plain, sealed);
	c->told = now_ms();
	if (send(c->fd, sealed, sizeof sealed, MSG_NOSIGNAL) != sizeof sealed)
		lose(c);
}

/* Proves that the key is ours; 0 or -errno. */
static int
prove(struct calls *c)
{
	uint8_t first[RENDEZVOUS_M1], second[RENDEZVOUS_M2];
	uint8_t last[RENDEZVOUS_M3], nothing[1];
	struct noise n;
	int r = read_all(c->fd, first, sizeof first);

	/* It hangs up at once on those that it does not take. */
	if (r < 0)
		return r == -EPIPE ? -EACCES : r;
	rendezvous_begin(&n, true, &c->self, NULL);
	r = noise_read(&n, first, sizeof first, nothing);
	if (r == 0)
		r = noise_write(&n, NULL, 0, second);
	if (r == 0 &&
	    send(c->fd, second, sizeof second, MSG_NOSIGNAL) != sizeof second)
		r = -EPIPE;
	if (r == 0)
		r = read_all(c->fd, last, sizeof last);
	if (r == 0)
		r = noise_read(&n, last, sizeof last, nothing);
	if (r == 0)
		noise_split(&n, &c->send, &c->receive);
	noise_wipe(&n);
	return r;
}

static void
take_place(struct calls *c)
{
	char shown[IDENTITY_SHOWN], *text;

	c->fd = connect_with(c, RENDEZVOUS_REGISTER, c->self.public);
	int r = c->fd < 0 ? c->fd : prove(c);
	if (r == 0) {
		c->heard = c->told = now_ms();
		free(c->trouble);
		c->trouble = mem_str("");
		trouble(c, NULL);
		if (c->number)
			note(c, RENDEZVOUS_WANT_NUMBER);
		return;
	}
	identity_show(c->self.public, shown);
	text = r == -EACCES ? str_printf("%s does not take this host; its list "
					 "needs the line %s",
					 c->address, shown)
			    : str_printf("cannot reach %s: %s", c->address,
					 io_error(r));
	trouble(c, text);
	free(text);
	lose(c);
}

/* Somebody calls: a connection of its own, for what is said inside. */
static void
pick_up(struct calls *c, const uint8_t *ticket)
{
	int fd = connect_with(c, RENDEZVOUS_PICK, ticket);

	if (fd < 0)
		return;
	post(c, POST_CALLER, NULL, 0, NULL, fd);
	io_close(fd);
}

static void
hear_place(struct calls *c)
{
	uint8_t plain[RENDEZVOUS_PLAIN];
	char digits[RENDEZVOUS_DIGITS + 1] = "";
	ssize_t n =
		wire_receive(c->fd, c->in + c->have, sizeof c->in - c->have);

	if (n == -EAGAIN)
		return;
	if (n <= 0) {
		lose(c);
		return;
	}
	c->have += (size_t)n;
	if (c->have < sizeof c->in)
		return;
	c->have = 0;
	c->heard = now_ms();
	if (noise_open(&c->receive, NULL, 0, c->in, sizeof c->in, plain) < 0) {
		lose(c);
	} else if (plain[0] == RENDEZVOUS_CALLED) {
		pick_up(c, plain + 1);
	} else if (plain[0] == RENDEZVOUS_NUMBERED) {
		memcpy(digits, plain + 1, RENDEZVOUS_DIGITS);
		/* It is shown on a terminal, and the relay is anybody. */
		if (strspn(digits, "0123456789") != RENDEZVOUS_DIGITS)
			lose(c);
		else
			post(c, POST_NUMBER, NULL, 0, digits, -1);
	} else {
		note(c, RENDEZVOUS_ALIVE);
	}
}

/* --- the loop ----------------------------------------------------------- */

static void
hear_server(struct calls *c)
{
	struct buf in = { 0 };
	struct msg m = { 0 };
	int fd;

	if (pass_get(SERVER, -1, &in, &m, &fd) < 0) {
		c->over = true;
	} else if (m.type == POST_NUMBER_WANTED) {
		c->number = msg_to_bool(msg_field(&m, 0), false);
		if (c->fd >= 0)
			note(c, c->number ? RENDEZVOUS_WANT_NUMBER
					  : RENDEZVOUS_DROP_NUMBER);
	}
	if (fd >= 0)
		io_close(fd);
	buf_release(&in);
	msg_release(&m);
}

static void
turn(struct calls *c)
{
	uint64_t now = now_ms();
	uint64_t due = c->fd < 0 ? c->again : c->heard + RENDEZVOUS_LOST;
	struct pollfd p[] = { { SERVER, POLLIN, 0 }, { c->fd, POLLIN, 0 } };

	poll(p, 2, due > now ? (int)(due - now) : 0);
	if (p[0].revents != 0)
		hear_server(c);
	if (c->fd >= 0 && p[1].revents != 0)
		hear_place(c);
	now = now_ms();
	if (c->fd >= 0 && now >= c->heard + RENDEZVOUS_LOST)
		lose(c);
	if (c->fd < 0 && now >= c->again && !c->over)
		take_place(c);
}

int
calls_main(int argc, char **argv)
{
	struct calls c = { .fd = -1 };
	char *why;

	if (argc != 4 || strcmp(argv[2], "--state") != 0 ||
	    fcntl(SERVER, F_GETFD) < 0)
		return 2;
	c.address = argv[1];
	secret_process();
	if (identity_load(argv[3], IDENTITY_RELAY, true, &c.self, &why) < 0) {
		trouble(&c, why);
		free(why);
		return 1;
	}
	while (!c.over)
		turn(&c);
	lose(&c);
	free(c.trouble);
	secret_wipe(&c.self, sizeof c.self);
	return 0;
}
