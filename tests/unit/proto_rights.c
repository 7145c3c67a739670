/* unit/proto_rights.c - the promises of proto/rights.h. */
#include "proto/rights.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "proto/msg.h"

static void
roles_are_read_by_their_names(void **state)
{
	(void)state;
	for (enum role r = ROLE_VIEW; r <= ROLE_FULL; r++)
		assert_int_equal(role_read(role_name(r), strlen(role_name(r))),
				 r);
	assert_int_equal(role_read("local", 5), ROLE_NONE);
	assert_int_equal(role_read("none", 4), ROLE_NONE);
	assert_int_equal(role_read("Full", 4), ROLE_NONE);
	assert_int_equal(role_read("full", 3), ROLE_NONE);
	assert_int_equal(role_read("fullest", 7), ROLE_NONE);
	assert_int_equal(role_read("", 0), ROLE_NONE);
	assert_string_equal(role_name((enum role)77), "none");
}

static void
each_role_may_what_it_is_for(void **state)
{
	static const struct {
		enum msg_type type;
		enum role role;
	} expected[] = {
		{ MSG_LIST, ROLE_VIEW },     { MSG_ATTACH, ROLE_VIEW },
		{ MSG_CAPTURE, ROLE_VIEW },  { MSG_INPUT, ROLE_ATTACH },
		{ MSG_RESIZE, ROLE_ATTACH }, { MSG_NEW, ROLE_FULL },
		{ MSG_STOP, ROLE_FULL },     { MSG_KICK, ROLE_FULL },
		{ MSG_RENAME, ROLE_FULL },   { MSG_SHUTDOWN, ROLE_LOCAL },
		{ MSG_RELOAD, ROLE_LOCAL },  { MSG_WATCH, ROLE_LOCAL },
		{ MSG_UPGRADE, ROLE_LOCAL }, { MSG_LEAVE, ROLE_LOCAL },
		{ MSG_NAMED, ROLE_LOCAL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
		assert_int_equal(rights_needed(expected[i].type),
				 expected[i].role);
}

/* All numbers, those of messages to come too. */
static void
what_is_not_listed_is_for_no_device(void **state)
{
	unsigned listed = 0;

	(void)state;
	for (unsigned type = 0; type <= UINT16_MAX; type++) {
		enum role need = rights_needed(type);

		assert_true(need >= ROLE_VIEW && need <= ROLE_LOCAL);
		listed += need < ROLE_LOCAL;
	}
	assert_in_range(listed, 10, 40);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(roles_are_read_by_their_names),
		cmocka_unit_test(each_role_may_what_it_is_for),
		cmocka_unit_test(what_is_not_listed_is_for_no_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
