/* cmd/check_survival.c - cdo doctor: what a logout would take away. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cgroup.h"
#include "base/mem.h"
#include "base/run.h"
#include "base/str.h"
#include "cmd/checks.h"
#include "cmd/seen.h"

enum { PATIENCE = 2000 /* ms for systemd to answer */ };

static const char linger_fix[] = "run `loginctl enable-linger`";

/* What the program says, without the newline; NULL: it failed. */
static char *
said(char *const argv[])
{
	struct buf b = { 0 };
	int r = run_read(argv, PATIENCE, &b);
	char *text = buf_steal(&b);

	text[strcspn(text, "\n")] = '\0';
	if (r == 0 && *text != '\0')
		return text;
	free(text);
	return NULL;
}

/* "yes", "no", or NULL without logind. */
static char *
property(const char *verb, const char *subject, const char *name)
{
	char *words[] = { mem_str("loginctl"),
			  mem_str(verb),
			  subject == NULL ? mem_str("--value")
					  : mem_str(subject),
			  mem_str("--value"),
			  mem_str("-p"),
			  mem_str(name),
			  NULL };
	char *value = said(words);

	for (size_t i = 0; words[i] != NULL; i++)
		free(words[i]);
	return value;
}

/* Where this process stands, and so what a logout does to it. */
static void
place(struct checks *c, const char *id, const char *what, pid_t pid, bool kills,
      bool lingers)
{
	char *path = cgroup_path(pid);
	const char *where = path == NULL ? "no cgroup" : path;

	switch (cgroup_place(path)) {
	case CGROUP_LOGIN:
		checks_add(c, id, kills ? CHECK_ERROR : CHECK_OK,
			   str_printf("%s is in the login session %s, %s", what,
				      where,
				      kills ? "and is killed at logout"
					    : "which logout leaves alone"),
			   kills ? linger_fix : NULL);
		break;
	case CGROUP_SERVICE:
	case CGROUP_SCOPE:
		checks_add(c, id, lingers ? CHECK_OK : CHECK_WARNING,
			   str_printf("%s is under the user's manager, %s",
				      what,
				      lingers ? "which stays at logout"
					      : "which stops at the last "
						"logout"),
			   lingers ? NULL : linger_fix);
		break;
	case CGROUP_SYSTEM:
		checks_add(c, id, CHECK_INFO,
			   str_printf("%s is in the system's %s, and ends "
				      "with that",
				      what, where),
			   NULL);
		break;
	case CGROUP_UNKNOWN:
		checks_add(c, id, CHECK_OK,
			   str_printf("%s is in no unit: a logout does not "
				      "reach it",
				      what),
			   NULL);
	}
	free(path);
}

/* The server's unit, if it is one, must leave the sessions alone. */
static void
kill_mode(struct checks *c)
{
	char *path = c->server == 0 ? NULL : cgroup_path(c->server);

	if (cgroup_place(path) == CGROUP_SERVICE) {
		char *unit = strrchr(path, '/') + 1;
		char *argv[] = { (char[]){ "systemctl" },
				 (char[]){ "--user" },
				 (char[]){ "show" },
				 (char[]){ "--value" },
				 (char[]){ "-p" },
				 (char[]){ "KillMode" },
				 unit,
				 NULL };
		char *mode = said(argv);

		if (mode != NULL && !str_eq(mode, "process"))
			checks_add(c, "killmode", CHECK_WARNING,
				   str_printf("%s has KillMode=%s, which may "
					      "end sessions with the server",
					      unit, mode),
				   "use the unit that cdo installs");
		else if (mode != NULL)
			checks_add(c, "killmode", CHECK_OK,
				   str_printf("%s has KillMode=process", unit),
				   NULL);
		free(mode);
	}
	free(path);
}

void
check_survival(struct checks *c)
{
	char *uid = str_printf("%ld", (long)getuid());
	char *linger = property("show-user", uid, "Linger");
	char *kills = property("show-session", NULL, "KillUserProcesses");
	bool lingers = str_eq(linger, "yes"), killed = str_eq(kills, "yes");

	if (linger == NULL && kills == NULL)
		checks_add(c, "systemd", CHECK_INFO,
			   mem_str("no systemd-logind: nobody ends processes "
				   "at logout"),
			   NULL);
	else
		checks_add(
			c, "systemd",
			killed && !lingers ? CHECK_WARNING : CHECK_OK,
			str_printf("lingering is %s, KillUserProcesses is %s",
				   lingers ? "on" : "off",
				   killed ? "on" : "off"),
			killed && !lingers ? linger_fix : NULL);
	if (c->server != 0)
		place(c, "server-unit", "the server", c->server, killed,
		      lingers);
	kill_mode(c);
	for (size_t i = 0; i < c->n_sessions; i++) {
		const struct seen *s = &c->sessions[i];

		if (!s->lives || s->custodian_pid == 0)
			continue;
		char *what = str_printf("'%s'", s->name);
		place(c, "session-unit", what, (pid_t)s->custodian_pid, killed,
		      lingers);
		free(what);
	}
	free(uid);
	free(linger);
	free(kills);
}
