/* unit/vt_sgr.c - the promises of vt/sgr.h. */
#include "vt/sgr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "vt/screen.h"
#include "vt/state.h"

static uint32_t seed = 1;

static uint32_t
below(uint32_t n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % n;
}

static uint32_t
some_color(void)
{
	switch (below(4)) {
	case 0:
		return COLOR_DEFAULT;
	case 1:
		return COLOR_INDEX | below(16);
	case 2:
		return COLOR_INDEX | below(256);
	default:
		return COLOR_RGB | below(1 << 24);
	}
}

static struct pen
some_pen(void)
{
	struct pen p = { .fg = some_color(), .bg = some_color() };

	if (below(3) == 0)
		p.ul = some_color();
	p.attrs = (uint16_t)(below(2) ? 0 : below(256));
	p.attrs |= (uint16_t)(below(6) << 8);
	if (below(4) == 0)
		p.attrs |= CELL_PROTECTED;
	return below(5) ? p : (struct pen){ 0 };
}

static struct screen *
terminal(void)
{
	return screen_new(&(struct screen_options){ .cols = 10, .rows = 2 });
}

static void
any_pen_leads_to_any_other(void **state)
{
	struct screen *s = terminal();
	struct buf out = { 0 };
	struct sgr sgr = { .pens = &s->pens, .out = &out };

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct pen to = some_pen();

		sgr_select(&sgr, &to);
		screen_feed(s, out.data, out.len);
		assert_memory_equal(&s->pen, &to, sizeof to);
		buf_clear(&out);
	}
	buf_release(&out);
	screen_free(s);
}

static void
parameters_need_no_pen_before(void **state)
{
	struct screen *s = terminal();

	(void)state;
	for (int i = 0; i < 5000; i++) {
		struct pen to = some_pen();
		struct buf out = { 0 };

		to.attrs &= (uint16_t)~CELL_PROTECTED; /* not SGR's */
		buf_str(&out, "\33[");
		sgr_params(&to, &out);
		buf_str(&out, "m");
		screen_feed(s, out.data, out.len);
		assert_memory_equal(&s->pen, &to, sizeof to);
		buf_release(&out);
	}
	screen_free(s);
}

static void
no_change_is_no_bytes(void **state)
{
	struct screen *s = terminal();
	struct buf out = { 0 };
	struct sgr sgr = { .pens = &s->pens, .out = &out };
	struct pen bold = { .attrs = CELL_BOLD }, plain = { 0 };

	(void)state;
	sgr_select(&sgr, &plain);
	assert_int_equal(out.len, 0);
	sgr_select(&sgr, &bold);
	sgr_select(&sgr, &bold);
	sgr_select(&sgr, &plain);
	assert_int_equal(out.len, 7);
	assert_memory_equal(out.data, "\33[1m\33[m", 7);
	buf_release(&out);
	screen_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_pen_leads_to_any_other),
		cmocka_unit_test(parameters_need_no_pen_before),
		cmocka_unit_test(no_change_is_no_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
