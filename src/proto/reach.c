/* proto/reach.c - this user's server: found, or started. */
#include "proto/reach.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/lock.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/spawn.h"
#include "base/str.h"
#include "proto/local.h"

char *
reach_runtime(void)
{
	const char *own = getenv("CDO_RUNTIME_DIR"), *sock = getenv("CDO");
	const char *slash = sock == NULL ? NULL : strrchr(sock, '/');
	struct stat st;

	if ((own != NULL && *own != '\0') || slash == NULL || slash == sock)
		return path_runtime();
	/* Inside a session: where that session's server is. */
	char *dir = mem_strn(sock, (size_t)(slash - sock));
	if (lstat(dir, &st) == 0 && S_ISDIR(st.st_mode) &&
	    st.st_uid == geteuid())
		return dir;
	free(dir);
	return path_runtime();
}

enum { TRIES = 50 }; /* servers that somebody kills while they start */

/*
 * Reads how the server's start went; 0, or -errno with *why, -EPIPE if it
 * ended without a word.
 */
static int
hear(int fd, char **why)
{
	struct buf in = { 0 };
	ssize_t n;

	do {
		n = io_read(fd, buf_room(&in, 1024), 1024);
		if (n > 0)
			buf_grew(&in, (size_t)n);
	} while (n > 0 && in.len < 4096 && in.data[in.len - 1] != '\n');
	char *text = buf_steal(&in);
	if (strcmp(text, "ok\n") == 0) {
		free(text);
		return 0;
	}
	if (*text == '\0') {
		free(text);
		return -EPIPE;
	}
	*why = text;
	return -EIO;
}

/* How a server ended that said nothing: -EAGAIN, or -errno with *why. */
static int
post_mortem(pid_t pid, char **why)
{
	int status = 0, r;

	do
		r = io_check(waitpid(pid, &status, 0));
	while (r == -EINTR);
	if (r >= 0 && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		return -EAGAIN;
	if (r >= 0 && WIFSIGNALED(status))
		*why = str_printf("the server did not start: it died of "
				  "signal %d",
				  WTERMSIG(status));
	else
		*why = mem_str("the server did not start");
	return -EIO;
}

/*
 * Starts a server that goes on holding the lock until it listens; -EAGAIN if
 * it was killed before.
 */
static int
spawn(int lock, const char *runtime, char **why)
{
	int ready[2];
	char *dir = mem_str(runtime);
	char *const argv[] = { (char[]){ "cdo" },
			       (char[]){ "server" },
			       (char[]){ "--lock-fd" },
			       (char[]){ "3" },
			       (char[]){ "--ready-fd" },
			       (char[]){ "4" },
			       (char[]){ "--runtime" },
			       dir,
			       NULL };
	int r = io_pipe(ready);

	if (r == 0) {
		pid_t pid = spawn_self(argv, NULL, (int[]){ lock, ready[1] }, 2,
				       -1);
		io_close(ready[1]);
		r = pid < 0 ? (int)pid : hear(ready[0], why);
		io_close(ready[0]);
		if (r == -EPIPE && pid > 0)
			r = post_mortem(pid, why);
	}
	free(dir);
	return r;
}

/* Where a server can be started; caller frees, NULL after *why. */
static char *
startable(const char *runtime, char **why)
{
	int r = path_private_dir(runtime, why);
	char *other = r < 0 && access(runtime, F_OK) != 0
			      ? path_runtime_second()
			      : NULL;

	if (r == 0)
		return mem_str(runtime);
	if (other == NULL)
		return NULL;
	free(*why);
	if (path_private_dir(other, why) == 0)
		return other;
	free(other);
	return NULL;
}

static bool
nobody(int fd)
{
	return fd == -ENOENT || fd == -ECONNREFUSED;
}

/* Starts a server unless another command is faster.  A socket or -errno. */
static int
start_one(const char *first, const char *sock, char **why)
{
	char *runtime = startable(first, why);

	if (runtime == NULL)
		return -EACCES;
	char *path = path_join(runtime, "start.lock");
	int lock = lock_take(path, true);

	if (lock < 0) {
		*why = str_printf("cannot lock %s: %s", path, io_error(lock));
		free(path);
		free(runtime);
		return lock;
	}
	free(path);
	int fd = local_connect(sock);
	for (int i = 0; nobody(fd) && i < TRIES; i++) {
		int r = spawn(lock, runtime, why);
		if (r < 0 && r != -EAGAIN)
			fd = r;
		else
			fd = local_connect(sock);
	}
	free(runtime);
	io_close(lock);
	return fd;
}

int
reach_server(const char *runtime, bool start, char **why)
{
	char *sock = path_join(runtime, "server.sock");
	struct stat st;
	int fd = 0;

	*why = NULL;
	if (lstat(runtime, &st) == 0)
		fd = path_private_dir(runtime, why);
	if (fd == 0)
		fd = local_connect(sock);
	if (start && *why == NULL && nobody(fd))
		fd = start_one(runtime, sock, why);
	if (fd == -ENAMETOOLONG)
		*why = str_printf("the socket's path is too long: %s; set "
				  "CDO_RUNTIME_DIR to a shorter directory",
				  sock);
	else if (fd == -EPERM && *why == NULL)
		*why = str_printf("%s is another user's server", sock);
	else if (fd < 0 && *why == NULL)
		*why = str_printf("cannot reach the server at %s: %s", sock,
				  io_error(fd));
	free(sock);
	return fd;
}
