/* unit/base_cgroup.c - the promises of base/cgroup.h. */
#include "base/cgroup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
a_path_tells_who_keeps_the_process(void **state)
{
	static const struct {
		const char *path;
		enum cgroup_place place;
	} all[] = {
		{ NULL, CGROUP_UNKNOWN },
		{ "/", CGROUP_UNKNOWN },
		{ "/docker/1234", CGROUP_UNKNOWN },
		{ "/user.slice/user-1000.slice/session-3.scope", CGROUP_LOGIN },
		{ "/user.slice/user-1000.slice/user@1000.service/app.slice/"
		  "cdo.service",
		  CGROUP_SERVICE },
		{ "/user.slice/user-1000.slice/user@1000.service/app.slice/"
		  "cdo-abcdefgh.scope",
		  CGROUP_SCOPE },
		{ "/system.slice/ssh.service", CGROUP_SYSTEM },
	};

	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		assert_int_equal(cgroup_place(all[i].path), all[i].place);
}

static void
a_process_that_is_not_there_has_no_path(void **state)
{
	char *own = cgroup_path(0);

	(void)state;
	assert_null(cgroup_path(0x7fffffff));
	if (own != NULL)
		assert_int_equal(own[0], '/');
	free(own);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_tells_who_keeps_the_process),
		cmocka_unit_test(a_process_that_is_not_there_has_no_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
