/* soak/faults.c - kill -9 at full speed, again and again, and what it costs. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "e2e/judge.h"
#include "e2e/procs.h"
#include "e2e/term.h"
#include "e2e/world.h"
#include "soak/common.h"

/* CDO_FAULTS says how many of each kind; CDO_SEED begins another series. */
enum {
	FAULTS = 5,
	MOMENT = 60, /* ms: the flood lasts longer */
	BACK = 1000, /* ms for a client to be back */
};

/* --- the faults --------------------------------------------------------- */

/* Comes back some time while it prints. */
static void
flood_under_way(struct flood *f)
{
	flood_begin(f);
	for (long end = world_now() + judge_dice(MOMENT); world_now() < end;)
		world_pump(f->w, 1);
}

static pid_t
custodian(struct world *w, const char *session)
{
	long pid;

	do
		pid = world_number(w, session, "custodian_pid");
	while (pid <= 0 || !procs_alive((pid_t)pid));
	return (pid_t)pid;
}

static void
patience(void)
{
	alarm((unsigned)(world_patience() / 1000 * 4));
}

static void
the_server_is_killed_while_lines_and_keys_flow(void **state)
{
	struct world *w = *state;
	long n = soak_number("CDO_FAULTS", FAULTS);
	struct typist y;
	struct flood f;
	unsigned long missing = 0;
	pid_t servers[4];

	flood_start(&f, w, w, "");
	typist_start(&y, w, w, "");
	for (long i = 0; i < n; i++) {
		patience();
		pid_t client = term_pid(y.t);

		cdo_ok(w, "ls", NULL);
		typist_for(&y, judge_dice(30));
		flood_under_way(&f);
		size_t k = procs_find("server", servers, 4);
		for (size_t j = 0; j < k; j++)
			kill(servers[j], SIGKILL);
		typist_for(&y, 20);
		missing += flood_missing(&f);
		assert_true(procs_alive(client));
	}
	struct count c = typist_stop(&y);
	print_message("# %ld servers killed: %lu lines missing, %lu of %lu "
		      "bytes typed lost\n",
		      n, missing, c.lost, c.typed);
	assert_int_equal(missing, 0);
	assert_int_equal(c.lost, 0);
	assert_int_equal(c.told, 0);
}

static void
custodians_are_killed_while_lines_and_keys_flow(void **state)
{
	struct world *w = *state;
	long n = soak_number("CDO_FAULTS", FAULTS), slowest = 0, late = 0;
	struct typist y;
	struct flood f;
	unsigned long missing = 0;

	flood_start(&f, w, w, "");
	typist_start(&y, w, w, "");
	long programs[2] = { world_number(w, "flood", "pid"),
			     world_number(w, "keys", "pid") };
	for (long i = 0; i < n; i++) {
		patience();
		pid_t of_keys = custodian(w, "keys");
		pid_t of_flood = custodian(w, "flood");

		typist_for(&y, judge_dice(30));
		kill(of_keys, SIGKILL);
		long ms = typist_back(&y);
		slowest = ms > slowest ? ms : slowest;
		late += ms >= BACK;
		flood_under_way(&f);
		kill(of_flood, SIGKILL);
		typist_for(&y, 20);
		missing += flood_missing(&f);
		for (int j = 0; j < 2; j++)
			assert_true(procs_alive((pid_t)programs[j]));
	}
	struct count c = typist_stop(&y);
	print_message("# %ld times 2 custodians killed: %lu lines missing, "
		      "%lu of %lu bytes typed lost, %lu told to be in doubt, "
		      "client back after %ld ms at most\n",
		      n, missing, c.lost, c.typed, c.told, slowest);
	assert_int_equal(missing, 0);
	assert_true(c.lost <= c.told);
	assert_true(late * 5 <= n); /* the machine may have been busy */
}

struct successor {
	struct world *w;
	pid_t old;
};

static bool
has_successor(void *ctx)
{
	const struct successor *s = ctx;
	pid_t pids[4];

	return procs_find("custodian", pids, 4) == 1 && pids[0] != s->old;
}

static void
kill_custodian(struct world *w)
{
	struct successor s = { w, 0 };

	assert_int_equal(procs_find("custodian", &s.old, 1), 1);
	kill(s.old, SIGKILL);
	world_until(w, "another custodian", has_successor, &s);
}

/* One session after the other: each has only one keeper. */
static void
keepers_are_killed_and_no_status_is_lost(void **state)
{
	struct world *w = *state;
	long n = soak_number("CDO_FAULTS", FAULTS);

	for (long i = 0; i < n; i++) {
		const int status = 1 + (int)judge_dice(120);
		pid_t keeper, server;

		patience();
		cdo_ok(w, "new", "-d", "-n", "work", "--", "sh", "-c",
		       world_text(w, "echo ready; read -r x; exit %d", status),
		       NULL);
		struct term *t = term_attach(w, "work");
		term_until_text(t, "ready");
		assert_int_equal(procs_find("keeper", &keeper, 1), 1);
		/* A custodian that is the keeper's child is no parent of it. */
		for (unsigned before = judge_dice(3); before > 0; before--)
			kill_custodian(w);
		if (judge_dice(2) && procs_find("server", &server, 1) == 1)
			kill(server, SIGKILL);
		kill(keeper, SIGKILL);
		if (judge_dice(2))
			world_until_gone(w, keeper);
		term_type(t, "\r");
		assert_int_equal(term_end(t), status);
		world_until_status(w, "work", "failed");
		assert_int_equal(world_number(w, "work", "exit_code"), status);
		world_forget(w, t);
		cdo_ok(w, "clear", NULL);
	}
	print_message("# %ld keepers killed: every exit status was right\n", n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(the_server_is_killed_while_lines_and_keys_flow),
		world_test(custodians_are_killed_while_lines_and_keys_flow),
		world_test(keepers_are_killed_and_no_status_is_lost),
	};

	return world_run(tests);
}
