/* soak/disk.c - the state disk is full, and then has room again. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#ifdef __linux__
#include <sched.h>
#include <sys/mount.h>
#endif

#include <cmocka.h>

#include "base/json.h"
#include "e2e/procs.h"
#include "e2e/term.h"
#include "e2e/world.h"
#include "soak/common.h"

/* CDO_FAULTS says how often; LINES fill 64 KiB, however they shrink. */
enum { ROUNDS = 1, LINES = 100000 };

#ifdef __linux__
static bool
put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));

	if (fd >= 0)
		close(fd);
	return n >= 0;
}

/* Mounts of our own, that go when we do. */
static bool
own_mounts(void)
{
	char map[64];
	unsigned uid = geteuid(), gid = getegid();

	if (unshare(CLONE_NEWNS) < 0) {
		if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
			return false;
		put("/proc/self/setgroups", "deny");
		snprintf(map, sizeof map, "%u %u 1", uid, uid);
		put("/proc/self/uid_map", map);
		snprintf(map, sizeof map, "%u %u 1", gid, gid);
		put("/proc/self/gid_map", map);
	}
	return mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
}

static bool
mount_state(struct world *w, unsigned long flags, const char *size)
{
	return mount("cdo-state", world_text(w, "%s/state", w->dir), "tmpfs",
		     flags, world_text(w, "mode=0700,size=%s", size)) == 0;
}

static void
unmount_state(struct world *w)
{
	umount2(world_text(w, "%s/state", w->dir), MNT_DETACH);
}
#else
enum { MS_REMOUNT = 0 };

static bool
own_mounts(void)
{
	return false;
}

static bool
mount_state(struct world *w, unsigned long flags, const char *size)
{
	(void)w;
	(void)flags;
	(void)size;
	return false;
}

static void
unmount_state(struct world *w)
{
	(void)w;
}
#endif

static int
teardown(void **state)
{
	procs_end();
	unmount_state(*state);
	return world_teardown(state);
}

struct recording {
	struct world *w;
	const char *state; /* or so it begins */
};

static bool
is_in(void *ctx)
{
	struct recording *r = ctx;

	return strstr(cdo_ok(r->w, "info", "--json", "flood", NULL),
		      world_text(r->w, "\"state\":\"%s", r->state)) != NULL;
}

static void
until_recording(struct world *w, const char *state)
{
	struct recording r = { w, state };

	world_until(w, world_text(w, "recording: %s", state), is_in, &r);
}

static void
flood(struct term *t, long from, long to)
{
	struct world *w = term_world(t);

	term_type(t, world_text(w, "%ld %ld\r", from, to));
	term_until_text(t, world_text(w, "over %ld", to));
	assert_int_equal(soak_missing(w, "flood", from, to), 0);
}

/* It worked, or it says why not. */
static bool
done_or_told(struct result r)
{
	if (r.status != 0 && strstr(r.err, strerror(ENOSPC)) == NULL)
		fail_msg("this tells nobody why: '%s'", r.err);
	return r.status == 0;
}

/* To the last byte. */
static void
fill(struct world *w)
{
	static const char data[4096];
	int fd = open(world_text(w, "%s/state/fill", w->dir),
		      O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	while (write(fd, data, sizeof data) > 0)
		continue;
	close(fd);
}

/* How many of some commands are refused while nothing can be written. */
static long
commands_are_refused(struct world *w)
{
	long refused = !done_or_told(cdo(w, "label", "flood", "n=new", NULL));

	refused += !done_or_told(cdo(w, "rename", "flood", "other", NULL));
	assert_string_equal(
		json_str(json_get(world_session(w, "flood"), "labels"), "n"),
		"old");
	refused += !done_or_told(cdo(w, "new", "-d", "--", "true", NULL));
	return refused;
}

static void
sessions_run_on_while_the_disk_is_full(void **state)
{
	struct world *w = *state;
	long rounds = soak_number("CDO_FAULTS", ROUNDS), refused = 0;
	long from = 1, slowest = 0;

	world_dir(w, "state");
	if (!own_mounts() || !mount_state(w, 0, "64k"))
		world_skip("no file system can be mounted here");
	world_file(w, "cdo.conf",
		   "history-limit = 2000000\nhistory-bytes = 256M\n");
	cdo_ok(w, "new", "-d", "-n", "flood", "-l", "n=old", "--", "sh", "-c",
	       "stty -echo; echo ready; "
	       "while read -r a b; do seq $a $b; echo over $b; done",
	       NULL);
	struct term *t = term_attach(w, "flood");
	term_until_text(t, "ready");
	for (long i = 1; i <= rounds; i++) {
		alarm((unsigned)(world_patience() / 1000 * 4));
		cdo_ok(w, "new", "-d", "-n", "late", "--", "sh", "-c",
		       "read x; exit 4", NULL);
		struct term *late = term_attach(w, "late");
		flood(t, from, from + LINES - 1);
		fill(w);
		refused += commands_are_refused(w);
		flood(t, from + LINES, from + 2 * LINES - 1);
		until_recording(w, strerror(ENOSPC));
		term_type(late, "\r");
		assert_int_equal(term_end(late), 4);
		world_until_status(w, "late", "failed");
		world_forget(w, late);

		assert_true(mount_state(w, MS_REMOUNT, "4m"));
		world_sh(w, world_text(w, "rm %s/state/fill", w->dir));
		long since = world_now();
		until_recording(w, "on");
		if (world_now() - since > slowest)
			slowest = world_now() - since;
		term_type(t, world_text(w, "x back%ld\r", i));
		term_until_text(t, world_text(w, "over back%ld", i));
		/* The next server knows it too. */
		cdo_ok(w, "server", "stop", NULL);
		world_until_none(w, "server");
		assert_int_equal(world_number(w, "late", "exit_code"), 4);
		cdo_ok(w, "clear", "late", NULL);
		from += 2 * LINES;
	}
	print_message("# %ld times full: %ld lines at full speed each there "
		      "once, %ld of %ld commands refused and said why, "
		      "recording again after %ld ms at most\n",
		      rounds, from - 1, refused, 3 * rounds, slowest);
	cdo_ok(w, "label", "flood", "n=new", NULL);
	cdo_ok(w, "stop", "flood", NULL);
	soak_record(w, "meta.json");
	soak_record(w, "exit.json");
	cdo_ok(w, "export", "flood", NULL);
	assert_non_null(strstr(cdo_ok(w, "logs", "--raw", "flood", NULL),
			       world_text(w, "over back%ld", rounds)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			sessions_run_on_while_the_disk_is_full, world_setup,
			teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
