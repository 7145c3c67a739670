/* e2e/rendezvous.c - two machines that meet at a blind relay. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/json.h"
#include "e2e/couple.h"
#include "e2e/procs.h"
#include "e2e/term.h"
#include "e2e/world.h"

/* A couple, and the relay in a window of the host's world. */
struct meeting {
	struct couple *c;
	struct term *relay;
	char *allow;
};

static void
start_relay(struct meeting *m)
{
	m->relay = term_cdo(m->c->host, 100, 24, "relay", "--listen",
			    m->c->address, "--allow", m->allow, NULL);
	term_until_text(m->relay, "listens at");
}

static void
stop_relay(struct meeting *m)
{
	kill(term_pid(m->relay), SIGKILL);
	term_end(m->relay);
	world_forget(m->c->host, m->relay);
}

static struct term *
open_via(struct meeting *m)
{
	return term_cdo(m->c->host, 100, 24, "pair", "--via", m->c->address,
			NULL);
}

/* The fingerprint that a relay has to list, as the host is told. */
static char *
ask_for_fingerprint(struct meeting *m)
{
	static const char before[] = "the line ";
	struct result r = cdo(m->c->host, "pair", "--via", m->c->address, NULL);
	const char *s = strstr(r.err, before);

	assert_int_equal(r.status, 1);
	assert_non_null(s);
	s += sizeof before - 1;
	return world_text(m->c->host, "%.*s", (int)strcspn(s, " \n"), s);
}

/* A relay that takes the host of this couple. */
static void
meet(struct meeting *m, struct couple *c)
{
	*m = (struct meeting){ .c = c };
	m->allow = world_file(c->host, "allow", "# nobody\n");
	start_relay(m);
	char *line = ask_for_fingerprint(m);
	stop_relay(m);
	world_file(c->host, "allow",
		   world_text(c->host, "%s # the host\n", line));
	start_relay(m);
}

static int
pair_with(struct meeting *m, const char *code)
{
	return couple_try(m->c, code);
}

/* The code with its number, "1234-K7QM-2XFD". */
static char *
code_of(struct meeting *m, struct term *t)
{
	static const char before[] = "code there: ";

	term_until_text(t, "left");
	const char *s = strstr(term_screen(t), before);
	assert_non_null(s);
	return world_text(m->c->host, "%.14s", s + sizeof before - 1);
}

static void
pair_via(struct meeting *m)
{
	struct term *t = open_via(m);

	assert_int_equal(pair_with(m, code_of(m, t)), 0);
	assert_int_equal(term_end(t), 0);
	world_forget(m->c->host, t);
}

static void
machines_pair_and_attach_without_a_door(void **state)
{
	struct couple *c = *state;
	struct meeting m;

	meet(&m, c);
	pair_via(&m);
	world_shell(c->host, "one");
	struct term *far = term_attach(c->device, "desk/one");
	term_until_text(far, "ready$");
	term_type(far, "echo there $((1 + 1))\r");
	term_until_text(far, "there 2");
	term_type(far, TERM_DETACH);
	assert_int_equal(term_end(far), 0);
	/* Nothing of it was there for the relay to see. */
	assert_null(strstr(term_screen(m.relay), "there"));
}

static void
wrong_codes_and_numbers_are_refused_there_too(void **state)
{
	struct couple *c = *state;
	struct meeting m;

	meet(&m, c);
	struct term *t = open_via(&m);
	char *code = code_of(&m, t);
	char *other = world_text(c->host, "%s", code);
	other[0] = other[0] == '9' ? '0' : '9';
	assert_int_equal(pair_with(&m, other), 4);
	char *wrong = world_text(c->host, "%.4s-0000-0000", code);
	assert_int_equal(pair_with(&m, wrong), 4);
	term_until_text(t, "2 tries are left");
	assert_int_equal(pair_with(&m, code), 0);
	assert_int_equal(term_end(t), 0);
}

static void
a_relay_that_is_killed_comes_back_and_so_do_all(void **state)
{
	struct couple *c = *state;
	struct meeting m;

	meet(&m, c);
	pair_via(&m);
	world_shell(c->host, "one");
	struct term *far = term_attach(c->device, "desk/one");
	term_until_text(far, "ready$");
	stop_relay(&m);
	term_type(far, "echo typed $((2 + 1))");
	long begun = world_now();
	start_relay(&m);
	term_type(far, "\r");
	term_until_text(far, "typed 3");
	print_message("# %ld ms after the relay was back\n",
		      world_now() - begun);
	term_type(far, TERM_DETACH);
	assert_int_equal(term_end(far), 0);
}

static void
where_a_direct_way_leads_it_is_taken(void **state)
{
	struct couple *c = *state;
	struct meeting m;
	char direct[40];

	meet(&m, c);
	pair_via(&m);
	/* The door, at another port; the relay stays known. */
	snprintf(direct, sizeof direct, "%s:7434", c->address);
	struct term *t =
		term_cdo(c->host, 100, 24, "pair", "--listen", direct, NULL);
	term_until_text(t, "left");
	struct term *d = term_cdo(c->device, 100, 24, "pair", direct, NULL);
	term_until_text(d, "shows:");
	term_type(d, world_text(c->device, "%s\r", couple_code(c, t)));
	assert_int_equal(term_end(d), 0);
	assert_int_equal(term_end(t), 0);
	stop_relay(&m);
	cdo_ok(c->device, "ls", "-H", "desk", NULL);
	start_relay(&m);
	cdo_ok(c->device, "ls", "-H", "desk", NULL);
	char *text = cdo_ok(c->host, "devices", "--json", NULL);
	assert_non_null(strstr(text, "\"address\":\"127.0.0.1:"));

	/* And where none leads any more, the relay's is. */
	world_file(c->host, "cdo.conf", "listen = off\n");
	cdo_ok(c->host, "server", "reload", NULL);
	cdo_ok(c->device, "ls", "-H", "desk", NULL);
	text = cdo_ok(c->host, "devices", "--json", NULL);
	assert_non_null(strstr(text, "\"address\":\"relay\""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		couple_test(machines_pair_and_attach_without_a_door),
		couple_test(wrong_codes_and_numbers_are_refused_there_too),
		couple_test(a_relay_that_is_killed_comes_back_and_so_do_all),
		couple_test(where_a_direct_way_leads_it_is_taken),
	};

	return world_run(tests);
}
