/* unit/base_mem.c - the promises of base/mem.h. */
#include "base/mem.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void
nothing_is_still_something_to_free(void **state)
{
	(void)state;
	void *p = mem_alloc(0);
	assert_non_null(p);
	p = mem_grow(p, 0, 8);
	assert_non_null(p);
	free(p);
	p = mem_zero(0, 0);
	assert_non_null(p);
	free(p);
	p = mem_dup(NULL, 0);
	assert_non_null(p);
	free(p);
}

static void
copies_are_equal_and_apart(void **state)
{
	char word[] = "words";

	(void)state;
	char *s = mem_str(word), *t = mem_strn(word, 4);
	char *d = mem_dup(word, 3);
	word[0] = 'x';
	assert_string_equal(s, "words");
	assert_string_equal(t, "word");
	assert_memory_equal(d, "wor", 3);
	free(s);
	free(t);
	free(d);
}

static void
zeroed_memory_is_zero(void **state)
{
	(void)state;
	uint8_t *p = mem_zero(100, 10);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(p[i], 0);
	free(p);
}

static int
signal_of(void (*f)(void))
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		const struct rlimit none = { 0, 0 };

		setrlimit(RLIMIT_CORE, &none);
		signal(SIGABRT, SIG_DFL);
		f();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void
overflow(void)
{
	volatile size_t half = SIZE_MAX / 2;

	free(mem_grow(NULL, half, 3));
}

static void
a_size_that_overflows_aborts(void **state)
{
	(void)state;
	assert_int_equal(signal_of(overflow), SIGABRT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_still_something_to_free),
		cmocka_unit_test(copies_are_equal_and_apart),
		cmocka_unit_test(zeroed_memory_is_zero),
		cmocka_unit_test(a_size_that_overflows_aborts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
