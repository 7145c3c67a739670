/* base/path.c - where cdo's sockets, state and configuration are. */
#include "base/path.h"

#include <errno.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/str.h"

/* A copy without the slashes at the end; the root keeps its one. */
static char *
trimmed(const char *path)
{
	size_t n = strlen(path);

	while (n > 1 && path[n - 1] == '/')
		n--;
	return mem_strn(path, n);
}

/* The variable's value if it is an absolute path, trimmed, or NULL. */
static char *
from_env(const char *name)
{
	const char *v = getenv(name);

	return v && v[0] == '/' ? trimmed(v) : NULL;
}

/* What cdo's own variable says counts even if it is relative. */
static char *
ours(const char *name)
{
	const char *v = getenv(name);

	if (!v || !*v)
		return NULL;
	if (*v == '/')
		return trimmed(v);

	char *cwd = getcwd(NULL, 0), *p;

	p = path_join(cwd ? cwd : "/", v);
	free(cwd);
	char *t = trimmed(p);
	free(p);
	return t;
}

char *
path_join(const char *dir, const char *name)
{
	size_t n = strlen(dir);

	return str_printf("%s%s%s", dir, n && dir[n - 1] == '/' ? "" : "/",
			  name);
}

/* dir/name; frees dir. */
static char *
under(char *dir, const char *name)
{
	char *p = path_join(dir, name);

	free(dir);
	return p;
}

char *
path_home(void)
{
	char *home = from_env("HOME");

	if (home)
		return home;
	const struct passwd *pw = getpwuid(getuid());
	return trimmed(pw && pw->pw_dir[0] == '/' ? pw->pw_dir : "/");
}

static char *
in_tmp(void)
{
	return str_printf("/tmp/cdo-%lu", (unsigned long)getuid());
}

char *
path_runtime(void)
{
	char *dir = ours("CDO_RUNTIME_DIR");

	if (dir)
		return dir;
	dir = from_env("XDG_RUNTIME_DIR");
	return dir ? under(dir, "cdo") : in_tmp();
}

char *
path_runtime_second(void)
{
	char *dir = ours("CDO_RUNTIME_SECOND");
	const char *first = getenv("CDO_RUNTIME_DIR");

	/* Who chose a place of its own shares none with others. */
	return dir || (first && *first) ? dir : in_tmp();
}

char *
path_state(void)
{
	char *dir = ours("CDO_STATE_DIR");

	if (dir)
		return dir;
	dir = from_env("XDG_STATE_HOME");
	if (!dir)
		dir = under(path_home(), ".local/state");
	return under(dir, "cdo");
}

char *
path_config(void)
{
	char *path = ours("CDO_CONFIG");

	if (path)
		return path;
	path = from_env("XDG_CONFIG_HOME");
	if (!path)
		path = under(path_home(), ".config");
	return under(path, "cdo/cdo.conf");
}

char *
path_tilde(const char *path)
{
	char *home = path_home(), *out = NULL;
	size_t n = strlen(home);

	if (n > 1 && strncmp(path, home, n) == 0 &&
	    (path[n] == '/' || path[n] == '\0'))
		out = str_printf("~%s", path + n);
	free(home);
	return out ? out : mem_str(path);
}

/* Makes what is missing of dir's parents, and dir itself, closed to others. */
static int
make(const char *dir)
{
	char *path = mem_str(dir);
	int r = 0;

	for (char *p = path + 1; r == 0; p++) {
		bool end = *p == '\0';

		if (*p != '/' && !end)
			continue;
		*p = '\0';
		r = io_check(mkdir(path, 0700));
		if (r == -EEXIST || (r < 0 && !end && access(path, F_OK) == 0))
			r = 0;
		if (end)
			break;
		*p = '/';
	}
	free(path);
	return r;
}

int
path_private_dir(const char *dir, char **why)
{
	struct stat st;
	int r;

	*why = NULL;
	r = io_check(lstat(dir, &st));
	if (r == -ENOENT) {
		r = make(dir);
		if (r < 0) {
			*why = str_printf("cannot make the directory '%s': %s",
					  dir, io_error(r));
			return r;
		}
		r = io_check(lstat(dir, &st));
	}
	if (r < 0)
		*why = str_printf("cannot use the directory '%s': %s", dir,
				  io_error(r));
	else if (S_ISLNK(st.st_mode))
		*why = str_printf("'%s' is a symbolic link; remove it", dir);
	else if (!S_ISDIR(st.st_mode))
		*why = str_printf("'%s' is no directory; remove it", dir);
	else if (st.st_uid != getuid())
		*why = str_printf("'%s' belongs to user %lu; move it away", dir,
				  (unsigned long)st.st_uid);
	else if (st.st_mode & 077)
		*why = str_printf("'%s' is open to others (mode %04o); "
				  "chmod 700 it",
				  dir, (unsigned)(st.st_mode & 07777));
	if (*why && r >= 0)
		r = S_ISLNK(st.st_mode)	  ? -ELOOP
		    : S_ISDIR(st.st_mode) ? -EPERM
					  : -ENOTDIR;
	return r < 0 ? r : 0;
}

int
path_socket_fits(const char *path)
{
	return strlen(path) < sizeof((struct sockaddr_un *)0)->sun_path
		       ? 0
		       : -ENAMETOOLONG;
}
