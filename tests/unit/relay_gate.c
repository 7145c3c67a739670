/* unit/relay_gate.c - what the gate promises against strangers. */
#include "relay/gate.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/io.h"
#include "crypto/noise.h"
#include "crypto/secret.h"
#include "proto/greet.h"
#include "proto/msg.h"
#include "proto/pact.h"
#include "proto/pass.h"
#include "proto/post.h"
#include "scratch.h"

enum { PATIENCE = 20000 };

/* The gate in a process of its own, and us as its server. */
struct scene {
	char *dir;
	pid_t pid;
	int sock, door;
	struct sockaddr_in at;
	uint8_t key[NOISE_KEY]; /* the gate's */
	struct noise_pair device;
	uint8_t psk[NOISE_KEY];
	struct buf in;
	struct msg msg;
};

/* The next message of this type from the gate; others are passed over. */
static const struct msg *
until(struct scene *s, unsigned type, int *fd)
{
	int got = -1;

	do {
		if (got >= 0)
			io_close(got);
		if (pass_get(s->sock, PATIENCE, &s->in, &s->msg, &got) < 0)
			return NULL;
	} while (s->msg.type != type);
	if (fd != NULL)
		*fd = got;
	else if (got >= 0)
		io_close(got);
	return &s->msg;
}

static void
post(struct scene *s, struct buf *out, int fd)
{
	assert_int_equal(pass_put(s->sock, out, fd), 0);
	buf_release(out);
}

static void
let_device_in(struct scene *s)
{
	struct buf out = { 0 };
	struct msg_writer w;

	msg_begin(&w, &out, (enum msg_type)POST_DEVICE, 2);
	msg_bin(&w, s->device.public, NOISE_KEY);
	msg_bin(&w, s->psk, NOISE_KEY);
	msg_end(&w);
	post(s, &out, -1);
}

static int
enter(void **state)
{
	struct scene *s = calloc(1, sizeof *s);
	socklen_t len = sizeof s->at;
	struct buf out = { 0 };
	struct msg_writer w;
	int fds[2];
	size_t n;

	signal(SIGPIPE, SIG_IGN);
	s->dir = scratch_new();
	assert_int_equal(io_socketpair(fds), 0);
	s->pid = fork();
	if (s->pid == 0) {
		char *argv[] = { (char[]){ "--gate" }, (char[]){ "--state" },
				 s->dir, NULL };

		dup2(fds[1], 3);
		for (int i = 4; i < 64; i++)
			close(i);
		_exit(gate_main(3, argv));
	}
	io_close(fds[1]);
	s->sock = fds[0];
	const struct msg *m = until(s, POST_READY, NULL);
	assert_non_null(m);
	memcpy(s->key, msg_to_bin(msg_field(m, 0), &n), NOISE_KEY);

	s->door = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	s->at.sin_family = AF_INET;
	s->at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(s->door, (struct sockaddr *)&s->at, len), 0);
	assert_int_equal(listen(s->door, 1000), 0);
	assert_int_equal(getsockname(s->door, (struct sockaddr *)&s->at, &len),
			 0);
	msg_begin(&w, &out, (enum msg_type)POST_LISTEN, 0);
	msg_end(&w);
	post(s, &out, s->door);

	noise_pair_make(&s->device);
	secret_random(s->psk, sizeof s->psk);
	let_device_in(s);
	*state = s;
	return 0;
}

static int
leave(void **state)
{
	struct scene *s = *state;
	int status;

	/* Its end is that of our socket, and it is no crash. */
	io_close(s->sock);
	io_close(s->door);
	assert_int_equal(waitpid(s->pid, &status, 0), s->pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	msg_release(&s->msg);
	buf_release(&s->in);
	scratch_free(s->dir);
	free(s);
	return 0;
}

/* A connection from 127.0.N.M; attackers have other addresses than we. */
static int
dial_from(struct scene *s, uint32_t host)
{
	struct sockaddr_in me = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(0x7f000000 | host) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&me, sizeof me), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&s->at, sizeof s->at),
			 0);
	return fd;
}

static long
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Until the peer sends or hangs up: the bytes, 0 for an end. */
static ssize_t
hear(int fd, void *data, size_t len)
{
	struct pollfd p = { fd, POLLIN, 0 };

	assert_int_equal(poll(&p, 1, PATIENCE), 1);
	ssize_t n = recv(fd, data, len, 0);
	return n < 0 ? 0 : n;
}

/* A handshake on fd as `who` with this psk; whether it came to its end. */
static bool
shake(struct scene *s, int fd, const struct noise_pair *who, const uint8_t *psk)
{
	uint8_t in[GREET_OUT], out[GREET_OUT];
	struct greet g;
	size_t len;

	greet_init(&g, &(struct greet_options){
			       .self = who,
			       .type = GREET_SESSION,
			       .remote = s->key,
			       .psk = psk,
		       });
	ssize_t n = greet_start(&g, out);
	send(fd, out, (size_t)n, MSG_NOSIGNAL);
	while (!greet_done(&g)) {
		n = hear(fd, in, greet_wants(&g));
		if (n <= 0 || greet_feed(&g, in, (size_t)n, out, &len) < 0)
			return false;
		if (len > 0)
			send(fd, out, len, MSG_NOSIGNAL);
	}
	greet_wipe(&g);
	return true;
}

/* How long it takes the real device to come in, ms. */
static long
come_in(struct scene *s)
{
	long begun = now_ms();
	int got = -1;

	for (;;) {
		int fd = dial_from(s, 1);
		bool in = shake(s, fd, &s->device, s->psk);

		if (in && until(s, POST_LINK, &got) != NULL) {
			assert_true(got >= 0);
			io_close(got);
			io_close(fd);
			return now_ms() - begun;
		}
		io_close(fd);
		assert_true(now_ms() - begun < PATIENCE);
	}
}

static void
a_paired_device_is_handed_over_with_its_socket(void **state)
{
	struct scene *s = *state;
	size_t len;
	int got, fd = dial_from(s, 1);
	char c = 0;

	assert_true(shake(s, fd, &s->device, s->psk));
	const struct msg *m = until(s, POST_LINK, &got);
	assert_non_null(m);
	assert_memory_equal(msg_to_bin(msg_field(m, 0), &len), s->device.public,
			    NOISE_KEY);
	/* Nothing was read past the handshake. */
	assert_int_equal(send(fd, "x", 1, 0), 1);
	assert_int_equal(hear(got, &c, 1), 1);
	assert_int_equal(c, 'x');
	io_close(got);
	io_close(fd);
}

static void
strangers_with_all_sorts_of_words_hear_nothing(void **state)
{
	static const char *const words[] = {
		"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
		"SSH-2.0-OpenSSH_9.2\r\n",
		"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 tls and more",
		"CDO1\x09\x01................................................",
		"CDO2\x01\x01................................................",
		"CDO1\x01\x01\x01\x01\x00\x30...............................",
	};
	struct scene *s = *state;
	char c;

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		int fd = dial_from(s, (uint32_t)(256 + i));

		send(fd, words[i], strlen(words[i]), MSG_NOSIGNAL);
		assert_int_equal(hear(fd, &c, 1), 0);
		io_close(fd);
	}
	assert_true(come_in(s) < 3000);
}

static void
a_flipped_bit_in_the_first_message_is_not_answered(void **state)
{
	uint8_t first[GREET_OUT], data[256];
	struct scene *s = *state;
	struct greet g;
	unsigned runs = 0;

	greet_init(&g, &(struct greet_options){
			       .self = &s->device,
			       .type = GREET_SESSION,
			       .remote = s->key,
			       .psk = s->psk,
		       });
	size_t len = (size_t)greet_start(&g, first);
	greet_wipe(&g);
	for (size_t bit = 0; bit < len * 8; bit += 3) {
		int fd = dial_from(s, (uint32_t)(1024 + bit));

		first[bit / 8] ^= (uint8_t)(1 << bit % 8);
		send(fd, first, len, MSG_NOSIGNAL);
		shutdown(fd, SHUT_WR);
		assert_int_equal(hear(fd, data, sizeof data), 0);
		first[bit / 8] ^= (uint8_t)(1 << bit % 8);
		io_close(fd);
		runs++;
	}
	print_message("# %u runs, none answered\n", runs);
}

static void
an_unknown_device_hears_the_second_message_and_no_more(void **state)
{
	struct scene *s = *state;
	struct noise_pair other;
	int fd = dial_from(s, 300);
	char c;

	noise_pair_make(&other);
	/* It is done on its side; the host closes. */
	assert_true(shake(s, fd, &other, s->psk));
	assert_int_equal(hear(fd, &c, 1), 0);
	io_close(fd);

	/* A known one without the right psk likewise. */
	uint8_t psk[NOISE_KEY] = { 1 };
	fd = dial_from(s, 301);
	assert_true(shake(s, fd, &s->device, psk));
	assert_int_equal(hear(fd, &c, 1), 0);
	io_close(fd);
}

static void
who_was_forgotten_does_not_come_in_any_more(void **state)
{
	struct scene *s = *state;
	struct buf out = { 0 };
	struct msg_writer w;
	char c;

	come_in(s);
	msg_begin(&w, &out, (enum msg_type)POST_FORGET, 1);
	msg_bin(&w, s->device.public, NOISE_KEY);
	msg_end(&w);
	post(s, &out, -1);
	int fd = dial_from(s, 1);
	if (shake(s, fd, &s->device, s->psk))
		assert_int_equal(hear(fd, &c, 1), 0);
	io_close(fd);
}

/* kB of memory that process has. */
static long
memory(pid_t pid)
{
	char path[64], line[256];
	long kb = 0;

	snprintf(path, sizeof path, "/proc/%ld/status", (long)pid);
	FILE *f = fopen(path, "re");
	while (f != NULL && fgets(line, sizeof line, f) != NULL)
		if (sscanf(line, "VmRSS: %ld", &kb) == 1)
			break;
	if (f != NULL)
		fclose(f);
	return kb;
}

/* Waits until all are closed; how many were not within `early` ms. */
static unsigned
wait_for_ends(struct pollfd *p, nfds_t n, long begun, long early, long *last)
{
	unsigned held = 0;

	for (nfds_t open = n; open > 0;) {
		assert_true(poll(p, n, PATIENCE) > 0);
		*last = now_ms() - begun;
		for (nfds_t i = 0; i < n; i++) {
			if (p[i].fd < 0 || p[i].revents == 0)
				continue;
			io_close(p[i].fd);
			p[i].fd = -1;
			open--;
			held += *last > early;
		}
	}
	return held;
}

static void
silent_ones_are_closed_and_a_device_comes_in_meanwhile(void **state)
{
	enum { MANY = 200 };
	struct scene *s = *state;
	struct pollfd p[MANY];
	long begun = now_ms(), before = memory(s->pid), last = 0;

	for (int i = 0; i < MANY; i++) {
		p[i] = (struct pollfd){
			.fd = dial_from(s, (uint32_t)(0x10000 + i)),
			.events = POLLIN,
		};
		send(p[i].fd, "CDO", 3, MSG_NOSIGNAL);
	}
	long in = come_in(s);
	unsigned held = wait_for_ends(p, MANY, begun, 4000, &last);
	print_message("# %u of %d sat until %ld ms; the device came in after "
		      "%ld ms; memory %+ld kB\n",
		      held, MANY, last, in, memory(s->pid) - before);
	assert_true(in < 2000);
	assert_in_range(held, 1, 64);
	assert_in_range(last, 4500, 6500);
	assert_true(memory(s->pid) - before < 4096);
}

static void
a_flood_of_good_first_messages_leaves_room_for_the_device(void **state)
{
	enum { MANY = 3000 };
	struct scene *s = *state;
	uint8_t first[GREET_OUT];
	struct noise_pair other;
	struct greet g;

	come_in(s);
	noise_pair_make(&other);
	greet_init(&g, &(struct greet_options){
			       .self = &other,
			       .type = GREET_SESSION,
			       .remote = s->key,
			       .psk = s->psk,
		       });
	size_t len = (size_t)greet_start(&g, first);
	greet_wipe(&g);
	pid_t flood = fork();
	if (flood == 0) {
		for (uint32_t i = 0; i < MANY; i++) {
			int fd = dial_from(s, 0x20000 + i % 256);

			send(fd, first, len, MSG_NOSIGNAL);
			io_close(fd);
		}
		_exit(0);
	}
	long in = come_in(s);
	waitpid(flood, NULL, 0);
	print_message("# in a flood the device came in after %ld ms\n", in);
	assert_true(in < 3000);
}

/* --- pairing ------------------------------------------------------------ */

static const char right[] = "K7QM2XFD", wrong[] = "00000000";

static void
open_window(struct scene *s, uint64_t number)
{
	struct buf out = { 0 };
	struct msg_writer w;

	msg_begin(&w, &out, (enum msg_type)POST_WINDOW, 4);
	msg_uint(&w, number);
	msg_str(&w, right);
	msg_str(&w, "full");
	msg_str(&w, "desk");
	msg_end(&w);
	post(s, &out, -1);
}

/* A pairing connection up to its handshake's end, or -1. */
static int
begin_pairing(struct scene *s, struct greet *g, uint32_t host)
{
	uint8_t in[GREET_OUT], out[GREET_OUT];
	int fd = dial_from(s, host);
	size_t len;

	greet_init(g, &(struct greet_options){ .self = &s->device,
					       .type = GREET_PAIRING });
	ssize_t n = greet_start(g, out);
	send(fd, out, (size_t)n, MSG_NOSIGNAL);
	while (!greet_done(g)) {
		n = hear(fd, in, greet_wants(g));
		if (n <= 0 || greet_feed(g, in, (size_t)n, out, &len) < 0) {
			io_close(fd);
			return -1;
		}
		if (len > 0)
			send(fd, out, len, MSG_NOSIGNAL);
	}
	return fd;
}

/* What pact_feed says to the host's answer to this code, -EPIPE for none. */
static int
try_code(struct scene *s, const char *code, uint32_t host)
{
	uint8_t in[PACT_FRAME];
	struct buf out = { 0 };
	struct greet g;
	struct pact p;
	size_t used;
	int r = -EPIPE, fd = begin_pairing(s, &g, host);

	if (fd < 0)
		return -EPIPE;
	assert_int_equal(pact_init(&p, &g, "phone", "full"), 0);
	pact_start(&p, code, &out);
	send(fd, out.data, out.len, MSG_NOSIGNAL);
	buf_clear(&out);
	ssize_t n = hear(fd, in, sizeof in);
	if (n > 0)
		r = pact_feed(&p, in, (size_t)n, &used, &out);
	if (r == PACT_PROVED) {
		struct buf done = { 0 };
		struct msg_writer w;

		send(fd, out.data, out.len, MSG_NOSIGNAL);
		const struct msg *m = until(s, POST_PROVED, NULL);
		assert_non_null(m);
		msg_begin(&w, &done, (enum msg_type)POST_WRITTEN, 2);
		msg_uint(&w, msg_to_uint(msg_field(m, 0), 0));
		msg_bool(&w, true);
		msg_end(&w);
		post(s, &done, -1);
		n = hear(fd, in, sizeof in);
		if (n > 0)
			r = pact_feed(&p, in, (size_t)n, &used, &out);
	}
	pact_wipe(&p);
	buf_release(&out);
	io_close(fd);
	return r;
}

static void
no_window_no_pairing(void **state)
{
	struct scene *s = *state;
	struct greet g;

	assert_int_equal(begin_pairing(s, &g, 1), -1);
	/* And who tries where none is wanted is refused for a while. */
	char c;
	int fd = dial_from(s, 1);
	assert_int_equal(hear(fd, &c, 1), 0);
	io_close(fd);
}

static void
the_right_code_pairs_once(void **state)
{
	struct scene *s = *state;

	open_window(s, 1);
	assert_int_equal(try_code(s, right, 2), PACT_PAIRED);
	assert_int_equal(try_code(s, right, 3), -EPIPE);
}

static void
three_tries_are_counted_in_a_window_however_many_come(void **state)
{
	enum { MANY = 200, AT_ONCE = 20 };
	struct scene *s = *state;
	unsigned answered = 0, tries = 0;
	struct buf in = { 0 };
	struct msg m = { 0 };
	int fd;

	open_window(s, 1);
	for (int i = 0; i < AT_ONCE; i++)
		if (fork() == 0) {
			int n = 0;

			for (int k = 0; k < MANY / AT_ONCE; k++)
				n += try_code(s, wrong,
					      (uint32_t)(0x30000 + 256 * i +
							 k)) == -EKEYREJECTED;
			_exit(n);
		}
	for (int i = 0, status; i < AT_ONCE; i++)
		if (waitpid(-1, &status, 0) > 0 && WIFEXITED(status))
			answered += (unsigned)WEXITSTATUS(status);
	/* Also the right one is too late. */
	assert_int_equal(try_code(s, right, 5), -EPIPE);
	while (pass_get(s->sock, 0, &in, &m, &fd) == 0)
		tries += m.type == POST_TRIED;
	print_message("# %d tries, %u counted, %u answered\n", MANY, tries,
		      answered);
	assert_int_equal(tries, 3);
	assert_int_equal(answered, 3);
	buf_release(&in);
	msg_release(&m);
}

static void
who_hangs_up_after_the_answer_has_used_a_try(void **state)
{
	struct scene *s = *state;
	uint8_t in[PACT_FRAME];
	struct buf out = { 0 };
	struct greet g;
	struct pact p;

	open_window(s, 1);
	for (uint64_t i = 0; i < 3; i++) {
		int fd = begin_pairing(s, &g, (uint32_t)(600 + i));

		assert_true(fd >= 0);
		assert_int_equal(pact_init(&p, &g, "phone", "full"), 0);
		pact_start(&p, right, &out);
		send(fd, out.data, out.len, MSG_NOSIGNAL);
		assert_true(hear(fd, in, sizeof in) > 0);
		/* It knows now that it was right, and says nothing. */
		io_close(fd);
		pact_wipe(&p);
		buf_clear(&out);
		const struct msg *m = until(s, POST_WRONG, NULL);
		assert_int_equal(msg_to_uint(msg_field(m, 1), 9), 2 - i);
	}
	assert_int_equal(try_code(s, right, 700), -EPIPE);
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, enter, leave)
		T(a_paired_device_is_handed_over_with_its_socket),
		T(strangers_with_all_sorts_of_words_hear_nothing),
		T(a_flipped_bit_in_the_first_message_is_not_answered),
		T(an_unknown_device_hears_the_second_message_and_no_more),
		T(who_was_forgotten_does_not_come_in_any_more),
		T(silent_ones_are_closed_and_a_device_comes_in_meanwhile),
		T(a_flood_of_good_first_messages_leaves_room_for_the_device),
		T(no_window_no_pairing),
		T(the_right_code_pairs_once),
		T(three_tries_are_counted_in_a_window_however_many_come),
		T(who_hangs_up_after_the_answer_has_used_a_try),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
