/* unit/relay_calls.c - a host's place at a relay that lies. */
#include "relay/calls.h"

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/io.h"
#include "proto/address.h"
#include "proto/msg.h"
#include "proto/pass.h"
#include "proto/post.h"
#include "proto/rendezvous.h"
#include "proto/tcp.h"
#include "scratch.h"

enum { PATIENCE = 20000 };

/* It runs in a process of its own; we are its server, and its relay. */
struct scene {
	char *dir;
	pid_t pid;
	int sock, door, fd;
	struct noise_cipher send, receive;
};

static int
enter(void **state)
{
	struct scene *s = calloc(1, sizeof *s);
	struct sockaddr_storage at;
	socklen_t len = sizeof at;
	char address[64];
	int fds[2];

	s->dir = scratch_new();
	s->fd = -1;
	s->door = tcp_listen("127.0.0.1", 0, false);
	assert_true(s->door >= 0);
	assert_int_equal(getsockname(s->door, (struct sockaddr *)&at, &len), 0);
	char *text = address_show((struct sockaddr *)&at);
	memccpy(address, text, '\0', sizeof address);
	free(text);
	assert_int_equal(io_socketpair(fds), 0);
	s->pid = fork();
	if (s->pid == 0) {
		char *argv[] = { (char[]){ "--calls" }, address,
				 (char[]){ "--state" }, s->dir, NULL };

		dup2(fds[1], 3);
		for (int i = 4; i < 64; i++)
			close(i);
		_exit(calls_main(4, argv));
	}
	io_close(fds[1]);
	s->sock = fds[0];
	*state = s;
	return 0;
}

static int
leave(void **state)
{
	struct scene *s = *state;
	int status;

	io_close(s->sock);
	io_close(s->door);
	if (s->fd >= 0)
		io_close(s->fd);
	assert_int_equal(waitpid(s->pid, &status, 0), s->pid);
	assert_true(WIFEXITED(status));
	scratch_free(s->dir);
	free(s);
	return 0;
}

static void
read_all(int fd, uint8_t *data, size_t len)
{
	for (size_t have = 0; have < len;) {
		assert_true(tcp_wait(fd, POLLIN, PATIENCE) > 0);
		ssize_t n = io_read(fd, data + have, len - have);
		assert_true(n > 0);
		have += (size_t)n;
	}
}

/* Lets it have its place, as a relay does. */
static void
welcome(struct scene *s)
{
	uint8_t opening[RENDEZVOUS_OPENING], m[RENDEZVOUS_M3], nothing[1];
	struct noise_pair self;
	struct noise n;

	assert_true(tcp_wait(s->door, POLLIN, PATIENCE) > 0);
	s->fd = accept(s->door, NULL, NULL);
	assert_true(s->fd >= 0);
	read_all(s->fd, opening, sizeof opening);
	assert_int_equal(rendezvous_type(opening), RENDEZVOUS_REGISTER);
	noise_pair_make(&self);
	rendezvous_begin(&n, false, &self, opening + RENDEZVOUS_HELLO);
	assert_int_equal(noise_write(&n, NULL, 0, m), 0);
	io_write_all(s->fd, m, RENDEZVOUS_M1);
	read_all(s->fd, m, RENDEZVOUS_M2);
	assert_int_equal(noise_read(&n, m, RENDEZVOUS_M2, nothing), 0);
	assert_int_equal(noise_write(&n, NULL, 0, m), 0);
	io_write_all(s->fd, m, RENDEZVOUS_M3);
	noise_split(&n, &s->send, &s->receive);
}

static void
give_number(struct scene *s, const char *digits)
{
	uint8_t plain[RENDEZVOUS_PLAIN] = { RENDEZVOUS_NUMBERED };
	uint8_t sealed[RENDEZVOUS_NOTE];

	memcpy(plain + 1, digits, RENDEZVOUS_DIGITS);
	noise_seal(&s->send, NULL, 0, plain, sizeof plain, sealed);
	io_write_all(s->fd, sealed, sizeof sealed);
}

/* The next number that its server is told; caller frees. */
static char *
next_number(struct scene *s)
{
	struct buf in = { 0 };
	struct msg m = { 0 };
	char *digits = NULL;
	int fd;

	while (digits == NULL) {
		assert_int_equal(pass_get(s->sock, PATIENCE, &in, &m, &fd), 0);
		if (m.type == POST_NUMBER)
			digits = msg_dup_str(msg_field(&m, 1), 16);
	}
	msg_release(&m);
	buf_release(&in);
	return digits;
}

/* It would be shown on the owner's terminal. */
static void
a_number_that_is_none_is_not_believed(void **state)
{
	static const char *const lies[] = { "\033[2J", "12\0a", "1 2 ",
					    "\xff\xff\xff\xff", "12-4" };
	struct scene *s = *state;
	char c;

	for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
		welcome(s);
		give_number(s, lies[i]);
		/* It leaves, and comes again. */
		assert_true(tcp_wait(s->fd, POLLIN, PATIENCE) > 0);
		assert_true(io_read(s->fd, &c, 1) <= 0);
		io_close(s->fd);
	}
	welcome(s);
	give_number(s, "0123");
	char *digits = next_number(s);
	assert_string_equal(digits, "0123");
	free(digits);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_number_that_is_none_is_not_believed, enter, leave),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
