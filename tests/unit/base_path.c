/* unit/base_path.c - the promises of base/path.h. */
#include "base/path.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "scratch.h"

static void
assert_path(char *got, const char *want)
{
	assert_string_equal(got, want);
	free(got);
}

static int
bare_environment(void **state)
{
	(void)state;
	setenv("HOME", "/home/ada", 1);
	unsetenv("CDO_RUNTIME_DIR");
	unsetenv("CDO_RUNTIME_SECOND");
	unsetenv("CDO_STATE_DIR");
	unsetenv("CDO_CONFIG");
	unsetenv("XDG_RUNTIME_DIR");
	unsetenv("XDG_STATE_HOME");
	unsetenv("XDG_CONFIG_HOME");
	return 0;
}

static void
without_variables_the_places_are_the_usual_ones(void **state)
{
	char tmp[64];

	(void)state;
	snprintf(tmp, sizeof tmp, "/tmp/cdo-%lu", (unsigned long)getuid());
	assert_path(path_runtime(), tmp);
	assert_path(path_runtime_second(), tmp);
	assert_path(path_state(), "/home/ada/.local/state/cdo");
	assert_path(path_config(), "/home/ada/.config/cdo/cdo.conf");
	assert_path(path_home(), "/home/ada");
}

static void
who_has_a_place_of_its_own_shares_no_second(void **state)
{
	(void)state;
	setenv("CDO_RUNTIME_DIR", "/run/mine", 1);
	assert_null(path_runtime_second());
	setenv("CDO_RUNTIME_SECOND", "/run/other/", 1);
	assert_path(path_runtime_second(), "/run/other");
	unsetenv("CDO_RUNTIME_DIR");
	assert_path(path_runtime_second(), "/run/other");
}

static void
xdg_variables_move_the_places(void **state)
{
	(void)state;
	setenv("XDG_RUNTIME_DIR", "/run/user/7/", 1);
	setenv("XDG_STATE_HOME", "/var/ada", 1);
	setenv("XDG_CONFIG_HOME", "/etc/ada//", 1);
	assert_path(path_runtime(), "/run/user/7/cdo");
	assert_path(path_state(), "/var/ada/cdo");
	assert_path(path_config(), "/etc/ada/cdo/cdo.conf");
}

static void
a_relative_xdg_variable_does_not_count(void **state)
{
	(void)state;
	setenv("XDG_STATE_HOME", "state", 1);
	assert_path(path_state(), "/home/ada/.local/state/cdo");
}

static void
cdo_s_own_variables_come_first(void **state)
{
	(void)state;
	setenv("XDG_RUNTIME_DIR", "/run/user/7", 1);
	setenv("CDO_RUNTIME_DIR", "/r/", 1);
	setenv("CDO_STATE_DIR", "/s", 1);
	setenv("CDO_CONFIG", "/c/my.conf", 1);
	assert_path(path_runtime(), "/r");
	assert_path(path_state(), "/s");
	assert_path(path_config(), "/c/my.conf");
}

static void
a_relative_variable_of_cdo_s_own_is_from_here(void **state)
{
	char *cwd = getcwd(NULL, 0), *want = path_join(cwd, "here");

	(void)state;
	setenv("CDO_STATE_DIR", "here/", 1);
	assert_path(path_state(), want);
	free(want);
	free(cwd);
}

static void
joining_puts_one_slash(void **state)
{
	(void)state;
	assert_path(path_join("/a", "b"), "/a/b");
	assert_path(path_join("/a/", "b"), "/a/b");
	assert_path(path_join("/", "b"), "/b");
}

static void
the_home_directory_is_shown_as_a_tilde(void **state)
{
	(void)state;
	assert_path(path_tilde("/home/ada"), "~");
	assert_path(path_tilde("/home/ada/src"), "~/src");
	assert_path(path_tilde("/home/adam"), "/home/adam");
	assert_path(path_tilde("/srv"), "/srv");
	setenv("HOME", "/", 1);
	assert_path(path_tilde("/srv"), "/srv");
}

static void
a_private_directory_is_made_with_its_parents(void **state)
{
	char *dir = scratch_new(), *why;
	const char *path = scratch_path(dir, "a/b/c");
	struct stat st;

	(void)state;
	assert_int_equal(path_private_dir(path, &why), 0);
	assert_null(why);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(path_private_dir(path, &why), 0);
	assert_null(why);
	scratch_free(dir);
}

static void
assert_refused(const char *path, int r, const char *part)
{
	char *why;

	assert_int_equal(path_private_dir(path, &why), r);
	assert_non_null(why);
	if (!strstr(why, part) || !strstr(why, path))
		fail_msg("%s", why);
	free(why);
}

static void
a_directory_that_is_not_private_is_refused(void **state)
{
	char *dir = scratch_new();

	(void)state;
	assert_int_equal(mkdir(scratch_path(dir, "open"), 0700), 0);
	assert_int_equal(chmod(scratch_path(dir, "open"), 0750), 0);
	assert_refused(scratch_path(dir, "open"), -EPERM, "chmod 700");
	assert_int_equal(symlink("open", scratch_path(dir, "link")), 0);
	assert_refused(scratch_path(dir, "link"), -ELOOP, "symbolic link");
	scratch_write(scratch_path(dir, "file"), "");
	assert_refused(scratch_path(dir, "file"), -ENOTDIR, "no directory");
	assert_refused(scratch_path(dir, "file/x"), -ENOTDIR, "cannot");
	if (getuid() != 0) {
		assert_refused("/", -EPERM, "belongs to user 0");
	} else {
		assert_int_equal(mkdir(scratch_path(dir, "his"), 0700), 0);
		assert_int_equal(chown(scratch_path(dir, "his"), 12345, 0), 0);
		assert_refused(scratch_path(dir, "his"), -EPERM,
			       "belongs to user 12345");
	}
	scratch_free(dir);
}

static void
a_socket_s_path_must_fit_its_address(void **state)
{
	char path[200];

	(void)state;
	memset(path, 'a', sizeof path);
	path[0] = '/';
	path[150] = '\0';
	assert_int_equal(path_socket_fits(path), -ENAMETOOLONG);
	path[100] = '\0';
	assert_int_equal(path_socket_fits(path), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
			without_variables_the_places_are_the_usual_ones,
			bare_environment),
		cmocka_unit_test_setup(
			who_has_a_place_of_its_own_shares_no_second,
			bare_environment),
		cmocka_unit_test_setup(xdg_variables_move_the_places,
				       bare_environment),
		cmocka_unit_test_setup(a_relative_xdg_variable_does_not_count,
				       bare_environment),
		cmocka_unit_test_setup(cdo_s_own_variables_come_first,
				       bare_environment),
		cmocka_unit_test_setup(
			a_relative_variable_of_cdo_s_own_is_from_here,
			bare_environment),
		cmocka_unit_test(joining_puts_one_slash),
		cmocka_unit_test_setup(the_home_directory_is_shown_as_a_tilde,
				       bare_environment),
		cmocka_unit_test(a_private_directory_is_made_with_its_parents),
		cmocka_unit_test(a_directory_that_is_not_private_is_refused),
		cmocka_unit_test(a_socket_s_path_must_fit_its_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
