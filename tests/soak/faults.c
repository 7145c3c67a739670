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

#include "base/buf.h"
#include "base/io.h"
#include "e2e/procs.h"
#include "e2e/term.h"
#include "e2e/world.h"

/* CDO_FAULTS says how many of each kind; CDO_SEED begins another series. */
enum {
	FAULTS = 5,
	LINES = 200000, /* in one flood */
	MOMENT = 60, /* ms: the flood lasts longer */
	PAUSE = 3, /* ms between two keys */
	BACK = 1000, /* ms for a client to be back */
	TOKEN = 8, /* bytes of a key's number */
	SLACK = 8 * TOKEN, /* so many bytes in a row are no accident */
	TYPED_MAX = 16 << 20,
};

static uint64_t seed;

static unsigned
dice(unsigned sides)
{
	seed = seed * 6364136223846793005 + 1442695040888963407;
	return (unsigned)((seed >> 33) % sides);
}

static long
number(const char *name, long otherwise)
{
	const char *s = getenv(name);

	return s != NULL ? strtol(s, NULL, 10) : otherwise;
}

/* --- somebody types ----------------------------------------------------- */

struct typist {
	struct world *w;
	struct term *t;
	unsigned next;
	struct buf all;
};

static void
type_one(struct typist *y)
{
	char token[TOKEN + 1];

	snprintf(token, sizeof token, "k%06u,", y->next++ % 1000000);
	buf_str(&y->all, token);
	term_type(y->t, token);
}

/* The recorder also prints what it gets. */
static void
start_typing(struct typist *y, struct world *w)
{
	*y = (struct typist){ .w = w };
	cdo_ok(w, "new", "-d", "-n", "keys", "--", "sh", "-c",
	       world_text(w, "stty raw -echo; echo ready; exec tee %s/typed",
			  w->dir),
	       NULL);
	y->t = term_attach(w, "keys");
	term_until_text(y->t, "ready");
}

static void
type_for(struct typist *y, unsigned ms)
{
	long end = world_now() + ms;

	while (world_now() < end) {
		type_one(y);
		world_pump(y->w, PAUSE);
	}
}

/* Whether what came behind `from` has the text. */
struct awaited {
	struct term *t;
	size_t from;
	const char *text;
};

static bool
has_come(void *ctx)
{
	const struct awaited *a = ctx;
	size_t len;
	const char *raw = term_raw(a->t, &len);

	return memmem(raw + a->from, len - a->from, a->text, strlen(a->text)) !=
	       NULL;
}

static size_t
raw_length(struct term *t)
{
	size_t len;

	term_raw(t, &len);
	return len;
}

/* Types until something comes back, and tells after how many ms. */
static long
until_back(struct typist *y)
{
	long since = world_now();
	struct awaited a = { y->t, raw_length(y->t), "," };

	type_one(y);
	world_until(y->w, "the client to be back", has_come, &a);
	return world_now() - since;
}

struct count {
	unsigned long typed, lost, told;
};

/*
 * What has arrived is what was typed, in order, each byte once, but for what
 * is left out: how much that is.
 */
static unsigned long
left_out(const struct buf *typed, const struct buf *got)
{
	unsigned long lost = 0;
	size_t i = 0, j = 0;

	while (j < got->len) {
		size_t left = got->len - j, n = left < SLACK ? left : SLACK;

		if (i < typed->len && typed->data[i] == got->data[j]) {
			i++;
			j++;
			continue;
		}
		const uint8_t *p = memmem(typed->data + i, typed->len - i,
					  got->data + j, n);
		if (p == NULL)
			fail_msg("'%.*s' was not typed here", (int)n,
				 (char *)got->data + j);
		lost += (unsigned long)(p - typed->data) - i;
		i = (size_t)(p - typed->data);
	}
	return lost + (typed->len - i);
}

/* The lines before the last tell what is in doubt. */
static unsigned long
told_at_the_end(struct term *t, size_t from)
{
	static const char mark[] = "[keys: ";
	unsigned long told = 0;
	size_t len;
	const char *p = term_raw(t, &len) + from;

	while ((p = strstr(p, mark)) != NULL) {
		p += strlen(mark);
		if (strstr(p, "may have arrived") != NULL)
			told += strtoul(p, NULL, 10);
	}
	return told;
}

static struct count
stop_typing(struct typist *y)
{
	struct awaited end = { y->t, raw_length(y->t), "END" };
	struct buf got = { 0 };

	buf_str(&y->all, "END");
	term_type(y->t, "END");
	world_until(y->w, "the last key", has_come, &end);
	size_t from = raw_length(y->t);
	term_type(y->t, TERM_DETACH);
	assert_int_equal(term_end(y->t), 0);
	assert_int_equal(io_slurp(world_text(y->w, "%s/typed", y->w->dir),
				  TYPED_MAX, &got),
			 0);
	struct count c = {
		.typed = y->all.len,
		.lost = left_out(&y->all, &got),
		.told = told_at_the_end(y->t, from),
	};
	buf_release(&got);
	buf_release(&y->all);
	cdo_ok(y->w, "stop", "keys", NULL);
	return c;
}

/* --- something prints --------------------------------------------------- */

struct flood {
	struct world *w;
	struct term *t;
	long from, to;
};

static void
start_flood(struct flood *f, struct world *w)
{
	*f = (struct flood){ .w = w };
	world_file(w, "cdo.conf",
		   "history-limit = 300000\nhistory-bytes = 64M\n");
	cdo_ok(w, "new", "-d", "-n", "flood", "--", "sh", "-c",
	       "stty -echo; echo ready; "
	       "while read -r a b; do seq $a $b; echo over $b; done",
	       NULL);
	f->t = term_attach(w, "flood");
	term_until_text(f->t, "ready");
}

static bool
is_flooded(void *ctx)
{
	struct awaited *a = ctx;

	return raw_length(a->t) > a->from;
}

/* Prints the next lines, and comes back while they are being printed. */
static void
begin_flood(struct flood *f)
{
	f->from = f->to + 1;
	f->to = f->from + LINES - 1;
	struct awaited a = { f->t, raw_length(f->t), NULL };
	term_type(f->t, world_text(f->w, "%ld %ld\r", f->from, f->to));
	world_until(f->w, "the flood", is_flooded, &a);
	for (long end = world_now() + dice(MOMENT); world_now() < end;)
		world_pump(f->w, 1);
}

/* Waits for its end; returns how many lines the session does not have. */
static unsigned long
missing_lines(struct flood *f)
{
	term_until_text(f->t, world_text(f->w, "over %ld", f->to));
	struct result r = cdo(f->w, "capture", "flood", "--history", NULL);
	unsigned long missing = 0;
	long due = f->from;

	assert_int_equal(r.status, 0);
	for (const char *l = r.out; l != NULL && *l != '\0';
	     l = strchr(l, '\n'), l += l != NULL) {
		long n = strtol(l, NULL, 10);

		if (n < f->from)
			continue;
		if (n < due)
			fail_msg("line %ld stands where %ld is due", n, due);
		missing += (unsigned long)(n - due);
		due = n + 1;
	}
	missing += (unsigned long)(f->to + 1 - due);
	if (missing > 0)
		print_message("# lines %ld to %ld: %lu missing\n", f->from,
			      f->to, missing);
	/* Another window: what this one has seen is not needed any more. */
	world_forget(f->w, f->t);
	f->t = term_attach(f->w, "flood");
	term_until_text(f->t, world_text(f->w, "over %ld", f->to));
	return missing;
}

/* --- the faults --------------------------------------------------------- */

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
	long n = number("CDO_FAULTS", FAULTS);
	struct typist y;
	struct flood f;
	unsigned long missing = 0;
	pid_t servers[4];

	start_flood(&f, w);
	start_typing(&y, w);
	for (long i = 0; i < n; i++) {
		patience();
		pid_t client = term_pid(y.t);

		cdo_ok(w, "ls", NULL);
		type_for(&y, dice(30));
		begin_flood(&f);
		size_t k = procs_find("server", servers, 4);
		for (size_t j = 0; j < k; j++)
			kill(servers[j], SIGKILL);
		type_for(&y, 20);
		missing += missing_lines(&f);
		assert_true(procs_alive(client));
	}
	struct count c = stop_typing(&y);
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
	long n = number("CDO_FAULTS", FAULTS), slowest = 0, late = 0;
	struct typist y;
	struct flood f;
	unsigned long missing = 0;

	start_flood(&f, w);
	start_typing(&y, w);
	long programs[2] = { world_number(w, "flood", "pid"),
			     world_number(w, "keys", "pid") };
	for (long i = 0; i < n; i++) {
		patience();
		pid_t of_keys = custodian(w, "keys");
		pid_t of_flood = custodian(w, "flood");

		type_for(&y, dice(30));
		kill(of_keys, SIGKILL);
		long ms = until_back(&y);
		slowest = ms > slowest ? ms : slowest;
		late += ms >= BACK;
		begin_flood(&f);
		kill(of_flood, SIGKILL);
		type_for(&y, 20);
		missing += missing_lines(&f);
		for (int j = 0; j < 2; j++)
			assert_true(procs_alive((pid_t)programs[j]));
	}
	struct count c = stop_typing(&y);
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
	long n = number("CDO_FAULTS", FAULTS);

	for (long i = 0; i < n; i++) {
		const int status = 1 + (int)dice(120);
		pid_t keeper, server;

		patience();
		cdo_ok(w, "new", "-d", "-n", "work", "--", "sh", "-c",
		       world_text(w, "echo ready; read -r x; exit %d", status),
		       NULL);
		struct term *t = term_attach(w, "work");
		term_until_text(t, "ready");
		assert_int_equal(procs_find("keeper", &keeper, 1), 1);
		/* A custodian that is the keeper's child is no parent of it. */
		for (unsigned before = dice(3); before > 0; before--)
			kill_custodian(w);
		if (dice(2) && procs_find("server", &server, 1) == 1)
			kill(server, SIGKILL);
		kill(keeper, SIGKILL);
		if (dice(2))
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

	seed = (uint64_t)number("CDO_SEED", 1);
	return world_run(tests);
}
