/* unit/proto_berth.c - the promises of proto/berth.h. */
#include "proto/berth.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/io.h"
#include "base/loop.h"
#include "base/notice.h"
#include "base/path.h"
#include "proto/local.h"
#include "scratch.h"

struct port {
	char *dir, *run, *away, *second, *path, *other;
	struct loop *loop;
	struct berth *berth;
	int fd;
	unsigned leaves, comes, taken;
};

static void
ready(void *ctx, bool now)
{
	struct port *p = ctx;

	if (now)
		p->comes++;
	else
		p->leaves++;
	if (now)
		loop_stop(p->loop);
}

static void
taken(void *ctx)
{
	struct port *p = ctx;

	p->taken++;
	loop_stop(p->loop);
}

static bool
hears(void)
{
	int fd = notice_new();

	if (fd >= 0)
		io_close(fd);
	return fd >= 0;
}

static int
enter(void **state)
{
	struct port *p = calloc(1, sizeof *p);

	p->dir = scratch_new();
	p->run = path_join(p->dir, "run");
	p->away = path_join(p->dir, "away");
	p->second = path_join(p->dir, "second");
	p->path = path_join(p->run, "x.sock");
	p->other = path_join(p->second, "x.sock");
	setenv("CDO_RUNTIME_SECOND", p->second, 1);
	mkdir(p->run, 0700);
	p->loop = loop_new();
	p->fd = local_listen(p->path);
	p->berth = berth_new(p->loop, p->path, p->fd, ready, p);
	*state = p;
	return 0;
}

static int
leave(void **state)
{
	struct port *p = *state;

	berth_free(p->berth);
	io_close(p->fd);
	loop_free(p->loop);
	scratch_free(p->dir);
	free(p->run);
	free(p->away);
	free(p->second);
	free(p->path);
	free(p->other);
	free(p);
	return 0;
}

/* Whether who looks for the first finds what listens. */
static bool
found(struct port *p)
{
	int fd = local_connect(p->path);

	if (fd < 0)
		return false;
	io_close(fd);
	fd = local_accept(p->fd);
	if (fd < 0)
		return false;
	io_close(fd);
	return true;
}

/* The directory goes, and cannot be made again. */
static void
vanish(struct port *p)
{
	rename(p->run, p->away);
	io_close(io_open(p->run, O_CREAT | O_RDWR, 0600));
}

static void
what_stays_is_not_touched(void **state)
{
	struct port *p = *state;

	for (int i = 0; i < 3; i++)
		berth_check(p->berth);
	assert_string_equal(berth_path(p->berth), p->path);
	assert_int_equal(p->leaves + p->comes, 0);
	assert_true(found(p));
}

static void
it_moves_away_and_back(void **state)
{
	struct port *p = *state;

	vanish(p);
	berth_check(p->berth);
	assert_string_equal(berth_path(p->berth), p->other);
	assert_int_equal(p->leaves, 1);
	assert_int_equal(p->comes, 1);
	assert_true(found(p));
	berth_check(p->berth);
	assert_int_equal(p->comes, 1);
	/* Another directory of that name, empty. */
	unlink(p->run);
	berth_check(p->berth);
	assert_string_equal(berth_path(p->berth), p->path);
	assert_int_not_equal(access(p->other, F_OK), 0);
	assert_true(found(p));
}

static void
a_directory_that_can_be_made_again_is(void **state)
{
	struct port *p = *state;

	rename(p->run, p->away);
	berth_check(p->berth);
	assert_string_equal(berth_path(p->berth), p->path);
	assert_true(found(p));
}

static void
it_removes_no_socket_but_its_own(void **state)
{
	struct port *p = *state;

	unlink(p->path);
	int fd = local_listen(p->path);
	berth_unlink(p->berth);
	assert_int_equal(access(p->path, F_OK), 0);
	io_close(fd);
}

/* What its predecessor had bound is a file that nobody answers at. */
static void
a_successor_does_not_trust_a_stale_name(void **state)
{
	struct port *p = *state;

	unlink(p->path);
	io_close(local_listen(p->path));
	berth_free(p->berth);
	p->berth = berth_new(p->loop, p->path, p->fd, ready, p);
	assert_int_equal(p->comes, 1);
	assert_true(found(p));
}

static void
a_plain_removal_is_noticed(void **state)
{
	struct port *p = *state;

	if (!hears())
		skip();
	berth_notice(p->berth, taken);
	unlink(p->path);
	loop_run(p->loop);
	assert_int_equal(p->comes, 1);
	assert_true(found(p));
	/* And once more, with all of the directory. */
	unlink(p->path);
	rmdir(p->run);
	loop_run(p->loop);
	assert_int_equal(p->comes, 2);
	assert_string_equal(berth_path(p->berth), p->path);
	assert_true(found(p));
	assert_int_equal(p->taken, 0);
}

static void
who_has_moved_away_comes_back_at_once(void **state)
{
	struct port *p = *state;

	if (!hears())
		skip();
	vanish(p);
	berth_notice(p->berth, taken);
	assert_string_equal(berth_path(p->berth), p->other);
	unlink(p->run);
	mkdir(p->run, 0700);
	while (strcmp(berth_path(p->berth), p->path) != 0)
		loop_run(p->loop);
	assert_true(found(p));
}

static void
who_was_replaced_is_told(void **state)
{
	struct port *p = *state;

	if (!hears())
		skip();
	berth_notice(p->berth, taken);
	unlink(p->path);
	int fd = local_listen(p->path);
	loop_run(p->loop);
	assert_int_equal(p->taken, 1);
	assert_int_equal(p->comes, 0);
	assert_int_not_equal(access(p->other, F_OK), 0);
	io_close(fd);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, enter, leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_stays_is_not_touched),
		TEST(it_moves_away_and_back),
		TEST(a_directory_that_can_be_made_again_is),
		TEST(it_removes_no_socket_but_its_own),
		TEST(a_successor_does_not_trust_a_stale_name),
		TEST(a_plain_removal_is_noticed),
		TEST(who_has_moved_away_comes_back_at_once),
		TEST(who_was_replaced_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
