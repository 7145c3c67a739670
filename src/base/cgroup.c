/* base/cgroup.c - where a process stands in the system's tree of them. */
#include "base/cgroup.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/str.h"

enum { FILE_MAX = 64 << 10 };

char *
cgroup_path(pid_t pid)
{
	char *file = pid == 0 ? mem_str("/proc/self/cgroup")
			      : str_printf("/proc/%ld/cgroup", (long)pid);
	struct buf b = { 0 };
	char *path = NULL;

	if (io_slurp(file, FILE_MAX, &b) < 0)
		buf_clear(&b);
	free(file);
	char *text = buf_steal(&b);
	/* "0::/path" of version 2, "1:name=systemd:/path" of version 1. */
	for (char *line = strtok(text, "\n"); line != NULL && path == NULL;
	     line = strtok(NULL, "\n")) {
		const char *v1 = strstr(line, ":name=systemd:");

		if (str_starts(line, "0::"))
			path = mem_str(line + 3);
		else if (v1 != NULL)
			path = mem_str(v1 + strlen(":name=systemd:"));
	}
	free(text);
	return path;
}

static bool
ends(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && strcmp(s + n - m, end) == 0;
}

enum cgroup_place
cgroup_place(const char *path)
{
	const char *user = path == NULL ? NULL : strstr(path, "/user@");

	if (path == NULL)
		return CGROUP_UNKNOWN;
	if (user != NULL)
		return ends(path, ".scope") ? CGROUP_SCOPE : CGROUP_SERVICE;
	if (str_starts(path, "/user.slice/") && strstr(path, "/session-"))
		return CGROUP_LOGIN;
	if (str_starts(path, "/system.slice/"))
		return CGROUP_SYSTEM;
	return CGROUP_UNKNOWN;
}
