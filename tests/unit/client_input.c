/* unit/client_input.c - keys, replies and pastes, cut anywhere. */
#include "client/input.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "client/bindings.h"

struct hand {
	struct input in;
	struct bindings b;
	struct buf typed, replies, mouse;
	enum bindings_verdict did; /* the last action */
	unsigned deeds;
};

static enum input_verdict
on_key(void *ctx, const struct stroke *s)
{
	struct hand *h = ctx;
	enum bindings_verdict v = bindings_take(&h->b, s);

	switch (v) {
	case BINDINGS_PASS:
		return INPUT_TYPE;
	case BINDINGS_HOLD:
		return INPUT_KEEP;
	case BINDINGS_LITERAL:
		return INPUT_LITERAL;
	case BINDINGS_BACK:
		return INPUT_AGAIN;
	case BINDINGS_DROP:
		return INPUT_DROP;
	default:
		break;
	}
	h->did = v;
	h->deeds++;
	return INPUT_DROP;
}

static bool
on_busy(void *ctx)
{
	struct hand *h = ctx;

	return bindings_busy(&h->b);
}

static void
on_typed(void *ctx, const void *data, size_t len)
{
	struct hand *h = ctx;

	buf_append(&h->typed, data, len);
}

static void
on_mouse(void *ctx, const uint8_t *data, size_t len)
{
	struct hand *h = ctx;

	buf_append(&h->mouse, data, len);
}

static void
on_reply(void *ctx, const uint8_t *data, size_t len)
{
	struct hand *h = ctx;

	buf_append(&h->replies, data, len);
}

static const struct input_events events = {
	.key = on_key,
	.busy = on_busy,
	.typed = on_typed,
	.mouse = on_mouse,
	.reply = on_reply,
};

static void
open_hand(struct hand *h, const char *prefix, const char *detach)
{
	*h = (struct hand){ .did = BINDINGS_PASS };
	assert_int_equal(bindings_init(&h->b, prefix, detach), 0);
	input_init(&h->in, &events, h);
}

static void
close_hand(struct hand *h)
{
	buf_release(&h->typed);
	buf_release(&h->replies);
	buf_release(&h->mouse);
}

static void
assert_bytes(const struct buf *b, const char *want, size_t len)
{
	assert_int_equal(b->len, len);
	if (len > 0)
		assert_memory_equal(b->data, want, len);
}

/*
 * Feeds the bytes whole, byte by byte, and cut in two at every place; each
 * time the same is typed and done.
 */
static void
whatever_the_cut(const char *prefix, const char *detach, const char *in,
		 const char *typed, enum bindings_verdict did)
{
	size_t len = strlen(in);

	for (size_t cut = 0; cut <= len + 1; cut++) {
		struct hand h;

		open_hand(&h, prefix, detach);
		if (cut <= len) {
			input_feed(&h.in, in, cut);
			input_feed(&h.in, in + cut, len - cut);
		} else {
			for (size_t i = 0; i < len; i++)
				input_feed(&h.in, in + i, 1);
		}
		while (input_patience(&h.in) > 0)
			input_late(&h.in);
		assert_bytes(&h.typed, typed, strlen(typed));
		assert_int_equal(h.did, did);
		assert_int_equal(h.deeds, did != BINDINGS_PASS);
		close_hand(&h);
	}
}

static void
passes(const char *in)
{
	whatever_the_cut(NULL, NULL, in, in, BINDINGS_PASS);
}

static void
does(const char *prefix, const char *in, enum bindings_verdict did)
{
	whatever_the_cut(prefix, NULL, in, "", did);
}

static void
detaches_by(const char *detach, const char *in)
{
	whatever_the_cut(NULL, detach, in, "", BINDINGS_DETACH);
}

static void
keys_of_the_program_pass_as_they_are(void **state)
{
	(void)state;
	passes("hello, world\r");
	passes("\001\003\004\032\033OA\033[A\033[1;5D\033[15~\033OP");
	passes("gr\303\274\303\237e \346\227\245\346\234\254 \360\237\230\200");
	passes("\033x\033\r\033\303\251\033\033[A");
	passes("\033[[A\033[[E"); /* F1 and F5 of the Linux console */
	passes("\033[27;5;99~\033[99;5u\033[99;5:3u\033[57441;5u");
	passes("\033[1;2R\033[1;5R"); /* F3 and a modifier */
	passes("\033[97;;97:98u\033[1;1:3A\033[3;1:3~");
	passes("\177\t\b\033[Z");
	passes("\033P\033]\033_ and \033[");
}

static void
the_prefix_is_known_in_every_encoding(void **state)
{
	static const char *const forms[] = {
		"\002", /* plain */
		"\033[27;5;98~", /* modifyOtherKeys */
		"\033[98;5u", /* kitty, or xterm's other format */
		"\033[98;5:1u", /* with events */
		"\033[98;69u", /* caps lock */
		"\033[98;133u", /* num lock */
		"\033[98;197:1u", /* both */
		"\033[98:66;5u", /* with the shifted key */
		"\033[98:66:98;5:1u", /* and the base layout's */
		"\033[1080::98;5u", /* on a Cyrillic layout */
		"\033[98;5;98u", /* with text */
		"\033[98;5:1;98:99u",
	};
	static const char *const detach[] = {
		"d",
		"\033[100u",
		"\033[100;1:1u",
		"\033[100;65u",
		"\033[1074::100u",
		"\033[100;;100u",
		"\033[27;1;100~",
	};

	(void)state;
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		for (size_t k = 0; k < sizeof detach / sizeof *detach; k++) {
			char keys[64] = "";

			strcat(strcat(keys, forms[i]), detach[k]);
			does("C-b", keys, BINDINGS_DETACH);
		}
}

static void
keys_near_the_prefix_are_not_it(void **state)
{
	(void)state;
	passes("\033[98;6ud"); /* with shift */
	passes("\033[98;7ud"); /* with alt */
	passes("\033[98;13ud"); /* with super */
	passes("\033[98ud");
	passes("\033[27;6;66~d");
	passes("\033[110::98;5ud"); /* n, where b is on another layout */
	passes("\033\002d");
}

static void
regressions_of_others(void **state)
{
	(void)state;
	detaches_by("C-\\", "\034");
	detaches_by("C-\\", "\033[27;5;92~");
	detaches_by("C-\\", "\033[92;5u");
	detaches_by("C-\\", "\033[92;5:1u");
	detaches_by("C-\\", "\033[92;69:1u");
	detaches_by("C-\\", "\033[92:124:92;5:1u");
	detaches_by("C-\\", "\033[92;5;28u");
	detaches_by("C-`", "\033[96;5u");
	detaches_by("C-p,C-q", "\020\021");
	detaches_by("ctrl-p,ctrl-q", "\033[112;5u\033[113;5u");
	detaches_by("F12", "\033[24~");
	detaches_by("F12", "\033[24;1:1~");
	detaches_by("M-d", "\033d");
	detaches_by("C-b,,", "\002,");
}

static void
a_release_neither_detaches_nor_types(void **state)
{
	(void)state;
	/* Both keys are ours, so are their releases, in any order. */
	does("C-b", "\033[98;5:1u\033[98;5:3u\033[100;1:1u\033[100;1:3u",
	     BINDINGS_DETACH);
	does("C-b", "\033[98;5:1u\033[100;1:1u\033[98;1:3u\033[100;1:3u",
	     BINDINGS_DETACH);
	/* A release alone is the program's, and does nothing. */
	passes("\033[98;5:3ud");
	passes("\033[92;5:3u");
	/* Nor does it end what was begun; nor do a modifier and the mouse. */
	whatever_the_cut(NULL, NULL, "\002\033[120;1:3u\033[57442;5ud",
			 "\033[120;1:3u\033[57442;5u", BINDINGS_DETACH);
	/* A key held down repeats, and is pressed once. */
	does("C-b", "\033[98;5:1u\033[98;5:2u\033[98;5:2u\033[100;1:1u",
	     BINDINGS_DETACH);
}

static void
the_prefix_twice_is_typed_once(void **state)
{
	static const char *const second[] = { "\002", "\033[98;5u",
					      "\033[27;5;98~" };

	(void)state;
	for (size_t i = 0; i < sizeof second / sizeof *second; i++) {
		char keys[64] = "\002";

		strcat(strcat(keys, second[i]), "d");
		whatever_the_cut(NULL, NULL, keys, keys + 1, BINDINGS_PASS);
	}
	whatever_the_cut(NULL, NULL,
			 "\033[98;5:1u\033[98;5:3u\033[98;5:1u\033[98;5:3u",
			 "\033[98;5:1u\033[98;5:3u", BINDINGS_PASS);
}

static void
other_keys_after_the_prefix_type_nothing(void **state)
{
	(void)state;
	does(NULL, "\002q", BINDINGS_UNKNOWN);
	does(NULL, "\002\033[A", BINDINGS_UNKNOWN);
	does(NULL, "\002\303\251", BINDINGS_UNKNOWN);
	does(NULL, "\002?", BINDINGS_HELP);
	does(NULL, "\002\033[47:63;2u", BINDINGS_HELP);
	does(NULL, "\002\033[47;2u", BINDINGS_HELP);
	does(NULL, "\002\033[27;2;63~", BINDINGS_HELP);
	does(NULL, "\002\033[223;2;63u", BINDINGS_HELP); /* German */
	does(NULL, "\002\032", BINDINGS_SUSPEND);
	does(NULL, "\002\033[122;5u", BINDINGS_SUSPEND);
	does("C-a", "\001d", BINDINGS_DETACH);
}

static void
a_detach_sequence_not_finished_is_typed(void **state)
{
	(void)state;
	whatever_the_cut(NULL, "C-p,C-q", "\020x", "\020x", BINDINGS_PASS);
	whatever_the_cut(NULL, "C-p,C-q", "\020\020\021", "\020",
			 BINDINGS_DETACH);
	whatever_the_cut(NULL, "C-p,C-q", "\033[112;5ux", "\033[112;5ux",
			 BINDINGS_PASS);
	/* And then the prefix has no d. */
	whatever_the_cut(NULL, "C-p,C-q", "\002d", "", BINDINGS_UNKNOWN);
}

static void
nothing_in_a_paste_is_a_key(void **state)
{
	(void)state;
	passes("\033[200~\002d\033[98;5ud \033]11;rgb:0/0/0\033\\\033[?1c"
	       "\033[201~");
	passes("\033[200~\033[201\033[201~x");
	passes("\033[200~a\033[201~\033[200~\002d\033[201~");
	whatever_the_cut(NULL, NULL, "\033[200~\002d\033[201~\002d",
			 "\033[200~\002d\033[201~", BINDINGS_DETACH);
	/* The prefix before a paste is as before any other key. */
	whatever_the_cut(NULL, NULL, "\002\033[200~d\033[201~d",
			 "\033[200~d\033[201~d", BINDINGS_UNKNOWN);
}

static void
replies_are_never_typed(void **state)
{
	static const char *const replies[] = {
		"\033[?62;22c",
		"\033[>1;10;0c",
		"\033[=1;2c",
		"\033[?1;5;1R",
		"\033[50;1R",
		"\033[?7u",
		"\033[?2026;2$y",
		"\033[4;1$y",
		"\033[6;20;10t",
		"\033[8;24;80t",
		"\033[?997;1n",
		"\033[0n",
		"\033]11;rgb:1a1a/1b1b/2c2c\033\\",
		"\033]10;rgb:ffff/ffff/ffff\007",
		"\033]4;1;rgb:00/00/00\033\\",
		"\033]52;c;Zm9v\007",
		"\033]lterminal\033\\",
		"\033P>|kitty(0.31)\033\\",
		"\033P1+r63646f=41\033\\",
		"\033P0+r\033\\",
		"\033P1$r0m\033\\",
		"\033P!|00000000\033\\",
		"\033_Gi=31;OK\033\\",
	};

	(void)state;
	for (size_t i = 0; i < sizeof replies / sizeof *replies; i++) {
		size_t len = strlen(replies[i]);

		for (size_t cut = 0; cut <= len; cut++) {
			struct hand h;

			open_hand(&h, NULL, NULL);
			input_feed(&h.in, "a", 1);
			input_feed(&h.in, replies[i], cut);
			input_feed(&h.in, replies[i] + cut, len - cut);
			input_feed(&h.in, "b", 1);
			assert_bytes(&h.typed, "ab", 2);
			assert_bytes(&h.replies, replies[i], len);
			close_hand(&h);
		}
	}
}

static void
a_key_behind_the_prefix_may_come_in_pieces(void **state)
{
	struct hand h;

	(void)state;
	open_hand(&h, "C-b", NULL);
	input_feed(&h.in, "\033", 1);
	assert_in_range(input_patience(&h.in), 1, 20);
	input_feed(&h.in, "[98;5u\033", 7);
	assert_in_range(input_patience(&h.in), 30, 100);
	input_feed(&h.in, "[100u", 5);
	assert_int_equal(h.did, BINDINGS_DETACH);
	assert_int_equal(h.typed.len, 0);
	close_hand(&h);
}

static void
a_reply_may_come_late_behind_its_escape(void **state)
{
	struct hand h;

	(void)state;
	open_hand(&h, NULL, NULL);
	input_feed(&h.in, "\033", 1);
	assert_in_range(input_patience(&h.in), 1, 20);
	input_late(&h.in);
	assert_bytes(&h.typed, "\033", 1);
	input_feed(&h.in, "[?62;22c", 8);
	assert_bytes(&h.typed, "\033", 1);
	assert_bytes(&h.replies, "\033[?62;22c", 9);

	input_feed(&h.in, "\033]11;rg", 7);
	assert_in_range(input_patience(&h.in), 100, 5000);
	input_feed(&h.in, "b:0/0/0\033", 8);
	input_feed(&h.in, "\\", 1);
	assert_bytes(&h.typed, "\033", 1);
	close_hand(&h);
}

static void
a_lone_escape_is_typed_soon(void **state)
{
	struct hand h;

	(void)state;
	open_hand(&h, NULL, NULL);
	input_feed(&h.in, "\033", 1);
	input_late(&h.in);
	/* vi: out of the insert mode, and on at once. */
	input_feed(&h.in, "O", 1);
	assert_bytes(&h.typed, "\033O", 2);
	input_feed(&h.in, "\033", 1);
	input_late(&h.in);
	input_late(&h.in);
	assert_int_equal(input_patience(&h.in), 0);
	input_feed(&h.in, "[", 1);
	assert_bytes(&h.typed, "\033O\033[", 4);
	close_hand(&h);
}

static void
an_endless_reply_ends_some_time(void **state)
{
	struct hand h;

	(void)state;
	open_hand(&h, NULL, NULL);
	input_feed(&h.in, "\033]52;c;", 7);
	for (int i = 0; i < 100000; i++)
		input_feed(&h.in, "A", 1);
	assert_int_equal(h.typed.len, 0);
	input_feed(&h.in, "\033\\x", 3);
	assert_bytes(&h.typed, "x", 1);
	close_hand(&h);
}

static void
focus_is_told_to_who_asked(void **state)
{
	struct hand h;

	(void)state;
	open_hand(&h, NULL, NULL);
	input_feed(&h.in, "\033[I\033[O", 6);
	assert_int_equal(h.typed.len, 0);
	h.in.focus = true;
	input_feed(&h.in, "\033[I\033[O", 6);
	assert_bytes(&h.typed, "\033[I\033[O", 6);
	close_hand(&h);
}

static void
the_mouse_is_no_key(void **state)
{
	struct hand h;

	(void)state;
	open_hand(&h, NULL, NULL);
	input_feed(&h.in, "\002\033[<35;10;5Md", 13);
	assert_bytes(&h.mouse, "\033[<35;10;5M", 11);
	assert_int_equal(h.did, BINDINGS_DETACH);

	/* The old form: three bytes of any value. */
	h.did = BINDINGS_PASS;
	input_feed(&h.in, "\002\033[M d?d", 8);
	assert_bytes(&h.typed, "\033[M d?", 6);
	assert_int_equal(h.did, BINDINGS_DETACH);
	close_hand(&h);
}

static void
names_that_are_no_keys_are_refused(void **state)
{
	struct bindings b;

	(void)state;
	assert_int_equal(bindings_init(&b, "C-a", NULL), 0);
	assert_int_equal(bindings_init(&b, "M-F5", "C-x"), 0);
	assert_true(bindings_init(&b, "", NULL) < 0);
	assert_true(bindings_init(&b, "C-", NULL) < 0);
	assert_true(bindings_init(&b, "Frob", NULL) < 0);
	assert_true(bindings_init(&b, "b", NULL) < 0); /* never again a b */
	assert_true(bindings_init(&b, NULL, "d") < 0);
	assert_true(bindings_init(&b, NULL, "C-p,") < 0);
	assert_true(bindings_init(&b, NULL, "C-p,,C-q") < 0);
	assert_true(bindings_init(&b, NULL, "") < 0);
}

static void
noise_is_the_same_however_it_is_cut(void **state)
{
	static const char odd[] = "\033\033[[]OP_?<>01;:$uRcntMI~\\\007\002d"
				  "\303\251\377";
	unsigned seed = 7;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		const char *detach = round & 1 ? "C-p,C-q" : NULL;
		struct hand whole, cut;
		char noise[200];

		for (size_t i = 0; i < sizeof noise; i++) {
			seed = seed * 1103515245 + 12345;
			noise[i] = odd[(seed >> 16) % (sizeof odd - 1)];
		}
		open_hand(&whole, NULL, detach);
		open_hand(&cut, NULL, detach);
		input_feed(&whole.in, noise, sizeof noise);
		for (size_t i = 0, n; i < sizeof noise; i += n) {
			n = 1 + (uint8_t)noise[i] % 7u;
			if (n > sizeof noise - i)
				n = sizeof noise - i;
			input_feed(&cut.in, noise + i, n);
		}
		while (input_patience(&whole.in) > 0)
			input_late(&whole.in);
		while (input_patience(&cut.in) > 0)
			input_late(&cut.in);
		assert_bytes(&cut.typed, (char *)whole.typed.data,
			     whole.typed.len);
		assert_bytes(&cut.replies, (char *)whole.replies.data,
			     whole.replies.len);
		assert_int_equal(cut.deeds, whole.deeds);
		close_hand(&whole);
		close_hand(&cut);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_of_the_program_pass_as_they_are),
		cmocka_unit_test(the_prefix_is_known_in_every_encoding),
		cmocka_unit_test(keys_near_the_prefix_are_not_it),
		cmocka_unit_test(regressions_of_others),
		cmocka_unit_test(a_release_neither_detaches_nor_types),
		cmocka_unit_test(the_prefix_twice_is_typed_once),
		cmocka_unit_test(other_keys_after_the_prefix_type_nothing),
		cmocka_unit_test(a_detach_sequence_not_finished_is_typed),
		cmocka_unit_test(nothing_in_a_paste_is_a_key),
		cmocka_unit_test(replies_are_never_typed),
		cmocka_unit_test(a_key_behind_the_prefix_may_come_in_pieces),
		cmocka_unit_test(a_reply_may_come_late_behind_its_escape),
		cmocka_unit_test(a_lone_escape_is_typed_soon),
		cmocka_unit_test(an_endless_reply_ends_some_time),
		cmocka_unit_test(focus_is_told_to_who_asked),
		cmocka_unit_test(the_mouse_is_no_key),
		cmocka_unit_test(names_that_are_no_keys_are_refused),
		cmocka_unit_test(noise_is_the_same_however_it_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
