/* soak/kills.c - kill -9 between two machines at full speed, and its cost. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "e2e/couple.h"
#include "e2e/judge.h"
#include "e2e/procs.h"
#include "e2e/proxy.h"
#include "e2e/term.h"
#include "e2e/world.h"
#include "soak/common.h"

/*
 * A1 and A3 of the fault table, CDO_FAULTS of each; A8, CDO_RESTARTS; CDO_SEED
 * begins another series.
 */
enum { FAULTS = 10, PROCS = 64 };

/* The newest of `cdo ROLE OPTION` (NULL: of that role), -1: there is none. */
static pid_t
newest(const char *role, const char *option)
{
	pid_t pids[PROCS], found = -1;

	for (size_t n = procs_find(role, pids, PROCS); n > 0; n--)
		if ((option == NULL || procs_has(pids[n - 1], option)) &&
		    pids[n - 1] > found)
			found = pids[n - 1];
	return found;
}

struct wanted {
	const char *role, *option;
	pid_t pid;
};

static bool
is_there(void *ctx)
{
	struct wanted *w = ctx;

	w->pid = newest(w->role, w->option);
	return w->pid > 0;
}

static void
kill_one(struct couple *c, const char *role, const char *option)
{
	struct wanted w = { role, option, -1 };

	couple_until(c, "somebody to be killed", is_there, &w);
	kill(w.pid, SIGKILL);
}

/* One machine's window has a flood, and somebody types in another's. */
static void
kill_again_and_again(struct couple *c, const char *role, const char *option)
{
	long n = soak_number("CDO_FAULTS", FAULTS);
	struct soak_times times = { 0 };
	unsigned long missing = 0;
	struct typist y;
	struct flood f;

	flood_prepare(c->host);
	couple_pair(c, NULL);
	flood_start(&f, c->host, c->device, "desk/");
	typist_start(&y, c->host, c->device, "desk/");
	struct term *near = term_attach(c->host, "keys");
	for (long i = 0; i < n; i++) {
		alarm((unsigned)(world_patience() / 1000 * 4));
		typist_for(&y, judge_dice(30));
		flood_begin(&f);
		for (long end = world_now() + judge_dice(60);
		     world_now() < end;)
			world_pump(c->device, 1);
		kill_one(c, role, option);
		long begun = world_now();
		typist_key(&y);
		typist_all_back(&y);
		soak_times_add(&times, world_now() - begun);
		missing += flood_missing(&f);
	}
	/* Who sat at the host has seen the same. */
	term_until_same(near, y.t);
	term_type(near, TERM_DETACH);
	assert_int_equal(term_end(near), 0);
	struct count count = typist_stop(&y);
	print_message("# %ld times %s %s killed: %lu lines missing, %lu of "
		      "%lu bytes typed lost\n",
		      n, role, option != NULL ? option : "", missing,
		      count.lost, count.typed);
	soak_times_tell(&times, "until the next echo", 3000);
	assert_int_equal(missing, 0);
	assert_int_equal(count.lost, 0);
	assert_int_equal(count.told, 0);
}

static void
the_hosts_server_is_killed(void **state)
{
	kill_again_and_again(*state, "server", NULL);
}

static void
the_hosts_end_of_a_link_is_killed(void **state)
{
	if (getenv("CDO_FAULTS") == NULL)
		world_skip("CDO_FAULTS=N does it");
	kill_again_and_again(*state, "relay", "--link");
}

static void
the_devices_end_of_a_link_is_killed(void **state)
{
	if (getenv("CDO_FAULTS") == NULL)
		world_skip("CDO_FAULTS=N does it");
	kill_again_and_again(*state, "relay", "--dial");
}

static void
the_gate_is_killed(void **state)
{
	if (getenv("CDO_FAULTS") == NULL)
		world_skip("CDO_FAULTS=N does it");
	kill_again_and_again(*state, "relay", "--gate");
}

/* --- the host goes down and comes up again ------------------------------ */

static bool
keys_are_held(struct term *t, void *arg)
{
	(void)arg;
	return strstr(term_screen(t), "held") != NULL;
}

static void
what_was_held_is_not_typed_into_another_session(void **state)
{
	struct couple *c = *state;
	long n = soak_number("CDO_RESTARTS", 0);
	pid_t pids[PROCS];

	if (n == 0)
		world_skip("CDO_RESTARTS=N does it");
	struct proxy *p = couple_between(c);
	couple_pair(c, NULL);
	for (long i = 0; i < n; i++) {
		struct typist y;

		alarm((unsigned)(world_patience() / 1000 * 4));
		typist_start(&y, c->host, c->device, "desk/");
		proxy_forget(p);
		proxy_dead(p, PROXY_BOTH);
		for (long end = world_now() + 5500; world_now() < end;)
			world_pump(c->device, 100);
		term_until_text(y.t, "reconnecting");
		typist_key(&y);
		term_until(y.t, "keys to be held", keys_are_held, NULL);
		/* The keepers, so that no session lives on. */
		for (size_t k = procs_find("keeper", pids, PROCS); k > 0; k--)
			kill(pids[k - 1], SIGKILL);
		for (size_t k = procs_find("custodian", pids, PROCS); k > 0;)
			kill(pids[--k], SIGKILL);
		kill_one(c, "server", NULL);
		cdo(c->host, "restart", "keys", NULL);
		proxy_dead(p, 0);
		term_until_text(y.t, "[keys: ");
		assert_int_equal(term_end(y.t), 125);
		world_sh(c->host, world_text(c->host, "! grep -q k0 %s/typed",
					     c->host->dir));
		world_forget(c->device, y.t);
		buf_release(&y.all);
		cdo(c->host, "stop", "keys", NULL);
		cdo(c->host, "clear", NULL);
	}
	print_message("# %ld hosts restarted, no key came into the session "
		      "after\n",
		      n);
}

/* With an argument only the tests whose names it fits, as a pattern. */
int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		couple_test(the_hosts_server_is_killed),
		couple_test(the_hosts_end_of_a_link_is_killed),
		couple_test(the_devices_end_of_a_link_is_killed),
		couple_test(the_gate_is_killed),
		couple_test(what_was_held_is_not_typed_into_another_session),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return world_run(tests);
}
