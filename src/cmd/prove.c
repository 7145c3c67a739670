/* cmd/prove.c - try on this host what a kill leaves of a session. */
#include "cmd/prove.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/run.h"
#include "base/spawn.h"
#include "base/str.h"
#include "cmd/checks.h"

enum {
	PATIENCE = 10000, /* ms for anything at all */
	LOOK = 20, /* ms between two looks at what others do */
};

/* Counts up for as long as it lives: what is shown tells how far it came. */
static const char program[] =
	"i=0; while :; do i=$((i+1)); echo \"alive $i\"; sleep 0.05; done";

struct proof {
	struct checks *checks;
	char *dir;
	int64_t pid, custodian, server; /* of the session; 0: none */
};

static int64_t
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void
rest(void)
{
	poll(NULL, 0, LOOK);
}

/* Runs cdo with these words; its output, caller frees, NULL: it failed. */
static char *
cdo(const char *const words[])
{
	char *argv[16] = { mem_str(spawn_self_path()) };
	struct buf out = { 0 };
	size_t n = 1;

	for (; words[n - 1] != NULL; n++)
		argv[n] = mem_str(words[n - 1]);
	int r = run_read(argv, PATIENCE, &out);
	while (n > 0)
		free(argv[--n]);
	char *text = buf_steal(&out);
	if (r == 0)
		return text;
	free(text);
	return NULL;
}

/* A number in a command's JSON; 0: there is none. */
static int64_t
number(const char *const words[], const char *key)
{
	char *text = cdo(words), *why = NULL;
	struct json *obj = text == NULL ? NULL
					: json_parse(text, strlen(text), &why);
	int64_t n = obj == NULL ? 0 : json_int(obj, key, 0);

	json_free(obj);
	free(why);
	free(text);
	return n;
}

static const char *const info[] = { "info", "--json", "proof", NULL };
static const char *const status[] = { "server", "status", "--json", NULL };

/* How far the program came, as its screen has it; 0: that is not shown. */
static long
count(void)
{
	char *text = cdo((const char *[]){ "capture", "proof", NULL });
	char *last = text, *p = text;

	while (p != NULL && (p = strstr(p, "alive ")) != NULL) {
		p += strlen("alive ");
		last = p;
	}
	long n = last == NULL || last == text ? 0 : strtol(last, NULL, 10);
	free(text);
	return n;
}

static bool
goes_on(void)
{
	int64_t end = now() + PATIENCE;
	long first = 0, n = 0;

	while (n == 0 || n == first) {
		if (now() > end)
			return false;
		n = count();
		if (first == 0)
			first = n;
		rest();
	}
	return n > first;
}

static void
row(struct proof *p, const char *id, bool good, char *text)
{
	checks_add(p->checks, id, good ? CHECK_OK : CHECK_ERROR, text, NULL);
}

/* After `what` was killed: is it the same program, and is it shown? */
static void
judge(struct proof *p, const char *id, const char *what, int64_t since)
{
	bool on = goes_on();
	bool same = number(info, "pid") == p->pid &&
		    kill((pid_t)p->pid, 0) == 0;

	row(p, id, on && same,
	    on && same ? str_printf("%s was killed: its program runs on, seen "
				    "again after %d ms",
				    what, (int)(now() - since))
		       : str_printf("%s was killed: %s", what,
				    same ? "its screen stands still"
					 : "its program is gone"));
}

/* --- a terminal -------------------------------------------------------- */

static _Noreturn void
become_client(int master)
{
	char *argv[] = { (char[]){ "cdo" }, (char[]){ "attach" },
			 (char[]){ "proof" }, NULL };
	const char *name = ptsname(master);

	setsid();
	int fd = name == NULL ? -1 : io_open(name, O_RDWR, 0);
	if (fd < 0)
		_exit(1);
	ioctl(fd, TIOCSCTTY, 0);
	for (int i = 0; i < 3; i++)
		dup2(fd, i);
	setenv("TERM", "xterm-256color", 1);
	execv(spawn_self_path(), argv);
	_exit(1);
}

/* Whether the client shows that the program goes on. */
static bool
shows(int master)
{
	int64_t end = now() + PATIENCE;
	struct buf seen = { 0 };
	bool found = false;

	while (!found && now() < end) {
		struct pollfd pfd = { .fd = master, .events = POLLIN };

		if (poll(&pfd, 1, LOOK) <= 0)
			continue;
		ssize_t n = io_read(master, buf_room(&seen, 4096), 4096);
		if (n <= 0)
			break;
		buf_grew(&seen, (size_t)n);
		found = memmem(seen.data, seen.len, "alive ", 6) != NULL;
	}
	buf_release(&seen);
	return found;
}

static void
attach(struct proof *p)
{
	int64_t since = now();
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct winsize size = { .ws_col = 80, .ws_row = 24 };

	if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0) {
		row(p, "attach", false, mem_str("no pseudo-terminal is left"));
		if (master >= 0)
			io_close(master);
		return;
	}
	ioctl(master, TIOCSWINSZ, &size);
	pid_t pid = fork();
	if (pid == 0)
		become_client(master);
	bool good = pid > 0 && shows(master);
	row(p, "attach", good,
	    good ? str_printf("attached again, after %d ms",
			      (int)(now() - since))
		 : mem_str("cannot attach to it any more"));
	io_close(master); /* which detaches */
	if (pid > 0)
		while (io_check(waitpid(pid, NULL, 0)) == -EINTR)
			continue;
}

/* --- the trial --------------------------------------------------------- */

static bool
start(struct proof *p)
{
	char *out = cdo((const char *[]){ "new", "-d", "-n", "proof", "--",
					  "/bin/sh", "-c", program, NULL });

	free(out);
	p->pid = number(info, "pid");
	p->server = number(status, "pid");
	bool good = out != NULL && p->pid > 0 && goes_on();
	row(p, "start", good,
	    mem_str(good ? "a session was started"
			 : "a session cannot be started"));
	return good;
}

static void
kill_server(struct proof *p)
{
	int64_t since = now();

	if (p->server <= 0)
		return;
	kill((pid_t)p->server, SIGKILL);
	while (number(status, "pid") == p->server && now() < since + PATIENCE)
		rest();
	judge(p, "kill-server", "the server", since);
}

static void
kill_custodian(struct proof *p)
{
	int64_t since = now(), old = number(info, "custodian_pid");

	if (old <= 0)
		return;
	kill((pid_t)old, SIGKILL);
	judge(p, "kill-custodian", "the custodian", since);
}

static void
set(const char *name, const char *dir, const char *sub)
{
	char *path = path_join(dir, sub);

	setenv(name, path, 1);
	free(path);
}

void
prove(struct checks *c)
{
	struct proof p = { .checks = c };
	char dir[] = "/tmp/cdo-proof-XXXXXX";

	if (mkdtemp(dir) == NULL) {
		row(&p, "start", false, mem_str("cannot write to /tmp"));
		return;
	}
	p.dir = dir;
	unsetenv("CDO");
	unsetenv("CDO_SESSION");
	unsetenv("CDO_NAME");
	set("CDO_RUNTIME_DIR", dir, "run");
	set("CDO_STATE_DIR", dir, "state");
	set("CDO_CONFIG", dir, "cdo.conf");
	setenv("CDO_PERSISTENT_SESSIONS", "1", 1);
	if (start(&p)) {
		kill_server(&p);
		kill_custodian(&p);
		attach(&p);
	}
	free(cdo((const char *[]){ "server", "stop", "--sessions", "-y",
				   NULL }));
	free(cdo((const char *[]){ "clear", NULL }));
	free(cdo((const char *[]){ "server", "stop", NULL }));
	char *words[] = { (char[]){ "rm" }, (char[]){ "-rf" }, dir, NULL };
	struct buf out = { 0 };
	run_read(words, PATIENCE, &out);
	buf_release(&out);
}
