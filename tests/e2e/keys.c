/* e2e/keys.c - the prefix in every encoding, and what goes through. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "e2e/term.h"
#include "e2e/world.h"

/* A session that shows the bytes that it gets, and a client of it. */
static struct term *
spy(struct world *w, const char *option)
{
	cdo_ok(w, "new", "-d", "-n", "work", "--", "sh", "-c",
	       "stty raw -echo; printf 'spying\\r\\n'; "
	       "while :; do printf '<%s>' "
	       "$(dd bs=1 count=1 2>/dev/null | od -An -tx1); done",
	       NULL);
	struct term *t = option != NULL ? term_cdo(w, 80, 24, "attach",
						   "--detach-keys", option,
						   "work", NULL)
					: term_attach(w, "work");
	term_until_text(t, "spying");
	return t;
}

static void
the_prefix_is_known_in_every_encoding(void **state)
{
	static const char *const typed[] = {
		"\002d",
		"\033[27;5;98~d", /* modifyOtherKeys */
		"\033[98;5ud", /* kitty */
		"\033[98;5:1ud",
		"\033[98;5u\033[98;5:3ud", /* the release in between */
		"\033[98;5u\033[100u",
		"\033[98;69ud", /* caps lock */
		"\033[98;133ud", /* num lock */
		"\033[98:66;5ud", /* what shift would give */
		"\033[1080::98;5ud", /* another layout */
		"\033[98;5;2ud", /* with text */
		"\033[57442;5u\033[98;5u\033[57442;1:3u\033[100u",
		"\033[98;5u\033[100;1:1u\033[100;1:3u",
	};
	struct world *w = *state;

	cdo_ok(w, "new", "-d", "-n", "work", "--", "sh", "-c",
	       "echo spying; exec cat", NULL);
	for (size_t i = 0; i < sizeof typed / sizeof *typed; i++) {
		struct term *t = term_attach(w, "work");
		term_until_text(t, "spying");
		term_type(t, typed[i]);
		assert_int_equal(term_end(t), 0);
		term_until_last(t, "[detached from work]");
		world_forget(w, t);
	}
}

static void
the_prefix_may_come_in_pieces(void **state)
{
	struct world *w = *state;
	struct term *t = spy(w, NULL);

	for (const char *p = "\033[98;5u"; *p != '\0'; p++) {
		term_type(t, (char[]){ *p, '\0' });
		world_pump(w, 0);
	}
	world_pump(w, 20);
	term_type(t, "d");
	assert_int_equal(term_end(t), 0);
	term_until_last(t, "[detached from work]");
}

static void
the_prefix_twice_is_typed_once(void **state)
{
	struct term *t = spy(*state, NULL);

	term_type(t, "\002\002.");
	term_until_last(t, "<02><2e>");
	/* An unknown key after it is ours too. */
	term_type(t, "\002\031!");
	term_until_last(t, "<02><2e><21>");
}

static void
releases_neither_detach_nor_type(void **state)
{
	struct term *t = spy(*state, NULL);

	term_type(t, "\033[98;5u\033[98;5:3u\033[33u\033[33;1:3u.");
	term_until_last(t, "<2e>");
}

static void
other_detach_keys_take_its_place(void **state)
{
	struct term *t = spy(*state, "C-p,C-q");

	term_type(t, "\020.");
	term_until_last(t, "<10><2e>");
	term_type(t, "\020\021");
	assert_int_equal(term_end(t), 0);
	term_until_last(t, "[detached from work]");
}

static void
another_prefix_can_be_configured(void **state)
{
	struct world *w = *state;

	world_file(w, "cdo.conf", "prefix = C-a\n");
	struct term *t = spy(w, NULL);
	term_type(t, "\002d");
	term_until_last(t, "<02><64>");
	term_type(t, "\001d");
	assert_int_equal(term_end(t), 0);
}

static void
pasted_keys_are_text(void **state)
{
	struct term *t = spy(*state, NULL);

	term_type(t, "\033[200~\002d\033[201~.");
	term_until_last(t, "<1b><5b><32><30><30><7e><02><64>"
			   "<1b><5b><32><30><31><7e><2e>");
}

static void
replies_are_not_typed(void **state)
{
	struct term *t = spy(*state, NULL);

	term_type(t, "\033[?62;22c\033]11;rgb:0000/0000/0000\033\\"
		     "\033[?997;1n\033[>1;10;0c\033P>|name\033\\.");
	term_until_last(t, "<2e>");
	/* This is shifted F3, not the cursor's place. */
	term_type(t, "\033[1;2R");
	term_until_last(t, "<2e><1b><5b><31><3b><32><52>");
}

static void
queries_get_one_answer_with_any_number_of_clients(void **state)
{
	struct world *w = *state;

	world_shell(w, "work");
	struct term *a = term_attach(w, "work");
	struct term *b = term_attach(w, "work");
	term_until_last(a, "ready$");
	term_until_last(b, "ready$");
	unsigned before = term_modes(a)->queries;
	term_type(a, "clear; printf '\\033[6n\\033[c'; read -rsdc x; "
		     "echo; echo \"${x//$'\\033'/E}\"; read -rst.1 y; "
		     "echo \"more=$y.\"\r");
	term_until_text(a, "more=.");
	assert_non_null(strstr(term_screen(a), "E[1;1RE[?62;22\n"));
	/* And none of them was asked. */
	assert_int_equal(term_modes(a)->queries, before);
}

static void
what_is_typed_at_once_arrives_in_order(void **state)
{
	struct world *w = *state;

	cdo_ok(w, "new", "-d", "-n", "work", "--", "sh", "-c",
	       "stty raw -echo; printf spying; head -c 300000 | cksum", NULL);
	struct term *t = term_attach(w, "work");
	term_until_text(t, "spying");
	char *block = world_text(w, "%1000s", "");
	for (int i = 0; i < 1000; i++)
		block[i] = (char)('a' + i % 26);
	for (int i = 0; i < 300; i++)
		term_type(t, block);
	term_until_text(t, "3258100716 300000");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(the_prefix_is_known_in_every_encoding),
		world_test(the_prefix_may_come_in_pieces),
		world_test(the_prefix_twice_is_typed_once),
		world_test(releases_neither_detach_nor_type),
		world_test(other_detach_keys_take_its_place),
		world_test(another_prefix_can_be_configured),
		world_test(pasted_keys_are_text),
		world_test(replies_are_not_typed),
		world_test(queries_get_one_answer_with_any_number_of_clients),
		world_test(what_is_typed_at_once_arrives_in_order),
	};

	return world_run(tests);
}
