/* soak/leaks.c - sessions and clients come and go, and nothing stays. */
#include <dirent.h>
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "e2e/procs.h"
#include "e2e/term.h"
#include "e2e/world.h"
#include "soak/common.h"

/* CDO_STARTS and CDO_ATTACHES say how often. */
enum {
	STARTS = 20,
	ATTACHES = 100,
	AT_ONCE = 8,
	SCRIPTS = 4,
	SETTLED = 20, /* what comes and goes has been everywhere by then */
	GROWTH = 1024, /* KiB that an allocator may keep */
};

/* What a process holds. */
struct held {
	long fds, kib;
};

static struct held
held_by(pid_t pid)
{
	struct held h = { 0, -1 };
	char path[64], line[256];

	snprintf(path, sizeof path, "/proc/%ld/fd", (long)pid);
	DIR *dir = opendir(path);
	assert_non_null(dir);
	while (readdir(dir) != NULL)
		h.fds++;
	closedir(dir);
	snprintf(path, sizeof path, "/proc/%ld/status", (long)pid);
	FILE *f = fopen(path, "re");
	assert_non_null(f);
	while (fgets(line, sizeof line, f) != NULL)
		if (sscanf(line, "RssAnon: %ld kB", &h.kib) == 1)
			break;
	fclose(f);
	return h;
}

static pid_t
only(const char *role)
{
	pid_t pids[2];

	assert_int_equal(procs_find(role, pids, 2), 1);
	return pids[0];
}

static long files;

static int
count_one(const char *path, const struct stat *st, int what, struct FTW *at)
{
	(void)path;
	(void)st;
	(void)what;
	(void)at;
	files++;
	return 0;
}

/* Files and directories in the world's run and state. */
static long
all_files(struct world *w)
{
	files = 0;
	nftw(world_text(w, "%s/run", w->dir), count_one, 8, FTW_PHYS);
	nftw(world_text(w, "%s/state", w->dir), count_one, 8, FTW_PHYS);
	return files;
}

struct settling {
	const char *role;
	long fds;
};

static bool
has_settled(void *ctx)
{
	const struct settling *s = ctx;

	return held_by(only(s->role)).fds <= s->fds;
}

static void
judge(struct world *w, const char *role, struct held was, long times)
{
	struct settling s = { role, was.fds };

	world_until(w, "descriptors to be closed", has_settled, &s);
	struct held is = held_by(only(role));
	print_message("# %s: %ld descriptors before, %ld after; %ld KiB "
		      "before, %ld after, %ld times\n",
		      role, was.fds, is.fds, was.kib, is.kib, times);
	assert_true(is.fds <= was.fds);
	assert_true(is.kib - was.kib <= GROWTH);
}

/* Some at a time, each by a script of its own. */
static void
start_and_stop(struct world *w, long times)
{
	pid_t pids[SCRIPTS];

	for (int i = 0; i < SCRIPTS; i++)
		pids[i] = world_start(
			w, (const char *[]){
				   "sh", "-ec",
				   world_text(w,
					      "for i in $(seq %ld); do "
					      "cdo new -d -n w%d -- cat; "
					      "cdo stop w%d; cdo clear w%d; "
					      "done",
					      times / SCRIPTS, i, i, i),
				   NULL });
	for (int i = 0; i < SCRIPTS; i++) {
		int status = -1;

		alarm((unsigned)(world_patience() / 1000 * 4 + times / 2));
		waitpid(pids[i], &status, 0);
		assert_int_equal(status, 0);
	}
	/* Keepers have become our children. */
	while (waitpid(-1, NULL, WNOHANG) > 0)
		continue;
}

static bool
is_alone(void *ctx)
{
	pid_t pids[2];

	(void)ctx;
	return procs_find(NULL, pids, 2) == 1;
}

static void
nothing_is_left_of_sessions_that_ended(void **state)
{
	struct world *w = *state;
	long n = soak_number("CDO_STARTS", STARTS);

	start_and_stop(w, SETTLED);
	world_until(w, "the server to be alone", is_alone, NULL);
	long had = all_files(w);
	struct held was = held_by(only("server"));
	long since = world_now();
	start_and_stop(w, n);
	long ms = world_now() - since;
	world_until(w, "the server to be alone", is_alone, NULL);
	judge(w, "server", was, n);
	assert_int_equal(all_files(w), had);
	print_message("# %ld sessions started and stopped, %ld ms each: one "
		      "process and %ld files before and after\n",
		      n, ms / n, had);
}

/* Some clients at a time: each in a window of its own. */
static void
attach_and_detach(struct world *w, long times)
{
	struct term *t[AT_ONCE];

	for (long done = 0; done < times;) {
		int n = times - done < AT_ONCE ? (int)(times - done) : AT_ONCE;

		alarm((unsigned)(world_patience() / 1000 * 4));
		for (int i = 0; i < n; i++)
			t[i] = term_attach(w, "work");
		for (int i = 0; i < n; i++) {
			term_until_text(t[i], "ready");
			term_type(t[i], TERM_DETACH);
		}
		for (int i = 0; i < n; i++) {
			assert_int_equal(term_end(t[i]), 0);
			world_forget(w, t[i]);
		}
		done += n;
	}
}

static void
nothing_is_left_of_clients_that_went(void **state)
{
	struct world *w = *state;
	long n = soak_number("CDO_ATTACHES", ATTACHES);
	pid_t pids[8];

	cdo_ok(w, "new", "-d", "-n", "work", "--", "sh", "-c",
	       "echo ready; exec cat", NULL);
	attach_and_detach(w, SETTLED);
	world_until_clients(w, "work", 0);
	size_t procs = procs_find(NULL, pids, 8);
	long had = all_files(w);
	struct held server = held_by(only("server"));
	struct held custodian = held_by(only("custodian"));
	long since = world_now();
	attach_and_detach(w, n);
	long ms = world_now() - since;
	world_until_clients(w, "work", 0);
	judge(w, "server", server, n);
	judge(w, "custodian", custodian, n);
	assert_int_equal(procs_find(NULL, pids, 8), procs);
	assert_int_equal(all_files(w), had);
	print_message("# %ld clients attached and detached in %ld ms: %zu "
		      "processes and %ld files before and after\n",
		      n, ms, procs, had);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(nothing_is_left_of_sessions_that_ended),
		world_test(nothing_is_left_of_clients_that_went),
	};

	return world_run(tests);
}
