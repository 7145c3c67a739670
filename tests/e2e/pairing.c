/* e2e/pairing.c - two machines pair, and what each may then do. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/json.h"
#include "e2e/couple.h"
#include "e2e/procs.h"
#include "e2e/proxy.h"
#include "e2e/term.h"
#include "e2e/world.h"

/* The first machine in the list of `cdo devices`, or NULL. */
static const struct json *
first_device(struct world *w)
{
	char *text = cdo_ok(w, "devices", "--json", NULL), *why = NULL;
	struct json *all = json_parse(text, strlen(text), &why);

	assert_non_null(all);
	world_keep(w, all, (void (*)(void *))json_free);
	return json_at(json_get(all, "devices"), 0);
}

/* What the other one is called there; as long as the world. */
static char *
name_of_device(struct couple *c)
{
	return world_text(c->host, "%s",
			  json_str(first_device(c->host), "name"));
}

static void
two_machines_pair_and_know_each_other(void **state)
{
	struct couple *c = *state;
	struct term *t = couple_open(c, NULL, NULL);
	char *code = couple_code(c, t);

	term_until_text(t, "opening the way");
	term_until_text(t, world_text(c->host, "cdo pair %s", c->address));
	assert_int_equal(couple_try(c, code), 0);
	term_until_text(t, "paired with");
	assert_int_equal(term_end(t), 0);

	/* What each shows of the other is what that one shows of itself. */
	const struct json *host = first_device(c->device);
	const struct json *device = first_device(c->host);
	assert_string_equal(json_str(host, "direction"), "host");
	assert_string_equal(json_str(host, "name"), "desk");
	assert_string_equal(json_str(device, "direction"), "device");
	assert_string_equal(json_str(device, "role"), "full");
	assert_non_null(strstr(term_screen(t), json_str(host, "fingerprint")));
	assert_non_null(
		strstr(term_screen(t), json_str(device, "fingerprint")));
	assert_string_not_equal(json_str(host, "fingerprint"),
				json_str(device, "fingerprint"));
	assert_false(json_bool(host, "unconfirmed", true));

	/* The code is nowhere (and the pattern is not the code). */
	world_sh(c->host,
		 world_text(c->host,
			    "! grep -rqs '[%c]%s' %s %s /proc/[0-9]*/cmdline",
			    code[0], code + 1, c->host->dir, c->device->dir));
}

static void
from_afar_one_attaches_to_the_same_session(void **state)
{
	struct couple *c = *state;

	couple_pair(c, NULL);
	world_shell(c->host, "one");
	struct term *near = term_attach(c->host, "one");
	term_until_text(near, "ready$");
	struct term *far = term_attach(c->device, "desk/one");
	term_until_text(far, "ready$");
	term_type(far, "echo from $((40 + 2))\r");
	couple_until_text(c, near, "from 42");
	term_type(near, "echo back $((40 + 3))\r");
	couple_until_text(c, far, "back 43");
	assert_int_equal(json_int(first_device(c->host), "links", -1), 1);
	term_type(far, TERM_DETACH);
	assert_int_equal(term_end(far), 0);
}

static void
a_wrong_code_counts_and_is_told(void **state)
{
	struct couple *c = *state;
	struct term *t = couple_open(c, NULL, NULL);
	char *code = couple_code(c, t);

	assert_int_equal(couple_try(c, "0000-0000"), 4);
	term_until_text(t, "a wrong code from 127.");
	term_until_text(t, "2 tries are left");
	assert_int_equal(couple_try(c, "1111-1111"), 4);
	term_until_text(t, "1 try is left");
	assert_int_equal(couple_try(c, code), 0);
	assert_int_equal(term_end(t), 0);
}

static void
three_wrong_codes_burn_it(void **state)
{
	struct couple *c = *state;
	struct term *t = couple_open(c, NULL, NULL);
	char *code = couple_code(c, t);

	for (int i = 0; i < 3; i++)
		assert_int_equal(couple_try(c, "0000-0000"), 4);
	assert_int_equal(term_end(t), 4);
	term_until_text(t, "burned");
	assert_int_not_equal(couple_try(c, code), 0);
	assert_null(first_device(c->host));
	assert_null(first_device(c->device));
	/* Nobody is paired, so the door is shut. */
	world_until_none(c->host, "relay");
}

static void
a_code_is_good_once_and_only_while_one_waits(void **state)
{
	struct couple *c = *state;

	couple_pair(c, NULL);
	struct term *t = couple_open(c, NULL, NULL);
	char *code = couple_code(c, t);
	term_type(t, "\003");
	assert_int_equal(term_end(t), 128 + SIGINT);
	assert_int_not_equal(couple_try(c, code), 0);
	/* A second window is refused while there is one. */
	t = couple_open(c, NULL, NULL);
	assert_int_equal(cdo(c->host, "pair", NULL).status, 1);
	term_type(t, "\003");
	term_end(t);
}

static void
what_is_typed_wrongly_does_not_count(void **state)
{
	struct couple *c = *state;
	struct term *t = couple_open(c, NULL, NULL);
	char *code = couple_code(c, t);
	struct term *d = term_cdo(c->device, 80, 24, "pair", c->address, NULL);

	term_until_text(d, "shows:");
	term_type(d, "nonsense!\r");
	term_until_text(d, "that is no code");
	/* In lower case, with blanks. */
	for (char *p = code; *p != '\0'; p++)
		*p = *p == '-' ? ' ' : (char)(*p >= 'A' ? *p | 0x20 : *p);
	term_type(d, world_text(c->device, "%s\r", code));
	assert_int_equal(term_end(d), 0);
	term_end(t);
	assert_null(strstr(term_screen(t), "wrong"));
}

static void
a_device_that_is_revoked_is_out_at_once(void **state)
{
	struct couple *c = *state;

	couple_pair(c, NULL);
	world_shell(c->host, "one");
	struct term *far = term_attach(c->device, "desk/one");
	term_until_text(far, "ready$");
	struct result r =
		cdo(c->host, "devices", "revoke", name_of_device(c), NULL);
	assert_int_equal(r.status, 0);
	assert_non_null(strstr(r.err, "was connected"));
	assert_int_not_equal(term_end(far), 0);
	world_until_clients(c->host, "one", 0);
	assert_null(first_device(c->host));
	assert_int_not_equal(cdo(c->device, "ls", "-H", "desk", NULL).status,
			     0);
	world_until_none(c->host, "relay");

	/* A backup of the list does not bring it back, nor a new server. */
	cdo_ok(c->host, "server", "restart", NULL);
	assert_null(first_device(c->host));
}

static void
among_others_a_revoked_one_is_refused(void **state)
{
	struct couple *c = *state;

	couple_pair(c, NULL);
	char *name = name_of_device(c);
	/* The door stays open for another. */
	char *key =
		world_text(c->device, "%s/state/device.key", c->device->dir);
	char *kept = world_text(c->device, "%s/old.key", c->device->dir);
	assert_int_equal(rename(key, kept), 0);
	couple_pair(c, NULL);
	assert_int_equal(rename(kept, key), 0);
	cdo_ok(c->host, "devices", "revoke", name, NULL);
	struct result r = cdo(c->device, "ls", "-H", "desk", NULL);
	assert_int_equal(r.status, 4);
	assert_string_not_equal(r.err, "");
}

static void
who_may_watch_cannot_type(void **state)
{
	struct couple *c = *state;

	couple_pair(c, "view");
	world_shell(c->host, "one");
	struct term *near = term_attach(c->host, "one");
	term_until_text(near, "ready$");
	struct term *far = term_attach(c->device, "desk/one");
	term_until_text(far, "ready$");
	term_type(far, "echo no$((1 + 1))\r");
	term_type(near, "echo yes$((1 + 1))\r");
	couple_until_text(c, far, "yes2");
	assert_null(strstr(term_screen(near), "no"));
	assert_int_equal(cdo(c->device, "stop", "desk/one", NULL).status, 4);
	assert_int_equal(
		cdo(c->device, "rename", "desk/one", "two", NULL).status, 4);
	assert_int_equal(
		cdo(c->device, "-H", "desk", "new", "-d", "true", NULL).status,
		125);
	assert_int_equal(world_number(c->host, "one", "clients"), 2);

	/* A new role counts from now on, for the client that is there too. */
	cdo_ok(c->host, "devices", "role", name_of_device(c), "full", NULL);
	assert_int_equal(cdo(c->device, "stop", "desk/one", NULL).status, 0);
}

struct victim {
	const char *role, *option; /* NULL: any */
};

/* kill -9 of all `cdo ROLE OPTION`; false if there is none yet. */
static bool
kill_all(void *ctx)
{
	const struct victim *v = ctx;
	pid_t pids[16];
	size_t n = procs_find(v->role, pids, 16), killed = 0;

	for (size_t i = 0; i < n; i++) {
		if (v->option != NULL && !procs_has(pids[i], v->option))
			continue;
		kill(pids[i], SIGKILL);
		killed++;
	}
	return killed > 0;
}

static bool
stop_relay(void *ctx)
{
	pid_t pids[16];
	size_t n = procs_find("relay", pids, 16), stopped = 0;

	(void)ctx;
	for (size_t i = 0; i < n; i++)
		if (procs_has(pids[i], "--link"))
			stopped += kill(pids[i], SIGSTOP) == 0;
	return stopped > 0;
}

static void
no_relay_outlives_its_device(void **state)
{
	struct couple *c = *state;

	couple_pair(c, NULL);
	world_shell(c->host, "one");
	struct term *far = term_attach(c->device, "desk/one");
	term_until_text(far, "ready$");
	couple_until(c, "a relay to stop", stop_relay, NULL);
	cdo_ok(c->host, "devices", "revoke", name_of_device(c), NULL);
	world_until_clients(c->host, "one", 0);
}

static void
each_kill_costs_a_reconnect_and_nothing_typed(void **state)
{
	static struct victim victims[] = {
		{ "relay", "--link" },
		{ "relay", "--gate" },
		{ "server", NULL },
		{ "relay", "--link" },
	};
	struct couple *c = *state;

	couple_pair(c, NULL);
	world_shell(c->host, "one");
	struct term *far = term_attach(c->device, "desk/one");
	term_until_text(far, "ready$");
	for (int i = 0; i < 4; i++) {
		/* The last kill may still be at work. */
		world_until(c->host, "somebody to kill", kill_all, &victims[i]);
		long begun = world_now();

		term_type(far, world_text(c->device, "echo n%d-$((%d * 2))\r",
					  i, i));
		term_until_text(far, world_text(c->device, "n%d-%d", i, i * 2));
		print_message("# %s %s killed: the echo after %ld ms\n",
			      victims[i].role,
			      victims[i].option ? victims[i].option : "",
			      world_now() - begun);
	}
	/* Each byte arrived once. */
	assert_non_null(strstr(term_screen(far),
			       "ready$ echo n0-$((0 * 2))\nn0-0\n"
			       "ready$ echo n1-$((1 * 2))\nn1-2\n"
			       "ready$ echo n2-$((2 * 2))\nn2-4\n"
			       "ready$ echo n3-$((3 * 2))\nn3-6\n"));
	/* The door is open again: for a new one as well. */
	assert_int_equal(cdo(c->device, "ls", "-H", "desk", NULL).status, 0);
	term_type(far, TERM_DETACH);
	assert_int_equal(term_end(far), 0);
}

/* Who only stands in the way, in a train say, does not end anything. */
static void
what_was_said_without_a_proof_ends_nothing(void **state)
{
	struct couple *c = *state;
	struct proxy *way = couple_between(c);

	couple_pair(c, NULL);
	world_shell(c->host, "one");
	struct term *far = term_attach(c->device, "desk/one");
	term_until_text(far, "ready$");
	/* The next connection's answer is not the host's any more. */
	proxy_trap(way, PROXY_DOWN, 10, PROXY_FLIP, true);
	term_type(far, "echo $((20 + 22))\r");
	term_until_text(far, "\n42\n");
	assert_true(proxy_sprung(way));
	term_type(far, TERM_DETACH);
	assert_int_equal(term_end(far), 0);
}

static void
a_host_with_another_key_is_refused(void **state)
{
	struct couple *c = *state;

	couple_pair(c, NULL);
	char *key = world_text(c->host, "%s/state/host.key", c->host->dir);
	assert_int_equal(unlink(key), 0);
	cdo_ok(c->host, "server", "restart", NULL);
	struct result r = cdo(c->device, "ls", "-H", "desk", NULL);
	assert_int_equal(r.status, 4);
	assert_non_null(strstr(r.err, "another key"));
	/* No pairing takes the old one's name: that is up to its user. */
	cdo_ok(c->device, "devices", "revoke", "desk", NULL);
	couple_pair(c, NULL);
	cdo_ok(c->device, "ls", "-H", "desk", NULL);
}

static void
a_key_that_others_may_read_stops_it(void **state)
{
	struct couple *c = *state;

	couple_pair(c, NULL);
	world_sh(c->device, world_text(c->device, "chmod 644 %s/state/hosts/*",
				       c->device->dir));
	struct result r = cdo(c->device, "ls", "-H", "desk", NULL);
	assert_int_equal(r.status, 4);
	assert_non_null(strstr(r.err, "chmod 600"));
	assert_non_null(
		strstr(cdo(c->device, "devices", NULL).err, "chmod 600"));
}

static void
devices_are_named_and_forgotten(void **state)
{
	struct couple *c = *state;

	couple_pair(c, NULL);
	cdo_ok(c->host, "devices", "rename", name_of_device(c), "my laptop",
	       NULL);
	assert_string_equal(name_of_device(c), "my laptop");
	assert_int_equal(
		cdo(c->host, "devices", "rename", "my laptop", "a\033b", NULL)
			.status,
		2);
	assert_int_equal(
		cdo(c->host, "devices", "role", "my laptop", "root", NULL)
			.status,
		2);
	assert_int_equal(
		cdo(c->host, "devices", "revoke", "nobody", NULL).status, 3);
	cdo_ok(c->device, "devices", "revoke", "desk", NULL);
	assert_null(first_device(c->device));
	assert_int_equal(cdo(c->device, "ls", "-H", "desk", NULL).status, 3);
}

static void
where_nobody_listens_it_says_so(void **state)
{
	struct couple *c = *state;

	assert_int_equal(couple_try(c, "0000-0000"), 5);
	assert_int_equal(cdo(c->device, "pair", "no such host", NULL).status,
			 2);
	assert_int_equal(cdo(c->device, "pair", c->address, NULL).status, 2);
	world_file(c->host, "cdo.conf", "listen = off\n");
	struct result r = cdo(c->host, "pair", NULL);
	assert_int_equal(r.status, 1);
	assert_non_null(strstr(r.err, "listen = off"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		couple_test(two_machines_pair_and_know_each_other),
		couple_test(from_afar_one_attaches_to_the_same_session),
		couple_test(a_wrong_code_counts_and_is_told),
		couple_test(three_wrong_codes_burn_it),
		couple_test(a_code_is_good_once_and_only_while_one_waits),
		couple_test(what_is_typed_wrongly_does_not_count),
		couple_test(a_device_that_is_revoked_is_out_at_once),
		couple_test(among_others_a_revoked_one_is_refused),
		couple_test(no_relay_outlives_its_device),
		couple_test(who_may_watch_cannot_type),
		couple_test(each_kill_costs_a_reconnect_and_nothing_typed),
		couple_test(what_was_said_without_a_proof_ends_nothing),
		couple_test(a_host_with_another_key_is_refused),
		couple_test(a_key_that_others_may_read_stops_it),
		couple_test(devices_are_named_and_forgotten),
		couple_test(where_nobody_listens_it_says_so),
	};

	return world_run(tests);
}
