/* unit/relay_window.c - what the gate promises about pairing. */
#include "relay/window.h"

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
#include "proto/pact.h"
#include "proto/pass.h"
#include "proto/post.h"

static const char right[] = "K7QM2XFD", wrong[] = "00000000";

static void
open_window(struct gated *s, uint64_t number)
{
	struct buf out = { 0 };
	struct msg_writer w;

	msg_begin(&w, &out, (enum msg_type)POST_WINDOW, 4);
	msg_uint(&w, number);
	msg_str(&w, right);
	msg_str(&w, "full");
	msg_str(&w, "desk");
	msg_end(&w);
	gated_post(s, &out, -1);
}

/* A pairing connection up to its handshake's end, or -1. */
static int
begin_pairing(struct gated *s, struct greet *g, uint32_t host)
{
	uint8_t in[GREET_OUT], out[GREET_OUT];
	int fd = gated_dial(s, host);
	size_t len;

	greet_init(g, &(struct greet_options){ .self = &s->device,
					       .type = GREET_PAIRING });
	ssize_t n = greet_start(g, out);
	send(fd, out, (size_t)n, MSG_NOSIGNAL);
	while (!greet_done(g)) {
		n = gated_hear(fd, in, greet_wants(g));
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
try_code(struct gated *s, const char *code, uint32_t host)
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
	ssize_t n = gated_hear(fd, in, sizeof in);
	if (n > 0)
		r = pact_feed(&p, in, (size_t)n, &used, &out);
	if (r == PACT_PROVED) {
		struct buf done = { 0 };
		struct msg_writer w;

		send(fd, out.data, out.len, MSG_NOSIGNAL);
		const struct msg *m = gated_until(s, POST_PROVED, NULL);
		assert_non_null(m);
		msg_begin(&w, &done, (enum msg_type)POST_WRITTEN, 2);
		msg_uint(&w, msg_to_uint(msg_field(m, 0), 0));
		msg_bool(&w, true);
		msg_end(&w);
		gated_post(s, &done, -1);
		n = gated_hear(fd, in, sizeof in);
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
	struct gated *s = *state;
	struct greet g;

	assert_int_equal(begin_pairing(s, &g, 1), -1);
	/* And who tries where none is wanted is refused for a while. */
	char c;
	int fd = gated_dial(s, 1);
	assert_int_equal(gated_hear(fd, &c, 1), 0);
	io_close(fd);
}

static void
the_right_code_pairs_once(void **state)
{
	struct gated *s = *state;

	open_window(s, 1);
	assert_int_equal(try_code(s, right, 2), PACT_PAIRED);
	assert_int_equal(try_code(s, right, 3), -EPIPE);
}

static void
three_tries_are_counted_in_a_window_however_many_come(void **state)
{
	enum { MANY = 200, AT_ONCE = 20 };
	struct gated *s = *state;
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
	struct gated *s = *state;
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
		assert_true(gated_hear(fd, in, sizeof in) > 0);
		/* It knows now that it was right, and says nothing. */
		io_close(fd);
		pact_wipe(&p);
		buf_clear(&out);
		const struct msg *m = gated_until(s, POST_WRONG, NULL);
		assert_int_equal(msg_to_uint(msg_field(m, 1), 9), 2 - i);
	}
	assert_int_equal(try_code(s, right, 700), -EPIPE);
	buf_release(&out);
}

/* As a device does that has the key of a host that was made anew. */
static void
who_was_refused_may_pair_when_he_is_asked_to(void **state)
{
	struct gated *s = *state;
	char c;

	/* 5 s of penalty for each, and from 15 s on it is refused. */
	for (int i = 0; i < 5; i++) {
		int fd = gated_dial(s, 950);

		send(fd, "GET / HTTP/1.1\r\n", 16, MSG_NOSIGNAL);
		assert_true(gated_hear(fd, &c, 1) <= 0);
		io_close(fd);
	}
	open_window(s, 1);
	assert_int_equal(try_code(s, right, 950), PACT_PAIRED);
}

static void
who_takes_the_place_and_tries_nothing_is_kept_out(void **state)
{
	enum { ENOUGH = 8 };
	struct gated *s = *state;
	struct greet g;
	int n = 0, fd;
	char c;

	open_window(s, 1);
	while (n < ENOUGH && (fd = begin_pairing(s, &g, 900)) >= 0) {
		/* Long before a try would have to be over. */
		assert_int_equal(gated_hear(fd, &c, 1), 0);
		io_close(fd);
		n++;
	}
	assert_true(n < ENOUGH);
	print_message("# refused after %d times\n", n);
	assert_int_equal(try_code(s, right, 2), PACT_PAIRED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, gated_enter, gated_leave)
		T(no_window_no_pairing),
		T(the_right_code_pairs_once),
		T(three_tries_are_counted_in_a_window_however_many_come),
		T(who_hangs_up_after_the_answer_has_used_a_try),
		T(who_was_refused_may_pair_when_he_is_asked_to),
		T(who_takes_the_place_and_tries_nothing_is_kept_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
