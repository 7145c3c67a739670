/* unit/custodian_rights.c - what a paired device may ask of a session. */
#include "proto/rights.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "kept.h"
#include "proto/local.h"
#include "proto/msg.h"

enum { PATIENCE = 20000 };

static void
say_hello(struct buf *out, const char *role, const char *rights, uint8_t key)
{
	struct msg_writer w;
	uint8_t keys[32];

	memset(keys, key, sizeof keys);
	msg_begin(&w, out, MSG_HELLO, 2);
	msg_uint(&w, MSG_VERSION);
	msg_map(&w, 4);
	msg_str(&w, "role");
	msg_str(&w, role);
	msg_str(&w, "device");
	msg_str(&w, "phone");
	msg_str(&w, "rights");
	msg_str(&w, rights);
	msg_str(&w, "key");
	msg_bin(&w, keys, sizeof keys);
	msg_end(&w);
}

/* A connection as the server makes it for a device of these rights. */
static struct local_call *
call_as(const struct kept *k, const char *rights, uint8_t key)
{
	struct local_call *c = kept_call(k);

	buf_clear(local_call_out(c));
	say_hello(local_call_out(c), "device", rights, key);
	return c;
}

static void
say(struct local_call *c, unsigned type)
{
	struct msg_writer w;

	msg_begin(&w, local_call_out(c), (enum msg_type)type, 0);
	msg_end(&w);
}

static void
attach(struct local_call *c, const char *id, bool exclusive)
{
	uint8_t name[16] = { 0 };
	struct msg_writer w;

	memcpy(name, id, strlen(id));
	msg_begin(&w, local_call_out(c), MSG_ATTACH, 1);
	msg_map(&w, 4);
	msg_str(&w, "client");
	msg_bin(&w, name, sizeof name);
	msg_str(&w, "cols");
	msg_uint(&w, 80);
	msg_str(&w, "rows");
	msg_uint(&w, 24);
	msg_str(&w, "exclusive");
	msg_bool(&w, exclusive);
	msg_end(&w);
}

/* The next message of this type, or NULL when the connection has ended. */
static const struct msg *
until(struct local_call *c, unsigned type)
{
	struct msg *m;

	if (local_call_send(c) < 0)
		return NULL;
	while (local_call_next(c, PATIENCE, &m) == 0)
		if (m->type == type)
			return m;
	return NULL;
}

/* Whether this request is answered with "not allowed". */
static bool
is_refused(struct local_call *c, unsigned type)
{
	struct msg *m;
	bool refused = false;

	say(c, type);
	/* What is always answered ends the wait. */
	say(c, MSG_INFO);
	if (local_call_send(c) < 0)
		return false;
	while (local_call_next(c, PATIENCE, &m) == 0) {
		if (m->type == MSG_ERROR)
			refused |= msg_to_uint(msg_field(m, 0), 0) ==
				   MSG_E_NOT_ALLOWED;
		if (m->type == MSG_OK && msg_count(msg_field(m, 0)) > 0)
			break;
	}
	return refused;
}

/* What the custodian knows, and so could do for one who may not. */
static const unsigned known[] = {
	MSG_WATCH,   MSG_NAMED,	 MSG_LEAVE,  MSG_UPGRADE, MSG_ATTACH,
	MSG_INPUT,   MSG_RESIZE, MSG_DETACH, MSG_PROFILE, MSG_RESYNC,
	MSG_CAPTURE, MSG_STOP,	 MSG_KICK,
};

static bool
is_known(unsigned type)
{
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (known[i] == type)
			return true;
	return false;
}

static void
each_role_is_refused_what_is_above_it(void **state)
{
	unsigned tried = 0, refused = 0;
	struct kept k;

	(void)state;
	kept_shell(&k, "exec cat");
	for (enum role role = ROLE_VIEW; role <= ROLE_FULL; role++)
		for (unsigned type = 2; type < 128; type++) {
			/* They would end the session, or who asks. */
			if (type == MSG_STOP && role == ROLE_FULL)
				continue;
			struct local_call *c = call_as(&k, role_name(role), 1);
			bool no = is_refused(c, type);

			tried++;
			refused += no;
			assert_int_equal(no,
					 is_known(type) &&
						 rights_needed(type) > role);
			local_call_free(c);
		}
	print_message("# %u requests, %u refused\n", tried, refused);
	kept_end(&k);
}

static void
a_role_that_does_not_exist_may_nothing(void **state)
{
	static const char *const roles[] = { "", "local", "root", "FULL" };
	struct kept k;

	(void)state;
	kept_shell(&k, "exec cat");
	for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
		struct local_call *c = call_as(&k, roles[i], 1);

		say(c, MSG_INFO);
		const struct msg *m = until(c, MSG_ERROR);
		assert_int_equal(msg_to_uint(msg_field(m, 0), 0),
				 MSG_E_NOT_ALLOWED);
		local_call_free(c);
	}
	kept_end(&k);
}

static void
a_second_hello_gives_no_rights(void **state)
{
	struct kept k;

	(void)state;
	kept_shell(&k, "exec cat");
	struct local_call *c = call_as(&k, "view", 1);
	say_hello(local_call_out(c), "device", "full", 1);
	say_hello(local_call_out(c), "client", "full", 1);
	assert_true(is_refused(c, MSG_STOP));
	assert_true(is_refused(c, MSG_WATCH));
	local_call_free(c);
	kept_end(&k);
}

static void
who_only_watches_is_told_so_and_cannot_type(void **state)
{
	struct msg_writer w;
	struct kept k;
	struct viewer a;

	(void)state;
	kept_shell(&k, "stty -echo; echo ready; read -r l; echo \"<$l>\"; "
		       "exec cat");
	viewer_attach(&a, &k, "a", 0);
	viewer_until(&a, "ready");
	struct local_call *c = call_as(&k, "view", 1);
	attach(c, "b", true);
	const struct msg *m = until(c, MSG_ATTACHED);
	assert_true(msg_to_bool(msg_get(msg_field(m, 0), "read_only"), false));
	for (int i = 0; i < RIGHTS_REFUSALS; i++) {
		msg_begin(&w, local_call_out(c), MSG_INPUT, 2);
		msg_uint(&w, 0);
		msg_bin(&w, "no\n", 3);
		msg_end(&w);
	}
	/* And at last it is sent away. */
	unsigned refused = 0;
	while (until(c, MSG_ERROR) != NULL)
		refused++;
	assert_int_equal(refused, RIGHTS_REFUSALS - 1);
	local_call_free(c);
	/* The one who may was not taken over. */
	viewer_type(&a, "yes\n");
	viewer_until(&a, "<yes>");
	viewer_release(&a);
	kept_end(&k);
}

static void
no_device_takes_the_place_of_anothers_client(void **state)
{
	struct kept k;

	(void)state;
	kept_shell(&k, "exec cat");
	struct local_call *a = call_as(&k, "full", 1);
	struct local_call *b = call_as(&k, "full", 2);
	attach(a, "same", false);
	assert_non_null(until(a, MSG_ATTACHED));
	attach(b, "same", false);
	assert_non_null(until(b, MSG_ATTACHED));
	say(a, MSG_INFO);
	const struct msg *m = until(a, MSG_OK);
	assert_non_null(m);
	assert_int_equal(msg_count(msg_get(msg_field(m, 0), "clients")), 2);

	/* Its own it does: that one has come back. */
	struct local_call *again = call_as(&k, "full", 1);
	attach(again, "same", false);
	assert_non_null(until(again, MSG_ATTACHED));
	assert_null(until(a, MSG_GONE));
	local_call_free(a);
	local_call_free(b);
	local_call_free(again);
	kept_end(&k);
}

static void
who_asks_and_does_not_listen_is_sent_away(void **state)
{
	enum { ASKED = 20000 };
	unsigned answers = 0;
	struct msg_writer w;
	struct kept k;

	(void)state;
	kept_shell(&k, "exec cat");
	struct local_call *c = call_as(&k, "view", 1);
	for (int i = 0; i < ASKED; i++) {
		msg_begin(&w, local_call_out(c), MSG_CAPTURE, 1);
		msg_map(&w, 1);
		msg_str(&w, "format");
		msg_str(&w, "json");
		msg_end(&w);
	}
	/* The connection ends before all of it is even written. */
	if (local_call_send(c) == 0)
		while (until(c, MSG_END) != NULL)
			answers++;
	assert_true(answers < ASKED);
	local_call_free(c);
	kept_end(&k);
}

static void
however_many_devices_come_who_is_here_gets_in(void **state)
{
	enum { MANY = 260 };
	struct local_call *all[MANY];
	unsigned in = 0;
	struct kept k;

	(void)state;
	kept_shell(&k, "exec cat");
	for (unsigned i = 0; i < MANY; i++) {
		all[i] = call_as(&k, "view", (uint8_t)i);
		say(all[i], MSG_INFO);
		in += until(all[i], MSG_OK) != NULL;
	}
	struct local_call *c = kept_call(&k);
	say(c, MSG_INFO);
	assert_non_null(until(c, MSG_OK));
	local_call_free(c);
	assert_in_range(in, 64, MANY - 64);
	for (unsigned i = 0; i < MANY; i++)
		local_call_free(all[i]);
	kept_end(&k);
}

/* Attaches n more, the last with this id; whether that one may type. */
static bool
last_may_type(const struct kept *k, const char *rights, unsigned n,
	      struct local_call **all, uint8_t key)
{
	bool may = false;

	for (unsigned i = 0; i < n; i++) {
		char id[8] = { (char)('a' + i / 26), (char)('a' + i % 26) };

		all[i] = rights ? call_as(k, rights, key) : kept_call(k);
		attach(all[i], id, false);
		const struct msg *m = until(all[i], MSG_ATTACHED);
		assert_non_null(m);
		may = !msg_to_bool(msg_get(msg_field(m, 0), "read_only"),
				   false);
	}
	return may;
}

/* What was taken is known of so many; nobody's place is given to another. */
static void
who_types_keeps_its_place(void **state)
{
	enum { HALF = 32 };
	struct local_call *all[2 * HALF + 2];
	struct kept k;
	struct viewer a;
	unsigned n = 0;

	(void)state;
	kept_shell(&k, "stty -echo; echo ready; read -r l; echo \"<$l>\"; "
		       "exec cat");
	viewer_attach(&a, &k, "first", 0);
	viewer_until(&a, "ready");
	/* Devices have half of them. */
	assert_true(last_may_type(&k, "attach", HALF, all, 1));
	n = HALF;
	assert_false(last_may_type(&k, "attach", 1, all + n++, 2));
	assert_true(last_may_type(&k, NULL, HALF - 1, all + n, 0));
	n += HALF - 1;
	/* One that comes back is none more. */
	struct local_call *again = kept_call(&k);
	attach(again, "aa", false);
	const struct msg *m = until(again, MSG_ATTACHED);
	assert_false(msg_to_bool(msg_get(msg_field(m, 0), "read_only"), false));
	all[n] = kept_call(&k);
	attach(all[n], "zz", false);
	m = until(all[n++], MSG_ATTACHED);
	assert_true(msg_to_bool(msg_get(msg_field(m, 0), "read_only"), false));
	viewer_type(&a, "yes\n");
	viewer_until(&a, "<yes>");
	viewer_release(&a);
	local_call_free(again);
	while (n > 0)
		local_call_free(all[--n]);
	kept_end(&k);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_role_is_refused_what_is_above_it),
		cmocka_unit_test(a_role_that_does_not_exist_may_nothing),
		cmocka_unit_test(a_second_hello_gives_no_rights),
		cmocka_unit_test(who_only_watches_is_told_so_and_cannot_type),
		cmocka_unit_test(no_device_takes_the_place_of_anothers_client),
		cmocka_unit_test(who_asks_and_does_not_listen_is_sent_away),
		cmocka_unit_test(however_many_devices_come_who_is_here_gets_in),
		cmocka_unit_test(who_types_keeps_its_place),
	};

	kept_roles(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
