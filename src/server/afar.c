/* server/afar.c - what a session needs that another machine may not say. */
#include "server/afar.h"

#include <fnmatch.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "base/words.h"

enum { VALUE_MAX = 128 };

/* Of the terminal that asks. */
static const char *const theirs[] = { "TERM", "COLORTERM", "LANG", "LC_*" };
/* Of whoever started this server, and of no other session. */
static const char *const strange[] = {
	"SSH_*", "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "OLDPWD",
	"SHLVL", "_"
};

static bool
is_one_of(const char *key, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (fnmatch(list[i], key, 0) == 0)
			return true;
	return false;
}

/* Not even by -e. */
static const char *const forbidden[] = { "LD_*",     "PATH", "SHELL",	 "ENV",
					 "BASH_ENV", "IFS",  "*PRELOAD*" };

#define IS_ONE_OF(key, list) is_one_of(key, list, sizeof list / sizeof *list)

static bool
harmless(const char *value)
{
	size_t len = strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "abcdefghijklmnopqrstuvwxyz"
				   "0123456789_.@+-");

	return len <= VALUE_MAX && value[len] == '\0';
}

static void
fill(char ***env, const char *key, const char *value)
{
	if (value != NULL && words_get(*env, key) == NULL)
		words_set(env, key, value);
}

/* A server that systemd has started, say, knows little. */
static void
complete(char ***env)
{
	const struct passwd *pw = getpwuid(getuid());
	char *home = path_home();

	fill(env, "HOME", home);
	fill(env, "PATH", "/usr/local/bin:/usr/bin:/bin");
	if (pw != NULL) {
		fill(env, "USER", pw->pw_name);
		fill(env, "LOGNAME", pw->pw_name);
		fill(env, "SHELL", pw->pw_shell);
	}
	free(home);
}

void
afar_environment(char ***env)
{
	char **mine = NULL;

	for (char **e = environ; e != NULL && *e != NULL; e++) {
		char *key = mem_strn(*e, strcspn(*e, "="));

		if ((*e)[strlen(key)] == '=' && !IS_ONE_OF(key, theirs) &&
		    !IS_ONE_OF(key, strange))
			words_add(&mine, *e);
		free(key);
	}
	for (size_t i = 0; *env != NULL && (*env)[i] != NULL; i++) {
		char *key = mem_strn((*env)[i], strcspn((*env)[i], "="));
		const char *eq = (*env)[i] + strlen(key);

		if (*eq == '=' && IS_ONE_OF(key, theirs) && harmless(eq + 1))
			words_add(&mine, (*env)[i]);
		free(key);
	}
	words_free(*env);
	complete(&mine);
	*env = mine;
}

char *
afar_directory(const char *dir)
{
	if (dir != NULL && *dir == '/')
		return mem_str(dir);
	if (dir != NULL && *dir == '~' && (dir[1] == '/' || dir[1] == '\0'))
		dir += 1 + (dir[1] == '/');
	char *home = path_home();
	char *path = dir == NULL || *dir == '\0' ? mem_str(home)
						 : path_join(home, dir);

	free(home);
	return path;
}

const char *
afar_forbidden(char *const *given)
{
	for (size_t i = 0; given != NULL && given[i] != NULL; i++) {
		char *key = mem_strn(given[i], strcspn(given[i], "="));
		bool bad = IS_ONE_OF(key, forbidden);

		free(key);
		if (bad)
			return given[i];
	}
	return NULL;
}
