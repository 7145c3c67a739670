/* unit/proto_survival.c - proto/resume.h through cuts, kills and late data. */
#include "proto/resume.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "survivors.h"

static uint64_t number_now;

/* --- a session ---------------------------------------------------------- */

static void
fault(void)
{
	struct person *p = &w.people[dice(PEOPLE)];

	if (one_in(3))
		kill_custodian();
	else if (p->line)
		give_up(p);
	if (one_in(40))
		crowd();
	if (one_in(10))
		resize();
}

static void
step(void)
{
	unsigned who = dice(PEOPLE);
	struct person *p = &w.people[who];
	struct line *l = &w.lines[dice(LINES)];

	if (!w.calm && one_in(12))
		fault();
	if (!w.calm && one_in(2))
		type(p, who);
	if (!w.calm && one_in(3))
		w.end += dice(one_in(10) ? 2 * RING : 20);
	if (!p->line)
		attach(p, who);
	send_some(p);
	custodian_reads(l);
	custodian_sends(l);
	person_reads(p);
	write_some();
	/* The end of a cut link reaches the custodian late. */
	if (l->open && l->cut && (l->up.n == 0 || one_in(4)))
		close_line(l);
}

struct figures {
	uint64_t typed, unsure, lost;
};

static void
session(uint64_t number, struct figures *f)
{
	memset(&w, 0, sizeof w);
	number_now = number;
	seed = number * 0x9e3779b97f4a7c15 + 1;
	for (unsigned i = 0; i < LINES; i++)
		w.lines[i].cut = true;
	start_custodian();
	for (unsigned i = 0; i < STEPS; i++)
		step();
	w.calm = true;
	for (unsigned i = 0; !settled(); i++) {
		if (i > 100000)
			fail_msg("it does not settle");
		step();
	}
	for (unsigned i = 0; i < PEOPLE; i++) {
		judge(i);
		f->typed += w.people[i].typed;
		f->unsure += w.people[i].unsure;
		f->lost += lost(i);
		resume_release(&w.people[i].sender);
	}
	resume_taker_release(&w.taker);
}

/* CDO_SESSIONS says how many; CDO_SEED runs one alone. */
static void
input_is_exact_but_for_what_is_told_in_any_session(void **state)
{
	const char *want = getenv("CDO_SESSIONS"), *one = getenv("CDO_SEED");
	uint64_t n = want ? strtoull(want, NULL, 10) : 100000;
	uint64_t first = one ? strtoull(one, NULL, 10) : 1;
	struct figures f = { 0 };

	(void)state;
	for (uint64_t i = first; i < first + (one ? 1 : n); i++)
		session(i, &f);
	number_now = 0;
	print_message("# %llu sessions: %llu bytes typed, %llu in doubt, of "
		      "which %llu did not arrive\n",
		      (unsigned long long)n, (unsigned long long)f.typed,
		      (unsigned long long)f.unsure, (unsigned long long)f.lost);
}

static int
tell_seed(void **state)
{
	(void)state;
	if (number_now)
		print_message("# CDO_SEED=%llu\n",
			      (unsigned long long)number_now);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			input_is_exact_but_for_what_is_told_in_any_session),
	};

	return cmocka_run_group_tests(tests, NULL, tell_seed);
}
