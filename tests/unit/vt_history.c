/* unit/vt_history.c - the promises of vt/history.h. */
#include "vt/history.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "vt/pen.h"
#include "vt/row.h"
#include "vt/screen.h"

enum { COLS = 100 };

static struct pens pens;
static struct cell cells[2][COLS];
static struct row row = { .cells = cells[0] }, back = { .cells = cells[1] };

static void
write_ascii(const char *text, uint32_t pen)
{
	row_clear(&row, 0);
	for (; *text; text++)
		row.cells[row.used++] = (struct cell){ (uint8_t)*text, pen };
	row.pen = pen;
	row.flags = ROW_PLAIN | ROW_ONE_PEN;
}

static void
push_line(struct history *h, unsigned n)
{
	char text[32];

	snprintf(text, sizeof text, "line %u", n);
	write_ascii(text, 0);
	history_push(h, &row, &pens);
}

static char *
text_of(const struct history *h, uint32_t line)
{
	struct buf b = { 0 };

	history_text(h, line, &b);
	buf_byte(&b, 0);
	return buf_steal(&b);
}

static void
is_text(const struct history *h, uint32_t line, const char *expected)
{
	char *got = text_of(h, line);

	assert_string_equal(got, expected);
	free(got);
}

/* A row of all that a row can hold. */
static void
write_all_kinds(void)
{
	struct pen red = { .fg = COLOR_INDEX | 1, .attrs = CELL_BOLD };
	struct pen rgb = { .fg = COLOR_RGB | 0x102030,
			   .bg = COLOR_RGB | 0xffeedd,
			   .ul = COLOR_INDEX | 200,
			   .attrs = CELL_PROTECTED | 3 << 8 };
	struct pen linked = { .bg = COLOR_INDEX | 7 }, fill = linked;
	const char family[] = "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7";
	struct cell *c = row.cells;

	linked.link = pens_link(&pens, "one", "http://example.org/");
	uint32_t r = pens_find(&pens, &red), g = pens_find(&pens, &rgb);
	uint32_t l = pens_find(&pens, &linked);
	uint32_t f = pens_cluster(&pens, family, sizeof family - 1);
	uint32_t e = pens_cluster(&pens, "e\xcc\x81", 3);

	row_clear(&row, pens_find(&pens, &fill));
	c[0] = (struct cell){ 'a', 0 };
	c[1] = (struct cell){ 0, 0 };
	c[2] = (struct cell){ 0x6f22, r | CELL_WIDE };
	c[3] = (struct cell){ 0, r | CELL_TAIL };
	c[4] = (struct cell){ 0xe9, g };
	c[5] = (struct cell){ CELL_CLUSTER | f, g | CELL_WIDE };
	c[6] = (struct cell){ 0, g | CELL_TAIL };
	c[7] = (struct cell){ CELL_CLUSTER | e, l };
	c[8] = (struct cell){ 0x1f600, l | CELL_WIDE };
	c[9] = (struct cell){ 0, l | CELL_TAIL };
	c[10] = (struct cell){ 0, 0 };
	row.used = 11;
	row.flags = ROW_WRAPPED | ROW_PROMPT | ROW_CLUSTERS;
}

static void
a_row_comes_back_as_it_was(void **state)
{
	struct history *h = history_new(10, 1 << 20);

	(void)state;
	write_all_kinds();
	history_push(h, &row, &pens);
	assert_true(history_get(h, 1, &pens, &back, COLS));
	assert_int_equal(back.used, row.used);
	assert_int_equal(back.fill, row.fill);
	assert_int_equal(back.flags & ROW_KEPT, row.flags & ROW_KEPT);
	assert_memory_equal(back.cells, row.cells,
			    row.used * sizeof(struct cell));
	assert_int_equal(history_width(h, 1), 11);
	assert_int_equal(history_flags(h, 1), ROW_WRAPPED | ROW_PROMPT);
	is_text(h, 1,
		"a \xe6\xbc\xa2\xc3\xa9\xf0\x9f\x91\xa9\xe2\x80\x8d"
		"\xf0\x9f\x91\xa7"
		"e\xcc\x81\xf0\x9f\x98\x80 ");
	history_free(h);
}

static void
a_gap_before_text_costs_nothing(void **state)
{
	struct history *h = history_new(10, 1 << 20);

	(void)state;
	write_ascii("####y", 0);
	memset(row.cells, 0xff, 4 * sizeof(struct cell));
	row.lead = 4;
	history_push(h, &row, &pens);
	assert_true(history_get(h, 1, &pens, &back, COLS));
	assert_int_equal(back.used, 5);
	for (int i = 0; i < 4; i++)
		assert_int_equal(back.cells[i].text, 0);
	assert_int_equal(back.cells[4].text, 'y');
	assert_false(back.flags & ROW_PLAIN);
	assert_int_equal(history_width(h, 1), 5);
	is_text(h, 1, "    y");
	assert_int_equal(history_search(h, 0, true, "  y", false), 1);
	assert_true(history_get(h, 1, &pens, &back, 3));
	assert_int_equal(back.used, 3);
	history_free(h);
}

static void
a_record_outlives_the_pens(void **state)
{
	struct history *h = history_new(10, 1 << 20);
	struct pens other;
	struct pen p;

	(void)state;
	write_all_kinds();
	history_push(h, &row, &pens);
	pens_init(&other);
	assert_true(history_get(h, 1, &other, &back, COLS));
	p = pens_get(&other, back.cells[4].pen & CELL_PEN);
	assert_int_equal(p.fg, COLOR_RGB | 0x102030);
	assert_int_equal(p.bg, COLOR_RGB | 0xffeedd);
	assert_int_equal(p.ul, COLOR_INDEX | 200);
	p = pens_get(&other, back.cells[7].pen & CELL_PEN);
	assert_string_equal(other.links[p.link].uri, "http://example.org/");
	assert_string_equal(other.links[p.link].id, "one");
	pens_release(&other);
	history_free(h);
}

static void
a_narrow_reader_gets_no_half_of_a_wide_character(void **state)
{
	struct history *h = history_new(10, 1 << 20);

	(void)state;
	write_all_kinds();
	history_push(h, &row, &pens);
	assert_true(history_get(h, 1, &pens, &back, 6));
	assert_int_equal(back.used, 6);
	assert_int_equal(back.cells[5].text, 0);
	assert_false(back.cells[5].pen & CELL_WIDE);
	history_free(h);
}

static void
the_oldest_lines_go(void **state)
{
	struct history *h = history_new(1000, 64 << 20);

	(void)state;
	for (unsigned i = 1; i <= 25000; i++)
		push_line(h, i);
	assert_int_equal(history_count(h), 1000);
	is_text(h, 1, "line 25000");
	is_text(h, 1000, "line 24001");
	assert_false(history_get(h, 1001, &pens, &back, COLS));
	assert_false(history_get(h, 0, &pens, &back, COLS));
	history_limit(h, 10);
	assert_int_equal(history_count(h), 10);
	is_text(h, 10, "line 24991");
	history_free(h);
}

static void
bytes_are_limited_too_and_given_back(void **state)
{
	struct history *h = history_new(UINT32_MAX, 1 << 20);
	char text[COLS + 1] = { 0 };

	(void)state;
	memset(text, 'x', COLS);
	for (unsigned i = 0; i < 100000; i++) {
		write_ascii(text, 0);
		history_push(h, &row, &pens);
		assert_true(history_bytes(h) <= (1 << 20) + 65536);
	}
	assert_true(history_count(h) > 5000);
	history_clear(h);
	assert_int_equal(history_count(h), 0);
	assert_true(history_bytes(h) < 100);
	push_line(h, 7);
	is_text(h, 1, "line 7");
	history_free(h);
}

static void
lines_are_found_in_any_order(void **state)
{
	struct history *h = history_new(20000, 64 << 20);
	char expected[32];
	uint32_t n = 1;

	(void)state;
	for (unsigned i = 1; i <= 20000; i++)
		push_line(h, i);
	for (int i = 0; i < 20000; i++) {
		n = n * 1103515245 + 12345;
		uint32_t at = n / 7 % 20000 + 1;

		snprintf(expected, sizeof expected, "line %u", 20001 - at);
		is_text(h, at, expected);
	}
	history_free(h);
}

static void
the_newest_can_be_taken_back(void **state)
{
	struct history *h = history_new(20000, 64 << 20);

	(void)state;
	for (unsigned i = 1; i <= 20000; i++)
		push_line(h, i);
	for (unsigned i = 0; i < 19990; i++)
		assert_true(history_pop(h, &pens, &back, COLS));
	assert_int_equal(history_count(h), 10);
	is_text(h, 1, "line 10");
	push_line(h, 42);
	is_text(h, 1, "line 42");
	is_text(h, 2, "line 10");
	while (history_pop(h, &pens, &back, COLS))
		;
	assert_int_equal(history_count(h), 0);
	history_free(h);
}

static void
a_search_finds_text_both_ways(void **state)
{
	struct history *h = history_new(20000, 64 << 20);

	(void)state;
	for (unsigned i = 1; i <= 10000; i++)
		push_line(h, i);
	write_all_kinds();
	history_push(h, &row, &pens);
	push_line(h, 10002);

	assert_int_equal(history_search(h, 0, true, "line 777", false),
			 10003 - 7779);
	assert_int_equal(history_search(h, 0, true, "e 5$", true), 9998);
	assert_int_equal(history_search(h, 9998, true, "e 5$", true), 0);
	assert_int_equal(history_search(h, 10002, false, "e 5$", true), 9998);
	assert_int_equal(history_search(h, 0, true, "nowhere", false), 0);
	assert_int_equal(history_search(h, 0, true, "(", true), -1);
	assert_int_equal(history_search(h, 0, true, "a \xe6\xbc\xa2", false),
			 2);
	assert_int_equal(
		history_search(h, 0, true, "^a .*\xf0\x9f\x98\x80", true), 2);
	history_free(h);
}

static int
setup(void **state)
{
	(void)state;
	pens_init(&pens);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	pens_release(&pens);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_comes_back_as_it_was),
		cmocka_unit_test(a_gap_before_text_costs_nothing),
		cmocka_unit_test(a_record_outlives_the_pens),
		cmocka_unit_test(
			a_narrow_reader_gets_no_half_of_a_wide_character),
		cmocka_unit_test(the_oldest_lines_go),
		cmocka_unit_test(bytes_are_limited_too_and_given_back),
		cmocka_unit_test(lines_are_found_in_any_order),
		cmocka_unit_test(the_newest_can_be_taken_back),
		cmocka_unit_test(a_search_finds_text_both_ways),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
