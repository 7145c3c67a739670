/* unit/server_watch.c - the promises of server/watch.h. */
#include "server/watch.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/lock.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/path.h"
#include "proto/local.h"
#include "proto/msg.h"
#include "scratch.h"
#include "server/registry.h"
#include "server/session.h"

/* A server's view of one session, whose custodian the test plays. */
struct scene {
	char *dir;
	struct loop *loop;
	struct registry reg;
	struct session *s;
	int listener; /* the custodian's, or -1 */
	int lock; /* the session's, or -1 */
	struct local_call *second;
};

static void
changed(void *ctx)
{
	const struct scene *sc = ctx;

	loop_stop(sc->loop);
}

static int
enter(void **state)
{
	struct scene *sc = mem_zero(1, sizeof *sc);

	sc->dir = scratch_new();
	sc->loop = loop_new();
	registry_init(&sc->reg, sc->dir, sc->dir);
	mkdir(sc->reg.sessions, 0700);
	sc->reg.changed = changed;
	sc->reg.ctx = sc;
	sc->s = session_new();
	sc->s->name = mem_str("work");
	sc->s->status = SESSION_RUNNING;
	assert_int_equal(registry_make_dir(&sc->reg, sc->s), 0);
	assert_int_equal(session_save(sc->s), 0);
	registry_add(&sc->reg, sc->s);
	sc->listener = local_listen(sc->s->socket);
	char *lock = path_join(sc->s->dir, "lock");
	sc->lock = lock_take(lock, false);
	free(lock);
	*state = sc;
	return 0;
}

static int
leave(void **state)
{
	struct scene *sc = *state;

	sc->reg.changed = NULL;
	if (sc->s != NULL)
		watch_leave(sc->s);
	loop_free(sc->loop);
	if (sc->listener >= 0)
		io_close(sc->listener);
	if (sc->lock >= 0)
		io_close(sc->lock);
	registry_release(&sc->reg);
	scratch_free(sc->dir);
	free(sc);
	return 0;
}

/* The custodian's end of the connection that the watch made. */
static struct local_call *
answer(struct scene *sc)
{
	int fd = local_accept(sc->listener);

	assert_true(fd >= 0);
	return local_call_new(fd, "custodian");
}

static void
say_state(struct local_call *c, const char *key, uint64_t value)
{
	struct msg_writer w;

	msg_begin(&w, local_call_out(c), MSG_STATE, 1);
	msg_map(&w, 1);
	msg_str(&w, key);
	msg_uint(&w, value);
	msg_end(&w);
	assert_int_equal(local_call_send(c), 0);
}

static void
what_a_custodian_says_is_in_the_list(void **state)
{
	struct scene *sc = *state;
	struct msg *m;

	watch_start(sc->loop, &sc->reg, sc->s);
	assert_true(watch_waits(sc->s));
	struct local_call *c = answer(sc);
	assert_int_equal(local_call_next(c, -1, &m), 0);
	assert_int_equal(m->type, MSG_WATCH);
	say_state(c, "clients", 3);
	loop_run(sc->loop);
	assert_int_equal(sc->s->clients, 3);
	assert_false(watch_waits(sc->s));
	local_call_free(c);
}

static void
what_it_has_said_can_be_heard_at_once(void **state)
{
	struct scene *sc = *state;

	watch_start(sc->loop, &sc->reg, sc->s);
	struct local_call *c = answer(sc);
	say_state(c, "ended", 5);
	watch_pump(sc->s);
	assert_false(session_lives(sc->s));
	local_call_free(c);
}

/* Plays the custodian that the keeper started in the dead one's place. */
static void
next_one(void *ctx, unsigned events)
{
	struct scene *sc = ctx;

	(void)events;
	sc->second = answer(sc);
	say_state(sc->second, "clients", 1);
}

static void
a_custodian_that_dies_is_reached_again(void **state)
{
	struct scene *sc = *state;

	watch_start(sc->loop, &sc->reg, sc->s);
	local_call_free(answer(sc));
	struct loop_fd *door =
		loop_fd_new(sc->loop, sc->listener, LOOP_READ, next_one, sc);
	while (sc->s->clients == 0)
		loop_run(sc->loop);
	assert_true(session_lives(sc->s));
	loop_fd_free(door);
	local_call_free(sc->second);
}

static void
an_end_without_a_record_is_recorded(void **state)
{
	struct scene *sc = *state;

	watch_start(sc->loop, &sc->reg, sc->s);
	struct local_call *c = answer(sc);
	say_state(c, "ended", 5);
	local_call_free(c);
	while (sc->s->watch != NULL)
		loop_run(sc->loop);
	struct session *again = session_load(sc->s->dir);
	assert_int_equal(again->ended, 5);
	session_free(again);
}

static void
who_is_cleared_while_it_ends_is_gone_at_once(void **state)
{
	struct scene *sc = *state;
	struct stat st;
	char *dir = mem_str(sc->s->dir);

	watch_start(sc->loop, &sc->reg, sc->s);
	struct local_call *c = answer(sc);
	say_state(c, "ended", 5);
	watch_pump(sc->s);
	assert_int_equal(registry_forget(&sc->reg, sc->s), 0);
	assert_null(registry_named(&sc->reg, "work"));
	/* What its custodian still writes has a place until it leaves. */
	assert_int_equal(stat(dir, &st), 0);
	local_call_free(c);
	while (sc->reg.n > 0)
		loop_run(sc->loop);
	assert_int_not_equal(stat(dir, &st), 0);
	free(dir);
	sc->s = NULL;
}

static void
who_is_held_by_nobody_is_lost(void **state)
{
	struct scene *sc = *state;
	struct stat st;

	io_close(sc->listener);
	sc->listener = -1;
	io_close(sc->lock);
	sc->lock = -1;
	watch_start(sc->loop, &sc->reg, sc->s);
	assert_null(sc->s->watch);
	assert_int_equal(sc->s->status, SESSION_LOST);
	assert_int_not_equal(stat(sc->s->socket, &st), 0);
}

static void
who_is_held_is_waited_for(void **state)
{
	struct scene *sc = *state;

	io_close(sc->listener);
	sc->listener = -1;
	watch_start(sc->loop, &sc->reg, sc->s);
	assert_non_null(sc->s->watch);
	assert_int_equal(sc->s->status, SESSION_RUNNING);
	while (watch_waits(sc->s)) /* but not by others */
		loop_run(sc->loop);
	assert_int_equal(sc->s->status, SESSION_RUNNING);
}

static void
an_adopted_session_gets_a_record(void **state)
{
	struct scene *sc = *state;

	assert_int_equal(registry_remove_dir(sc->s), 0);
	sc->s->adopted = true;
	watch_start(sc->loop, &sc->reg, sc->s);
	struct local_call *c = answer(sc);
	say_state(c, "started", 77);
	loop_run(sc->loop);
	struct session *again = session_load(sc->s->dir);
	assert_non_null(again);
	assert_string_equal(again->name, "work");
	assert_int_equal(again->created, 77);
	session_free(again);
	local_call_free(c);
}

static void
a_server_that_leaves_says_so(void **state)
{
	struct scene *sc = *state;
	struct msg *m;

	watch_start(sc->loop, &sc->reg, sc->s);
	struct local_call *c = answer(sc);
	watch_leave(sc->s);
	assert_null(sc->s->watch);
	assert_int_equal(local_call_next(c, -1, &m), 0);
	assert_int_equal(m->type, MSG_WATCH);
	assert_int_equal(local_call_next(c, -1, &m), 0);
	assert_int_equal(m->type, MSG_LEAVE);
	local_call_free(c);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, enter, leave)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(what_a_custodian_says_is_in_the_list),
		TEST(what_it_has_said_can_be_heard_at_once),
		TEST(a_custodian_that_dies_is_reached_again),
		TEST(an_end_without_a_record_is_recorded),
		TEST(who_is_cleared_while_it_ends_is_gone_at_once),
		TEST(who_is_held_by_nobody_is_lost),
		TEST(who_is_held_is_waited_for),
		TEST(an_adopted_session_gets_a_record),
		TEST(a_server_that_leaves_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
