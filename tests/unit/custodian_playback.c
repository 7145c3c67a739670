/* unit/custodian_playback.c - a recording reads back, around what is lost. */
#include "custodian/playback.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "custodian/recorder.h"
#include "custodian/segments.h"
#include "recording.h"
#include "scratch.h"

static int
setup(void **state)
{
	(void)state;
	recording_new();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	recording_free();
	return 0;
}

static void
files_are_for_their_owner_only(void **state)
{
	mode_t was = umask(0);
	struct stat st;

	(void)state;
	recording_start(0);
	umask(was);
	assert_int_equal(stat(scratch_path(the.dir, "tr-000001.zst"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void
another_recorder_goes_on_in_a_new_segment(void **state)
{
	(void)state;
	recording_start(0);
	say("one");
	recorder_free(the.rec);
	recording_start(0);
	say("two");
	recorder_exit(the.rec, the.now, 0, 0);
	assert_int_equal(segments(NULL), 2);
	assert_seen("KKX", "onetwo");
	struct seen s = see_all();
	assert_int_equal(s.unjoined, 2);
	seen_release(&s);
}

static void
segments_join_and_old_ones_go_but_the_first(void **state)
{
	enum { MAX = 2 << 20, SEGMENT = MAX / 4 };
	struct segment last = { 0 };

	(void)state;
	recording_start(MAX);
	for (int i = 0; i < 5; i++) {
		noise(200000);
		wait_ms(1000);
	}
	struct seen s = see_all();
	assert_int_equal(s.bytes, the.given);
	assert_int_equal(s.unjoined, 1);
	assert_in_range(s.joined, 1, 3);
	seen_release(&s);
	for (int i = 0; i < 50; i++) {
		noise(200000);
		wait_ms(1000);
		assert_in_range(on_disk(), 0, MAX);
	}
	int n = segments(&last);
	assert_in_range(n, 3, 5);
	assert_true(last.number > 10);
	assert_int_equal(access(scratch_path(the.dir, "tr-000001.zst"), F_OK),
			 0);
	assert_int_not_equal(
		access(scratch_path(the.dir, "tr-000002.zst"), F_OK), 0);
	/* The hole is said, and what follows starts from its key. */
	s = see_all();
	buf_byte(&s.kinds, 0);
	assert_non_null(strstr((char *)s.kinds.data, "KGK"));
	assert_int_equal(s.unjoined, 2);
	seen_release(&s);
	struct recorder_status st;
	recorder_status(the.rec, &st);
	assert_int_equal(st.bytes, on_disk());
}

static void
damage(const char *name, off_t at)
{
	int fd = open(scratch_path(the.dir, name), O_RDWR);
	uint8_t c;

	assert_int_equal(pread(fd, &c, 1, at), 1);
	c ^= 0x55;
	assert_int_equal(pwrite(fd, &c, 1, at), 1);
	close(fd);
}

static void
a_damaged_byte_costs_its_segment_at_most(void **state)
{
	(void)state;
	recording_start(2 << 20);
	for (int i = 0; i < 6; i++) {
		noise(200000);
		wait_ms(1000);
	}
	recorder_exit(the.rec, the.now, 0, 0);
	assert_int_equal(segments(NULL), 3);
	struct seen whole = see_all();
	for (off_t at = 0; at < 400000; at += 17001) {
		damage("tr-000002.zst", at);
		struct seen s = see_all();
		damage("tr-000002.zst", at);
		buf_byte(&s.kinds, 0);
		assert_string_equal((char *)s.kinds.data,
				    at < 1 << 14 ? "KGKX" : "KKGKX");
		assert_in_range(s.bytes, whole.bytes - 620000, whole.bytes);
		assert_string_equal(s.screen, whole.screen);
		seen_release(&s);
	}
	seen_release(&whole);
}

static void
a_reader_follows_what_is_still_written(void **state)
{
	struct playback *p = playback_new(the.dir, 0);
	struct seen s = { 0 };

	(void)state;
	see(&s, p);
	recording_start(1 << 20);
	for (int i = 0; i < 20; i++) {
		noise(100000);
		wait_ms(1000);
		see(&s, p);
		assert_int_equal(s.bytes, the.given);
	}
	assert_int_equal(s.unjoined, 1);
	assert_true(s.joined > 4);
	playback_free(p);
	seen_release(&s);
}

static void
the_newest_segments_can_be_read_alone(void **state)
{
	struct playback *p;
	struct seen s = { 0 };

	(void)state;
	recording_start(2 << 20);
	for (int i = 0; i < 6; i++) {
		noise(200000);
		wait_ms(1000);
	}
	say("end");
	recorder_exit(the.rec, the.now, 0, 0);
	assert_int_equal(segments(NULL), 3);
	p = playback_new(the.dir, 1);
	see(&s, p);
	assert_int_equal(s.unjoined, 1);
	assert_in_range(s.bytes, 1, 600000);
	assert_memory_equal(s.output.data + s.output.len - 3, "end", 3);
	playback_free(p);
	seen_release(&s);
	p = playback_new(the.dir, 99);
	s = (struct seen){ 0 };
	see(&s, p);
	assert_int_equal(s.bytes, the.given);
	playback_free(p);
	seen_release(&s);
}

static void
strange_files_are_not_segments(void **state)
{
	(void)state;
	recording_start(0);
	say("x");
	recorder_exit(the.rec, the.now, 0, 0);
	scratch_write(scratch_path(the.dir, "tr-1.zst"), "");
	scratch_write(scratch_path(the.dir, "tr-000002.zst.1"), "");
	scratch_write(scratch_path(the.dir, "tr-99999999999999.zst"), "");
	assert_int_equal(mkdir(scratch_path(the.dir, "tr-000002.zst"), 0700),
			 0);
	assert_int_equal(
		symlink("/etc/passwd", scratch_path(the.dir, "tr-000003.zst")),
		0);
	assert_int_equal(mkfifo(scratch_path(the.dir, "tr-000004.zst"), 0600),
			 0);
	assert_int_equal(segments(NULL), 1);
	assert_seen("KX", "x");
	scratch_write(scratch_path(the.dir, "tr-000005.zst"),
		      "not zstd at all");
	assert_seen("KXGG", "x");
}

#define PROMISE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		PROMISE(files_are_for_their_owner_only),
		PROMISE(another_recorder_goes_on_in_a_new_segment),
		PROMISE(segments_join_and_old_ones_go_but_the_first),
		PROMISE(a_damaged_byte_costs_its_segment_at_most),
		PROMISE(a_reader_follows_what_is_still_written),
		PROMISE(the_newest_segments_can_be_read_alone),
		PROMISE(strange_files_are_not_segments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
