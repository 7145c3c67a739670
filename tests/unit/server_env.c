/* unit/server_env.c - the promises of server/env.h. */
#include "server/env.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/words.h"

static char **
make(char *const *caller, char *const *given)
{
	return env_make(caller, &(struct env_session){
					.server = "/run/cdo/server.sock",
					.id = "abcdefgh",
					.name = "work",
					.cwd = "/srv",
					.term_program = "cdo",
					.ssh_link = "/run/cdo/abcdefgh.ssh",
					.given = given,
				});
}

static void
the_callers_own_stays_as_it_was(void **state)
{
	char *caller[] = { (char[]){ "A=1" }, (char[]){ "EMPTY=" },
			   (char[]){ "EQ=a=b" }, (char[]){ "TMUXINATOR_X=no" },
			   NULL };
	char **env = make(caller, NULL);

	(void)state;
	assert_string_equal(words_get(env, "A"), "1");
	assert_string_equal(words_get(env, "EMPTY"), "");
	assert_string_equal(words_get(env, "EQ"), "a=b");
	words_free(env);
}

static void
markers_of_where_new_ran_are_gone(void **state)
{
	static const char *const gone[] = {
		"TMUX",
		"TMUX_PANE",
		"STY",
		"CLAUDECODE",
		"CLAUDE_CODE_ENTRYPOINT",
		"LISTEN_FDS",
		"LISTEN_PID",
		"NOTIFY_SOCKET",
		"LINES",
		"COLUMNS",
		"KITTY_WINDOW_ID",
	};
	char **caller = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof gone / sizeof *gone; i++)
		words_set(&caller, gone[i], "x");
	words_set(&caller, "KITTY_CONFIG_DIRECTORY", "x");
	char **env = make(caller, NULL);
	for (size_t i = 0; i < sizeof gone / sizeof *gone; i++)
		assert_null(words_get(env, gone[i]));
	assert_string_equal(words_get(env, "KITTY_CONFIG_DIRECTORY"), "x");
	words_free(caller);
	words_free(env);
}

static void
the_session_is_told_what_it_is_in(void **state)
{
	char *caller[] = { (char[]){ "CDO_SESSION=other" },
			   (char[]){ "TERM=screen" }, NULL };
	char **env = make(caller, NULL);

	(void)state;
	assert_string_equal(words_get(env, "CDO"), "/run/cdo/server.sock");
	assert_string_equal(words_get(env, "CDO_SESSION"), "abcdefgh");
	assert_string_equal(words_get(env, "CDO_NAME"), "work");
	assert_string_equal(words_get(env, "TERM"), "xterm-256color");
	assert_string_equal(words_get(env, "COLORTERM"), "truecolor");
	assert_string_equal(words_get(env, "TERM_PROGRAM"), "cdo");
	assert_non_null(words_get(env, "TERM_PROGRAM_VERSION"));
	assert_string_equal(words_get(env, "PWD"), "/srv");
	words_free(env);
}

static void
what_e_gave_wins(void **state)
{
	char *caller[] = { (char[]){ "A=1" }, NULL };
	char *given[] = { (char[]){ "A=2" }, (char[]){ "TMUX=mine" },
			  (char[]){ "TERM=dumb" }, NULL };
	char **env = make(caller, given);

	(void)state;
	assert_string_equal(words_get(env, "A"), "2");
	assert_string_equal(words_get(env, "TMUX"), "mine");
	assert_string_equal(words_get(env, "TERM"), "dumb");
	words_free(env);
}

static void
an_ssh_agent_has_a_stable_name(void **state)
{
	char *caller[] = { (char[]){ "SSH_AUTH_SOCK=/tmp/agent" }, NULL };
	char **with = make(caller, NULL), **without = make(NULL, NULL);

	(void)state;
	assert_string_equal(words_get(with, "SSH_AUTH_SOCK"),
			    "/run/cdo/abcdefgh.ssh");
	assert_null(words_get(without, "SSH_AUTH_SOCK"));
	words_free(with);
	words_free(without);
}

static void
a_session_finds_its_own_server(void **state)
{
	char *caller[] = { (char[]){ "CDO_STATE_DIR=/caller" },
			   (char[]){ "CDO_RUNTIME_DIR=/caller" }, NULL };

	(void)state;
	setenv("CDO_STATE_DIR", "/server", 1);
	unsetenv("CDO_RUNTIME_DIR");
	char **env = make(caller, NULL);
	assert_string_equal(words_get(env, "CDO_STATE_DIR"), "/server");
	assert_null(words_get(env, "CDO_RUNTIME_DIR"));
	words_free(env);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_callers_own_stays_as_it_was),
		cmocka_unit_test(markers_of_where_new_ran_are_gone),
		cmocka_unit_test(the_session_is_told_what_it_is_in),
		cmocka_unit_test(what_e_gave_wins),
		cmocka_unit_test(an_ssh_agent_has_a_stable_name),
		cmocka_unit_test(a_session_finds_its_own_server),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
