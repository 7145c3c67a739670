/* soak/clients.c - a client is killed or stopped, and others do not notice. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bench/outer.h"
#include "e2e/procs.h"
#include "e2e/term.h"
#include "e2e/world.h"
#include "soak/common.h"

/* CDO_FAULTS: how many are killed; CDO_STOPPED: seconds that one is stopped. */
enum {
	FAULTS = 3,
	STOPPED = 2,
	LINES = 100000, /* in one flood */
	PATIENCE = 60, /* s for one */
	ROUNDS_MAX = 1000,
};

static const char loop[] = "stty -echo; echo ready; "
			   "while read -r a b; do seq $a $b; echo over $b; "
			   "done";

static void
start(struct world *w, const char *name)
{
	world_file(w, "cdo.conf",
		   "history-limit = 2000000\nhistory-bytes = 256M\n");
	cdo_ok(w, "new", "-d", "-n", name, "--", "sh", "-c", loop, NULL);
}

static bool
has_more(struct term *t, void *arg)
{
	size_t len, *was = arg;

	term_raw(t, &len);
	return len > *was;
}

static void
client_and_server_are_killed_in_a_flood(void **state)
{
	struct world *w = *state;
	long n = soak_number("CDO_FAULTS", FAULTS), from = 1;

	start(w, "work");
	struct term *other = term_attach(w, "work");
	term_until_text(other, "ready");
	for (long i = 0; i < n; i++, from += LINES) {
		pid_t server[2];

		alarm((unsigned)(world_patience() / 1000 * 4));
		cdo_ok(w, "ls", NULL);
		struct term *t = term_attach(w, "work");
		term_until_text(t, i > 0 ? "over" : "ready");
		size_t len;
		term_raw(other, &len);
		term_type(t,
			  world_text(w, "%ld %ld\r", from, from + LINES - 1));
		/* What it typed has arrived. */
		term_until(other, "the flood", has_more, &len);
		kill(term_pid(t), SIGKILL);
		size_t k = procs_find("server", server, 2);
		for (size_t j = 0; j < k; j++)
			kill(server[j], SIGKILL);
		term_end(t);
		world_forget(w, t);
		term_until_text(other,
				world_text(w, "over %ld", from + LINES - 1));
		assert_int_equal(
			soak_missing(w, "work", from, from + LINES - 1), 0);
	}
	world_until_clients(w, "work", 1);
	print_message("# %ld times client and server killed: %ld lines, each "
		      "there once\n",
		      n, from - 1);
}

/* --- one that is stopped ------------------------------------------------- */

static void
attach(struct world *w, struct outer *o, const char *name)
{
	char path[512];
	char *argv[] = { path, (char *)(uintptr_t) "attach",
			 (char *)(uintptr_t)name, NULL };
	const char *top = getenv("CDO_TOP_BUILDDIR");

	snprintf(path, sizeof path, "%s/cdo", top != NULL ? top : ".");
	assert_int_equal(outer_open(o, argv, w->env), 0);
	assert_true(outer_until(o, "ready", PATIENCE) > 0);
	o->deaf = true;
}

/* Seconds until all of it has come. */
static double
flood(struct world *w, struct outer *o, long from)
{
	double since = bench_now();

	outer_type(o, world_text(w, "%ld %ld\r", from, from + LINES - 1));
	double end = outer_until(o, world_text(w, "over %ld", from + LINES - 1),
				 PATIENCE);
	assert_true(end > 0);
	return end - since;
}

static int
order(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Two sessions take turns: one of them has a client that is stopped. */
static void
a_stopped_client_slows_nobody(void **state)
{
	struct world *w = *state;
	static double took[2][ROUNDS_MAX];
	struct outer o[2], stopped;
	const long s = soak_number("CDO_STOPPED", STOPPED);
	long n = 0, from = 1;

	start(w, "one");
	start(w, "two");
	attach(w, &stopped, "one");
	attach(w, &o[0], "one");
	attach(w, &o[1], "two");
	flood(w, &o[0], 1);
	flood(w, &o[1], 1);
	outer_drain(&stopped);
	kill(stopped.pid, SIGSTOP);
	for (double end = bench_now() + (double)s;
	     bench_now() < end && n < ROUNDS_MAX; n++) {
		alarm((unsigned)(world_patience() / 1000 * 4));
		from += LINES;
		for (int i = 0; i < 2; i++) {
			int which = (int)(n + i) % 2;
			took[which][n] = flood(w, &o[which], from);
		}
	}
	kill(stopped.pid, SIGCONT);
	/* It is shown how things are now. */
	outer_type(&stopped, "x at-last\r");
	assert_true(outer_until(&stopped, "over at-last", PATIENCE) > 0);
	from += LINES - 1;
	long missing = soak_missing(w, "one", from - LINES + 1, from) +
		       soak_missing(w, "two", from - LINES + 1, from);
	qsort(took[0], (size_t)n, sizeof(double), order);
	qsort(took[1], (size_t)n, sizeof(double), order);
	double ratio = took[1][n / 2] / took[0][n / 2];
	print_message("# a client stopped for %ld s, %ld floods: throughput "
		      "of another is %.2f of that without, %ld lines missing\n",
		      s, n, ratio, missing);
	outer_close(&stopped);
	outer_close(&o[0]);
	outer_close(&o[1]);
	assert_int_equal(missing, 0);
	/* A few floods on a busy machine say little. */
	assert_true(ratio > (s < 10 ? 0.5 : 0.9));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(client_and_server_are_killed_in_a_flood),
		world_test(a_stopped_client_slows_nobody),
	};

	return world_run(tests);
}
