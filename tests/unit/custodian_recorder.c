/* unit/custodian_recorder.c - a recording holds, whatever the disk does. */
#include "custodian/recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "custodian/segments.h"
#include "recording.h"

/*
 * The linker sends these calls through here (--wrap).  Number fail_at, from
 * 1, fails; and no more than `space` bytes can be written.
 */
static int fail_at, calls;
static size_t space = SIZE_MAX;

static bool
fails(void)
{
	if (++calls != fail_at)
		return false;
	errno = EIO;
	return true;
}

int __real_openat(int dir, const char *path, int flags, ...);
ssize_t __real_write(int fd, const void *data, size_t len);
int __real_ftruncate(int fd, off_t len);
int __real_unlink(const char *path);
int __wrap_openat(int dir, const char *path, int flags, ...);
ssize_t __wrap_write(int fd, const void *data, size_t len);
int __wrap_ftruncate(int fd, off_t len);
int __wrap_unlink(const char *path);

int
__wrap_openat(int dir, const char *path, int flags, ...)
{
	va_list ap;

	va_start(ap, flags);
	mode_t mode = va_arg(ap, mode_t);
	va_end(ap);
	return fails() ? -1 : __real_openat(dir, path, flags, mode);
}

ssize_t
__wrap_write(int fd, const void *data, size_t len)
{
	if (fails())
		return -1;
	if (len && !space) {
		errno = ENOSPC;
		return -1;
	}
	len = len < space ? len : space;
	if (space != SIZE_MAX)
		space -= len;
	return __real_write(fd, data, len);
}

int
__wrap_ftruncate(int fd, off_t len)
{
	return fails() ? -1 : __real_ftruncate(fd, len);
}

int
__wrap_unlink(const char *path)
{
	return fails() ? -1 : __real_unlink(path);
}

static int
setup(void **state)
{
	(void)state;
	fail_at = calls = 0;
	space = SIZE_MAX;
	recording_new();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	fail_at = 0;
	space = SIZE_MAX;
	recording_free();
	return 0;
}

static void
what_happened_is_read_in_order(void **state)
{
	(void)state;
	recording_start(0);
	say("one\r\n");
	recorder_resize(the.rec, the.now, 100, 30);
	say("two\r\n");
	recorder_exit(the.rec, the.now, 3, 0);
	say("never");
	assert_int_equal(recorder_wait(the.rec, the.now), -1);
	assert_seen("KRX", "one\r\ntwo\r\n");
	struct seen s = see_all();
	assert_int_equal(s.exit_code, 3);
	seen_release(&s);
}

static void
a_writer_killed_loses_a_second_at_most(void **state)
{
	(void)state;
	recording_start(0);
	assert_seen("K", "");
	say("a");
	assert_seen("K", "");
	wait_ms(999);
	assert_seen("K", "");
	wait_ms(1);
	assert_seen("K", "a");
	/* A caller whose loop has no time for the tick. */
	say("b");
	the.now += 1000;
	say("c");
	assert_seen("K", "abc");
}

static void
an_idle_recorder_wants_nothing_and_holds_nothing(void **state)
{
	(void)state;
	recording_start(0);
	say("x");
	assert_int_equal(recorder_wait(the.rec, the.now), RECORDER_FLUSH_MS);
	wait_ms(RECORDER_FLUSH_MS);
	assert_in_range(recorder_wait(the.rec, the.now), 1, RECORDER_REST_MS);
	wait_ms(RECORDER_REST_MS);
	assert_int_equal(recorder_wait(the.rec, the.now), -1);
	say("y");
	wait_ms(10000);
	assert_int_equal(recorder_wait(the.rec, the.now), -1);
	assert_seen("K", "xy");
}

static void
a_flood_becomes_a_gap_and_a_key(void **state)
{
	struct recorder_status st;
	struct seen s;

	(void)state;
	recording_start(0);
	say("before\n");
	for (int i = 0; i < 100; i++) { /* 100 MB in a second */
		noise(1 << 20);
		the.now += 10;
	}
	recorder_status(the.rec, &st);
	assert_true(st.flooded);
	assert_in_range(on_disk(), 0, 10 << 20);
	wait_ms(3000);
	recorder_status(the.rec, &st);
	assert_false(st.flooded);
	say("after\n");
	wait_ms(1000);
	s = see_all();
	assert_int_equal(s.bytes + s.lost, the.given);
	assert_true(s.lost > 80 << 20);
	buf_byte(&s.kinds, 0);
	assert_non_null(strstr((char *)s.kinds.data, "GK"));
	char at[64];
	snprintf(at, sizeof at, "screen at %llu",
		 (unsigned long long)the.given - 6);
	assert_string_equal(s.screen, at);
	seen_release(&s);
}

static void
output_within_the_rate_is_recorded_whole(void **state)
{
	(void)state;
	recording_start(0);
	noise(3 << 20); /* at once */
	for (int i = 0; i < 20; i++) {
		wait_ms(250);
		noise(900000);
	}
	recorder_exit(the.rec, the.now, 0, 0);
	struct seen s = see_all();
	assert_int_equal(s.bytes, the.given);
	assert_int_equal(s.lost, 0);
	seen_release(&s);
}

static void
a_session_that_ends_in_a_flood_keeps_its_last_screen(void **state)
{
	(void)state;
	recording_start(0);
	for (int i = 0; i < 20; i++)
		noise(1 << 20);
	recorder_exit(the.rec, the.now, 1, 9);
	struct seen s = see_all();
	buf_byte(&s.kinds, 0);
	assert_string_equal((char *)s.kinds.data + s.kinds.len - 4, "GKX");
	assert_int_equal(s.bytes + s.lost, the.given);
	seen_release(&s);
}

static void
a_full_disk_pauses_the_recording_until_there_is_room(void **state)
{
	struct recorder_status st;

	(void)state;
	space = 64 << 10;
	recording_start(0);
	for (int i = 0; i < 100; i++) {
		noise(2000);
		wait_ms(500);
	}
	recorder_status(the.rec, &st);
	assert_int_equal(st.error, -ENOSPC);
	assert_in_range(on_disk(), 1, 64 << 10);
	/* It tries the.now and then, and no more often. */
	calls = 0;
	wait_ms(60000);
	assert_in_range(calls, 10, 100);
	struct seen s = see_all();
	assert_int_equal(s.unjoined, 1);
	seen_release(&s);

	space = SIZE_MAX;
	wait_ms(RECORDER_RETRY_MS);
	recorder_status(the.rec, &st);
	assert_int_equal(st.error, 0);
	say("again");
	recorder_exit(the.rec, the.now, 0, 0);
	s = see_all();
	assert_int_equal(s.bytes + s.lost, the.given);
	assert_true(s.lost > 0);
	assert_memory_equal(s.output.data + s.output.len - 5, "again", 5);
	seen_release(&s);
}

static void
a_disk_full_from_the_start_is_no_obstacle(void **state)
{
	struct recorder_status st;

	(void)state;
	space = 0;
	recording_start(0);
	say("x");
	recorder_status(the.rec, &st);
	assert_int_equal(st.error, -ENOSPC);
	assert_int_equal(segments(NULL), 0);
	recorder_exit(the.rec, the.now, 0, 0);
	assert_seen("", "");
}

static void
a_directory_that_is_gone_is_no_obstacle(void **state)
{
	(void)state;
	assert_int_equal(rmdir(the.dir), 0);
	recording_start(0);
	for (int i = 0; i < 10; i++) {
		say("x");
		wait_ms(2000);
	}
	recorder_exit(the.rec, the.now, 0, 0);
}

/* One life of eight outputs in which call n fails; whether there was one. */
static bool
live_through(int n, uint64_t max)
{
	fail_at = n;
	recording_start(max);
	for (int i = 0; i < 8; i++) {
		noise(150000);
		wait_ms(i % 3 ? 700 : 7000);
	}
	recorder_exit(the.rec, the.now, 7, 0);
	fail_at = 0;

	bool hit = calls >= n;
	struct seen s = see_all();
	bool dropped = max < the.given;

	assert_int_equal(s.exit_code, 7);
	assert_in_range(s.bytes, 1, the.given);
	assert_in_range(s.bytes + s.lost, dropped ? 1 : the.given, the.given);
	for (size_t i = 0; i < s.kinds.len; i++)
		assert_non_null(strchr("KGX", s.kinds.data[i]));
	seen_release(&s);
	return hit;
}

/* Fails the 1st, 2nd, nth call, until none is left to fail. */
static void
whatever_fails_every_byte_is_accounted_for(void **state)
{
	static const uint64_t max[] = { 1 << 20, 3 << 20 };

	for (int i = 0; i < 2; i++) {
		int n = 0;

		do {
			teardown(state);
			setup(state);
		} while (live_through(++n, max[i]));
		assert_in_range(n, 15, 200);
	}
}

static void
many_short_runs_leave_a_bounded_number_of_files(void **state)
{
	struct segment last;

	(void)state;
	for (int run = 0; run < RECORDER_SEGMENTS + 20; run++) {
		recording_start(0);
		say("run");
		recorder_free(the.rec);
		the.rec = NULL;
	}
	assert_int_equal(segments(&last), RECORDER_SEGMENTS);
	assert_int_equal(last.number, RECORDER_SEGMENTS + 20);
}

static void
a_screen_that_cannot_be_had_is_waited_for(void **state)
{
	(void)state;
	the.keyless = true;
	recording_start(0);
	say("lost");
	assert_int_equal(segments(NULL), 0);
	assert_int_equal(recorder_wait(the.rec, the.now), -1);
	the.keyless = false;
	say("too");
	say("kept");
	recorder_exit(the.rec, the.now, 0, 0);
	assert_seen("GKX", "kept");
	struct seen s = see_all();
	assert_int_equal(s.bytes + s.lost, the.given);
	seen_release(&s);
}

static void
a_string_without_end_does_not_fill_the_disk(void **state)
{
	(void)state;
	recording_start(1 << 20);
	noise(10000);
	the.keyless = true;
	for (int i = 0; i < 100; i++) {
		noise(100000);
		wait_ms(1000);
	}
	assert_in_range(on_disk(), 0, 1 << 20);
	the.keyless = false;
	wait_ms(2000);
	say("after");
	recorder_exit(the.rec, the.now, 0, 0);
	struct seen s = see_all();
	assert_int_equal(s.bytes + s.lost, the.given);
	assert_memory_equal(s.output.data + s.output.len - 5, "after", 5);
	seen_release(&s);
}

/* Frames of four fifths of a screen, as an agent draws them. */
static void
a_gigabyte_of_repaints_stays_within_the_limit(void **state)
{
	enum { LIMIT = 4 << 20, SLICE = 2 << 20 }; /* half of what is taken */
	const char *mib = getenv("CDO_REPAINT_MIB");
	uint64_t due = (mib ? strtoull(mib, NULL, 10) : 16) << 20, most = 0;
	struct buf b = { 0 };
	unsigned n = 0;

	(void)state;
	recording_start(LIMIT);
	while (the.given < due) {
		buf_clear(&b);
		while (b.len < SLICE) {
			buf_printf(&b, "\033[H\033[3%um", n % 8);
			for (unsigned row = 0; row < 40; row++)
				buf_printf(
					&b, "%08x step %u of %u done\033[K\r\n",
					(n * 40 + row) * 2654435761u, row, n);
			n++;
		}
		output(b.data, b.len);
		wait_ms(1000);
		most = on_disk() > most ? on_disk() : most;
	}
	recorder_exit(the.rec, the.now, 0, 0);
	print_message("# %llu MiB of repaints: %llu KiB on disk at most, %d "
		      "allowed\n",
		      (unsigned long long)(the.given >> 20),
		      (unsigned long long)(most >> 10), LIMIT >> 10);
	assert_true(most <= LIMIT);
	buf_release(&b);
}

static void
each_agent_shrinks_to_an_eighth(void **state)
{
	static const char *const names[] = { "claude.bin", "codex.bin",
					     "gemini.bin" };
	for (int i = 0; i < 3; i++) {
		recording_screen(80, 24);
		recording_start(0);
		stream(names[i], 512);
		recorder_exit(the.rec, the.now, 0, 0);
		print_message("# %s: %llu bytes, %llu on disk, %.1f to 1\n",
			      names[i], (unsigned long long)the.given,
			      (unsigned long long)on_disk(),
			      (double)the.given / (double)on_disk());
		assert_true(the.given >= 8 * on_disk());
		teardown(state);
		setup(state);
	}
}

#define PROMISE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		PROMISE(what_happened_is_read_in_order),
		PROMISE(a_writer_killed_loses_a_second_at_most),
		PROMISE(an_idle_recorder_wants_nothing_and_holds_nothing),
		PROMISE(a_flood_becomes_a_gap_and_a_key),
		PROMISE(output_within_the_rate_is_recorded_whole),
		PROMISE(a_session_that_ends_in_a_flood_keeps_its_last_screen),
		PROMISE(a_full_disk_pauses_the_recording_until_there_is_room),
		PROMISE(a_disk_full_from_the_start_is_no_obstacle),
		PROMISE(a_directory_that_is_gone_is_no_obstacle),
		PROMISE(whatever_fails_every_byte_is_accounted_for),
		PROMISE(many_short_runs_leave_a_bounded_number_of_files),
		PROMISE(a_screen_that_cannot_be_had_is_waited_for),
		PROMISE(a_string_without_end_does_not_fill_the_disk),
		PROMISE(a_gigabyte_of_repaints_stays_within_the_limit),
		PROMISE(each_agent_shrinks_to_an_eighth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
