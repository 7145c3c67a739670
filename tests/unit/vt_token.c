/* unit/vt_token.c - the tokenizer's promises. */
#include "vt/token.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"

/* What the tokens of a stream are, as text: for comparison. */
static void
describe(const struct token *t, struct buf *out)
{
	static const char *const names[] = {
		"none", "ascii", "runes", "c0",	 "esc",	  "csi",     "osc",
		"dcs",	"apc",	 "pm",	  "sos", "title", "aborted",
	};

	buf_printf(out, "%s", names[t->kind]);
	switch (t->kind) {
	case TOKEN_ASCII:
		buf_printf(out, " %.*s", (int)t->len, (const char *)t->data);
		break;
	case TOKEN_RUNES:
		for (unsigned i = 0; i < t->n_runes; i++)
			buf_printf(out, " %x", t->runes[i]);
		break;
	case TOKEN_C0:
		buf_printf(out, " %02x", t->final);
		break;
	case TOKEN_ESC:
		buf_printf(out, " %s%s%c", t->inter[0] ? "i" : "",
			   t->inter[1] ? "i" : "", t->final);
		break;
	case TOKEN_CSI:
	case TOKEN_DCS:
		if (t->bad) {
			buf_str(out, " bad");
			break;
		}
		buf_byte(out, ' ');
		if (t->leader)
			buf_byte(out, t->leader);
		for (unsigned i = 0; i < t->n_params; i++) {
			if (i > 0)
				buf_byte(out, t->colons >> i & 1 ? ':' : ';');
			if (t->params[i] >= 0)
				buf_printf(out, "%d", t->params[i]);
		}
		for (int i = 0; i < 2 && t->inter[i]; i++)
			buf_byte(out, t->inter[i]);
		buf_byte(out, t->final);
		if (t->kind == TOKEN_CSI)
			break;
		/* fallthrough */
	default:
		if (t->kind == TOKEN_ABORTED)
			break;
		buf_printf(out, " '%s'%s%s",
			   t->long_string ? "" : (const char *)t->data,
			   t->bel ? " bel" : "", t->long_string ? " long" : "");
		break;
	}
	buf_byte(out, '\n');
}

static char *
tokens(const void *data, size_t len, size_t piece)
{
	struct tokenizer z = { .string_max = 100 };
	struct buf out = { 0 };
	const uint8_t *p = data, *end = p + len;

	while (p < end) {
		const uint8_t *stop = (size_t)(end - p) < piece ? end
								: p + piece;
		const struct token *t;

		while ((t = tokenizer_next(&z, &p, stop))->kind != TOKEN_NONE)
			describe(t, &out);
	}
	tokenizer_release(&z);
	buf_byte(&out, 0);
	return buf_steal(&out);
}

static void
gives(const char *bytes, const char *expected)
{
	char *got = tokens(bytes, strlen(bytes), SIZE_MAX / 2);

	assert_string_equal(got, expected);
	free(got);
}

static void
each_kind_is_known(void **state)
{
	(void)state;
	gives("ab\r\ncd", "ascii ab\nc0 0d\nc0 0a\nascii cd\n");
	gives("\0337\033(0\033#8", "esc 7\nesc i0\nesc i8\n");
	gives("\033[m\033[;5H\033[?25h\033[1 q\033[>4;2m",
	      "csi m\ncsi ;5H\ncsi ?25h\ncsi 1 q\ncsi >4;2m\n");
	gives("\033[38:2::1:2:3m", "csi 38:2::1:2:3m\n");
	gives("\033]0;hi\a\033]2;ho\033\\", "osc '0;hi' bel\nosc '2;ho'\n");
	gives("\033P1$rm\033\\\033_x\033\\\033^y\033\\\033Xz\033\\",
	      "dcs 1$r 'm'\napc 'x'\npm 'y'\nsos 'z'\n");
	gives("\033ktitle\033\\x", "title 'title'\nascii x\n");
}

static void
controls_within_a_sequence_run_first(void **state)
{
	(void)state;
	gives("\033[1\r2A", "c0 0d\ncsi 12A\n");
	gives("\033\n7", "c0 0a\nesc 7\n");
}

static void
can_sub_and_esc_abort(void **state)
{
	(void)state;
	gives("\033[12\030A", "aborted\nascii A\n");
	gives("\033]0;x\032y", "aborted\nascii y\n");
	gives("\033[12\033[3A", "aborted\ncsi 3A\n");
	gives("\033]0;x\033[3A", "aborted\ncsi 3A\n");
	gives("\033[12\xc3\xa9", "aborted\nrunes e9\n");
}

static void
what_is_no_sequence_is_bad_but_whole(void **state)
{
	(void)state;
	gives("\033[1?mx", "csi bad\nascii x\n");
	gives("\033[1 2mx", "csi bad\nascii x\n");
	gives("\033[!!!px", "csi bad\nascii x\n");
}

static void
numbers_saturate_and_parameters_end(void **state)
{
	struct buf b = { 0 };

	(void)state;
	gives("\033[99999999999999A", "csi 2147483647A\n");

	buf_str(&b, "\033[");
	for (int i = 0; i < 200; i++)
		buf_str(&b, "1;");
	buf_str(&b, "m");
	struct tokenizer z = { 0 };
	const uint8_t *p = b.data;
	const struct token *t = tokenizer_next(&z, &p, p + b.len);
	assert_int_equal(t->kind, TOKEN_CSI);
	assert_int_equal(t->n_params, TOKEN_PARAMS);
	assert_int_equal(t->final, 'm');
	tokenizer_release(&z);
	buf_release(&b);
}

/* Unicode 15, table 3-8 and the examples of section 3.9. */
static void
malformed_utf8_is_one_mark_for_each_subpart(void **state)
{
	(void)state;
	gives("\xc3\xa9\xe6\xbc\xa2\xf0\x9f\x98\x80", "runes e9 6f22 1f600\n");
	gives("\xf0\x80\x80\x41", "runes fffd fffd fffd\nascii A\n");
	gives("\xe2\x82\x41", "runes fffd\nascii A\n");
	gives("\xed\xa0\x80", "runes fffd fffd fffd\n");
	gives("\xf4\x90\x80\x80", "runes fffd fffd fffd fffd\n");
	gives("\xc0\xaf\xfe\xff", "runes fffd fffd fffd fffd\n");
	gives("\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41",
	      "runes fffd fffd fffd fffd\nascii A\n");
}

static void
c1_of_utf8_is_esc_and_a_letter(void **state)
{
	(void)state;
	gives("\xc2\x9b"
	      "3A\xc2\x85\xc2\x9d"
	      "0;x\xc2\x9cy",
	      "csi 3A\nesc E\nosc '0;x'\nascii y\n");
}

static void
any_split_gives_the_same_tokens(void **state)
{
	static const char bytes[] =
		"a\xe6\xbc\xa2\033[1;2:3m\033]8;;http://x\033\\\xc2\x9b?1h"
		"\033P+q\033\\\xf0\x9f\x98\x80\033[5\r\033[6n\033kx\033\\"
		"\033(B\xe2\x82\033]0;q\a";

	(void)state;
	char *one = tokens(bytes, sizeof bytes - 1, 1);
	for (size_t piece = 2; piece < 30; piece++) {
		char *other = tokens(bytes, sizeof bytes - 1, piece);

		/* A run may be cut in two: compare what else there is. */
		if (!strstr(other, "csi ?1h"))
			fail_msg("piece %zu: %s", piece, other);
		free(other);
	}
	assert_non_null(strstr(one, "osc '8;;http://x'\n"));
	assert_non_null(strstr(one, "dcs +q ''\n"));
	assert_non_null(strstr(one, "runes 1f600\n"));
	assert_non_null(strstr(one, "csi 6n\n"));
	free(one);
}

static void
a_string_too_long_is_swallowed_to_its_end(void **state)
{
	struct buf b = { 0 };

	(void)state;
	buf_str(&b, "\033]0;");
	for (int i = 0; i < 300; i++)
		buf_byte(&b, 'x');
	buf_str(&b, "\aok");
	for (size_t piece = 1; piece < 400; piece += 7) {
		char *got = tokens(b.data, b.len, piece);

		assert_memory_equal(got, "osc '' bel long\n", 16);
		free(got);
	}
	buf_release(&b);
}

static void
tokens_tell_their_bytes(void **state)
{
	static const char bytes[] = "ab\033[6n\xc3\xa9\033]0;x\a";
	struct tokenizer z = { .string_max = 100 };
	const uint8_t *p = (const uint8_t *)bytes;
	const uint8_t *end = p + sizeof bytes - 1;
	static const uint64_t ends[] = { 2, 6, 8, 14 };

	(void)state;
	z.pos = 1000;
	for (size_t i = 0; i < 4; i++) {
		const struct token *t = tokenizer_next(&z, &p, end);

		assert_int_equal(t->from, 1000 + (i ? ends[i - 1] : 0));
		assert_int_equal(t->to, 1000 + ends[i]);
	}
	tokenizer_release(&z);
}

static uint64_t
boundary_after(struct tokenizer *z, const char *bytes, size_t len)
{
	const uint8_t *p = (const uint8_t *)bytes, *end = p + len;

	while (tokenizer_next(z, &p, end)->kind != TOKEN_NONE)
		;
	return tokenizer_boundary(z);
}

static void
the_boundary_is_the_last_whole_token(void **state)
{
	struct tokenizer z = { .string_max = 1 << 20 };
	size_t len = TOKEN_QUERY_MAX + 10;
	char *much = mem_alloc(len);

	(void)state;
	assert_int_equal(boundary_after(&z, "ab\033[1", 5), 2);
	assert_int_equal(boundary_after(&z, "2m", 2), 7);
	assert_int_equal(boundary_after(&z, "\xe6\xbc", 2), 7);
	assert_int_equal(boundary_after(&z, "\xa2", 1), 10);
	assert_true(tokenizer_joinable(&z));

	/* What is too long to be a query is forwarded as it comes. */
	memset(much, 'x', len);
	boundary_after(&z, "\033Pq", 3);
	uint64_t boundary = boundary_after(&z, much, len);
	assert_int_equal(boundary, 10 + 3 + len);
	assert_false(tokenizer_joinable(&z));
	boundary_after(&z, "\033\\", 2);
	assert_true(tokenizer_joinable(&z));
	assert_int_equal(tokenizer_boundary(&z), z.pos);
	free(much);
	tokenizer_release(&z);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_is_known),
		cmocka_unit_test(controls_within_a_sequence_run_first),
		cmocka_unit_test(can_sub_and_esc_abort),
		cmocka_unit_test(what_is_no_sequence_is_bad_but_whole),
		cmocka_unit_test(numbers_saturate_and_parameters_end),
		cmocka_unit_test(malformed_utf8_is_one_mark_for_each_subpart),
		cmocka_unit_test(c1_of_utf8_is_esc_and_a_letter),
		cmocka_unit_test(any_split_gives_the_same_tokens),
		cmocka_unit_test(a_string_too_long_is_swallowed_to_its_end),
		cmocka_unit_test(tokens_tell_their_bytes),
		cmocka_unit_test(the_boundary_is_the_last_whole_token),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
