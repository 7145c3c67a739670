/* server/systemd.c - what systemd is told, and what it gives. */
#include "server/systemd.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cgroup.h"
#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/run.h"
#include "base/str.h"

enum {
	FIRST = 3, /* descriptor, sd_listen_fds(3) */
	PATIENCE = 1000, /* ms for logind to answer */
};

/* Taken out of the environment: it is not for those whom we start. */
static const char *
notify_socket(void)
{
	static char *path;
	const char *given = getenv("NOTIFY_SOCKET");

	if (given != NULL) {
		free(path);
		path = mem_str(given);
		unsetenv("NOTIFY_SOCKET");
	}
	return path;
}

int
systemd_listener(void)
{
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
	long who = 0, n = 0;
	notify_socket();
	bool ours = pid != NULL && fds != NULL &&
		    str_int(pid, 1, INT32_MAX, &who) == 0 && who == getpid() &&
		    str_int(fds, 1, 1024, &n) == 0;

	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	if (!ours || io_cloexec(FIRST, true) < 0 ||
	    io_nonblock(FIRST, true) < 0)
		return -1;
	return FIRST;
}

void
systemd_tell(const char *state)
{
	const char *path = notify_socket();
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	size_t n = path == NULL ? 0 : strlen(path);

	if (n == 0 || n >= sizeof sa.sun_path)
		return;
	memcpy(sa.sun_path, path, n);
	if (path[0] == '@')
		sa.sun_path[0] = '\0'; /* the abstract ones */
	int fd = io_check(socket(AF_UNIX, SOCK_DGRAM, 0));
	if (fd < 0)
		return;
	socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
	int r = io_check((int)sendto(fd, state, strlen(state), MSG_NOSIGNAL,
				     (struct sockaddr *)&sa, len));
	if (r < 0)
		log_warn("cannot tell systemd '%s': %s", state, io_error(r));
	io_close(fd);
}

/* Lingering: the user's manager does not wait for a login. */
static bool
lingers(void)
{
	char *uid = str_printf("%ld", (long)getuid());
	char *argv[] = { (char[]){ "loginctl" },
			 (char[]){ "show-user" },
			 uid,
			 (char[]){ "--value" },
			 (char[]){ "-p" },
			 (char[]){ "Linger" },
			 NULL };
	struct buf b = { 0 };
	int r = run_read(argv, PATIENCE, &b);
	bool yes = r == 0 && b.len >= 3 && memcmp(b.data, "yes", 3) == 0;

	buf_release(&b);
	free(uid);
	return yes;
}

bool
systemd_scopes(void)
{
	char *path = cgroup_path(0);
	enum cgroup_place place = cgroup_place(path);

	free(path);
	return place == CGROUP_SERVICE || place == CGROUP_SCOPE || lingers();
}
