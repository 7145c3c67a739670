/* unit/proto_identity.c - the promises of proto/identity.h and private.h. */
#include "proto/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "failing.h"
#include "proto/private.h"
#include "scratch.h"

static char *dir;

static int
setup(void **state)
{
	(void)state;
	dir = scratch_new();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	failing_at(0, 0);
	scratch_free(dir);
	return 0;
}

static void
must_load(enum identity which, struct noise_pair *p)
{
	char *why;

	assert_int_equal(identity_load(dir, which, true, p, &why), 0);
	assert_null(why);
}

static void
a_key_is_made_once_and_read_ever_after(void **state)
{
	struct noise_pair a, b, other;
	struct stat st;
	char *why;

	(void)state;
	assert_int_equal(identity_load(dir, IDENTITY_HOST, false, &a, &why),
			 -ENOENT);
	assert_null(why);
	must_load(IDENTITY_HOST, &a);
	must_load(IDENTITY_HOST, &b);
	must_load(IDENTITY_DEVICE, &other);
	assert_memory_equal(&a, &b, sizeof a);
	assert_memory_not_equal(a.public, other.public, NOISE_KEY);
	noise_pair_from(&b, a.secret);
	assert_memory_equal(a.public, b.public, NOISE_KEY);
	assert_int_equal(stat(scratch_path(dir, "host.key"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

/* It is refused, with words that hold `word`, and nothing of it is given. */
static void
assert_refused(const char *word)
{
	static const struct noise_pair none;
	struct noise_pair p;
	char *why = NULL;

	assert_true(identity_load(dir, IDENTITY_HOST, true, &p, &why) < 0);
	assert_non_null(why);
	if (strstr(why, word) == NULL)
		fail_msg("'%s' is not in: %s", word, why);
	assert_non_null(strstr(why, "host.key"));
	assert_memory_equal(&p, &none, sizeof p);
	free(why);
}

static void
a_key_that_others_may_read_is_refused(void **state)
{
	struct noise_pair p;

	(void)state;
	must_load(IDENTITY_HOST, &p);
	static const mode_t modes[] = { 0640, 0604, 0660, 0610, 0777 };
	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
		chmod(scratch_path(dir, "host.key"), modes[i]);
		assert_refused("chmod 600");
	}
	chmod(scratch_path(dir, "host.key"), 0600);
	must_load(IDENTITY_HOST, &p);
}

static void
a_key_with_two_names_is_refused(void **state)
{
	const char *path = scratch_path(dir, "host.key");
	struct noise_pair p;

	(void)state;
	must_load(IDENTITY_HOST, &p);
	assert_int_equal(link(path, scratch_path(dir, "copy")), 0);
	assert_refused("another name");
}

static void
a_link_to_a_key_is_refused(void **state)
{
	const char *path = scratch_path(dir, "host.key");
	const char *other = scratch_path(dir, "elsewhere");
	struct noise_pair p;

	(void)state;
	must_load(IDENTITY_HOST, &p);
	rename(path, other);
	assert_int_equal(symlink(other, path), 0);
	assert_refused("symbolic link");
}

static void
a_pipe_or_a_directory_is_refused_and_nobody_waits(void **state)
{
	const char *path = scratch_path(dir, "host.key");

	(void)state;
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_refused("no plain file");
	unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_refused("no plain file");
}

static void
the_key_of_another_user_is_refused(void **state)
{
	const char *path = scratch_path(dir, "host.key");
	struct noise_pair p;

	(void)state;
	must_load(IDENTITY_HOST, &p);
	if (chown(path, 12345, (gid_t)-1) != 0)
		skip(); /* only root can give a file away */
	assert_refused("belongs to user 12345");
}

static void
what_is_no_key_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"\n",
		"cdo-key-v1 00\n",
		"cdo-key-v2 0000000000000000000000000000000000000000000000000"
		"000000000000000\n",
		"cdo-key-v1 000000000000000000000000000000000000000000000000g"
		"000000000000000\n",
		"cdo-key-v1 0000000000000000000000000000000000000000000000000"
		"000000000000000\n\n",
	};
	const char *path = scratch_path(dir, "host.key");

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		scratch_write(path, texts[i]);
		chmod(path, 0600);
		assert_refused("");
	}
}

/* Fails the 1st, 2nd, nth call, until none is left to fail. */
static void
whatever_fails_there_is_no_key_or_a_whole_one(void **state)
{
	const char *path = scratch_path(dir, "host.key");
	struct noise_pair p, q;
	int failed = 0, n = 0, calls;
	char *why;

	(void)state;
	do {
		n++;
		unlink(path);
		failing_at(n, ENOSPC);
		int r = identity_load(dir, IDENTITY_HOST, true, &p, &why);
		calls = failing_calls();
		failing_at(0, 0);
		failed += r < 0;
		assert_int_equal(r < 0, why != NULL);
		free(why);
		int s = identity_load(dir, IDENTITY_HOST, false, &q, &why);
		assert_true(s == 0 || s == -ENOENT);
		if (r == 0)
			assert_memory_equal(&p, &q, sizeof p);
	} while (calls >= n);
	print_message("# %d calls, %d of them fatal\n", n - 1, failed);
	assert_true(failed > 4);
}

static void
what_people_compare_tells_keys_apart(void **state)
{
	uint8_t key[NOISE_KEY] = { 0 };
	char a[IDENTITY_SHOWN], b[IDENTITY_SHOWN];

	(void)state;
	identity_show(key, a);
	assert_int_equal(strlen(a), IDENTITY_SHOWN - 1);
	for (size_t i = 0; i < strlen(a); i++)
		assert_int_equal(a[i] == '-', i % 5 == 4);
	for (int bit = 0; bit < 256; bit++) {
		key[bit / 8] ^= (uint8_t)(1 << bit % 8);
		identity_show(key, b);
		assert_string_not_equal(a, b);
		key[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		T(a_key_is_made_once_and_read_ever_after),
		T(a_key_that_others_may_read_is_refused),
		T(a_key_with_two_names_is_refused),
		T(a_link_to_a_key_is_refused),
		T(a_pipe_or_a_directory_is_refused_and_nobody_waits),
		T(the_key_of_another_user_is_refused),
		T(what_is_no_key_is_refused),
		T(whatever_fails_there_is_no_key_or_a_whole_one),
		T(what_people_compare_tells_keys_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
