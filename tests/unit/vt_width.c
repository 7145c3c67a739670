/* unit/vt_width.c - characters and clusters take the columns they should. */
#include "vt/width.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "vt/screen.h"

#define WOMAN "\xf0\x9f\x91\xa9"
#define GIRL "\xf0\x9f\x91\xa7"
#define JOINER "\xe2\x80\x8d"
#define THUMB "\xf0\x9f\x91\x8d"
#define TONE "\xf0\x9f\x8f\xbd"
#define FLAG_F "\xf0\x9f\x87\xab"
#define FLAG_R "\xf0\x9f\x87\xb7"
#define HEART "\xe2\x9d\xa4"
#define EMOJI "\xef\xb8\x8f"
#define ACUTE "\xcc\x81"
#define KANJI "\xe6\xbc\xa2"

static unsigned
columns(uint32_t rune)
{
	return width_of(rune) & WIDTH_COLUMNS;
}

static void
a_character_is_as_wide_as_programs_count(void **state)
{
	(void)state;
	assert_int_equal(columns('a'), 1);
	assert_int_equal(columns(0xe9), 1);
	assert_int_equal(columns(0xad), 1); /* soft hyphen */
	assert_int_equal(columns(0x301), 0);
	assert_int_equal(columns(0x200b), 0);
	assert_int_equal(columns(0x903), 1); /* a spacing mark */
	assert_int_equal(columns(0x1100), 2); /* Hangul: L, then V and T */
	assert_int_equal(columns(0x1161), 0);
	assert_int_equal(columns(0x11a8), 0);
	assert_int_equal(columns(0x2500), 1); /* ambiguous is narrow */
	assert_int_equal(columns(0x6f22), 2);
	assert_int_equal(columns(0xac00), 2);
	assert_int_equal(columns(0xff21), 2);
	assert_int_equal(columns(0xfffd), 1);
	assert_int_equal(columns(0x1f600), 2);
	assert_int_equal(columns(0xe000), 1); /* private use */
	assert_int_equal(columns(0x2fffd), 2);
	assert_int_equal(columns(0x10ffff), 1);
}

/* What the first cell holds after text, and where the cursor is. */
static void
makes(const char *text, const char *cluster, unsigned width, unsigned col)
{
	struct screen *s =
		screen_new(&(struct screen_options){ .cols = 20, .rows = 3 });
	struct cell_view c;
	struct screen_cursor at;

	for (const char *p = text; *p; p++)
		screen_feed(s, p, 1);
	screen_cell(s, 0, 0, &c);
	screen_cursor(s, &at);
	assert_string_equal(c.text, cluster);
	assert_int_equal(c.width, width);
	assert_int_equal(at.col, col);
	screen_free(s);
}

static void
a_cluster_is_one_cell(void **state)
{
	(void)state;
	makes("e" ACUTE "x", "e" ACUTE, 1, 2);
	makes(KANJI ACUTE, KANJI ACUTE, 2, 2);
	makes(WOMAN JOINER WOMAN JOINER GIRL "x",
	      WOMAN JOINER WOMAN JOINER GIRL, 2, 3);
	makes(THUMB TONE "x", THUMB TONE, 2, 3);
	makes(FLAG_F FLAG_R "x", FLAG_F FLAG_R, 2, 3);
	makes(HEART EMOJI "x", HEART EMOJI, 2, 3);
	makes(HEART "x", HEART, 1, 2);
}

static void
what_does_not_join_stands_apart(void **state)
{
	(void)state;
	makes(FLAG_F FLAG_R FLAG_F, FLAG_F FLAG_R, 2, 3);
	makes("a" TONE, "a", 1, 3);
	makes(WOMAN GIRL, WOMAN, 2, 4);
	makes("e\033[m" ACUTE, "e", 1, 1);
	makes(ACUTE "a", "a", 1, 1);
}

static void
marks_without_end_are_bounded_in_a_cell(void **state)
{
	struct screen *s =
		screen_new(&(struct screen_options){ .cols = 20, .rows = 3 });
	struct cell_view c;

	(void)state;
	screen_feed(s, "a", 1);
	for (int i = 0; i < 100000; i++)
		screen_feed(s, ACUTE, 2);
	screen_feed(s, "b", 1);
	screen_cell(s, 0, 0, &c);
	assert_true(c.len > 10 && c.len <= 64);
	screen_cell(s, 0, 1, &c);
	assert_string_equal(c.text, "b");
	screen_free(s);
}

static void
a_wide_character_is_never_left_half(void **state)
{
	static const char *const cuts[] = {
		"x",	   "\033[1@",  "\033[1P", "\033[X",  "\033[K",
		"\033[1K", "\033[4hy", "\033[1J", "\033[?K", "\033[2'}",
	};

	(void)state;
	for (unsigned i = 0; i < sizeof cuts / sizeof cuts[0]; i++)
		for (unsigned col = 1; col <= 8; col++) {
			struct screen *s = screen_new(&(struct screen_options){
				.cols = 8, .rows = 2 });
			char go[] = "\033[0G";

			screen_feed(s, KANJI KANJI KANJI KANJI, 12);
			go[2] = (char)('0' + col);
			screen_feed(s, go, strlen(go));
			screen_feed(s, cuts[i], strlen(cuts[i]));
			for (unsigned x = 0; x < 8; x++) {
				struct cell_view a, b;

				screen_cell(s, 0, x, &a);
				screen_cell(s, 0, x + 1, &b);
				if (x + 1 < 8)
					assert_int_equal(a.width == 2,
							 b.width == 0);
				else
					assert_int_not_equal(a.width, 2);
			}
			screen_free(s);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_character_is_as_wide_as_programs_count),
		cmocka_unit_test(a_cluster_is_one_cell),
		cmocka_unit_test(what_does_not_join_stands_apart),
		cmocka_unit_test(marks_without_end_are_bounded_in_a_cell),
		cmocka_unit_test(a_wide_character_is_never_left_half),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
