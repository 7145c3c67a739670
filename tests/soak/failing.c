/* soak/failing.c - each call on a file fails once: old or new, never torn. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/json.h"
#include "e2e/procs.h"
#include "e2e/term.h"
#include "e2e/world.h"
#include "soak/common.h"
#include "soak/nth.h"

/* CDO_STEP: every how manieth call is failed; 1 in make soak. */
enum { LINES = 3000, STEP = 4 };

static struct nth *nth;

/* --- the fault ---------------------------------------------------------- */

static int
setup(void **state)
{
	if (world_setup(state) < 0)
		return -1;
	struct world *w = *state;
	char *file = world_text(w, "%s/nth", w->dir);
	int fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0 || ftruncate(fd, sizeof *nth) < 0)
		return -1;
	nth = mmap(NULL, sizeof *nth, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		   0);
	close(fd);
	if (nth == MAP_FAILED)
		return -1;
	snprintf(nth->root, sizeof nth->root, "%s/state", w->dir);
	const char *top = getenv("CDO_TOP_BUILDDIR");
	char *dir = realpath(top != NULL ? top : ".", NULL);
	world_set(w, "CDO_NTH", file);
	world_set(w, "LD_PRELOAD", world_text(w, "%s/tests/soak/nth.so", dir));
	free(dir);
	return 0;
}

static int
teardown(void **state)
{
	munmap(nth, sizeof *nth);
	return world_teardown(state);
}

#define failing_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

/* Whether the library is in the way of a command. */
static void
need_the_library(struct world *w)
{
	nth->calls = 0;
	nth->fail = -1;
	cdo(w, "ls", NULL);
	nth->fail = 0;
	if (nth->calls == 0)
		world_skip("no library can be preloaded here");
}

static void
arm(long n)
{
	alarm((unsigned)(world_patience() / 1000 * 4));
	nth->calls = nth->failed = 0;
	nth->fail = (int)n;
}

/* Whether there was a call to fail. */
static bool
disarm(void)
{
	nth->fail = 0;
	return nth->failed > 0;
}

/* --- what must be ------------------------------------------------------- */

struct count {
	long failed, told, refused;
};

/* Who cannot do it says so, and why. */
static void
assert_clear(const struct result *r)
{
	if (strncmp(r->err, "cdo: ", 5) != 0 ||
	    strstr(r->err, strerror(EIO)) == NULL)
		fail_msg("%s: this tells nobody why: '%s' (%d)", nth->what,
			 r->err, r->status);
}

static void
assert_nothing_half(struct world *w)
{
	glob_t g;

	glob(world_text(w, "%s/state/sessions/*/*.[0-9]*.[0-9]*", w->dir), 0,
	     NULL, &g);
	if (g.gl_pathc > 0)
		fail_msg("%s: left behind: %s", nth->what, g.gl_pathv[0]);
	globfree(&g);
}

static bool
in_a_log(struct world *w)
{
	return world_command(
		       w, (const char *[]){ "grep", "-rqs", strerror(EIO),
					    world_text(w, "%s/state", w->dir),
					    NULL })
		       .status == 0;
}

static void
take_note(struct world *w, struct count *c, const struct result *r)
{
	c->failed++;
	c->refused += r->status != 0;
	c->told += r->status != 0 || in_a_log(w);
	if (r->status != 0)
		assert_clear(r);
}

static void
print_count(const char *what, const struct count *c)
{
	print_message("# %s: %ld calls failed, one each time: %ld refused and "
		      "said why, %ld more were logged, nothing torn\n",
		      what, c->failed, c->refused, c->told - c->refused);
}

/* --- the calls ---------------------------------------------------------- */

static void
a_label_is_the_old_or_the_new_one(void **state)
{
	struct world *w = *state;
	struct count c = { 0 };
	long was = 0;

	need_the_library(w);
	cdo_ok(w, "new", "-d", "-n", "work", "-l", "n=0", "--", "cat", NULL);
	world_until_status(w, "work", "running");
	for (long n = 1;; n++) {
		arm(n);
		struct result r = cdo(w, "label", "work",
				      world_text(w, "n=%ld", n), NULL);
		bool any = disarm();
		const struct json *meta = soak_record(w, "meta.json");
		long is = strtol(json_str(json_get(meta, "labels"), "n"), NULL,
				 10);

		/* Refused is refused, on the disk too. */
		if (r.status == 0)
			was = n;
		if (is != was)
			fail_msg("%s: %ld is %ld", nth->what, was, is);
		if (!any) {
			assert_int_equal(r.status, 0);
			break;
		}
		take_note(w, &c, &r);
		assert_nothing_half(w);
	}
	print_count("label", &c);
}

static void
a_name_is_the_old_or_the_new_one(void **state)
{
	struct world *w = *state;
	struct count c = { 0 };
	const char *was = "name0";

	need_the_library(w);
	cdo_ok(w, "new", "-d", "-n", was, "--", "cat", NULL);
	for (long n = 1;; n++) {
		const char *to = world_text(w, "name%ld", n);

		arm(n);
		struct result r = cdo(w, "rename", was, to, NULL);
		bool any = disarm();
		const char *is = r.status == 0 ? to : was;
		const char *name =
			json_str(soak_record(w, "meta.json"), "name");
		if (strcmp(name, is) != 0)
			fail_msg("%s: '%s' is '%s' on the disk", nth->what, is,
				 name);
		was = is;
		if (!any) {
			assert_int_equal(r.status, 0);
			break;
		}
		take_note(w, &c, &r);
		assert_nothing_half(w);
	}
	print_count("rename", &c);
}

/* It runs and ends with 3, whatever fails; false if it was refused. */
static bool
live(struct world *w, struct result *r)
{
	*r = cdo(w, "new", "-d", "-n", "work", "--", "sh", "-c",
		 world_text(w, "seq %d; exit 3", LINES), NULL);
	if (r->status != 0)
		return false;
	world_until_status(w, "work", "failed");
	world_until_none(w, "keeper");
	return true;
}

static void
until_nothing_runs(struct world *w)
{
	cdo(w, "server", "stop", NULL);
	world_until_none(w, NULL);
}

/* From the first command on an empty disk to what is left of it. */
static void
a_life_goes_on_whatever_fails(void **state)
{
	struct world *w = *state;
	struct count c = { 0 };
	long screens = 0, gaps = 0;

	need_the_library(w);
	for (long n = 1;; n += soak_number("CDO_STEP", STEP)) {
		struct result r;

		until_nothing_runs(w);
		world_sh(w, world_text(w, "rm -rf %s/state", w->dir));
		arm(n);
		bool lived = live(w, &r);
		bool any = disarm();
		if (any)
			take_note(w, &c, &r);
		if (!lived) {
			world_sh(w, world_text(w, "! ls %s/state/sessions/*",
					       w->dir));
			assert_true(live(w, &r));
		}
		assert_int_equal(world_number(w, "work", "exit_code"), 3);
		/* The next server knows it from the disk alone. */
		until_nothing_runs(w);
		assert_int_equal(world_number(w, "work", "exit_code"), 3);
		soak_record(w, "meta.json");
		soak_record(w, "exit.json");
		assert_nothing_half(w);
		if (access(world_text(w, "%s/last.vt", soak_dir(w)), F_OK) == 0)
			assert_int_equal(soak_missing(w, "work", 1, LINES), 0);
		else
			screens++;
		struct result logs = cdo(w, "logs", "--raw", "work", NULL);
		assert_int_equal(logs.status, 0);
		if (strstr(logs.out, world_text(w, "\n%d\r\n", LINES)) == NULL)
			gaps++;
		if (!any)
			break;
	}
	print_count("start to end", &c);
	print_message("# without a last screen: %ld, a recording with a gap at "
		      "the end: %ld\n",
		      screens, gaps);
	assert_true(screens <= 5);
}

static void
a_session_starts_again_or_is_as_before(void **state)
{
	struct world *w = *state;
	struct count c = { 0 };
	struct result r;

	need_the_library(w);
	assert_true(live(w, &r));
	for (long n = 1;; n += soak_number("CDO_STEP", STEP)) {
		arm(n);
		r = cdo(w, "restart", "work", NULL);
		bool any = disarm();
		if (any)
			take_note(w, &c, &r);
		soak_record(w, "meta.json");
		if (r.status != 0) {
			world_until_status(w, "work", "failed");
			assert_int_equal(world_number(w, "work", "exit_code"),
					 3);
			soak_record(w, "exit.json");
			cdo_ok(w, "restart", "work", NULL);
		}
		world_until_status(w, "work", "failed");
		world_until_none(w, "keeper");
		assert_int_equal(world_number(w, "work", "exit_code"), 3);
		assert_nothing_half(w);
		if (!any) {
			assert_int_equal(r.status, 0);
			break;
		}
	}
	print_count("restart", &c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		failing_test(a_label_is_the_old_or_the_new_one),
		failing_test(a_name_is_the_old_or_the_new_one),
		failing_test(a_life_goes_on_whatever_fails),
		failing_test(a_session_starts_again_or_is_as_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
