/* unit/keeper_memory.c - the promises of keeper/memory.h and options.h. */
#include "keeper/memory.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/io.h"
#include "base/words.h"
#include "keeper/options.h"

static void
a_new_memory_is_sparse_and_says_where_things_are(void **state)
{
	int fd = memory_create();
	struct memory_head *h = memory_map(fd);
	struct stat st;

	(void)state;
	assert_non_null(h);
	assert_int_equal(h->version, MEMORY_VERSION);
	assert_int_equal(h->begin, 0);
	assert_int_equal(h->end, 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_true(st.st_blocks * 512 <= 64 << 10);
	uint64_t at = h->ring_at + h->ring_size;
	for (int kind = 0; kind < MEMORY_KINDS; kind++)
		for (int i = 0; i < 2; i++) {
			assert_true(h->frames[kind][i].at >= at);
			at = h->frames[kind][i].at + h->frames[kind][i].size;
		}
	assert_true((uint64_t)st.st_size >= at);
	memory_unmap(h);
	io_close(fd);
}

static void
no_two_sessions_have_the_same_epoch(void **state)
{
	int a = memory_create(), b = memory_create();
	struct memory_head *x = memory_map(a), *y = memory_map(b);

	(void)state;
	assert_memory_not_equal(x->epoch, y->epoch, sizeof x->epoch);
	memory_unmap(x);
	memory_unmap(y);
	io_close(a);
	io_close(b);
}

static void
the_ring_goes_on_behind_its_end(void **state)
{
	int fd = memory_create();
	struct memory_head *h = memory_map(fd);
	uint8_t *ring = memory_map_ring(h, fd);

	(void)state;
	memcpy(ring + h->ring_size - 3, "around", 6);
	assert_memory_equal(ring, "und", 3);
	memory_punch(fd, h->ring_at, h->ring_size);
	assert_int_equal(ring[h->ring_size - 1], 0);
	memory_unmap_ring(h, ring);
	memory_unmap(h);
	io_close(fd);
}

/* Layouts of a successor stay readable only if nothing ever moves. */
static void
the_layout_of_the_head_is_for_ever(void **state)
{
	(void)state;
	assert_int_equal(offsetof(struct memory_head, magic), 0);
	assert_int_equal(offsetof(struct memory_head, version), 8);
	assert_int_equal(offsetof(struct memory_head, ring_at), 16);
	assert_int_equal(offsetof(struct memory_head, epoch), 32);
	assert_int_equal(offsetof(struct memory_head, program), 56);
	assert_int_equal(offsetof(struct memory_head, ended), 68);
	assert_int_equal(offsetof(struct memory_head, finished), 84);
	assert_int_equal(offsetof(struct memory_head, begin), 104);
	assert_int_equal(offsetof(struct memory_head, frames), 144);
	assert_int_equal(offsetof(struct memory_head, name), 336);
	assert_int_equal(offsetof(struct memory_head, clients), 424);
	assert_int_equal(sizeof(struct memory_client), 40);
	assert_int_equal(sizeof(struct memory_frame), 48);
	assert_int_equal(sizeof(struct memory_note), 8);
}

static void
what_is_no_memory_of_ours_is_refused(void **state)
{
	int fd = memory_create();
	struct memory_head *h = memory_map(fd), *other;
	static const size_t fields[] = {
		offsetof(struct memory_head, magic),
		offsetof(struct memory_head, version),
		offsetof(struct memory_head, head_size),
		offsetof(struct memory_head, ring_at) + 7,
		offsetof(struct memory_head, ring_size) + 7,
		offsetof(struct memory_head, begin) + 7,
		offsetof(struct memory_head, end) + 7,
		offsetof(struct memory_head, frames) + 7,
		offsetof(struct memory_head, frames[1][1].len) + 7,
	};

	(void)state;
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		((uint8_t *)h)[fields[i]] ^= 0x7f;
		other = memory_map(fd);
		assert_null(other);
		((uint8_t *)h)[fields[i]] ^= 0x7f;
	}
	other = memory_map(fd);
	assert_non_null(other);
	memory_unmap(other);
	memory_unmap(h);
	io_close(fd);
	fd = io_open("/dev/null", 0, 0);
	assert_null(memory_map(fd));
	io_close(fd);
}

/* Reads copies of the words, in *kept for as long as o is looked at. */
static int
read_words(struct options *o, const char *const words[], char ***kept)
{
	*kept = NULL;
	for (size_t i = 0; words[i]; i++)
		words_add(kept, words[i]);
	return options_read(o, *kept);
}

static void
unknown_options_are_passed_over(void **state)
{
	static const char *const words[] = { "keeper",
					     "--size",
					     "120x40",
					     "--future",
					     "thing",
					     "--id",
					     "abcdefgh",
					     "--name",
					     "n",
					     "--dir",
					     "/d",
					     "--no-persist",
					     "--socket",
					     "/s",
					     "--cwd",
					     "/c",
					     "--runtime",
					     "/r",
					     "--binary",
					     "/b",
					     "--history",
					     "10000",
					     "--history-bytes",
					     "5000000000",
					     "--",
					     "prog",
					     "--size",
					     "1x1",
					     NULL };
	struct options o;
	char **kept;

	(void)state;
	assert_int_equal(read_words(&o, words, &kept), 0);
	assert_int_equal(o.cols, 120);
	assert_int_equal(o.rows, 40);
	assert_string_equal(o.id, "abcdefgh");
	assert_true(o.no_persist);
	assert_int_equal(o.history_lines, 10000);
	assert_true(o.history_bytes == 5000000000);
	assert_string_equal(o.program[0], "prog");
	assert_string_equal(o.program[2], "1x1");
	assert_null(o.agent);
	words_free(kept);
}

static void
without_what_a_keeper_needs_there_is_none(void **state)
{
	static const char *const wrong[][8] = {
		{ "keeper", NULL },
		{ "keeper", "--id", NULL },
		{ "keeper", "--id", "a", "--", "prog", NULL },
		{ "keeper", "--no-persist", "--", NULL },
	};
	struct options o;
	char **kept;

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		assert_int_equal(read_words(&o, wrong[i], &kept), -EINVAL);
		words_free(kept);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_new_memory_is_sparse_and_says_where_things_are),
		cmocka_unit_test(no_two_sessions_have_the_same_epoch),
		cmocka_unit_test(the_ring_goes_on_behind_its_end),
		cmocka_unit_test(the_layout_of_the_head_is_for_ever),
		cmocka_unit_test(what_is_no_memory_of_ours_is_refused),
		cmocka_unit_test(unknown_options_are_passed_over),
		cmocka_unit_test(without_what_a_keeper_needs_there_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
