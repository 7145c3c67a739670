/* unit/proto_pass.c - the promises of proto/pass.h. */
#include "proto/pass.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/io.h"
#include "base/loop.h"
#include "proto/msg.h"

struct world {
	struct loop *loop;
	struct pass *pass;
	int peer;
	unsigned got, fds, gone;
	uint64_t sum;
	int why, stop_at;
	const uint8_t *bytes; /* in a message */
	bool free_when_got;
};

static void
message(struct buf *b, uint64_t n, size_t filler)
{
	static uint8_t zeros[PASS_MAX];
	struct msg_writer w;

	msg_begin(&w, b, (enum msg_type)7, 2);
	msg_uint(&w, n);
	msg_bin(&w, zeros, filler);
	msg_end(&w);
}

/* A pipe's end that says `n`, and can be recognized by that. */
static int
token(uint8_t n)
{
	int fds[2];

	assert_int_equal(io_pipe(fds), 0);
	assert_int_equal(io_write(fds[1], &n, 1), 1);
	io_close(fds[1]);
	return fds[0];
}

static uint8_t
spend(int fd)
{
	uint8_t n = 0;

	assert_int_equal(io_read(fd, &n, 1), 1);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	io_close(fd);
	return n;
}

static void
on_got(void *ctx, struct msg *m, int fd)
{
	struct world *w = ctx;
	uint64_t n = msg_to_uint(msg_field(m, 0), 0);

	w->got++;
	w->sum += n;
	if (fd >= 0) {
		w->fds++;
		assert_int_equal(spend(fd), n);
	}
	if (w->free_when_got) {
		pass_free(w->pass);
		w->pass = NULL;
	}
	if (w->got == (unsigned)w->stop_at)
		loop_stop(w->loop);
}

static void
on_gone(void *ctx, int why)
{
	struct world *w = ctx;

	w->gone++;
	w->why = why;
	loop_stop(w->loop);
}

static void
start(struct world *w)
{
	static const struct pass_events events = { on_got, on_gone };
	int fds[2];

	*w = (struct world){ .stop_at = -1 };
	assert_int_equal(io_socketpair(fds), 0);
	w->loop = loop_new();
	w->pass = pass_new(w->loop, fds[0], &events, w);
	w->peer = fds[1];
}

static void
stop(struct world *w)
{
	pass_free(w->pass);
	if (w->peer >= 0)
		io_close(w->peer);
	loop_free(w->loop);
}

static int
count_fds(void)
{
	int n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void
each_message_has_its_own_descriptor(void **state)
{
	struct buf b = { 0 };
	struct world w;
	int before = count_fds();

	(void)state;
	start(&w);
	for (uint8_t i = 1; i <= 100; i++) {
		int fd = i % 3 == 0 ? token(i) : -1;

		message(&b, i, i);
		assert_int_equal(pass_put(w.peer, &b, fd), 0);
		if (fd >= 0)
			io_close(fd);
	}
	w.stop_at = 100;
	loop_run(w.loop);
	assert_int_equal(w.got, 100);
	assert_int_equal(w.fds, 33);
	assert_int_equal(w.sum, 5050);

	io_close(w.peer);
	w.peer = -1;
	loop_run(w.loop);
	assert_int_equal(w.gone, 1);
	assert_int_equal(w.why, 0);
	stop(&w);
	buf_release(&b);
	assert_int_equal(count_fds(), before);
}

static void
what_does_not_fit_is_queued(void **state)
{
	struct buf b = { 0 }, in = { 0 };
	struct msg m = { 0 };
	struct world w;
	int before = count_fds();

	(void)state;
	start(&w);
	for (uint8_t i = 1; i <= 50; i++) {
		message(&b, i, PASS_MAX - 100);
		pass_send(w.pass, &b, token(i));
		assert_int_equal(b.len, 0);
	}
	assert_true(pass_queued(w.pass) > 0);
	for (uint8_t i = 1; i <= 50; i++) {
		int fd, r;

		while ((r = pass_get(w.peer, 0, &in, &m, &fd)) == -ETIMEDOUT ||
		       r == -EAGAIN)
			fail_msg("message %d is torn", i);
		assert_int_equal(r, 0);
		assert_int_equal(msg_to_uint(msg_field(&m, 0), 0), i);
		assert_int_equal(spend(fd), i);
		/* Room for the next: one turn of the loop. */
		if (pass_queued(w.pass) > 0) {
			struct buf ask = { 0 };

			w.stop_at = (int)w.got + 1;
			message(&ask, 0, 0);
			assert_int_equal(pass_put(w.peer, &ask, -1), 0);
			loop_run(w.loop);
			buf_release(&ask);
		}
	}
	assert_int_equal(pass_get(w.peer, 0, &in, &m, &(int){ 0 }), -ETIMEDOUT);
	stop(&w);
	msg_release(&m);
	buf_release(&in);
	buf_release(&b);
	assert_int_equal(count_fds(), before);
}

static void
what_was_not_sent_is_closed(void **state)
{
	struct buf b = { 0 };
	struct world w;
	int before = count_fds();

	(void)state;
	start(&w);
	for (uint8_t i = 1; i <= 50; i++) {
		message(&b, i, PASS_MAX - 100);
		pass_send(w.pass, &b, token(i));
	}
	stop(&w);
	assert_int_equal(count_fds(), before);

	start(&w);
	io_close(w.peer);
	w.peer = -1;
	message(&b, 1, 0);
	pass_send(w.pass, &b, token(1));
	loop_run(w.loop);
	assert_int_equal(w.gone, 1);
	message(&b, 1, 0);
	pass_send(w.pass, &b, token(1));
	stop(&w);
	buf_release(&b);
	assert_int_equal(count_fds(), before);
}

static void
it_may_be_freed_in_its_own_callback(void **state)
{
	struct buf b = { 0 };
	struct world w;

	(void)state;
	start(&w);
	w.free_when_got = true;
	w.stop_at = 1;
	for (int i = 0; i < 3; i++)
		message(&b, 1, 0);
	assert_int_equal(pass_put(w.peer, &b, -1), 0);
	loop_run(w.loop);
	assert_int_equal(w.got, 1);
	stop(&w);
	buf_release(&b);
}

/* Bytes with n descriptors. */
static void
raw(int sock, const void *data, size_t len, int n)
{
	char control[CMSG_SPACE(sizeof(int) * 8)] = { 0 };
	struct iovec iov = { (void *)(uintptr_t)data, len };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (n > 0) {
		m.msg_control = control;
		m.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)n);
		struct cmsghdr *c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)n);
		for (int i = 0; i < n; i++) {
			int fd = STDIN_FILENO;

			memcpy(CMSG_DATA(c) + sizeof fd * (size_t)i, &fd,
			       sizeof fd);
		}
	}
	assert_int_equal(sendmsg(sock, &m, 0), len);
}

static void
who_breaks_the_rules_is_out(void **state)
{
	struct buf good = { 0 };
	int before = count_fds();

	(void)state;
	message(&good, 1, 10);
	for (int how = 0; how < 8; how++) {
		uint8_t head[4];
		struct world w;

		start(&w);
		switch (how) {
		case 0: /* two at once */
		case 1: /* many */
			raw(w.peer, good.data, good.len, how == 0 ? 2 : 8);
			break;
		case 2: /* in the middle */
			raw(w.peer, good.data, 6, 0);
			raw(w.peer, good.data + 6, good.len - 6, 1);
			break;
		case 3: /* twice */
			raw(w.peer, good.data, 1, 1);
			raw(w.peer, good.data + 1, good.len - 1, 1);
			break;
		case 4: /* too long */
		case 5: /* empty */
			bytes_put_be32(head, how == 4 ? PASS_MAX + 1 : 0);
			raw(w.peer, head, 4, 1);
			break;
		case 6: /* no message */
			raw(w.peer, "\0\0\0\4\xdd\xff\xff\xff", 8, 1);
			break;
		default: /* cut off */
			raw(w.peer, good.data, good.len - 1, 1);
			io_close(w.peer);
			w.peer = -1;
		}
		loop_run(w.loop);
		assert_int_equal(w.got, 0);
		assert_int_equal(w.gone, 1);
		assert_int_equal(w.why, how < 7 ? -EPROTO : 0);
		stop(&w);
		assert_int_equal(count_fds(), before);
	}
	buf_release(&good);
}

static void
the_same_without_a_loop(void **state)
{
	struct buf b = { 0 }, in = { 0 };
	struct msg m = { 0 };
	int fds[2], fd, before = count_fds();

	(void)state;
	assert_int_equal(io_socketpair(fds), 0);
	message(&b, 9, 10);
	int t = token(9);
	assert_int_equal(pass_put(fds[0], &b, t), 0);
	io_close(t);
	assert_int_equal(pass_get(fds[1], -1, &in, &m, &fd), 0);
	assert_int_equal(spend(fd), 9);
	assert_int_equal(pass_get(fds[1], 0, &in, &m, &fd), -ETIMEDOUT);
	message(&b, 9, 10);
	raw(fds[0], b.data, b.len, 2);
	assert_int_equal(pass_get(fds[1], -1, &in, &m, &fd), -EPROTO);
	io_close(fds[0]);
	/* What is left of it is no end of file, but then it comes. */
	int r;
	while ((r = pass_get(fds[1], -1, &in, &m, &fd)) == -EPROTO)
		continue;
	assert_true(r == -EPIPE);
	io_close(fds[1]);
	msg_release(&m);
	buf_release(&in);
	buf_release(&b);
	assert_int_equal(count_fds(), before);
}

static void
without_room_for_a_descriptor_the_message_comes(void **state)
{
	struct rlimit old, none;
	struct buf b = { 0 }, in = { 0 };
	struct msg m = { 0 };
	int fds[2], fd;

	(void)state;
	assert_int_equal(io_socketpair(fds), 0);
	int t = token(9);
	message(&b, 9, 10);
	assert_int_equal(pass_put(fds[0], &b, t), 0);
	message(&b, 10, 10);
	assert_int_equal(pass_put(fds[0], &b, t), 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	none = old;
	none.rlim_cur = (rlim_t)t;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	/* Those below are taken. */
	int taken[64], n = 0;
	while (n < 64 && (taken[n] = dup(fds[0])) >= 0)
		n++;
	int r = pass_get(fds[1], -1, &in, &m, &fd);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_int_equal(r, 0);
	assert_int_equal(fd, -1);
	assert_int_equal(msg_to_uint(msg_field(&m, 0), 0), 9);
	assert_int_equal(pass_get(fds[1], -1, &in, &m, &fd), 0);
	assert_int_equal(spend(fd), 9);
	while (n > 0)
		io_close(taken[--n]);
	io_close(t);
	io_close(fds[0]);
	io_close(fds[1]);
	msg_release(&m);
	buf_release(&in);
	buf_release(&b);
}

static bool
is_wiped(const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (data[i] != 0)
			return false;
	return true;
}

/* Keys and codes go this way. */
static void
no_copy_of_what_was_passed_stays(void **state)
{
	struct buf b = { 0 }, in = { 0 };
	struct msg m = { 0 };
	int fds[2], fd;

	(void)state;
	assert_int_equal(io_socketpair(fds), 0);
	for (int i = 0; i < 2; i++) {
		message(&b, 9, 10);
		size_t len = b.len;
		assert_int_equal(pass_put(fds[0], &b, -1), 0);
		assert_true(is_wiped(b.data, len));
		assert_int_equal(pass_get(fds[1], -1, &in, &m, &fd), 0);
		assert_false(is_wiped(in.data, len));
		assert_int_equal(pass_get(fds[1], 0, &in, &m, &fd), -ETIMEDOUT);
		assert_true(is_wiped(in.data, len));
	}
	io_close(fds[0]);
	io_close(fds[1]);
	msg_release(&m);
	buf_release(&in);
	buf_release(&b);
}

static void
remember(void *ctx, struct msg *m, int fd)
{
	struct world *w = ctx;
	size_t len;

	assert_int_equal(fd, -1);
	w->bytes = msg_to_bin(msg_field(m, 1), &len);
	assert_int_equal(len, sizeof "secret");
	assert_memory_equal(w->bytes, "secret", len);
	loop_stop(w->loop);
}

static void
nor_of_what_has_come(void **state)
{
	static const struct pass_events events = { remember, on_gone };
	struct world w = { .loop = loop_new() };
	struct buf b = { 0 };
	struct msg_writer m;
	int fds[2];

	(void)state;
	assert_int_equal(io_socketpair(fds), 0);
	w.pass = pass_new(w.loop, fds[0], &events, &w);
	msg_begin(&m, &b, (enum msg_type)7, 2);
	msg_uint(&m, 9);
	msg_bin(&m, "secret", sizeof "secret");
	msg_end(&m);
	assert_int_equal(pass_put(fds[1], &b, -1), 0);
	loop_run(w.loop);
	assert_true(is_wiped(w.bytes, sizeof "secret"));
	buf_release(&b);
	w.peer = fds[1];
	stop(&w);
}

/* The first loop of a process opens what stays open. */
static int
setup(void **state)
{
	(void)state;
	loop_free(loop_new());
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_message_has_its_own_descriptor),
		cmocka_unit_test(what_does_not_fit_is_queued),
		cmocka_unit_test(what_was_not_sent_is_closed),
		cmocka_unit_test(it_may_be_freed_in_its_own_callback),
		cmocka_unit_test(who_breaks_the_rules_is_out),
		cmocka_unit_test(the_same_without_a_loop),
		cmocka_unit_test(
			without_room_for_a_descriptor_the_message_comes),
		cmocka_unit_test(no_copy_of_what_was_passed_stays),
		cmocka_unit_test(nor_of_what_has_come),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
