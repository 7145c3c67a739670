/* unit/server_serve.c - the promises of server/serve.h. */
#include "server/serve.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/conf.h"
#include "base/io.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/words.h"
#include "proto/local.h"
#include "proto/msg.h"
#include "proto/rights.h"
#include "scratch.h"
#include "server/server.h"
#include "server/session.h"

/* A server without a process, and one who asks. */
struct scene {
	char *dir;
	struct server srv;
	int fd; /* the peer's */
	struct loop_fd *heard;
	struct local_call *peer;
};

static void
stop(void *ctx, unsigned events)
{
	struct scene *sc = ctx;

	(void)events;
	loop_stop(sc->srv.loop);
}

static void
changed(void *ctx)
{
	serve_changed(ctx);
}

static int
enter(void **state)
{
	struct scene *sc = mem_zero(1, sizeof *sc);
	struct buf errs = { 0 };

	sc->dir = scratch_new();
	sc->srv.runtime = sc->dir;
	sc->srv.state = sc->dir;
	sc->srv.loop = loop_new();
	sc->srv.conf = conf_load("/dev/null", &errs);
	sc->srv.socket = path_join(sc->dir, "server.sock");
	sc->srv.listener = local_listen(sc->srv.socket);
	registry_init(&sc->srv.reg, sc->dir, sc->dir);
	mkdir(sc->srv.reg.sessions, 0700);
	sc->srv.serve = serve_new(&sc->srv);
	sc->srv.reg.changed = changed;
	sc->srv.reg.ctx = sc->srv.serve;
	serve_open(sc->srv.serve);

	sc->fd = local_connect(sc->srv.socket);
	sc->heard = loop_fd_new(sc->srv.loop, sc->fd, LOOP_READ, stop, sc);
	sc->peer = local_call_new(sc->fd, "client");
	*state = sc;
	return 0;
}

static int
leave(void **state)
{
	struct scene *sc = *state;

	loop_fd_free(sc->heard);
	local_call_free(sc->peer);
	serve_free(sc->srv.serve);
	loop_free(sc->srv.loop);
	io_close(sc->srv.listener);
	registry_release(&sc->srv.reg);
	conf_free(sc->srv.conf);
	free(sc->srv.socket);
	scratch_free(sc->dir);
	free(sc);
	return 0;
}

static struct session *
put(struct scene *sc, const char *name, enum session_status status)
{
	struct session *s = session_new();

	s->name = mem_str(name);
	s->status = status;
	assert_int_equal(registry_make_dir(&sc->srv.reg, s), 0);
	registry_add(&sc->srv.reg, s);
	return s;
}

/* The next message to the peer, or NULL when it was sent away. */
static struct msg *
next(struct scene *sc)
{
	struct msg *m;
	int r;

	assert_int_equal(local_call_send(sc->peer), 0);
	while ((r = local_call_next(sc->peer, 0, &m)) == -ETIMEDOUT)
		loop_run(sc->srv.loop);
	return r == 0 ? m : NULL;
}

/* Begins a request with so many fields. */
static struct msg_writer
request(struct scene *sc, enum msg_type type, unsigned fields)
{
	struct msg_writer w;

	msg_begin(&w, local_call_out(sc->peer), type, fields);
	return w;
}

/* The error that the next message is, or 0 if it is none. */
static uint64_t
error(struct scene *sc)
{
	const struct msg *m = next(sc);

	assert_non_null(m);
	return m->type == MSG_ERROR ? msg_to_uint(msg_field(m, 0), 99) : 0;
}

static void
who_says_no_hello_is_sent_away(void **state)
{
	static const char list[] = "\0\0\0\2\x91\x10";
	struct scene *sc = *state;

	buf_clear(local_call_out(sc->peer));
	buf_append(local_call_out(sc->peer), list, sizeof list - 1);
	assert_null(next(sc));
}

static void
who_asks_and_does_not_listen_is_sent_away(void **state)
{
	struct scene *sc = *state;
	struct session *s = put(sc, "one", SESSION_RUNNING);
	char *wide = mem_zero(SESSION_COMMAND_MAX, 1);

	memset(wide, 'x', SESSION_COMMAND_MAX - 1);
	words_add(&s->command, wide);
	free(wide);
	for (int i = 0; i < 200; i++) {
		struct msg_writer w = request(sc, MSG_LIST, 0);

		msg_end(&w);
	}
	while (next(sc) != NULL)
		continue;
}

static void
an_unknown_request_is_refused_and_the_next_is_served(void **state)
{
	struct scene *sc = *state;
	struct msg_writer w = request(sc, 1000, 0);

	msg_end(&w);
	assert_int_equal(error(sc), MSG_E_USAGE);
	w = request(sc, MSG_STATUS, 0);
	msg_end(&w);
	assert_int_equal(next(sc)->type, MSG_OK);
}

static void
requests_without_their_fields_are_errors(void **state)
{
	static const enum msg_type types[] = { MSG_FIND, MSG_NEW, MSG_RENAME,
					       MSG_LABEL };
	struct scene *sc = *state;

	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		struct msg_writer w = request(sc, types[i], 0);

		msg_end(&w);
		assert_int_not_equal(error(sc), 0);
	}
	assert_int_equal(sc->srv.reg.n, 0);
}

static void
the_list_comes_again_when_it_has_changed(void **state)
{
	struct scene *sc = *state;
	struct msg_writer w = request(sc, MSG_LIST, 1);

	msg_map(&w, 1);
	msg_str(&w, "watch");
	msg_bool(&w, true);
	msg_end(&w);
	assert_int_equal(next(sc)->type, MSG_END);
	put(sc, "one", SESSION_RUNNING);
	registry_changed(&sc->srv.reg);
	assert_int_equal(next(sc)->type, MSG_SESSION);
	assert_int_equal(next(sc)->type, MSG_END);
}

static void
a_running_session_is_not_cleared(void **state)
{
	struct scene *sc = *state;

	put(sc, "one", SESSION_RUNNING);
	struct msg_writer w = request(sc, MSG_CLEAR, 2);
	msg_array(&w, 1);
	msg_str(&w, "one");
	msg_uint(&w, 0);
	msg_end(&w);
	assert_int_equal(error(sc), MSG_E_FAILED);
	assert_int_equal(sc->srv.reg.n, 1);
}

static void
without_names_all_that_finished_is_cleared(void **state)
{
	struct scene *sc = *state;

	put(sc, "one", SESSION_COMPLETED);
	put(sc, "two", SESSION_RUNNING);
	put(sc, "three", SESSION_LOST);
	struct msg_writer w = request(sc, MSG_CLEAR, 2);
	msg_array(&w, 0);
	msg_uint(&w, 0);
	msg_end(&w);
	assert_int_equal(next(sc)->type, MSG_OK);
	assert_int_equal(next(sc)->type, MSG_OK);
	assert_int_equal(next(sc)->type, MSG_END);
	assert_int_equal(sc->srv.reg.n, 1);
	assert_string_equal(sc->srv.reg.list[0]->name, "two");
}

static void
a_label_that_is_too_long_changes_nothing(void **state)
{
	struct scene *sc = *state;
	struct session *s = put(sc, "one", SESSION_RUNNING);
	char wide[SESSION_LABEL_MAX + 1];

	memset(wide, 'x', sizeof wide);
	wide[SESSION_LABEL_MAX] = '\0';
	words_set(&s->labels, "a", "1");
	struct msg_writer w = request(sc, MSG_LABEL, 2);
	msg_str(&w, "one");
	msg_map(&w, 2);
	msg_str(&w, "a");
	msg_nil(&w);
	msg_str(&w, "b");
	msg_str(&w, wide);
	msg_end(&w);
	assert_int_equal(error(sc), MSG_E_FAILED);
	assert_string_equal(words_get(s->labels, "a"), "1");
	assert_null(words_get(s->labels, "b"));
}

/* Asks for a session; one more pair is the caller's to add. */
static struct msg_writer
new_session(struct scene *sc, const char *cwd)
{
	struct msg_writer w = request(sc, MSG_NEW, 1);

	msg_map(&w, 3);
	msg_str(&w, "cwd");
	msg_str(&w, cwd);
	msg_str(&w, "agent");
	msg_str(&w, "claude");
	return w;
}

static void
a_session_that_cannot_be_leaves_nothing_behind(void **state)
{
	struct scene *sc = *state;

	struct msg_writer w = new_session(sc, "/nonexistent");
	msg_str(&w, "name");
	msg_str(&w, "one");
	msg_end(&w);
	assert_int_equal(error(sc), MSG_E_FAILED);

	w = new_session(sc, "/");
	msg_str(&w, "name");
	msg_str(&w, "not a name");
	msg_end(&w);
	assert_int_equal(error(sc), MSG_E_FAILED);

	/* No place for its record. */
	assert_int_equal(rmdir(sc->srv.reg.sessions), 0);
	w = new_session(sc, "/");
	msg_str(&w, "name");
	msg_str(&w, "one");
	msg_end(&w);
	assert_int_equal(error(sc), MSG_E_FAILED);
	assert_int_equal(sc->srv.reg.n, 0);
	assert_int_equal(sc->srv.creating, 0);
}

static void
who_would_make_way_stays_if_the_next_cannot_be(void **state)
{
	struct scene *sc = *state;
	struct session *s = put(sc, "one", SESSION_COMPLETED);
	struct msg_writer w = request(sc, MSG_NEW, 1);

	msg_map(&w, 3);
	msg_str(&w, "cwd");
	msg_str(&w, "/nonexistent");
	msg_str(&w, "name");
	msg_str(&w, "one");
	msg_str(&w, "again");
	msg_bool(&w, true);
	msg_end(&w);
	assert_int_equal(error(sc), MSG_E_FAILED);
	assert_ptr_equal(registry_named(&sc->srv.reg, "one"), s);
	assert_int_equal(sc->srv.reg.n, 1);
}

static void
a_directory_is_held_unless_it_is_shared(void **state)
{
	struct scene *sc = *state;
	struct session *s = put(sc, "one", SESSION_RUNNING);

	s->cwd = mem_str("/");
	s->holds = true;
	struct msg_writer w = new_session(sc, "/../");
	msg_str(&w, "share");
	msg_bool(&w, false);
	msg_end(&w);
	const struct msg *m = next(sc);
	size_t len;
	assert_int_equal(m->type, MSG_ERROR);
	const char *text = msg_to_str(msg_field(m, 1), &len);
	assert_non_null(memmem(text, len, "'one'", 5));
	assert_int_equal(sc->srv.reg.n, 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, enter, leave)

/* The scene's peer is a device's relay from here on. */
static void
become_device(struct scene *sc, enum role role)
{
	int fds[2];

	loop_fd_free(sc->heard);
	local_call_free(sc->peer);
	assert_int_equal(io_socketpair(fds), 0);
	assert_int_equal(serve_device(sc->srv.serve, fds[0], role, "phone"), 0);
	io_nonblock(fds[1], true);
	sc->fd = fds[1];
	sc->heard = loop_fd_new(sc->srv.loop, sc->fd, LOOP_READ, stop, sc);
	sc->peer = local_call_new(sc->fd, "client");
}

static void
a_device_is_refused_what_its_role_does_not_hold(void **state)
{
	struct scene *sc = *state;
	unsigned refused = 0;

	for (enum role role = ROLE_VIEW; role <= ROLE_FULL; role++)
		for (unsigned type = 2; type < 128; type++) {
			become_device(sc, role);
			struct msg_writer w = request(sc, type, 0);

			msg_end(&w);
			const struct msg *m = next(sc);
			bool no = m->type == MSG_ERROR &&
				  msg_to_uint(msg_field(m, 0), 0) ==
					  MSG_E_NOT_ALLOWED;
			assert_int_equal(no, rights_needed(type) > role);
			refused += no;
		}
	print_message("# %u requests refused\n", refused);
}

static void
a_device_that_goes_on_asking_is_sent_away(void **state)
{
	struct scene *sc = *state;
	unsigned n = 0;

	become_device(sc, ROLE_FULL);
	for (int i = 0; i < 2 * RIGHTS_REFUSALS; i++) {
		struct msg_writer w = request(sc, MSG_SHUTDOWN, 0);

		msg_end(&w);
	}
	while (next(sc) != NULL)
		n++;
	assert_int_equal(n, RIGHTS_REFUSALS - 1);
	assert_false(sc->srv.leaving);
}

static void
a_device_that_does_not_listen_is_sent_away_sooner(void **state)
{
	enum { ASKED = 100 };
	struct scene *sc = *state;
	struct session *s = put(sc, "one", SESSION_RUNNING);
	char *wide = mem_zero(SESSION_COMMAND_MAX, 1);
	unsigned n = 0;

	memset(wide, 'x', SESSION_COMMAND_MAX - 1);
	words_add(&s->command, wide);
	free(wide);
	become_device(sc, ROLE_VIEW);
	for (int i = 0; i < ASKED; i++) {
		struct msg_writer w = request(sc, MSG_LIST, 0);

		msg_end(&w);
	}
	while (next(sc) != NULL)
		n++;
	assert_true(n < ASKED);
}

static void
devices_have_so_many_connections_and_no_more(void **state)
{
	enum { MANY = 256 };
	struct scene *sc = *state;
	int fds[2], mine[MANY], r = 0;
	unsigned n = 0;

	for (; n < MANY && r == 0; n++) {
		assert_int_equal(io_socketpair(fds), 0);
		mine[n] = fds[1];
		r = serve_device(sc->srv.serve, fds[0], ROLE_VIEW, "phone");
	}
	assert_int_equal(r, -EUSERS);
	while (n > 0)
		io_close(mine[--n]);
	/* Who is here is served. */
	struct msg_writer w = request(sc, MSG_STATUS, 0);
	msg_end(&w);
	assert_int_equal(next(sc)->type, MSG_OK);
}

static void
what_devices_do_wrong_does_not_fill_the_log(void **state)
{
	struct scene *sc = *state;
	char *path = path_join(sc->dir, "log");
	struct buf log = { 0 };
	unsigned lines = 0;

	log_open(path, "server");
	for (int i = 0; i < 10; i++) {
		become_device(sc, ROLE_VIEW);
		for (int k = 0; k < RIGHTS_REFUSALS; k++) {
			struct msg_writer w = request(sc, MSG_SHUTDOWN, 0);

			msg_end(&w);
		}
		while (next(sc) != NULL)
			continue;
	}
	assert_int_equal(io_slurp(path, 1 << 20, &log), 0);
	for (size_t i = 0; i < log.len; i++)
		lines += log.data[i] == '\n';
	assert_int_equal(lines, 1);
	buf_release(&log);
	free(path);
}

int
main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		TEST(who_says_no_hello_is_sent_away),
		TEST(who_asks_and_does_not_listen_is_sent_away),
		TEST(an_unknown_request_is_refused_and_the_next_is_served),
		TEST(requests_without_their_fields_are_errors),
		TEST(the_list_comes_again_when_it_has_changed),
		TEST(a_running_session_is_not_cleared),
		TEST(without_names_all_that_finished_is_cleared),
		TEST(a_label_that_is_too_long_changes_nothing),
		TEST(a_session_that_cannot_be_leaves_nothing_behind),
		TEST(who_would_make_way_stays_if_the_next_cannot_be),
		TEST(a_directory_is_held_unless_it_is_shared),
		TEST(a_device_is_refused_what_its_role_does_not_hold),
		TEST(a_device_that_goes_on_asking_is_sent_away),
		TEST(a_device_that_does_not_listen_is_sent_away_sooner),
		TEST(devices_have_so_many_connections_and_no_more),
		TEST(what_devices_do_wrong_does_not_fill_the_log),
	};

	/* Started as a keeper: there is none in this binary. */
	if (argc > 1 && strcmp(argv[1], "keeper") == 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
