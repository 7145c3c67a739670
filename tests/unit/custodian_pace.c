/* unit/custodian_pace.c - what a client behind a slow link sees of a flood. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/buf.h"
#include "kept.h"
#include "proto/local.h"
#include "vt/capture.h"
#include "vt/screen.h"

enum {
	RATE = 8000, /* bytes a second: 64 kbit/s */
	WAY = 25, /* ms */
	HEAD = 120, /* bytes of the link around a message */
	FLIGHTS = 4096,
	FLOOD_MS = 4000,
	LEARN_MS = 1500, /* until it is known how slow the link is */
};

static uint64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* A message on the slow link, and when it is over. */
struct flight {
	unsigned type;
	uint64_t at;
	uint8_t *data;
	size_t len;
};

static struct far {
	struct local_call *call;
	struct screen *screen;
	struct flight flights[FLIGHTS];
	unsigned first, n;
	uint64_t busy; /* ms: the link is, until then */
	size_t under_way, most; /* bytes */
	uint64_t shown, told; /* of the session's bytes */
	unsigned frames, outputs; /* snapshots and others that were shown */
	uint64_t longest, last; /* ms between two changes of the screen */
	uint64_t typed, taken;
	unsigned rate;
	bool gone; /* nobody listens */
} f;

static void
pair_uint(struct msg_writer *w, const char *key, uint64_t v)
{
	msg_str(w, key);
	msg_uint(w, v);
}

static void
attach(const struct kept *k, unsigned rate)
{
	struct msg_writer w;

	memset(&f, 0, sizeof f);
	f.rate = rate;
	f.screen =
		screen_new(&(struct screen_options){ .cols = 80, .rows = 24 });
	f.call = kept_call(k);
	msg_begin(&w, local_call_out(f.call), MSG_ATTACH, 1);
	msg_map(&w, 5);
	msg_str(&w, "client");
	msg_bin(&w, "far away client!", 16);
	pair_uint(&w, "cols", 80);
	pair_uint(&w, "rows", 24);
	pair_uint(&w, "history", 100);
	msg_str(&w, "paced");
	msg_bool(&w, true);
	msg_end(&w);
	assert_int_equal(local_call_send(f.call), 0);
	f.last = now_ms();
}

static void
leave(void)
{
	while (f.n > 0) {
		free(f.flights[f.first].data);
		f.first = (f.first + 1) % FLIGHTS;
		f.n--;
	}
	local_call_free(f.call);
	screen_free(f.screen);
}

static void
take_off(const struct msg *m)
{
	unsigned field = m->type == MSG_UNDO ? 0 : 2;
	size_t len;
	const uint8_t *data = msg_to_bin(msg_field(m, field), &len);
	uint64_t now = now_ms(), cost = (len + HEAD) * 1000 / f.rate;

	assert_true(f.n < FLIGHTS);
	struct flight *x = &f.flights[(f.first + f.n++) % FLIGHTS];
	f.busy = (f.busy > now ? f.busy : now) + cost;
	*x = (struct flight){ .type = m->type, .at = f.busy + WAY };
	if (m->type == MSG_TAKEN)
		f.taken = msg_to_uint(msg_field(m, 0), 0);
	if (data) {
		x->len = len;
		x->data = malloc(len + 1);
		memcpy(x->data, data, len);
	}
	if (m->type == MSG_SNAPSHOT) /* the end of one */
		x->type = msg_to_bool(msg_field(m, 1), false) ? MSG_SNAPSHOT
							      : MSG_DATA;
	f.under_way += len;
	if (f.under_way > f.most)
		f.most = f.under_way;
}

static void
tell(bool whole)
{
	struct msg_writer w;

	if (f.gone || (f.shown - f.told < 1024 && !whole))
		return;
	f.told = f.shown;
	msg_begin(&w, local_call_out(f.call), MSG_SHOWN, 1);
	msg_uint(&w, f.told);
	msg_end(&w);
	assert_int_equal(local_call_send(f.call), 0);
}

static void
land(void)
{
	struct flight *x = &f.flights[f.first];

	f.first = (f.first + 1) % FLIGHTS;
	f.n--;
	f.under_way -= x->len;
	if (x->type == MSG_SNAPSHOT || x->type == MSG_DATA ||
	    x->type == MSG_OUTPUT) {
		screen_replay(f.screen, x->data, x->len);
		f.shown += x->len;
		f.frames += x->type == MSG_SNAPSHOT;
		f.outputs += x->type == MSG_OUTPUT;
		if (now_ms() - f.last > f.longest)
			f.longest = now_ms() - f.last;
		f.last = now_ms();
	}
	free(x->data);
	tell(x->type == MSG_SNAPSHOT);
}

/* What happens next, until the time has come. */
static void
live(uint64_t until)
{
	struct msg *m;

	for (uint64_t now = now_ms(); now < until; now = now_ms()) {
		uint64_t wait = until - now;

		if (f.n > 0 && f.flights[f.first].at <= now) {
			land();
			continue;
		}
		if (f.n > 0 && f.flights[f.first].at - now < wait)
			wait = f.flights[f.first].at - now;
		int r = local_call_next(f.call, (int)wait, &m);
		if (r == 0)
			take_off(m);
		else
			assert_int_equal(r, -ETIMEDOUT);
	}
}

static bool
shows(const char *text)
{
	struct buf all = { 0 };

	capture_text(f.screen, 0, &all);
	bool found = all.len > 0 &&
		     memmem(all.data, all.len, text, strlen(text));
	buf_release(&all);
	return found;
}

static void
type(const char *text)
{
	struct msg_writer w;

	msg_begin(&w, local_call_out(f.call), MSG_INPUT, 2);
	msg_uint(&w, f.typed);
	msg_bin(&w, text, strlen(text));
	msg_end(&w);
	f.typed += strlen(text);
	assert_int_equal(local_call_send(f.call), 0);
}

static void
until(const char *text, uint64_t patience)
{
	uint64_t end = now_ms() + patience;

	while (!shows(text)) {
		if (now_ms() >= end)
			fail_msg("'%s' does not come", text);
		live(now_ms() + 10);
	}
}

static void
flood(const char *line, const char *word)
{
	char script[512];
	struct kept k;

	snprintf(script, sizeof script,
		 "stty -echo; trap : INT; echo ready; read x; %s; "
		 "printf '\\030\\n<over>\\n'; read x",
		 line);
	kept_shell(&k, script);
	attach(&k, RATE);
	until("ready", 30000);
	type("\n");
	until(word, 30000);
	live(now_ms() + LEARN_MS);
	f.most = f.longest = f.frames = 0;
	live(now_ms() + FLOOD_MS);
	size_t most = f.most;
	unsigned frames = f.frames;

	uint64_t began = now_ms();
	type("\003");
	while (f.taken < f.typed)
		live(now_ms() + 5);
	uint64_t taken = now_ms() - began;
	until("<over>", 30000);
	uint64_t took = now_ms() - began;

	print_message("# 64 kbit/s: %u frames in %d s, %llu ms apart at most, "
		      "%zu bytes under way at most; Ctrl-C is taken in %llu "
		      "ms, the last screen is there in %llu ms\n",
		      frames, FLOOD_MS / 1000, (unsigned long long)f.longest,
		      most, (unsigned long long)taken,
		      (unsigned long long)took);
	assert_true(frames >= 2);
	assert_true(most <= RATE / 2);
	if (getenv("CDO_TIMED") != NULL) { /* nothing else runs here */
		assert_true(f.longest < 2000);
		assert_true(taken < 2000);
		assert_true(took < 3000 + 2 * 4000 * 1000 / RATE);
	}
	leave();
	kept_end(&k);
}

static void
a_flood_of_text_is_a_live_screen(void **state)
{
	(void)state;
	flood("yes 'the quick brown fox jumps over the lazy dog'", "lazy");
}

static void
a_flood_of_colours_is_a_live_screen(void **state)
{
	(void)state;
	flood("yes \"$(printf '\\033[31mred\\033[32mgreen\\033[1;34mblue"
	      "\\033[0m and so on, all over the line, for ever and ever')\"",
	      "for ever");
}

static void
who_keeps_up_gets_every_byte(void **state)
{
	struct kept k;

	(void)state;
	kept_shell(&k, "stty -echo; echo ready; read x; seq 100000; echo over; "
		       "read x");
	attach(&k, 100 << 20);
	until("ready", 30000);
	f.frames = 0;
	type("\n");
	until("over", 30000);
	print_message("# a fast link: %u frames, %u pieces of output\n",
		      f.frames, f.outputs);
	assert_true(shows("100000"));
	assert_true(f.outputs > 0);
	leave();
	kept_end(&k);
}

/* More than fits into one message, at the very end. */
static void
who_is_told_to_go_gets_the_last_screen(void **state)
{
	struct msg *m = NULL;
	struct kept k;
	int r;

	(void)state;
	kept_shell(&k, "stty -echo; echo ready; read x; "
		       "yes 'a line that is one of very many lines' | "
		       "head -n 50000; echo the end");
	attach(&k, 100 << 20);
	until("ready", 30000);
	type("\n");
	while ((r = local_call_next(f.call, 30000, &m)) == 0 &&
	       m->type != MSG_GONE)
		take_off(m);
	assert_int_equal(r, 0);
	f.gone = true;
	while (f.n > 0)
		land();
	assert_true(shows("the end"));
	leave();
	kept_end(&k);
}

static void
nonsense_about_what_was_shown_ends_the_connection(void **state)
{
	struct kept k;
	struct msg_writer w;
	struct msg *m;
	int r;

	(void)state;
	kept_shell(&k, "echo ready; read x");
	attach(&k, RATE);
	until("ready", 30000);
	msg_begin(&w, local_call_out(f.call), MSG_SHOWN, 1);
	msg_uint(&w, UINT64_MAX);
	msg_end(&w);
	assert_int_equal(local_call_send(f.call), 0);
	while ((r = local_call_next(f.call, 30000, &m)) == 0)
		continue;
	assert_int_equal(r, -EPIPE);
	leave();
	kept_end(&k);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_flood_of_text_is_a_live_screen),
		cmocka_unit_test(a_flood_of_colours_is_a_live_screen),
		cmocka_unit_test(who_keeps_up_gets_every_byte),
		cmocka_unit_test(who_is_told_to_go_gets_the_last_screen),
		cmocka_unit_test(
			nonsense_about_what_was_shown_ends_the_connection),
	};

	kept_roles(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
