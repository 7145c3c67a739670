/* unit/custodian_golden.c - session memories of earlier releases live on. */
#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/path.h"
#include "base/str.h"
#include "custodian/input.h"
#include "custodian/recall.h"
#include "custodian/ring.h"
#include "custodian/state.h"
#include "keeper/memory.h"
#include "kept.h"
#include "vt/capture.h"

/*
 * tests/golden/memory-RELEASE.txt is the memory that a session of a release
 * left: its size, and what of it is not zero.  A release that adds to the
 * layout adds a file (this program writes it, to the file that it is told);
 * the old ones stay as they are.
 */
static const char *const files[] = { "memory-0.1.0.txt" };

enum { BLOCK = 64, FILE_MAX = 4 << 20, LITTLE = 1 };

static const char script[] =
	"stty -echo; echo ready; read -r l; seq 1 100; "
	"printf '\\033[1;31mred\\033[m \\342\\202\\254 \\033]2;title\\007'; "
	"read -r l; printf '\\033[?2004hbehind the frame\\n'; sleep 1000";
static const char shown[] = "99\n100\nred \342\202\254 behind the frame\n";

/* --- writing one -------------------------------------------------------- */

static bool
is_zero(const uint8_t *p, size_t len)
{
	while (len > 0 && p[len - 1] == 0)
		len--;
	return len == 0;
}

static void
dump(int fd, FILE *to)
{
	uint8_t block[BLOCK];
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	fprintf(to, "%" PRIu64 "\n", (uint64_t)st.st_size);
	for (off_t at = lseek(fd, 0, SEEK_DATA); at >= 0 && at < st.st_size;
	     at += BLOCK) {
		if (at % 4096 == 0)
			at = lseek(fd, at, SEEK_DATA);
		if (at < 0)
			break;
		assert_int_equal(pread(fd, block, BLOCK, at), BLOCK);
		if (is_zero(block, BLOCK))
			continue;
		fprintf(to, "%" PRIu64 " ", (uint64_t)at);
		for (int i = 0; i < BLOCK; i++)
			fprintf(to, "%02x", block[i]);
		fprintf(to, "\n");
	}
}

static void
write_one(const char *file)
{
	struct kept k;
	struct viewer a;

	kept_shell(&k, script);
	viewer_attach(&a, &k, "golden", 0);
	viewer_until(&a, "ready");
	viewer_type(&a, "\n");
	viewer_until(&a, "red");
	viewer_resize(&a, 60, 20);
	while (a.cols != 60)
		assert_true(viewer_next(&a));
	viewer_type(&a, "\n");
	viewer_until(&a, "behind the frame");
	pid_t custodian = kept_custodian(&k);
	kill(custodian, SIGSTOP);
	char *path = str_printf("/proc/%d/fd/%d", custodian, MEMORY_FD_MEMORY);
	int fd = io_open(path, O_RDONLY, 0);
	FILE *to = fopen(file, "we");
	assert_true(fd >= 0 && to != NULL);
	dump(fd, to);
	fclose(to);
	io_close(fd);
	free(path);
	kill(custodian, SIGCONT);
	viewer_release(&a);
	kept_end(&k);
}

/* --- reading them ------------------------------------------------------- */

static void
put_block(int fd, char *line)
{
	uint8_t block[BLOCK];
	unsigned byte;
	off_t at = (off_t)strtoull(line, &line, 10);

	line++;
	for (int i = 0; i < BLOCK; i++) {
		assert_int_equal(sscanf(line + 2 * i, "%2x", &byte), 1);
		block[i] = (uint8_t)byte;
	}
	assert_int_equal(pwrite(fd, block, BLOCK, at), BLOCK);
}

/* The memory where a custodian finds it. */
static void
load(const char *name)
{
	const char *top = getenv("CDO_TOP_SRCDIR");
	char *dir = path_join(top != NULL ? top : ".", "tests/golden");
	char *path = path_join(dir, name), *rest = NULL;
	struct buf b = { 0 };
	int fd = memory_create();

	assert_int_equal(io_slurp(path, FILE_MAX, &b), 0);
	char *all = buf_steal(&b);
	char *line = strtok_r(all, "\n", &rest);
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(ftruncate(fd, (off_t)strtoull(line, NULL, 10)), 0);
	while ((line = strtok_r(NULL, "\n", &rest)) != NULL)
		put_block(fd, line);
	assert_int_equal(dup2(fd, MEMORY_FD_MEMORY), MEMORY_FD_MEMORY);
	io_close(fd);
	free(all);
	free(path);
	free(dir);
}

static void
check(const char *name)
{
	static const uint8_t id[16] = "golden";
	static struct custodian c;
	struct screen_options o = {
		.history_lines = 1000,
		.history_bytes = 1 << 20,
	};
	struct buf text = { 0 };

	load(name);
	c = (struct custodian){ .head = memory_map(MEMORY_FD_MEMORY) };
	assert_non_null(c.head);
	c.ring = ring_new(c.head, MEMORY_FD_MEMORY);
	assert_non_null(c.ring);
	o.cols = c.head->cols;
	o.rows = c.head->rows;
	recall_screen(&c, &o);
	assert_int_equal(screen_cols(c.screen), 60);
	assert_int_equal(screen_rows(c.screen), 20);
	assert_string_equal(screen_title(c.screen), "title");
	assert_true(screen_history(c.screen) > 80);
	capture_text(c.screen, 0, &text);
	buf_byte(&text, 0);
	assert_non_null(strstr((char *)text.data, shown));
	struct screen_input in;
	screen_input(c.screen, &in);
	assert_true(in.paste);

	/* And what was typed: two newlines. */
	c.input = input_new(c.head, -1);
	assert_int_equal(input_taken(c.input, input_enter(c.input, id)), 2);
	input_free(c.input);
	screen_free(c.screen);
	ring_free(c.ring);
	memory_unmap(c.head);
	buf_release(&text);
	io_close(MEMORY_FD_MEMORY);
}

static void
the_memory_of_every_release_is_taken_over(void **state)
{
	const union {
		uint16_t word;
		uint8_t first;
	} order = { .word = LITTLE };

	(void)state;
	if (order.first != LITTLE)
		skip(); /* these are in the order of most machines */
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		check(files[i]);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_memory_of_every_release_is_taken_over),
	};

	kept_roles(argc, argv);
	if (argc > 1) {
		write_one(argv[1]);
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
