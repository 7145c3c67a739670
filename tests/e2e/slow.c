/* e2e/slow.c - a session that floods, seen through a slow link. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "e2e/couple.h"
#include "e2e/proxy.h"
#include "e2e/term.h"
#include "e2e/world.h"

enum {
	RATE = 8000, /* bytes a second: 64 kbit/s */
	FLOOD_MS = 4000,
};

static uint64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

struct watched {
	struct term *term;
	uint64_t until;
	char *last;
	unsigned screens;
};

static bool
time_is_over(void *ctx)
{
	struct watched *w = ctx;
	char *now = term_screen(w->term);

	if (!w->last || strcmp(now, w->last) != 0)
		w->screens++;
	w->last = now;
	return now_ms() >= w->until;
}

/* The shell asks for more: the last line is its prompt. */
static bool
is_quiet(void *ctx)
{
	struct watched *w = ctx;
	static const char prompt[] = "ready$\n";
	const char *screen = term_screen(w->term);
	size_t len = strlen(screen), n = sizeof prompt - 1;

	return len > n && strcmp(screen + len - n, prompt) == 0;
}

static void
a_flood_through_64_kbit_is_a_live_screen(void **state)
{
	struct couple *c = *state;
	struct proxy *way = couple_between(c);
	struct watched w = { 0 };

	couple_pair(c, NULL);
	proxy_rate(way, RATE);
	world_shell(c->host, "one");
	w.term = term_attach(c->device, "desk/one");
	couple_until_text(c, w.term, "ready$");
	term_type(w.term, "yes 'a line of the flood' | nl\r");
	couple_until_text(c, w.term, "of the flood");
	w.until = now_ms() + FLOOD_MS;
	size_t before = proxy_bytes(way, PROXY_DOWN);
	couple_until(c, "a while", time_is_over, &w);
	size_t bytes = proxy_bytes(way, PROXY_DOWN) - before;

	uint64_t began = now_ms();
	term_type(w.term, "\003");
	couple_until(c, "the last screen", is_quiet, &w);
	uint64_t took = now_ms() - began;
	print_message("# 64 kbit/s: %u screens in %d s, %zu bytes; the last "
		      "screen is there %llu ms after Ctrl-C\n",
		      w.screens, FLOOD_MS / 1000, bytes,
		      (unsigned long long)took);
	assert_true(bytes > RATE && bytes < 2 * RATE * FLOOD_MS / 1000);
	assert_true(w.screens >= 3);
	assert_true(took < 2000 + 3000 + 4000 * 1000 / RATE);
	term_type(w.term, TERM_DETACH);
	assert_int_equal(term_end(w.term), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		couple_test(a_flood_through_64_kbit_is_a_live_screen),
	};

	return world_run(tests);
}
