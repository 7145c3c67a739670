/* unit/base_loop.c - the promises of base/loop.h. */
#include "base/loop.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/io.h"

struct watch {
	struct loop *loop;
	struct loop_fd *fd;
	struct loop_timer *timer;
	struct loop_signal *signal;
	int pipe[2];
	int calls, fired;
	unsigned events;
	char got[8];
	ssize_t n;
	char order[8];
	int orders;
};

static void
on_ready(void *ctx, unsigned events)
{
	struct watch *w = ctx;

	w->calls++;
	w->events |= events;
	if (events & LOOP_READ)
		w->n = io_read(w->pipe[0], w->got, sizeof w->got);
	loop_stop(w->loop);
}

static void
on_fired(void *ctx)
{
	struct watch *w = ctx;

	w->fired++;
	loop_stop(w->loop);
}

static int
setup(void **state)
{
	struct watch *w = calloc(1, sizeof *w);

	*state = w;
	w->loop = loop_new();
	return io_pipe(w->pipe);
}

static int
teardown(void **state)
{
	struct watch *w = *state;

	loop_fd_free(w->fd);
	loop_timer_free(w->timer);
	loop_signal_free(w->signal);
	loop_free(w->loop);
	close(w->pipe[0]);
	close(w->pipe[1]);
	free(w);
	return 0;
}

static void
a_loop_with_nothing_to_watch_ends(void **state)
{
	struct watch *w = *state;

	loop_run(w->loop);
	loop_free(NULL);
}

static void
a_readable_descriptor_is_told(void **state)
{
	struct watch *w = *state;

	w->fd = loop_fd_new(w->loop, w->pipe[0], LOOP_READ, on_ready, w);
	assert_non_null(w->fd);
	assert_int_equal(io_write(w->pipe[1], "hi", 2), 2);
	loop_run(w->loop);
	assert_int_equal(w->events, LOOP_READ);
	assert_int_equal(w->n, 2);
}

static void
a_writable_descriptor_is_told(void **state)
{
	struct watch *w = *state;

	w->fd = loop_fd_new(w->loop, w->pipe[1], LOOP_WRITE, on_ready, w);
	loop_run(w->loop);
	assert_int_equal(w->events, LOOP_WRITE);
}

static void
the_other_end_closing_is_a_read_of_nothing(void **state)
{
	struct watch *w = *state;

	w->fd = loop_fd_new(w->loop, w->pipe[0], LOOP_READ, on_ready, w);
	io_close(w->pipe[1]);
	w->pipe[1] = -1;
	w->n = -1;
	loop_run(w->loop);
	assert_int_equal(w->events & LOOP_READ, LOOP_READ);
	assert_int_equal(w->n, 0);
}

static void
a_write_watch_hears_that_the_reader_is_gone(void **state)
{
	struct watch *w = *state;

	/* A pipe reports an error here; a read of it would say EBADF. */
	io_close(w->pipe[0]);
	w->pipe[0] = -1;
	w->fd = loop_fd_new(w->loop, w->pipe[1], LOOP_READ, on_ready, w);
	loop_run(w->loop);
	assert_int_equal(w->events, LOOP_READ);
	/* And it goes on being watched. */
	loop_run(w->loop);
	assert_int_equal(w->calls, 2);
}

static void
a_paused_watch_is_silent(void **state)
{
	struct watch *w = *state;

	w->fd = loop_fd_new(w->loop, w->pipe[0], LOOP_READ, on_ready, w);
	loop_fd_want(w->fd, 0);
	assert_int_equal(io_write(w->pipe[1], "hi", 2), 2);
	w->timer = loop_timer_new(w->loop, on_fired, w);
	loop_timer_start(w->timer, 1);
	loop_run(w->loop);
	assert_int_equal(w->calls, 0);
	loop_fd_want(w->fd, LOOP_READ);
	loop_run(w->loop);
	assert_int_equal(w->calls, 1);
	assert_int_equal(w->n, 2);
}

static void
free_itself(void *ctx, unsigned events)
{
	struct watch *w = ctx;

	(void)events;
	w->calls++;
	loop_fd_free(w->fd);
	w->fd = NULL;
}

static void
a_watch_may_be_freed_from_its_own_callback(void **state)
{
	struct watch *w = *state;

	w->fd = loop_fd_new(w->loop, w->pipe[0], LOOP_READ, free_itself, w);
	assert_int_equal(io_write(w->pipe[1], "hi", 2), 2);
	loop_run(w->loop); /* nothing is watched any more: it ends */
	assert_int_equal(w->calls, 1);
	/* The descriptor is still the caller's. */
	assert_int_equal(io_read(w->pipe[0], w->got, 2), 2);
}

static void
a_freed_watch_may_be_followed_by_another_at_once(void **state)
{
	struct watch *w = *state;

	for (int i = 0; i < 3; i++) {
		loop_fd_free(w->fd);
		w->fd = loop_fd_new(w->loop, w->pipe[0], LOOP_READ, on_ready,
				    w);
		assert_non_null(w->fd);
	}
	assert_int_equal(io_write(w->pipe[1], "x", 1), 1);
	loop_run(w->loop);
	assert_int_equal(w->calls, 1);
}

static void
what_cannot_be_watched_is_refused(void **state)
{
	struct watch *w = *state;
	int fd = io_open("/dev/null", O_RDONLY, 0);

	assert_null(loop_fd_new(w->loop, fd, LOOP_READ, on_ready, w));
	io_close(fd);
	assert_null(loop_fd_new(w->loop, -1, LOOP_READ, on_ready, w));
}

static void
a_timer_fires_once(void **state)
{
	struct watch *w = *state;
	uint64_t before = loop_now(w->loop);

	w->timer = loop_timer_new(w->loop, on_fired, w);
	assert_false(loop_timer_running(w->timer));
	loop_timer_start(w->timer, 5);
	assert_true(loop_timer_running(w->timer));
	loop_run(w->loop);
	assert_int_equal(w->fired, 1);
	assert_false(loop_timer_running(w->timer));
	assert_true(loop_now(w->loop) >= before + 5);
	loop_run(w->loop); /* no timer running: it ends */
	assert_int_equal(w->fired, 1);
}

static void
a_stopped_timer_does_not_fire(void **state)
{
	struct watch *w = *state;

	w->timer = loop_timer_new(w->loop, on_fired, w);
	loop_timer_start(w->timer, 0);
	loop_timer_stop(w->timer);
	loop_run(w->loop);
	assert_int_equal(w->fired, 0);
}

static void
note_a(void *ctx)
{
	struct watch *w = ctx;

	w->order[w->orders++] = 'a';
}

static void
note_b(void *ctx)
{
	struct watch *w = ctx;

	w->order[w->orders++] = 'b';
}

static void
starting_a_timer_again_moves_it(void **state)
{
	struct watch *w = *state;
	struct loop_timer *other = loop_timer_new(w->loop, note_b, w);

	w->timer = loop_timer_new(w->loop, note_a, w);
	loop_timer_start(w->timer, 1);
	loop_timer_start(other, 10);
	loop_timer_start(w->timer, 20);
	loop_run(w->loop);
	assert_int_equal(w->orders, 2);
	assert_memory_equal(w->order, "ba", 2);
	loop_timer_free(other);
}

static void
on_caught(void *ctx, int signum)
{
	struct watch *w = ctx;

	w->calls = signum;
	loop_stop(w->loop);
}

static void
a_signal_is_caught_in_the_loop(void **state)
{
	struct watch *w = *state;

	w->signal = loop_signal_new(w->loop, SIGUSR1, on_caught, w);
	raise(SIGUSR1);
	assert_int_equal(w->calls, 0);
	loop_run(w->loop);
	assert_int_equal(w->calls, SIGUSR1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_loop_with_nothing_to_watch_ends),
		TEST(a_readable_descriptor_is_told),
		TEST(a_writable_descriptor_is_told),
		TEST(the_other_end_closing_is_a_read_of_nothing),
		TEST(a_write_watch_hears_that_the_reader_is_gone),
		TEST(a_paused_watch_is_silent),
		TEST(a_watch_may_be_freed_from_its_own_callback),
		TEST(a_freed_watch_may_be_followed_by_another_at_once),
		TEST(what_cannot_be_watched_is_refused),
		TEST(a_timer_fires_once),
		TEST(a_stopped_timer_does_not_fire),
		TEST(starting_a_timer_again_moves_it),
		TEST(a_signal_is_caught_in_the_loop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
