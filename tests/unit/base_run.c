/* unit/base_run.c - the promises of base/run.h. */
#include "base/run.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"

static int
sh(const char *script, int ms, struct buf *out)
{
	char *argv[] = { (char[]){ "sh" }, (char[]){ "-c" },
			 (char *)(uintptr_t)script, NULL };

	return run_read(argv, ms, out);
}

static void
what_it_prints_and_how_it_ends_is_told(void **state)
{
	struct buf b = { 0 };

	(void)state;
	assert_int_equal(sh("echo yes; echo no >&2; exit 3", 5000, &b), 3);
	assert_int_equal(b.len, 4);
	assert_memory_equal(b.data, "yes\n", 4);
	assert_int_equal(sh("kill -KILL $$", 5000, &b), 128 + 9);
	buf_release(&b);
}

static void
what_is_not_there_is_an_error(void **state)
{
	char *argv[] = { (char[]){ "no-such-program-at-all" }, NULL };
	struct buf b = { 0 };

	(void)state;
	assert_int_equal(run_read(argv, 5000, &b), -ENOENT);
	assert_int_equal(b.len, 0);
	buf_release(&b);
}

static void
who_does_not_end_is_killed(void **state)
{
	struct buf b = { 0 };

	(void)state;
	assert_int_equal(sh("exec sleep 1000", 20, &b), -ETIMEDOUT);
	buf_release(&b);
}

static void
of_a_flood_the_beginning_is_kept(void **state)
{
	struct buf b = { 0 };

	(void)state;
	assert_int_equal(sh("yes | head -c 1000000", 5000, &b), 0);
	assert_true(b.len >= 64 << 10 && b.len <= 80 << 10);
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_it_prints_and_how_it_ends_is_told),
		cmocka_unit_test(what_is_not_there_is_an_error),
		cmocka_unit_test(who_does_not_end_is_killed),
		cmocka_unit_test(of_a_flood_the_beginning_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
