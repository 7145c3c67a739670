/* cmd/ask.c - talk to the server, and to a session's custodian. */
#include "cmd/ask.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/lock.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/spawn.h"
#include "base/str.h"
#include "cmd/cmd.h"
#include "cmd/out.h"
#include "cmd/seen.h"
#include "proto/local.h"
#include "proto/msg.h"

struct ask {
	const struct cmd *cmd;
	bool lost; /* the server went away in the middle of it */
	bool late; /* it said nothing for so long */
	struct local_call *call;
	int code; /* enum msg_error of the last answer */
	char *text;
};

/* --- finding the server --- */

char *
ask_runtime(void)
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

/* Reads how the server's start went; 0, or -errno with *why. */
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
	*why = *text != '\0' ? mem_str(text)
			     : mem_str("the server did not start");
	free(text);
	return -EIO;
}

/* Starts a server that goes on holding the lock until it listens. */
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
	if (fd == -ENOENT || fd == -ECONNREFUSED) {
		int r = spawn(lock, runtime, why);
		fd = r < 0 ? r : local_connect(sock);
	}
	free(runtime);
	io_close(lock);
	return fd;
}

/* A socket, or -errno with *why. */
static int
reach(const char *runtime, bool start, char **why)
{
	char *sock = path_join(runtime, "server.sock");
	struct stat st;
	int fd = 0;

	if (lstat(runtime, &st) == 0)
		fd = path_private_dir(runtime, why);
	if (fd == 0)
		fd = local_connect(sock);
	if (start && *why == NULL && (fd == -ENOENT || fd == -ECONNREFUSED))
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

struct ask *
ask_open(const struct cmd *cmd, bool start, int *status)
{
	char *runtime = ask_runtime(), *why = NULL;
	int fd = reach(runtime, start, &why);

	free(runtime);
	*status = 0;
	if (fd < 0) {
		*status = cmd_status(cmd, MSG_E_UNREACHABLE);
		if (start || (fd != -ENOENT && fd != -ECONNREFUSED))
			out_error("%s", why);
		free(why);
		return NULL;
	}
	struct ask *a = mem_zero(1, sizeof *a);
	a->cmd = cmd;
	a->call = local_call_new(fd, "client");
	return a;
}

void
ask_close(struct ask *a)
{
	if (a == NULL)
		return;
	local_call_free(a->call);
	free(a->text);
	free(a);
}

/* --- asking --- */

struct buf *
ask_out(struct ask *a)
{
	return local_call_out(a->call);
}

static struct msg *
failed(struct ask *a, int code, char *text)
{
	free(a->text);
	a->code = code;
	a->text = text != NULL ? text : mem_str("an error without a reason");
	return NULL;
}

struct msg *
ask_next(struct ask *a, int ms)
{
	struct msg *m;
	int r = local_call_send(a->call);

	if (r == 0)
		r = local_call_next(a->call, ms, &m);
	a->late = r == -ETIMEDOUT;
	a->lost = r < 0 && !a->late;
	if (a->late)
		return failed(a, MSG_E_UNREACHABLE,
			      mem_str("the server does not answer"));
	if (a->lost)
		return failed(
			a, MSG_E_UNREACHABLE,
			str_printf("the server went away (%s)", io_error(r)));
	if (m->type == MSG_ERROR)
		return failed(a, (int)msg_to_uint(msg_field(m, 0), 1),
			      msg_dup_str(msg_field(m, 1), 1 << 16));
	return m;
}

int
ask_error(const struct ask *a)
{
	return cmd_status(a->cmd, a->code);
}

bool
ask_late(const struct ask *a)
{
	return a->late;
}

const char *
ask_text(const struct ask *a)
{
	return a->text;
}

bool
ask_reopen(struct ask *a)
{
	int status;
	struct ask *next = a->lost ? ask_open(a->cmd, true, &status) : NULL;

	if (next == NULL)
		return false;
	struct local_call *call = a->call;
	a->call = next->call;
	a->lost = false;
	next->call = call;
	ask_close(next);
	return true;
}

/* Asks what may be asked twice: of the next server, if one is killed. */
static const struct msg *
ask_for(struct ask *a, enum msg_type type, const char *word)
{
	struct msg_writer w;
	const struct msg *m;

	do {
		msg_begin(&w, ask_out(a), type, 1);
		if (word != NULL)
			msg_str(&w, word);
		else
			msg_map(&w, 0);
		msg_end(&w);
		m = ask_next(a, ASK_MS);
	} while (m == NULL && ask_reopen(a));
	return m;
}

int
ask_find(struct ask *a, const char *word, const char *deed, struct seen *s)
{
	const struct msg *m = NULL;

	if (strchr(word, '/') != NULL)
		failed(a, MSG_E_NO_SESSION, mem_str("no such host"));
	else
		m = ask_for(a, MSG_FIND, word);
	if (m == NULL) {
		if (deed != NULL)
			out_error("cannot %s '%s': %s", deed, word, a->text);
		return ask_error(a);
	}
	seen_read(s, m);
	return 0;
}

static void
forget(struct seen **list, size_t *n)
{
	for (size_t i = 0; i < *n; i++)
		seen_release(&(*list)[i]);
	free(*list);
	*list = NULL;
	*n = 0;
}

int
ask_list(struct ask *a, struct seen **list, size_t *n)
{
	const struct msg *m;

	*list = NULL;
	*n = 0;
	do {
		forget(list, n);
		m = ask_for(a, MSG_LIST, NULL);
		while (m != NULL && m->type == MSG_SESSION) {
			*list = mem_grow(*list, *n + 1, sizeof **list);
			seen_read(&(*list)[(*n)++], m);
			m = ask_next(a, ASK_MS);
		}
	} while (m == NULL && ask_reopen(a));
	if (m != NULL)
		return 0;
	forget(list, n);
	out_error("cannot list the sessions: %s", a->text);
	return ask_error(a);
}

struct local_call *
ask_custodian(const struct cmd *cmd, const struct seen *s, const char *deed,
	      int *status)
{
	int fd = s->socket == NULL ? -ENOENT : local_connect(s->socket);

	if (fd < 0) {
		out_error("cannot %s '%s': it cannot be reached: %s", deed,
			  s->name, io_error(fd));
		*status = cmd_status(cmd, MSG_E_UNREACHABLE);
		return NULL;
	}
	return local_call_new(fd, "client");
}
