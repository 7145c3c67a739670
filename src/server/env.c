/* server/env.c - the environment of a session's program. */
#include "server/env.h"

#include <fnmatch.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "base/words.h"

/*
 * What is true of the place where `new` ran and not of the session: programs
 * that read these would talk to a terminal, a multiplexer, an agent or a
 * service manager that is not theirs.
 */
static const char *const markers[] = {
	/* other multiplexers */
	"TMUX*",
	"STY",
	"WINDOW",
	"ZELLIJ*",
	"ABDUCO_*",
	"DVTM*",
	"SHPOOL_*",
	/* outer agents */
	"CLAUDECODE",
	"CLAUDE_CODE_*",
	"CODEX_SANDBOX*",
	"CODEX_THREAD_ID",
	"CODEX_CI",
	"GEMINI_CLI",
	"GEMINI_CLI_NO_RELAUNCH",
	"CURSOR_AGENT",
	"CURSOR_TRACE_ID",
	"OPENCODE",
	"AI_AGENT",
	/* service managers */
	"LISTEN_*",
	"NOTIFY_SOCKET",
	"WATCHDOG_*",
	"INVOCATION_ID",
	"JOURNAL_STREAM",
	"SYSTEMD_EXEC_PID",
	"MAINPID",
	"MANAGERPID",
	"MANAGERPIDFDID",
	"CREDENTIALS_DIRECTORY",
	"MEMORY_PRESSURE_*",
	/* the terminal, which is cdo's from here on */
	"LINES",
	"COLUMNS",
	"TERMCAP",
	"TERM_PROGRAM*",
	"TERM_SESSION_ID",
	"TERM_FEATURES",
	"LC_TERMINAL*",
	"ITERM_*",
	"KITTY_WINDOW_ID",
	"KITTY_PID",
	"KITTY_PUBLIC_KEY",
	"KITTY_LISTEN_ON",
	"WEZTERM_PANE",
	"WEZTERM_UNIX_SOCKET",
	"GHOSTTY_*",
	"ALACRITTY_WINDOW_ID",
	"ALACRITTY_SOCKET",
	"KONSOLE_*",
	"VTE_VERSION",
	"WINDOWID",
	"WT_SESSION",
	"WT_PROFILE_ID",
	"XTERM_VERSION",
	"XTERM_SHELL",
	"COLORFGBG",
	"GNOME_TERMINAL_*",
	"TERMINATOR_UUID",
	"TILIX_ID",
	/* of cdo, set anew */
	"CDO",
	"CDO_SESSION",
	"CDO_NAME",
	"CDO_RUNTIME_DIR",
	"CDO_RUNTIME_SECOND",
	"CDO_STATE_DIR",
	"CDO_CONFIG",
};

static bool
marks(const char *key)
{
	for (size_t i = 0; i < sizeof markers / sizeof *markers; i++)
		if (fnmatch(markers[i], key, 0) == 0)
			return true;
	return false;
}

/* The caller's PWD may be the nicer name of the same place. */
static bool
same_place(const char *pwd, const char *cwd)
{
	char *real = realpath(pwd, NULL);
	bool same = real != NULL && strcmp(real, cwd) == 0;

	free(real);
	return same;
}

char **
env_make(char *const *caller, const struct env_session *s)
{
	/* A session's cdo must find the server that the session belongs to. */
	static const char *const ours[] = { "CDO_RUNTIME_DIR",
					    "CDO_RUNTIME_SECOND",
					    "CDO_STATE_DIR", "CDO_CONFIG" };
	char **env = NULL;
	size_t n = 0;

	env = mem_zero(words_count(caller) + 1, sizeof *env);
	for (size_t i = 0; caller != NULL && caller[i] != NULL; i++) {
		char *key = mem_strn(caller[i], strcspn(caller[i], "="));

		if (*key != '\0' && caller[i][strlen(key)] == '=' &&
		    !marks(key))
			env[n++] = mem_str(caller[i]);
		free(key);
	}
	for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
		if (getenv(ours[i]) != NULL)
			words_set(&env, ours[i], getenv(ours[i]));

	const char *pwd = words_get(env, "PWD");
	if (pwd == NULL || !same_place(pwd, s->cwd))
		words_set(&env, "PWD", s->cwd);
	if (words_get(env, "SSH_AUTH_SOCK") != NULL)
		words_set(&env, "SSH_AUTH_SOCK", s->ssh_link);
	words_set(&env, "TERM", "xterm-256color");
	words_set(&env, "COLORTERM", "truecolor");
	words_set(&env, "TERM_PROGRAM", s->term_program);
	words_set(&env, "TERM_PROGRAM_VERSION", PACKAGE_VERSION);
	words_set(&env, "CDO", s->server);
	words_set(&env, "CDO_SESSION", s->id);
	words_set(&env, "CDO_NAME", s->name);
	for (size_t i = 0; s->given != NULL && s->given[i] != NULL; i++) {
		char *key = mem_strn(s->given[i], strcspn(s->given[i], "="));

		words_set(&env, key, s->given[i] + strlen(key) + 1);
		free(key);
	}
	return env;
}
