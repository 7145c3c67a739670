/* unit/vt_query.c - the promises of vt/query.h, to hostile programs. */
#include "vt/query.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "vt/screen.h"

struct program {
	struct screen *s;
	struct buf got; /* what is typed into it */
	unsigned cuts;
	uint64_t cut_to;
};

static void
on_reply(void *ctx, const void *data, size_t len)
{
	struct program *p = ctx;

	buf_append(&p->got, data, len);
}

static void
on_cut(void *ctx, uint64_t from, uint64_t to, const void *instead, size_t len)
{
	struct program *p = ctx;

	(void)instead;
	(void)len;
	assert_true(from < to);
	assert_true(from >= p->cut_to);
	p->cut_to = to;
	p->cuts++;
}

static int
start(void **state)
{
	static const struct screen_events events = { .reply = on_reply,
						     .cut = on_cut };
	struct program *p = calloc(1, sizeof *p);

	p->s = screen_new(&(struct screen_options){
		.cols = 80, .rows = 24, .events = &events, .ctx = p });
	*state = p;
	return 0;
}

static int
stop(void **state)
{
	struct program *p = *state;

	screen_free(p->s);
	buf_release(&p->got);
	free(p);
	return 0;
}

static void
feed(struct program *p, const char *bytes)
{
	screen_feed(p->s, bytes, strlen(bytes));
}

static void
nothing_of_the_stream_comes_back(void **state)
{
	static const char *const queries[] = {
		"\33]2;EVIL\a\33[21t\33[20t",
		"\33]1;EVIL\a\33[20t",
		"\33]4;EVIL;?\a",
		"\33]4;1;EVIL\a\33]4;1;?\a",
		"\33]11;EVIL\a\33]11;?\a",
		"\33]10;?;EVIL;?\a",
		"\33]52;EVIL;?\a",
		"\33]52;c;RVZJTA==\a\33]52;c;?\a",
		"\33]21;EVIL=?\a",
		"\33]1337;ReportVariable=EVIL\a",
		"\33]99;i=EVIL:p=?;\a",
		"\33]7;file:///EVIL\a\33]7;?\a",
		"\33P$qEVIL\33\\",
		"\33P$q\33[EVIL\33\\",
		"\33P+q4556494C\33\\",
		"\33P+qEVIL\33\\",
		"\33_Ga=q,i=EVIL,EVIL=1;EVIL\33\\",
		"EVIL\33[1;1;1;1;1;4*y",
		"\33]8;id=EVIL;http://EVIL\aEVIL\33P$qm\33\\",
		"\33]50;?EVIL\a\33]22;?EVIL\a",
		"\5EVIL",
	};
	struct program *p = *state;

	for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
		feed(p, queries[i]);
		buf_byte(&p->got, 0);
		assert_null(strstr((char *)p->got.data, "EVIL"));
		assert_null(strstr((char *)p->got.data, "4556494C"));
		assert_null(strstr((char *)p->got.data, "RVZJTA"));
		assert_null(memchr(p->got.data, '\r', p->got.len));
		assert_null(memchr(p->got.data, '\n', p->got.len));
		buf_clear(&p->got);
	}
}

static void
one_string_has_bounded_answers(void **state)
{
	struct program *p = *state;

	feed(p, "\33]4");
	for (int i = 0; i < 10000; i++)
		feed(p, ";1;?");
	feed(p, "\a");
	assert_in_range(p->got.len, 1, 20000);

	buf_clear(&p->got);
	feed(p, "\33P+q544E");
	for (int i = 0; i < 10000; i++)
		feed(p, ";544E");
	feed(p, "\33\\");
	assert_in_range(p->got.len, 1, 20000);
	assert_int_equal(p->cuts, 2);
}

static void
answers_come_in_the_order_of_the_questions(void **state)
{
	struct program *p = *state;

	feed(p, "\33[6n\33[?u\33[c");
	buf_byte(&p->got, 0);
	assert_string_equal((char *)p->got.data, "\33[1;1R\33[?0u\33[?62;22c");
	assert_int_equal(p->cuts, 3);
}

static void
a_replay_asks_nobody(void **state)
{
	static const char again[] = "\33[6n\33[c\33]2;x\a\33]11;?\a";
	struct program *p = *state;

	screen_replay(p->s, again, sizeof again - 1);
	assert_int_equal(p->got.len, 0);
	assert_int_equal(p->cuts, 0);
	feed(p, "\33[5n");
	assert_int_equal(p->got.len, 4);
}

static void
a_theme_is_told_once(void **state)
{
	struct profile light = { .known = true, .light = true };
	struct program *p = *state;

	screen_profile(p->s, &light);
	assert_int_equal(p->got.len, 0); /* nobody asked to be told */
	feed(p, "\33[?2031h");
	screen_profile(p->s, &light);
	assert_int_equal(p->got.len, 0);
	light.light = false;
	screen_profile(p->s, &light);
	buf_byte(&p->got, 0);
	assert_string_equal((char *)p->got.data, "\33[?997;1n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			nothing_of_the_stream_comes_back, start, stop),
		cmocka_unit_test_setup_teardown(one_string_has_bounded_answers,
						start, stop),
		cmocka_unit_test_setup_teardown(
			answers_come_in_the_order_of_the_questions, start,
			stop),
		cmocka_unit_test_setup_teardown(a_replay_asks_nobody, start,
						stop),
		cmocka_unit_test_setup_teardown(a_theme_is_told_once, start,
						stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
