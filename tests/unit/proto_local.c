/* unit/proto_local.c - the promises of proto/local.h. */
#include "proto/local.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/loop.h"
#include "base/path.h"
#include "base/str.h"
#include "proto/frame.h"
#include "proto/msg.h"
#include "scratch.h"

/* One end in a loop; the test plays the other. */
struct world {
	struct loop *loop;
	struct local *conn;
	int peer;
	unsigned got, last, gone, drained;
	int why;
	bool free_when_got;
	struct buf seen; /* bytes of MSG_DATA */
};

static void
on_got(void *ctx, struct msg *m)
{
	struct world *w = ctx;
	size_t len;
	const uint8_t *data = msg_to_bin(msg_field(m, 0), &len);

	w->got++;
	w->last = m->type;
	if (m->type == MSG_DATA)
		buf_append(&w->seen, data, len);
	if (w->free_when_got) {
		local_free(w->conn);
		w->conn = NULL;
	}
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
on_drained(void *ctx)
{
	struct world *w = ctx;

	w->drained++;
	loop_stop(w->loop);
}

static const struct local_events events = { on_got, on_gone, on_drained };

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	int fds[2];

	assert_int_equal(io_socketpair(fds), 0);
	io_nonblock(fds[0], true);
	w->loop = loop_new();
	w->conn = local_new(w->loop, fds[0], &events, w);
	w->peer = fds[1];
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	local_free(w->conn);
	if (w->peer >= 0)
		io_close(w->peer);
	loop_free(w->loop);
	buf_release(&w->seen);
	free(w);
	return 0;
}

static void
write_data(struct buf *b, const char *text)
{
	struct msg_writer w;

	msg_begin(&w, b, MSG_DATA, 1);
	msg_bin(&w, text, strlen(text));
	msg_end(&w);
}

static void
messages_come_whole_however_they_were_cut(void **state)
{
	struct world *w = *state;
	struct buf b = { 0 };

	write_data(&b, "one ");
	write_data(&b, "two ");
	write_data(&b, "three");
	for (size_t i = 0; i < b.len; i++) {
		assert_int_equal(io_write(w->peer, b.data + i, 1), 1);
		local_pump(w->conn);
	}
	assert_int_equal(w->got, 3);
	assert_memory_equal(w->seen.data, "one two three", 13);

	assert_int_equal(io_write_all(w->peer, b.data, b.len), 0);
	local_pump(w->conn);
	assert_int_equal(w->got, 6);
	buf_release(&b);
}

static void
a_peer_that_breaks_the_protocol_is_cut_off(void **state)
{
	struct world *w = *state;

	assert_int_equal(io_write_all(w->peer, "GET / HTTP/1.1\r\n", 16), 0);
	loop_run(w->loop);
	assert_int_equal(w->gone, 1);
	assert_int_equal(w->why, -EPROTO);
	assert_int_equal(w->got, 0);
	assert_int_equal(local_fd(w->conn), -1);

	char byte;
	assert_true(io_read(w->peer, &byte, 1) <= 0);
}

static void
half_a_frame_and_then_nothing_is_an_end_of_file(void **state)
{
	struct world *w = *state;

	assert_int_equal(io_write_all(w->peer, "\0\0\0\x09\x92", 5), 0);
	local_pump(w->conn);
	io_close(w->peer);
	w->peer = -1;
	loop_run(w->loop);
	assert_int_equal(w->gone, 1);
	assert_int_equal(w->why, 0);
}

static void
it_may_be_freed_from_within(void **state)
{
	struct world *w = *state;
	struct buf b = { 0 };

	w->free_when_got = true;
	write_data(&b, "first");
	write_data(&b, "never seen");
	assert_int_equal(io_write_all(w->peer, b.data, b.len), 0);
	loop_run(w->loop);
	assert_int_equal(w->got, 1);
	assert_int_equal(w->gone, 0);
	buf_release(&b);
}

/* The peer reads what there is. */
static void
drain(void *ctx, unsigned ready)
{
	struct world *w = ctx;
	ssize_t n;

	(void)ready;
	do {
		n = io_read(w->peer, buf_room(&w->seen, 1 << 16), 1 << 16);
		if (n > 0)
			buf_grew(&w->seen, (size_t)n);
	} while (n > 0);
}

static void
what_the_socket_does_not_take_waits_in_order(void **state)
{
	enum { SIZE = 700 << 10 };
	struct world *w = *state;
	struct buf *all = &w->seen;
	uint8_t *big = malloc(SIZE);
	struct msg_writer mw;
	const uint8_t *payload;
	size_t need, at = 0, len;
	struct msg m = { 0 };

	for (size_t i = 0; i < SIZE; i++)
		big[i] = (uint8_t)(i * 7 + i / 251);
	for (uint8_t k = 0; k < 4; k++) {
		big[0] = k;
		msg_begin(&mw, local_out(w->conn), MSG_DATA, 1);
		msg_end_with_bin(&mw, SIZE);
		local_send_with(w->conn,
				(struct iovec[]){ { big, 1000 },
						  { big + 1000, SIZE - 1000 } },
				2);
	}
	assert_true(local_queued(w->conn) > 0);
	io_nonblock(w->peer, true);
	struct loop_fd *reader =
		loop_fd_new(w->loop, w->peer, LOOP_READ, drain, w);
	loop_run(w->loop);
	loop_fd_free(reader);
	assert_int_equal(w->drained, 1);
	assert_int_equal(local_queued(w->conn), 0);
	drain(w, LOOP_READ);

	for (uint8_t k = 0; k < 4; k++) {
		int n = frame_look(all->data + at, all->len - at, &payload,
				   &need);
		assert_true(n > 0);
		assert_int_equal(msg_read(&m, payload, (size_t)n), 0);
		big[0] = k;
		const uint8_t *got = msg_to_bin(msg_field(&m, 0), &len);
		assert_int_equal(len, SIZE);
		assert_true(memcmp(got, big, SIZE) == 0);
		at += FRAME_HEAD + (size_t)n;
	}
	assert_int_equal(at, all->len);
	msg_release(&m);
	free(big);
}

static void
a_peer_that_left_is_noticed_by_who_writes(void **state)
{
	struct world *w = *state;

	io_close(w->peer);
	w->peer = -1;
	for (int i = 0; i < 3; i++) {
		write_data(local_out(w->conn), "into the void");
		local_flush(w->conn);
	}
	assert_int_equal(w->gone, 0); /* not from inside a call of ours */
	loop_run(w->loop);
	assert_int_equal(w->gone, 1);
}

static void
who_is_not_read_may_still_leave(void **state)
{
	struct world *w = *state;
	struct buf b = { 0 };

	local_pause(w->conn, true);
	write_data(&b, "last words");
	assert_int_equal(io_write_all(w->peer, b.data, b.len), 0);
	io_close(w->peer);
	w->peer = -1;
	while (w->gone == 0)
		loop_run(w->loop);
	assert_memory_equal(w->seen.data, "last words", 10);
	buf_release(&b);
}

static void
a_stale_socket_is_replaced_and_a_live_one_is_not(void **state)
{
	char *dir = scratch_new();
	char *path = path_join(dir, "s");
	struct stat st;

	(void)state;
	int fd = local_listen(path);
	assert_true(fd >= 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(local_listen(path), -EADDRINUSE);
	int asked = local_accept(fd); /* by calling */
	assert_true(asked >= 0);
	io_close(asked);
	assert_int_equal(local_accept(fd), -EAGAIN);
	io_close(fd);
	fd = local_listen(path);
	assert_true(fd >= 0);
	io_close(fd);
	assert_int_equal(local_connect(path), -ECONNREFUSED);
	free(path);
	scratch_free(dir);
}

/* Its sockets are closed one after the other, and the listener last. */
static void
one_that_is_dying_is_not_taken_for_a_live_one(void **state)
{
	char *dir = scratch_new();
	char *path = path_join(dir, "s");
	struct pollfd p = { local_listen(path), POLLIN, 0 };
	int status;

	(void)state;
	assert_true(p.fd >= 0);
	pid_t pid = fork();
	if (pid == 0) {
		/* Ends when the other asks whether it is there. */
		poll(&p, 1, -1);
		_exit(0);
	}
	io_close(p.fd);
	int fd = local_listen(path);
	assert_true(fd >= 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	io_close(fd);
	free(path);
	scratch_free(dir);
}

/* Of one that is stopped: nobody is let in any more. */
static void
who_cannot_wait_does_not_wait_in_line(void **state)
{
	enum { LINE = 512 };
	char *dir = scratch_new();
	char *path = path_join(dir, "s");
	int waiting[LINE], n = 0, r = 0;

	(void)state;
	assert_int_equal(local_connect_now(path), -ENOENT);
	int fd = local_listen(path);
	assert_true(fd >= 0);
	while (n < LINE && (r = local_connect_now(path)) >= 0)
		waiting[n++] = r;
	assert_true(n > 0);
	assert_int_equal(r, -EAGAIN);
	/* Who is in it is heard when there is time. */
	int in = local_accept(fd);
	assert_true(in >= 0);
	io_close(in);
	while (n > 0)
		io_close(waiting[--n]);
	io_close(fd);
	free(path);
	scratch_free(dir);
}

static void
who_asks_gets_the_answer_and_not_the_hello(void **state)
{
	int fds[2];
	struct buf b = { 0 };
	struct msg_writer w;
	struct msg *m;

	(void)state;
	assert_int_equal(io_socketpair(fds), 0);
	io_nonblock(fds[0], true);
	struct local_call *c = local_call_new(fds[0], "client");
	msg_begin(&w, local_call_out(c), MSG_INFO, 0);
	msg_end(&w);
	assert_int_equal(local_call_send(c), 0);
	assert_int_equal(local_call_next(c, 0, &m), -ETIMEDOUT);

	msg_begin(&w, &b, MSG_HELLO, 1);
	msg_uint(&w, MSG_VERSION);
	msg_end(&w);
	msg_begin(&w, &b, MSG_OK, 0);
	msg_end(&w);
	msg_begin(&w, &b, MSG_END, 0);
	msg_end(&w);
	assert_int_equal(io_write_all(fds[1], b.data, b.len), 0);
	assert_int_equal(local_call_next(c, -1, &m), 0);
	assert_int_equal(m->type, MSG_OK);
	assert_int_equal(local_call_next(c, 0, &m), 0);
	assert_int_equal(m->type, MSG_END);
	io_close(fds[1]);
	assert_int_equal(local_call_next(c, -1, &m), -EPIPE);
	local_call_free(c);
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			messages_come_whole_however_they_were_cut, setup,
			teardown),
		cmocka_unit_test_setup_teardown(
			a_peer_that_breaks_the_protocol_is_cut_off, setup,
			teardown),
		cmocka_unit_test_setup_teardown(
			half_a_frame_and_then_nothing_is_an_end_of_file, setup,
			teardown),
		cmocka_unit_test_setup_teardown(it_may_be_freed_from_within,
						setup, teardown),
		cmocka_unit_test_setup_teardown(
			what_the_socket_does_not_take_waits_in_order, setup,
			teardown),
		cmocka_unit_test_setup_teardown(
			a_peer_that_left_is_noticed_by_who_writes, setup,
			teardown),
		cmocka_unit_test_setup_teardown(who_is_not_read_may_still_leave,
						setup, teardown),
		cmocka_unit_test(
			a_stale_socket_is_replaced_and_a_live_one_is_not),
		cmocka_unit_test(one_that_is_dying_is_not_taken_for_a_live_one),
		cmocka_unit_test(who_cannot_wait_does_not_wait_in_line),
		cmocka_unit_test(who_asks_gets_the_answer_and_not_the_hello),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
