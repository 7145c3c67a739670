/* cmd/check_agents.c - cdo doctor: which agents can be started. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "cmd/checks.h"

/* Where the shell would find it, caller frees, or NULL. */
static char *
found(const char *program)
{
	const char *path = getenv("PATH");

	if (strchr(program, '/') != NULL)
		return access(program, X_OK) == 0 ? mem_str(program) : NULL;
	while (path != NULL && *path != '\0') {
		size_t n = strcspn(path, ":");
		char *dir = mem_strn(path, n), *file = path_join(dir, program);

		free(dir);
		if (access(file, X_OK) == 0)
			return file;
		free(file);
		path += n + (path[n] == ':');
	}
	return NULL;
}

void
check_agents(struct checks *c)
{
	for (size_t i = 0; i < c->conf->n_agents; i++) {
		const struct conf_agent *a = &c->conf->agents[i];

		if (a->command == NULL || a->command[0] == NULL)
			continue; /* the shell */
		char *path = found(a->command[0]);
		checks_add(c, "agent", path != NULL ? CHECK_OK : CHECK_INFO,
			   path != NULL ? str_printf("%s is %s", a->name, path)
					: str_printf("%s: there is no '%s' on "
						     "PATH",
						     a->name, a->command[0]),
			   NULL);
		free(path);
	}
}
