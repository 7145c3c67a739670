/* e2e/upgrade.c - another version is installed while sessions run. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/json.h"
#include "e2e/procs.h"
#include "e2e/term.h"
#include "e2e/world.h"

enum {
	BINARY_MAX = 64 << 20,
	SESSIONS = 3,
	UPGRADES = 5,
	MANY = 64, /* sessions, at most */
	SEEN = 8, /* with a client */
};

/* The cdo that was built, as it would be if its version ended in `last`. */
static void
install(struct world *w, char last)
{
	const char *dir = getenv("CDO_TOP_BUILDDIR");
	const char *built = world_text(w, "%s/cdo", dir != NULL ? dir : ".");
	const char *to = world_text(w, "%s/bin/cdo", w->dir);
	const size_t len = strlen(PACKAGE_VERSION);
	struct buf b = { 0 };
	uint8_t *p;
	int found = 0;

	assert_int_equal(io_slurp(built, BINARY_MAX, &b), 0);
	for (p = b.data; (p = memmem(p, b.len - (size_t)(p - b.data),
				     PACKAGE_VERSION, len)) != NULL;
	     found++)
		p[len - 1] = (uint8_t)last;
	assert_true(found > 0);
	assert_int_equal(io_replace(to, b.data, b.len, 0700), 0);
	buf_release(&b);
}

/* All processes of a role run what is installed now. */
struct renewed {
	struct world *w;
	const char *role;
	size_t n;
};

static bool
is_renewed(void *ctx)
{
	const struct renewed *r = ctx;
	pid_t pids[MANY * 2];
	char exe[256];

	if (procs_find(r->role, pids, MANY * 2) != r->n)
		return false;
	for (size_t i = 0; i < r->n; i++) {
		ssize_t n =
			readlink(world_text(r->w, "/proc/%d/exe", (int)pids[i]),
				 exe, sizeof exe - 1);

		if (n < 0)
			return false;
		exe[n] = '\0';
		if (strstr(exe, " (deleted)") != NULL)
			return false;
	}
	return true;
}

static void
until_renewed(struct world *w, const char *role, size_t n)
{
	struct renewed r = { w, role, n };

	world_until(w, world_text(w, "every %s to be renewed", role),
		    is_renewed, &r);
}

static void
the_server_and_every_custodian_become_the_new_ones(void **state)
{
	static const char *const names[SESSIONS] = { "one", "two", "three" };
	struct world *w = *state;
	struct term *t[SESSIONS];
	long pid[SESSIONS];

	install(w, 'a');
	for (int i = 0; i < SESSIONS; i++) {
		world_shell(w, names[i]);
		pid[i] = world_number(w, names[i], "pid");
		t[i] = term_attach(w, names[i]);
		term_until_last(t[i], "ready$");
		term_type(t[i], world_text(w, "seq 100; x=%s\r", names[i]));
		term_until_row(t[i], 22, "100");
		term_until_last(t[i], "ready$");
	}
	install(w, 'b');
	cdo_ok(w, "server", "restart", NULL);
	until_renewed(w, "server", 1);
	until_renewed(w, "custodian", SESSIONS);
	for (int i = 0; i < SESSIONS; i++) {
		term_type(t[i], "echo still $x\r");
		term_until_text(t[i], world_text(w, "\nstill %s\n", names[i]));
		assert_int_equal(world_number(w, names[i], "pid"), pid[i]);
		/* Its history came along. */
		struct term *b = term_attach(w, names[i]);
		term_until_same(b, t[i]);
		assert_true(term_find(b, "5", 0) >= 0);
		term_close(b);
	}
	term_type(t[0], "exit 5\r");
	assert_int_equal(term_end(t[0]), 5);
	world_until_status(w, names[0], "failed");
}

static void
a_flood_loses_no_line_through_upgrades(void **state)
{
	struct world *w = *state;

	install(w, 'a');
	cdo_ok(w, "new", "-d", "-n", "flood", "--", "bash", "-c",
	       "read -r x; seq 1 400000; echo over; read -r x", NULL);
	struct term *t = term_attach(w, "flood");
	world_until_clients(w, "flood", 1);
	term_type(t, "\r");
	for (int i = 0; i < UPGRADES; i++) {
		install(w, (char)('b' + i));
		cdo_ok(w, "server", "restart", NULL);
		until_renewed(w, "custodian", 1);
	}
	term_until_text(t, "over");

	/* What the session keeps, and what the terminal was shown. */
	const char *all = cdo_ok(w, "capture", "flood", "--history", NULL);
	long last = 0, lines = 0;
	for (const char *l = all; l != NULL; l = strchr(l, '\n')) {
		long n = strtol(l += *l == '\n', NULL, 10);

		if (n != 0 && last != 0)
			assert_int_equal(n, last + 1);
		last = n != 0 ? n : last;
		lines++;
	}
	assert_int_equal(last, 400000);
	assert_true(lines > 1000);
	term_type(t, "\r");
	assert_int_equal(term_end(t), 0);
}

static long
number(const char *name, long otherwise)
{
	const char *s = getenv(name);

	return s != NULL ? strtol(s, NULL, 10) : otherwise;
}

/* CDO_UPGRADES and CDO_LIVE say how many. */
static void
many_sessions_live_through_many_upgrades(void **state)
{
	struct world *w = *state;
	long n = number("CDO_LIVE", SESSIONS);
	long upgrades = number("CDO_UPGRADES", UPGRADES);
	struct term *t[SEEN];
	long pid[MANY];

	assert_true(n <= MANY);
	install(w, 'a');
	for (long i = 0; i < n; i++) {
		const char *name = world_text(w, "s%ld", i);

		world_shell(w, name);
		pid[i] = world_number(w, name, "pid");
		if (i < SEEN) {
			t[i] = term_attach(w, name);
			term_until_last(t[i], "ready$");
		}
	}
	for (long u = 0; u < upgrades; u++) {
		alarm((unsigned)(world_patience() / 1000 * 4));
		install(w, (char)('a' + (u + 1) % 26));
		cdo_ok(w, "server", "restart", NULL);
		until_renewed(w, "custodian", (size_t)n);
		for (long i = 0; i < n && i < SEEN; i++)
			term_type(t[i], world_text(w, "echo up $((%ld))\r", u));
		for (long i = 0; i < n && i < SEEN; i++)
			term_until_text(t[i], world_text(w, "\nup %ld\n", u));
	}
	for (long i = 0; i < n; i++)
		assert_int_equal(
			world_number(w, world_text(w, "s%ld", i), "pid"),
			pid[i]);
	print_message("# %ld upgrades with %ld sessions: none lost\n", upgrades,
		      n);
}

static void
a_custodian_without_a_keeper_stays(void **state)
{
	struct world *w = *state;

	install(w, 'a');
	world_shell(w, "work");
	struct term *t = term_attach(w, "work");
	term_until_last(t, "ready$");
	pid_t keeper = world_only(w, "keeper");
	pid_t old = world_only(w, "custodian");
	kill(keeper, SIGKILL);
	world_until_gone(w, keeper);
	install(w, 'b');
	cdo_ok(w, "server", "restart", NULL);
	until_renewed(w, "server", 1);
	world_until_status(w, "work", "running");
	term_type(t, "echo still here\r");
	term_until_text(t, "\nstill here\n");
	assert_true(procs_alive(old));
	term_type(t, "exit 4\r");
	assert_int_equal(term_end(t), 4);
}

static void
an_installed_binary_that_is_gone_harms_nobody(void **state)
{
	struct world *w = *state;

	install(w, 'a');
	world_shell(w, "work");
	struct term *t = term_attach(w, "work");
	term_until_last(t, "ready$");
	pid_t pid = world_only(w, "custodian");
	assert_int_equal(unlink(world_text(w, "%s/bin/cdo", w->dir)), 0);
	assert_int_equal(kill(pid, SIGKILL), 0);
	world_until_gone(w, pid);
	term_type(t, "echo still here\r");
	term_until_text(t, "\nstill here\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(the_server_and_every_custodian_become_the_new_ones),
		world_test(a_flood_loses_no_line_through_upgrades),
		world_test(many_sessions_live_through_many_upgrades),
		world_test(a_custodian_without_a_keeper_stays),
		world_test(an_installed_binary_that_is_gone_harms_nobody),
	};

	return world_run(tests);
}
