/* base/cgroup.h - where a process stands in the system's tree of them. */
#ifndef CDO_BASE_CGROUP_H
#define CDO_BASE_CGROUP_H

#include <sys/types.h>

enum cgroup_place {
	CGROUP_UNKNOWN, /* no systemd, or it does not keep this process */
	CGROUP_LOGIN, /* a login session's scope: ends with it, may be */
	CGROUP_SERVICE, /* a unit of the user's manager */
	CGROUP_SCOPE, /* a scope of the user's manager */
	CGROUP_SYSTEM, /* a unit of the system's */
};

/* The path, as "/user.slice/...", caller frees; NULL: not known.  0: ours. */
char *cgroup_path(pid_t pid);
/* What the path means; NULL is unknown. */
enum cgroup_place cgroup_place(const char *path);

#endif
