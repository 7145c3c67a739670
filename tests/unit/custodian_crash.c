/* unit/custodian_crash.c - bytes that crash the engine do it a few times. */
#include <fcntl.h>
#include <setjmp.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/io.h"
#include "base/str.h"
#include "keeper/memory.h"
#include "kept.h"
#include "scratch.h"
#include "vt/screen.h"

/* --- an engine with a flaw ---------------------------------------------- */

static const char poison[] = "\033[666;666z";
static bool custodian; /* the test has an engine too, and no flaw */

static void
taste(const void *data, size_t len)
{
	if (custodian && memmem(data, len, poison, strlen(poison)))
		raise(SIGSEGV);
}

void __real_screen_feed(struct screen *s, const void *data, size_t len);
void __wrap_screen_feed(struct screen *s, const void *data, size_t len);
void
__wrap_screen_feed(struct screen *s, const void *data, size_t len)
{
	taste(data, len);
	__real_screen_feed(s, data, len);
}

void __real_screen_replay(struct screen *s, const void *data, size_t len);
void __wrap_screen_replay(struct screen *s, const void *data, size_t len);
void
__wrap_screen_replay(struct screen *s, const void *data, size_t len)
{
	taste(data, len);
	__real_screen_replay(s, data, len);
}

void __real_screen_replay_cuts(struct screen *s, const void *data, size_t len);
void __wrap_screen_replay_cuts(struct screen *s, const void *data, size_t len);
void
__wrap_screen_replay_cuts(struct screen *s, const void *data, size_t len)
{
	taste(data, len);
	__real_screen_replay_cuts(s, data, len);
}

/* --- what becomes of a session ------------------------------------------ */

static struct memory_head *
map_memory(const struct kept *k)
{
	char *path = str_printf("/proc/%d/fd/%d", kept_custodian(k),
				MEMORY_FD_MEMORY);
	int fd = io_open(path, O_RDWR, 0);
	struct memory_head *h = memory_map(fd);

	assert_non_null(h);
	io_close(fd);
	free(path);
	return h;
}

static uint32_t
custodians(const struct kept *k)
{
	struct memory_head *h = map_memory(k);
	uint32_t n = h->custodians;

	memory_unmap(h);
	return n;
}

/* Types it to one custodian after the other, until one shows the answer. */
static void
until_answered(struct viewer *v, const struct kept *k, const char *typed,
	       const char *answer)
{
	do {
		viewer_until_gone(v);
		viewer_release(v);
		if (!viewer_try(v, k, "a", 0, 80, 24, 0))
			continue;
		v->typed = v->taken;
		viewer_type(v, typed);
		while (!viewer_shows(v, answer) && viewer_next(v))
			continue;
	} while (v->eof);
}

static void
the_session_lives_with_a_marked_screen(void **state)
{
	static const char *const scripts[] = {
		"printf '\\033[666;666z'",
		/* Behind a frame, and on the other screen. */
		"seq 200000; printf '\\033[?1049h\\033[666;666z'",
		/* Twice, and with more behind it. */
		"printf '\\033[666;666z'; seq 100; printf '\\033[666;666z'",
	};

	(void)state;
	for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
		struct kept k;
		struct viewer a;

		kept_shell(&k, "stty -echo; echo ready; while read -r l; do "
			       "eval \"$l\"; done");
		viewer_attach(&a, &k, "a", 0);
		viewer_until(&a, "ready");
		uint32_t before = custodians(&k);
		viewer_type(&a, scripts[i]);
		viewer_type(&a, "\n");
		until_answered(&a, &k, "echo ali''ve\n", "alive");
		assert_true(custodians(&k) - before <= 3);
		viewer_type(&a, "exit 3\n");
		viewer_until_gone(&a);
		assert_string_equal(a.text, "exit 3");
		viewer_release(&a);
		kept_end(&k);
	}
}

static uint64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* A file of this name says that custodians end as soon as they start. */
static const char sick[] = "CDO_TEST_SICK";

static void
who_ends_again_and_again_is_waited_for(void **state)
{
	struct kept k;
	struct viewer a;
	char *dir = scratch_new();
	const char *file = scratch_path(dir, "sick");

	(void)state;
	setenv(sick, file, 1);
	kept_shell(&k, "stty -echo; while read -r l; do eval \"$l\"; done");
	struct memory_head *h = map_memory(&k);
	uint32_t before = h->custodians;
	uint64_t begun = now_ms();
	scratch_write(file, "");
	kill(kept_custodian(&k), SIGKILL);
	while (__atomic_load_n(&h->custodians, __ATOMIC_RELAXED) < before + 5)
		poll(NULL, 0, 1);
	/* The first two follow at once. */
	assert_true(now_ms() - begun >= 50 + 100 + 200);
	unlink(file);
	viewer_attach(&a, &k, "a", 0);
	viewer_type(&a, "echo ali''ve\n");
	viewer_until(&a, "alive");
	viewer_release(&a);
	memory_unmap(h);
	kept_end(&k);
	unsetenv(sick);
	scratch_free(dir);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_session_lives_with_a_marked_screen),
		cmocka_unit_test(who_ends_again_and_again_is_waited_for),
	};
	const struct rlimit none = { 0 };

	setrlimit(RLIMIT_CORE, &none); /* these crashes are wanted */
	custodian = argc > 1;
	if (custodian && strcmp(argv[1], "custodian") == 0 &&
	    getenv(sick) != NULL && access(getenv(sick), F_OK) == 0)
		return 1;
	kept_roles(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
