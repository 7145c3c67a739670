/* unit/server_link.c - a relay that is not itself any more. */
#include "server/link.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
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
#include "base/loop.h"
#include "base/mem.h"
#include "proto/msg.h"
#include "proto/pass.h"
#include "proto/post.h"
#include "scratch.h"
#include "server/remote.h"
#include "server/serve.h"
#include "server/server.h"

enum { MANY = 200, SERVER = 3 };

/* --- the relay: this binary, started by the server ---------------------- */

struct told {
	unsigned absent, failed;
};

static void
open_one(uint64_t channel)
{
	struct buf out = { 0 };
	struct msg_writer w;

	msg_begin(&w, &out, (enum msg_type)POST_OPEN, 2);
	msg_uint(&w, channel);
	msg_str(&w, "nobody");
	msg_end(&w);
	if (pass_put(SERVER, &out, -1) < 0)
		_exit(1);
	buf_release(&out);
}

/* Asks without end, tells on the wire what came of it, and stays. */
static int
be_relay(void)
{
	struct told told = { 0 };
	struct buf in = { 0 };
	struct msg m = { 0 };
	int wire, fd;

	if (pass_get(SERVER, -1, &in, &m, &wire) < 0 || wire < 0)
		return 1;
	for (uint64_t i = 1; i <= MANY; i++)
		open_one(i);
	for (int n = 0; n < MANY; n++) {
		if (pass_get(SERVER, -1, &in, &m, &fd) < 0)
			return 1;
		uint64_t e = msg_to_uint(msg_field(&m, 1), 0);
		told.absent += e == MSG_E_NO_SESSION;
		told.failed += e == MSG_E_FAILED;
	}
	io_write_all(wire, &told, sizeof told);
	for (;;)
		pause();
}

/* --- the server --------------------------------------------------------- */

struct scene {
	char *dir;
	struct server srv;
	struct remote remote;
	struct loop_fd *heard;
	int wire;
};

static void
stop(void *ctx, unsigned events)
{
	struct scene *sc = ctx;

	(void)events;
	loop_stop(sc->srv.loop);
}

static int
enter(void **state)
{
	struct scene *sc = mem_zero(1, sizeof *sc);
	struct buf errs = { 0 };

	sc->dir = scratch_new();
	sc->srv.runtime = sc->srv.state = sc->dir;
	sc->srv.loop = loop_new();
	sc->srv.conf = conf_load("/dev/null", &errs);
	registry_init(&sc->srv.reg, sc->dir, sc->dir);
	mkdir(sc->srv.reg.sessions, 0700);
	sc->srv.remote = &sc->remote;
	sc->remote.srv = &sc->srv;
	sc->remote.devices.n = 1;
	sc->remote.devices.list = mem_zero(1, sizeof(struct peer));
	sc->remote.devices.list->name = mem_str("phone");
	sc->remote.devices.list->role = ROLE_VIEW;
	*state = sc;
	return 0;
}

static int
leave(void **state)
{
	struct scene *sc = *state;

	link_close(&sc->remote);
	peers_release(&sc->remote.devices);
	loop_fd_free(sc->heard);
	io_close(sc->wire);
	loop_free(sc->srv.loop);
	registry_release(&sc->srv.reg);
	conf_free(sc->srv.conf);
	scratch_free(sc->dir);
	free(sc);
	return 0;
}

/* A link of the device, as the gate hands it over. */
static void
begin(struct scene *sc)
{
	const uint8_t *key = sc->remote.devices.list->key;
	struct buf in = { 0 };
	struct msg m = { 0 };
	struct msg_writer w;
	int fds[2];

	assert_int_equal(io_socketpair(fds), 0);
	sc->wire = fds[0];
	msg_begin(&w, &in, (enum msg_type)POST_LINK, 6);
	msg_bin(&w, key, NOISE_KEY);
	msg_str(&w, "192.0.2.1:1");
	for (int i = 0; i < 2; i++) {
		msg_bin(&w, key, NOISE_KEY);
		msg_uint(&w, 0);
	}
	msg_end(&w);
	assert_int_equal(msg_read(&m, in.data + 4, in.len - 4), 0);
	link_begin(&sc->remote, &m, fds[1]);
	msg_release(&m);
	buf_release(&in);
	assert_int_equal(link_count(&sc->remote, key), 1);
	sc->heard = loop_fd_new(sc->srv.loop, sc->wire, LOOP_READ, stop, sc);
}

static void
who_asks_all_the_time_is_refused_and_must_go(void **state)
{
	struct scene *sc = *state;
	struct told told;
	char c;

	begin(sc);
	loop_run(sc->srv.loop);
	assert_int_equal(io_read(sc->wire, &told, sizeof told), sizeof told);
	assert_int_equal(told.absent + told.failed, MANY);
	assert_in_range(told.absent, 64, MANY / 2);
	print_message("# %u of %d were looked for\n", told.absent, MANY);

	/* What it holds is let go of, though it does not listen. */
	link_end_all(&sc->remote, sc->remote.devices.list->key,
		     LINK_BYE_REVOKED, "");
	assert_int_equal(link_count(&sc->remote, NULL), 0);
	loop_run(sc->srv.loop);
	assert_int_equal(io_read(sc->wire, &c, 1), 0);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			who_asks_all_the_time_is_refused_and_must_go, enter,
			leave),
	};

	if (argc > 1 && strcmp(argv[1], "relay") == 0)
		return be_relay();
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
