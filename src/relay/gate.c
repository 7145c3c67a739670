/* relay/gate.c - the one door for other machines. */
#include "relay/gate.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/mem.h"
#include "crypto/secret.h"
#include "proto/address.h"
#include "proto/greet.h"
#include "proto/identity.h"
#include "proto/msg.h"
#include "proto/pass.h"
#include "proto/post.h"
#include "proto/wire.h"
#include "relay/roll.h"
#include "relay/sandbox.h"
#include "relay/seats.h"
#include "relay/strangers.h"
#include "relay/window.h"

enum {
	SERVER = 3, /* the descriptor where the server is */
	DOORS = 8,
	ACCEPTS = 4, /* in a turn, so that those inside have theirs */
	SHORT = 1000, /* ms of rest without a descriptor to accept with */
	LINE = 512, /* bytes of what the server is told */
};

/*
 * All there is, so that no stranger costs memory (security.md, 8).  A process
 * has one gate.
 */
static struct gate {
	struct noise_pair self;
	int doors[DOORS];
	unsigned n_doors;
	uint64_t rests; /* until when it accepts nothing */
	int spare;
	struct roll roll;
	struct seat seats[STRANGERS_MAX];
	struct strangers strangers;
	struct window window;
	struct seat guest; /* who has the window's place: whence alone */
	bool over;
} gate;

static uint64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* Where somebody is, as far as we know; caller frees. */
static char *
where(const struct seat *s)
{
	return s->from.any.sa_family == AF_UNSPEC ? mem_str("relay")
						  : address_show(&s->from.any);
}

/* --- to the server ------------------------------------------------------ */

static void
post(struct buf *out, int fd)
{
	if (pass_put(SERVER, out, fd) < 0)
		gate.over = true;
	buf_release(out);
}

static void __attribute__((format(printf, 3, 4)))
tell(const struct seat *s, uint64_t now, const char *fmt, ...)
{
	struct buf out = { 0 };
	struct msg_writer w;
	char text[256];
	va_list ap;

	if (!strangers_tell(&gate.strangers, &s->source, now))
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	char *from = where(s);
	buf_printf(&out, "%s: %s", from, text);
	free(from);
	char *line = buf_steal(&out);
	msg_begin(&w, &out, (enum msg_type)POST_LOG, 1);
	msg_str(&w, line);
	msg_end(&w);
	free(line);
	post(&out, -1);
}

static void
put_cipher(struct msg_writer *w, const struct noise_cipher *c)
{
	msg_bin(w, c->key, sizeof c->key);
	msg_uint(w, c->nonce);
}

/* The link goes to the server, and from there to a relay of its own. */
static void
hand_over(struct seat *s)
{
	struct noise_cipher send, receive;
	struct buf out = { 0 };
	struct msg_writer w;
	char *from = where(s);

	greet_split(&s->greet, &send, &receive);
	buf_room(&out, LINE); /* and no copies of keys on the way */
	msg_begin(&w, &out, (enum msg_type)POST_LINK, 6);
	msg_bin(&w, s->greet.noise.rs, NOISE_KEY);
	msg_str(&w, from);
	put_cipher(&w, &send);
	put_cipher(&w, &receive);
	msg_end(&w);
	noise_cipher_wipe(&send);
	noise_cipher_wipe(&receive);
	free(from);
	post(&out, s->fd);
}

/* --- strangers ---------------------------------------------------------- */

static void
stand_up(struct seat *s)
{
	if (s->fd >= 0)
		io_close(s->fd);
	s->fd = -1;
	greet_wipe(&s->greet);
}

static void
sit_down(struct seat *s, uint64_t now)
{
	s->until = now + STRANGERS_MS;
	greet_init(&s->greet,
		   &(struct greet_options){
			   .host = true,
			   .self = &gate.self,
			   .find_psk = roll_psk,
			   .ctx = &gate.roll,
			   .pairing = gate.window.open && gate.window.fd < 0,
		   });
}

/* What he did was none of what a device does. */
static void
blame(struct seat *s, int why, uint64_t now)
{
	bool wants_pairing = why == -EACCES;

	if (wants_pairing && gate.window.open)
		return; /* another was faster */
	tell(s, now,
	     wants_pairing    ? "wants to pair; `cdo pair` does not run"
	     : why == -ENOKEY ? "a device that is not paired"
	     : why == -EPROTONOSUPPORT ? "speaks another version"
				       : "is no device of ours");
	strangers_blame(&gate.strangers, &s->source,
			wants_pairing ? PENALTY_PAIRING : PENALTY_BAD, now);
}

static void
finished(struct seat *s, uint64_t now)
{
	if (s->greet.type == GREET_SESSION) {
		strangers_proved(&gate.strangers, &s->source, now);
		hand_over(s);
		stand_up(s);
		return;
	}
	if (gate.window.open && gate.window.fd < 0) {
		gate.guest.source = s->source;
		gate.guest.from = s->from;
		window_take(&gate.window, &s->greet, s->fd, where(s), now);
		s->fd = -1;
	}
	stand_up(s);
}

static bool
is_complete(const struct greet *g, size_t more)
{
	/* With these bytes a message that costs us a key exchange. */
	return g->type != 0 && g->want > 0 && g->have + more >= g->want;
}

static void
hear(struct seat *s, uint64_t now)
{
	uint8_t in[GREET_OUT], out[GREET_OUT];
	size_t want = greet_wants(&s->greet), len = 0;
	ssize_t n;

	if (want > sizeof in)
		want = sizeof in;
	n = wire_receive(s->fd, in, want);
	if (n == -EAGAIN)
		return;
	if (n <= 0) {
		stand_up(s);
		return;
	}
	if (s->greet.noise.step == 0 && is_complete(&s->greet, (size_t)n) &&
	    !strangers_work(&gate.strangers, &s->source, now)) {
		stand_up(s);
		return;
	}
	n = greet_feed(&s->greet, in, (size_t)n, out, &len);
	if (n < 0) {
		blame(s, (int)n, now);
		stand_up(s);
		return;
	}
	/* On a socket that is fresh it goes at once or the peer is odd. */
	if (len > 0 && send(s->fd, out, len, MSG_NOSIGNAL | MSG_DONTWAIT) !=
			       (ssize_t)len) {
		stand_up(s);
		return;
	}
	if (greet_done(&s->greet))
		finished(s, now);
}

static void
late(struct seat *s, uint64_t now)
{
	tell(s, now, "did not say who it is in time");
	strangers_blame(&gate.strangers, &s->source, PENALTY_LATE, now);
	stand_up(s);
}

/* --- the door ----------------------------------------------------------- */

/*
 * When seats are scarce, who has sat for a while and said nothing of worth
 * gives his to the next: a device needs no second for its first message.
 * Likewise among those of one source, so that nobody there is kept out.
 */
static void
make_room(const struct source *source, uint64_t now)
{
	struct seat *s = NULL;

	if (seats_taken(gate.seats, NULL) >= STRANGERS_RANDOM)
		s = seats_oldest(gate.seats, NULL);
	else if (seats_taken(gate.seats, source) >= STRANGERS_SAME)
		s = seats_oldest(gate.seats, source);
	if (s && s->until <= now + STRANGERS_MS - STRANGERS_IDLE)
		late(s, now);
}

/* Takes fd. */
static void
receive(int fd, struct seat *visitor, uint64_t now)
{
	struct seat *s = gate.seats;
	uint32_t random;

	make_room(&visitor->source, now);
	secret_random(&random, sizeof random);
	if (!strangers_enter(&gate.strangers, &visitor->source,
			     seats_taken(gate.seats, NULL),
			     seats_taken(gate.seats, &visitor->source), random,
			     now)) {
		tell(visitor, now, "is refused for now: too much from there");
		io_close(fd);
		return;
	}
	while (s->fd >= 0)
		s++;
	s->fd = fd;
	s->source = visitor->source;
	s->from = visitor->from;
	sit_down(s, now);
}

/*
 * Somebody's is taken, if he does not need it.  Without one the listener would
 * stay readable for ever: one is kept to give up, and who comes is turned away.
 */
static void
out_of_descriptors(int door, uint64_t now)
{
	struct seat *s = seats_oldest(gate.seats, NULL);

	if (s != NULL) {
		late(s, now);
		return;
	}
	io_close(gate.spare);
	int fd = io_check(accept4(door, NULL, NULL, SOCK_CLOEXEC));
	if (fd >= 0)
		io_close(fd);
	gate.spare = fcntl(SERVER, F_DUPFD_CLOEXEC, 0);
	gate.rests = now + SHORT;
}

static void
let_in(int door, uint64_t now)
{
	for (int i = 0; i < ACCEPTS; i++) {
		struct seat v = { .fd = -1 };
		socklen_t len = sizeof v.from;
		int fd = io_check(accept4(door, &v.from.any, &len,
					  SOCK_CLOEXEC | SOCK_NONBLOCK));

		if (fd == -EMFILE || fd == -ENFILE || fd == -ENOBUFS ||
		    fd == -ENOMEM) {
			out_of_descriptors(door, now);
			return;
		}
		if (fd == -ECONNABORTED)
			continue;
		if (fd < 0)
			return;
		source_of(&v.source, &v.from.any);
		receive(fd, &v, now);
	}
}

/* --- from the server ---------------------------------------------------- */

static void
open_window(const struct msg *m)
{
	char *code = msg_dup_str(msg_field(m, 1), PAIRING_CODE);
	char *role = msg_dup_str(msg_field(m, 2), PACT_ROLE);
	char *name = msg_dup_str(msg_field(m, 3), PACT_NAME);

	if (code != NULL && role != NULL && name != NULL)
		window_open(&gate.window, msg_to_uint(msg_field(m, 0), 0), code,
			    role, name);
	if (code != NULL)
		secret_wipe(code, strlen(code));
	free(code);
	free(role);
	free(name);
}

/* Takes fd. */
static void
add_door(int fd)
{
	if (fd < 0 || gate.n_doors == DOORS) {
		if (fd >= 0)
			io_close(fd);
		return;
	}
	io_nonblock(fd, true);
	gate.doors[gate.n_doors++] = fd;
}

static void
obey(const struct msg *m, int fd, uint64_t now)
{
	struct seat visitor = { .fd = -1 };

	switch (m->type) {
	case POST_LISTEN:
		add_door(fd);
		return;
	case POST_DEAF:
		while (gate.n_doors > 0)
			io_close(gate.doors[--gate.n_doors]);
		break;
	case POST_DEVICE:
		roll_add(&gate.roll, m);
		break;
	case POST_FORGET:
		roll_forget(&gate.roll, m);
		break;
	case POST_WINDOW:
		/* One whose keys were wrong is to pair again. */
		strangers_forgive(&gate.strangers);
		open_window(m);
		break;
	case POST_SHUT:
		window_shut(&gate.window);
		break;
	case POST_WRITTEN:
		window_written(&gate.window, msg_to_uint(msg_field(m, 0), 0),
			       msg_to_bool(msg_field(m, 1), false));
		break;
	case POST_CALLER:
		if (fd < 0)
			return;
		io_nonblock(fd, true);
		receive(fd, &visitor, now);
		return;
	default:
		break;
	}
	if (fd >= 0)
		io_close(fd);
}

/* All that it has said so far. */
static void
listen_to_server(uint64_t now)
{
	struct buf in = { 0 };
	struct msg m = { 0 };
	int fd, r = 0;

	while (r == 0 && !gate.over) {
		r = pass_get(SERVER, 0, &in, &m, &fd);
		if (r == 0)
			obey(&m, fd, now);
	}
	if (r != -ETIMEDOUT)
		gate.over = true;
	if (in.data != NULL)
		secret_wipe(in.data, in.len);
	buf_release(&in);
	msg_release(&m);
}

/* --- the loop ----------------------------------------------------------- */

enum { FDS = 1 + DOORS + STRANGERS_MAX + 1 };

static struct pollfd
watch(int fd)
{
	return (struct pollfd){ .fd = fd, .events = POLLIN };
}

/* Waits for something to come, or to be late. */
static void
wait_for(struct pollfd *p, uint64_t now)
{
	uint64_t due = UINT64_MAX;
	unsigned n = 0;

	p[n++] = watch(SERVER);
	for (unsigned i = 0; i < DOORS; i++)
		p[n++] = watch(i < gate.n_doors && now >= gate.rests
				       ? gate.doors[i]
				       : -1);
	if (now < gate.rests)
		due = gate.rests;
	for (unsigned i = 0; i < STRANGERS_MAX; i++) {
		const struct seat *s = &gate.seats[i];

		p[n++] = watch(s->fd);
		if (s->fd >= 0 && s->until < due)
			due = s->until;
	}
	p[n++] = watch(gate.window.proved ? -1 : gate.window.fd);
	if (gate.window.fd >= 0 && gate.window.until < due)
		due = gate.window.until;
	int ms = due == UINT64_MAX ? -1 : due <= now ? 0 : (int)(due - now);
	seats_poll(p, n, ms);
}

/* The one who pairs, if one does. */
static void
attend(bool heard, uint64_t now)
{
	if (heard && gate.window.fd >= 0)
		window_read(&gate.window);
	window_late(&gate.window, now);
	if (!window_wasted(&gate.window))
		return;
	tell(&gate.guest, now, "began to pair and tried no code");
	strangers_blame(&gate.strangers, &gate.guest.source, PENALTY_LATE, now);
}

static void
turn(void)
{
	struct pollfd p[FDS];
	const struct pollfd *seats = p + 1 + DOORS;

	wait_for(p, now_ms());
	uint64_t now = now_ms();
	/* What the server says counts for all that follows. */
	if (p[0].revents != 0)
		listen_to_server(now);
	/* Those inside before those at the door. */
	attend(p[FDS - 1].revents != 0, now);
	for (unsigned i = 0; i < STRANGERS_MAX; i++) {
		struct seat *s = &gate.seats[i];

		if (s->fd >= 0 && seats[i].revents != 0)
			hear(s, now);
		if (s->fd >= 0 && now >= s->until)
			late(s, now);
	}
	for (unsigned i = 0; i < gate.n_doors; i++)
		if (p[1 + i].revents != 0 && p[1 + i].fd == gate.doors[i])
			let_in(gate.doors[i], now);
}

static void
tell_ready(const struct sandbox *box)
{
	struct buf out = { 0 };
	struct msg_writer w;

	msg_begin(&w, &out, (enum msg_type)POST_READY, 4);
	msg_bin(&w, gate.self.public, NOISE_KEY);
	msg_bool(&w, box->no_new_privs);
	msg_uint(&w, (uint64_t)box->landlock);
	msg_bool(&w, box->seccomp || box->other);
	msg_end(&w);
	post(&out, -1);
}

static void
fail(const char *why)
{
	struct buf out = { 0 };
	struct msg_writer w;

	msg_begin(&w, &out, (enum msg_type)POST_LOG, 1);
	msg_str(&w, why);
	msg_end(&w);
	post(&out, -1);
}

int
gate_main(int argc, char **argv)
{
	struct sandbox box;
	uint64_t seed;
	char *why;

	if (argc != 3 || strcmp(argv[1], "--state") != 0 ||
	    fcntl(SERVER, F_GETFD) < 0)
		return 2;
	secret_process();
	secret_lock(&gate.self, sizeof gate.self);
	secret_lock(&gate.roll, sizeof gate.roll);
	if (identity_load(argv[2], IDENTITY_HOST, true, &gate.self, &why) < 0) {
		fail(why);
		free(why);
		return 1;
	}
	gate.spare = fcntl(SERVER, F_DUPFD_CLOEXEC, 0);
	for (int i = 0; i < STRANGERS_MAX; i++)
		gate.seats[i].fd = -1;
	window_init(&gate.window, SERVER);
	secret_random(&seed, sizeof seed);
	strangers_init(&gate.strangers, seed, now_ms());
	sandbox_enter(&box);
	tell_ready(&box);
	while (!gate.over)
		turn();
	secret_wipe(&gate, sizeof gate);
	return 0;
}
