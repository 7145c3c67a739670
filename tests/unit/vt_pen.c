/* unit/vt_pen.c - the promises of vt/pen.h. */
#include "vt/pen.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "vt/screen.h"

static void
equal_pens_have_one_number(void **state)
{
	struct pens ps;
	struct pen a = { .fg = COLOR_RGB | 1 }, b = a, none = { 0 };

	(void)state;
	pens_init(&ps);
	assert_int_equal(pens_find(&ps, &none), 0);
	uint32_t n = pens_find(&ps, &a);
	assert_int_not_equal(n, 0);
	assert_int_equal(pens_find(&ps, &b), n);
	b.attrs = CELL_BOLD;
	assert_int_not_equal(pens_find(&ps, &b), n);
	assert_int_equal(pens_get(&ps, n).fg, COLOR_RGB | 1);
	pens_release(&ps);
}

static void
every_pair_of_palette_colours_costs_nothing(void **state)
{
	struct pens ps;

	(void)state;
	pens_init(&ps);
	for (uint32_t i = 0; i < 257 * 257; i++) {
		struct pen p = {
			.fg = i % 257 < 256 ? COLOR_INDEX | i % 257 : 0,
			.bg = i / 257 < 256 ? COLOR_INDEX | i / 257 : 0,
			.attrs = (uint16_t)(i * 7919 % CELL_PROTECTED),
		};
		struct pen got = pens_get(&ps, pens_find(&ps, &p));

		assert_memory_equal(&got, &p, sizeof p);
	}
	assert_int_equal(ps.pen_pool.count, 0);
	pens_release(&ps);
}

static void
a_sweep_frees_what_is_not_marked(void **state)
{
	struct pens ps;
	uint32_t kept[10], cluster;

	(void)state;
	pens_init(&ps);
	cluster = pens_cluster(&ps, "e\xcc\x81", 3);
	for (uint32_t round = 0; round < 100; round++) {
		for (uint32_t i = 0; i < 1000; i++) {
			struct pen p = { .fg = COLOR_RGB | (round * 1000 + i) };
			char text[16];
			uint32_t n = pens_find(&ps, &p);

			if (round == 0 && i < 10)
				kept[i] = n;
			snprintf(text, sizeof text, "x%u", round * 1000 + i);
			pens_cluster(&ps, text, strlen(text));
		}
		if (!pens_full(&ps))
			continue;
		pens_sweep_begin(&ps);
		for (int i = 0; i < 10; i++)
			pens_mark(&ps, kept[i]);
		pens_mark_cluster(&ps, cluster);
		pens_sweep_end(&ps);
		assert_int_equal(ps.pen_pool.count, 10);
		assert_int_equal(ps.cluster_pool.count, 1);
	}
	assert_true(ps.pen_pool.size < 20000);
	for (uint32_t i = 0; i < 10; i++) {
		struct pen p = { .fg = COLOR_RGB | i };

		assert_int_equal(pens_find(&ps, &p), kept[i]);
	}
	assert_int_equal(pens_cluster(&ps, "e\xcc\x81", 3), cluster);
	pens_release(&ps);
}

static void
links_are_kept_by_their_pens_and_bounded(void **state)
{
	struct pens ps;
	char uri[LINK_MAX + 10];
	struct pen p = { 0 };

	(void)state;
	pens_init(&ps);
	p.link = pens_link(&ps, "", "http://kept/");
	uint32_t n = pens_find(&ps, &p);
	for (unsigned i = 0; i < 2 * LINKS_MAX; i++) {
		snprintf(uri, sizeof uri, "http://%u/", i);
		pens_link(&ps, "", uri);
	}
	assert_int_equal(ps.link_pool.count, LINKS_MAX);
	assert_int_equal(pens_link(&ps, "", "http://one-too-many/"), 0);

	pens_sweep_begin(&ps);
	pens_mark(&ps, n);
	pens_sweep_end(&ps);
	assert_int_equal(ps.link_pool.count, 1);
	assert_string_equal(ps.links[p.link].uri, "http://kept/");
	assert_int_equal(pens_link(&ps, "", "http://kept/"), p.link);
	assert_int_not_equal(pens_link(&ps, "id", "http://kept/"), p.link);

	memset(uri, 'x', sizeof uri - 1);
	uri[sizeof uri - 1] = 0;
	assert_int_equal(pens_link(&ps, "", uri), 0);
	pens_release(&ps);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_pens_have_one_number),
		cmocka_unit_test(every_pair_of_palette_colours_costs_nothing),
		cmocka_unit_test(a_sweep_frees_what_is_not_marked),
		cmocka_unit_test(links_are_kept_by_their_pens_and_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
