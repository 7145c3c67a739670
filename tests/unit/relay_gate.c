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
#include "gated.h"
#include "proto/greet.h"
#include "proto/post.h"

/* How long it takes the real device to come in, ms. */
/* Times are limited only where nothing else runs. */
static void
in_time(long ms, long limit)
{
	if (getenv("CDO_TIMED") != NULL)
		assert_in_range(ms, 0, limit);
}

static long
come_in(struct gated *s)
{
	long begun = gated_now();
	int got = -1;

	for (;;) {
		int fd = gated_dial(s, 1);
		bool in = gated_shake(s, fd, &s->device, s->psk);

		if (in && gated_until(s, POST_LINK, &got) != NULL) {
			assert_true(got >= 0);
			io_close(got);
			io_close(fd);
			return gated_now() - begun;
		}
		io_close(fd);
		assert_true(gated_now() - begun < GATED_PATIENCE);
	}
}

/* A line of /proc/PID/status as a number, -1 if there is none. */
static long
status_of(pid_t pid, const char *name)
{
	char path[64], line[256];
	size_t len = strlen(name);
	long value = -1;

	snprintf(path, sizeof path, "/proc/%ld/status", (long)pid);
	FILE *f = fopen(path, "re");
	while (f != NULL && value < 0 && fgets(line, sizeof line, f) != NULL)
		if (strncmp(line, name, len) == 0 && line[len] == ':')
			value = strtol(line + len + 1, NULL, 10);
	if (f != NULL)
		fclose(f);
	return value;
}

static void
it_is_confined_as_it_says(void **state)
{
	struct gated *s = *state;
	struct sandbox gives;

	sandbox_look(&gives);
	assert_memory_equal(&gives, &s->box, sizeof gives);
	if (status_of(s->pid, "Seccomp") < 0)
		skip(); /* not Linux */
	assert_int_equal(status_of(s->pid, "NoNewPrivs"), 1);
	assert_int_equal(status_of(s->pid, "Seccomp"), gives.seccomp ? 2 : 0);
	print_message("# landlock %d, seccomp %d\n", gives.landlock,
		      gives.seccomp);
}

static void
a_paired_device_is_handed_over_with_its_socket(void **state)
{
	struct gated *s = *state;
	size_t len;
	int got, fd = gated_dial(s, 1);
	char c = 0;

	assert_true(gated_shake(s, fd, &s->device, s->psk));
	const struct msg *m = gated_until(s, POST_LINK, &got);
	assert_non_null(m);
	assert_memory_equal(msg_to_bin(msg_field(m, 0), &len), s->device.public,
			    NOISE_KEY);
	/* Nothing was read past the handshake. */
	assert_int_equal(send(fd, "x", 1, 0), 1);
	assert_int_equal(gated_hear(got, &c, 1), 1);
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
	struct gated *s = *state;
	char c;

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		int fd = gated_dial(s, (uint32_t)(256 + i));

		send(fd, words[i], strlen(words[i]), MSG_NOSIGNAL);
		assert_int_equal(gated_hear(fd, &c, 1), 0);
		io_close(fd);
	}
	in_time(come_in(s), 3000);
}

static void
a_flipped_bit_in_the_first_message_is_not_answered(void **state)
{
	uint8_t first[GREET_OUT], data[256];
	struct gated *s = *state;
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
		int fd = gated_dial(s, (uint32_t)(1024 + bit));

		first[bit / 8] ^= (uint8_t)(1 << bit % 8);
		send(fd, first, len, MSG_NOSIGNAL);
		shutdown(fd, SHUT_WR);
		assert_int_equal(gated_hear(fd, data, sizeof data), 0);
		first[bit / 8] ^= (uint8_t)(1 << bit % 8);
		io_close(fd);
		runs++;
	}
	print_message("# %u runs, none answered\n", runs);
}

static void
an_unknown_device_hears_the_second_message_and_no_more(void **state)
{
	struct gated *s = *state;
	struct noise_pair other;
	int fd = gated_dial(s, 300);
	char c;

	noise_pair_make(&other);
	/* It is done on its side; the host closes. */
	assert_true(gated_shake(s, fd, &other, s->psk));
	assert_int_equal(gated_hear(fd, &c, 1), 0);
	io_close(fd);

	/* A known one without the right psk likewise. */
	uint8_t psk[NOISE_KEY] = { 1 };
	fd = gated_dial(s, 301);
	assert_true(gated_shake(s, fd, &s->device, psk));
	assert_int_equal(gated_hear(fd, &c, 1), 0);
	io_close(fd);
}

static void
who_was_forgotten_does_not_come_in_any_more(void **state)
{
	struct gated *s = *state;
	struct buf out = { 0 };
	struct msg_writer w;
	char c;

	come_in(s);
	msg_begin(&w, &out, (enum msg_type)POST_FORGET, 1);
	msg_bin(&w, s->device.public, NOISE_KEY);
	msg_end(&w);
	gated_post(s, &out, -1);
	int fd = gated_dial(s, 1);
	if (gated_shake(s, fd, &s->device, s->psk))
		assert_int_equal(gated_hear(fd, &c, 1), 0);
	io_close(fd);
}

/* Waits until all are closed; how many were not within `early` ms. */
static unsigned
wait_for_ends(struct pollfd *p, nfds_t n, long begun, long early, long *last)
{
	unsigned held = 0;

	for (nfds_t open = n; open > 0;) {
		assert_true(poll(p, n, GATED_PATIENCE) > 0);
		*last = gated_now() - begun;
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
	struct gated *s = *state;
	struct pollfd p[MANY];
	long begun = gated_now(), before = status_of(s->pid, "VmRSS"), last = 0;

	for (int i = 0; i < MANY; i++) {
		p[i] = (struct pollfd){
			.fd = gated_dial(s, (uint32_t)(0x10000 + i)),
			.events = POLLIN,
		};
		send(p[i].fd, "CDO", 3, MSG_NOSIGNAL);
	}
	long in = come_in(s);
	unsigned held = wait_for_ends(p, MANY, begun, 4000, &last);
	print_message("# %u of %d sat until %ld ms; the device came in after "
		      "%ld ms; memory %+ld kB\n",
		      held, MANY, last, in,
		      status_of(s->pid, "VmRSS") - before);
	in_time(in, 2000);
	assert_in_range(held, 1, 64);
	assert_true(last >= 4500);
	in_time(last, 6500);
	assert_true(status_of(s->pid, "VmRSS") - before < 4096);
}

static void
a_flood_of_good_first_messages_leaves_room_for_the_device(void **state)
{
	enum { MANY = 3000 };
	struct gated *s = *state;
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
			int fd = gated_dial(s, 0x20000 + i % 256);

			send(fd, first, len, MSG_NOSIGNAL);
			io_close(fd);
		}
		_exit(0);
	}
	long in = come_in(s);
	waitpid(flood, NULL, 0);
	print_message("# in a flood the device came in after %ld ms\n", in);
	in_time(in, 3000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, gated_enter, gated_leave)
		T(it_is_confined_as_it_says),
		T(a_paired_device_is_handed_over_with_its_socket),
		T(strangers_with_all_sorts_of_words_hear_nothing),
		T(a_flipped_bit_in_the_first_message_is_not_answered),
		T(an_unknown_device_hears_the_second_message_and_no_more),
		T(who_was_forgotten_does_not_come_in_any_more),
		T(silent_ones_are_closed_and_a_device_comes_in_meanwhile),
		T(a_flood_of_good_first_messages_leaves_room_for_the_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
