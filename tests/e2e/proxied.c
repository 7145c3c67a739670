/* e2e/proxied.c - what is bad on a way through e2e/proxy, and what is not. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "e2e/proxy.h"
#include "e2e/world.h"

/* A listener, the way to it, and a connection through that. */
struct scene {
	char address[32];
	struct proxy *proxy;
	int listener, near, far;
};

static struct sockaddr_in
at(const struct scene *s, uint16_t port)
{
	struct sockaddr_in sa = { .sin_family = AF_INET,
				  .sin_port = htons(port) };

	inet_pton(AF_INET, s->address, &sa.sin_addr);
	return sa;
}

static int
dial(const struct scene *s)
{
	struct sockaddr_in sa = at(s, PROXY_PORT);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&sa, sizeof sa), 0);
	return fd;
}

static int
setup(void **state)
{
	static unsigned n;
	struct scene *s = calloc(1, sizeof *s);
	unsigned pid = (unsigned)getpid();
	struct sockaddr_in sa;
	socklen_t len = sizeof sa;

	snprintf(s->address, sizeof s->address, "127.%u.%u.%u",
		 1 + (pid >> 8) % 250, pid % 256, 1 + n++ % 250);
	sa = at(s, 0);
	s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(s->listener, (struct sockaddr *)&sa, len), 0);
	assert_int_equal(listen(s->listener, 8), 0);
	getsockname(s->listener, (struct sockaddr *)&sa, &len);
	s->proxy = proxy_new(s->address, ntohs(sa.sin_port));
	s->near = dial(s);
	s->far = accept(s->listener, NULL, NULL);
	assert_true(s->far >= 0);
	*state = s;
	return 0;
}

static int
teardown(void **state)
{
	struct scene *s = *state;

	proxy_free(s->proxy);
	close(s->near);
	close(s->far);
	close(s->listener);
	free(s);
	return 0;
}

static void
say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL),
			 strlen(text));
}

static void
hear(int fd, const char *text)
{
	char data[64] = "";
	size_t len = strlen(text), have = 0;

	while (have < len) {
		ssize_t n = recv(fd, data + have, len - have, 0);
		if (n <= 0)
			fail_msg("'%s', and then the end", data);
		have += (size_t)n;
	}
	assert_memory_equal(data, text, len);
}

/* 0 for an end of file, or -errno. */
static ssize_t
hear_end(int fd)
{
	char c;
	ssize_t n = recv(fd, &c, 1, 0);

	assert_true(n <= 0);
	return n == 0 ? 0 : -errno;
}

static bool
hears_nothing(int fd, int ms)
{
	struct pollfd p = { fd, POLLIN, 0 };

	return poll(&p, 1, ms) == 0;
}

static void
all_is_well_in_the_beginning(void **state)
{
	struct scene *s = *state;

	say(s->near, "up");
	hear(s->far, "up");
	say(s->far, "down");
	hear(s->near, "down");
	assert_int_equal(proxy_bytes(s->proxy, PROXY_UP), 2);
	assert_int_equal(proxy_bytes(s->proxy, PROXY_BOTH), 6);
	assert_int_equal(proxy_flows(s->proxy), 1);
	close(s->near);
	s->near = -1;
	assert_int_equal(hear_end(s->far), 0);
}

static void
a_flip_is_one_bit_of_that_byte(void **state)
{
	struct scene *s = *state;

	say(s->near, "not");
	hear(s->far, "not");
	proxy_trap(s->proxy, PROXY_UP, 4, PROXY_FLIP, false);
	say(s->near, "abc");
	hear(s->far, "abc");
	assert_false(proxy_sprung(s->proxy));
	say(s->near, "def");
	hear(s->far, "tef"); /* bit 4 of d */
	assert_true(proxy_sprung(s->proxy));
	say(s->near, "ghi");
	hear(s->far, "ghi");
}

static void
an_end_comes_instead_of_that_byte(void **state)
{
	struct scene *s = *state;

	proxy_trap(s->proxy, PROXY_DOWN, 3, PROXY_END, false);
	say(s->far, "abc");
	hear(s->near, "ab");
	assert_int_equal(hear_end(s->near), 0);
	assert_int_equal(hear_end(s->far), 0);
}

static void
a_reset_is_one_for_both(void **state)
{
	struct scene *s = *state;

	proxy_trap(s->proxy, PROXY_UP, 1, PROXY_RESET, false);
	say(s->near, "abc");
	assert_int_equal(hear_end(s->far), -ECONNRESET);
	assert_int_equal(hear_end(s->near), -ECONNRESET);
}

static void
a_trap_may_wait_for_the_next_connection(void **state)
{
	struct scene *s = *state;

	proxy_trap(s->proxy, PROXY_UP, 2, PROXY_HANG, true);
	assert_int_equal(hear_end(s->near), -ECONNRESET);
	int fd = dial(s), far = accept(s->listener, NULL, NULL);
	say(fd, "abc");
	hear(far, "a");
	say(far, "x");
	assert_true(hears_nothing(fd, 50));
	assert_true(hears_nothing(far, 0));
	close(fd);
	assert_true(hears_nothing(far, 50));
	close(far);
}

static void
what_is_sent_into_a_dead_way_comes_when_it_lives(void **state)
{
	struct scene *s = *state;

	proxy_dead(s->proxy, PROXY_UP);
	say(s->near, "up");
	say(s->far, "down");
	hear(s->near, "down");
	assert_true(hears_nothing(s->far, 50));
	/* Who comes now does not get through. */
	int fd = dial(s);
	assert_true(hears_nothing(s->listener, 50));
	proxy_dead(s->proxy, 0);
	hear(s->far, "up");
	close(accept(s->listener, NULL, NULL));
	close(fd);
}

static void
who_is_forgotten_hears_no_more_and_others_do(void **state)
{
	struct scene *s = *state;

	proxy_forget(s->proxy);
	say(s->near, "up");
	say(s->far, "down");
	assert_true(hears_nothing(s->near, 50));
	assert_true(hears_nothing(s->far, 0));
	int fd = dial(s), far = accept(s->listener, NULL, NULL);
	say(fd, "up");
	hear(far, "up");
	close(fd);
	close(far);
}

static void
delay_and_rate_take_their_time(void **state)
{
	struct scene *s = *state;
	char data[2000] = "";
	long begun = world_now();

	proxy_delay(s->proxy, 100);
	say(s->near, "up");
	hear(s->far, "up");
	assert_true(world_now() - begun >= 100);
	proxy_delay(s->proxy, 0);
	proxy_rate(s->proxy, 10000);
	begun = world_now();
	assert_int_equal(send(s->near, data, sizeof data, 0), sizeof data);
	for (size_t got = 0; got < sizeof data;) {
		ssize_t n = recv(s->far, data, sizeof data - got, 0);

		assert_true(n > 0);
		got += (size_t)n;
	}
	/* The last piece does not wait for itself. */
	assert_true(world_now() - begun >= 170);
}

static void
stalls_keep_the_order(void **state)
{
	struct scene *s = *state;
	char out[1000], in[1000];

	for (size_t i = 0; i < sizeof out; i++)
		out[i] = (char)('a' + i % 26);
	proxy_slice(s->proxy, 7);
	proxy_stalls(s->proxy, 10, 5);
	assert_int_equal(send(s->near, out, sizeof out, 0), sizeof out);
	assert_int_equal(recv(s->far, in, sizeof in, MSG_WAITALL), sizeof in);
	assert_memory_equal(in, out, sizeof out);
}

#define scene_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		scene_test(all_is_well_in_the_beginning),
		scene_test(a_flip_is_one_bit_of_that_byte),
		scene_test(an_end_comes_instead_of_that_byte),
		scene_test(a_reset_is_one_for_both),
		scene_test(a_trap_may_wait_for_the_next_connection),
		scene_test(what_is_sent_into_a_dead_way_comes_when_it_lives),
		scene_test(who_is_forgotten_hears_no_more_and_others_do),
		scene_test(delay_and_rate_take_their_time),
		scene_test(stalls_keep_the_order),
	};

	return world_run(tests);
}
