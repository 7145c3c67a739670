/* keeper/keeper.c - the process that holds a session's descriptors. */
#include "keeper/keeper.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "base/io.h"
#include "base/log.h"
#include "keeper/memory.h"
#include "keeper/options.h"
#include "keeper/spawn.h"

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 /* SIGPIPE is ignored */
#endif

enum {
	FD_REPORT = 3,
	BACKLOG = 128,
	SHORT_LIFE = 2000, /* ms: a custodian that dies sooner has failed */
	FIRST_PAUSE = 50, /* ms before another one after a failure, doubled */
	LAST_PAUSE = 10000, /* unless somebody has killed it */
};

struct keeper {
	struct options o;
	char **argv;
	struct memory_head *head;
	int fds[MEMORY_FD_COUNT]; /* CONTROL: our end, -1 without custodian */
	uint64_t born, lost; /* ms: when the custodian was started; was gone */
	pid_t custodian; /* 0: the first one, our parent */
	bool killed; /* the last one was, by somebody */
	unsigned failures; /* in a row */
};

static uint64_t
clock_ms(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* --- birth ------------------------------------------------------------ */

static int
fail(const struct keeper *k, const char *stage, int r)
{
	char line[64];
	int n = snprintf(line, sizeof line, "fail %s %d\n", stage, -r);

	io_write_all(FD_REPORT, line, (size_t)n);
	if (k->o.socket)
		unlink(k->o.socket);
	return 1;
}

/* The name is this session's alone: whatever is there is a leftover. */
static int
listen_at(const char *path)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd, r;

	if (strlen(path) >= sizeof sa.sun_path)
		return -ENAMETOOLONG;
	memcpy(sa.sun_path, path, strlen(path));
	fd = io_check(socket(AF_UNIX, SOCK_STREAM, 0));
	if (fd < 0)
		return fd;
	io_cloexec(fd, true);

	unlink(path);
	mode_t old = umask(0177);
	r = io_check(bind(fd, (struct sockaddr *)&sa, sizeof sa));
	umask(old);
	if (r == 0)
		r = io_check(listen(fd, BACKLOG));
	if (r == 0)
		r = io_nonblock(fd, true);
	if (r < 0) {
		io_close(fd);
		return r;
	}
	return fd;
}

/* What keeper and custodian share.  0, or -errno with *stage. */
static int
open_all(struct keeper *k, const char **stage)
{
	int r;

	*stage = "socket";
	r = k->fds[MEMORY_FD_LISTENER] = listen_at(k->o.socket);
	if (r < 0)
		return r;
	*stage = "pty";
	r = spawn_pty(k->o.cols, k->o.rows, &k->fds[MEMORY_FD_PTY]);
	if (r < 0)
		return r;
	*stage = "memory";
	r = k->fds[MEMORY_FD_MEMORY] = memory_create();
	if (r < 0)
		return r;
	k->head = memory_map(k->fds[MEMORY_FD_MEMORY]);
	if (!k->head)
		return -ENOMEM;

	k->head->cols = k->o.cols;
	k->head->rows = k->o.rows;
	k->head->started = clock_ms(CLOCK_REALTIME);
	k->head->custodians = 1;
	return 0;
}

/* --- life ------------------------------------------------------------- */

static void
tell(const struct keeper *k, enum memory_note_kind kind, int value)
{
	struct memory_note note = { .kind = (int32_t)kind, .value = value };

	if (k->fds[MEMORY_FD_CONTROL] >= 0)
		send(k->fds[MEMORY_FD_CONTROL], &note, sizeof note,
		     MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void
reap(struct keeper *k)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == k->custodian)
			k->killed = WIFSIGNALED(status) &&
				    WTERMSIG(status) == SIGKILL;
		if (pid != k->head->program)
			continue;
		k->head->status = status;
		k->head->ended_at = clock_ms(CLOCK_REALTIME);
		__atomic_store_n(&k->head->ended, 1, __ATOMIC_RELEASE);
		io_close(k->fds[MEMORY_FD_SLAVE]);
		k->fds[MEMORY_FD_SLAVE] = -1;
		tell(k, MEMORY_NOTE_ENDED, status);
	}
}

static void
start_custodian(struct keeper *k)
{
	int ends[2], theirs[MEMORY_FD_COUNT];

	k->born = clock_ms(CLOCK_MONOTONIC);
	k->head->custodians++;
	if (io_socketpair(ends) < 0) {
		k->lost = k->born;
		k->failures++;
		return;
	}
	memcpy(theirs, k->fds, sizeof theirs);
	theirs[MEMORY_FD_CONTROL] = ends[1];

	/* A failed fork or exec shows as the end of file of ends[0]. */
	k->killed = false;
	k->custodian = fork();
	if (k->custodian == 0) {
		int r = spawn_custodian(&k->o, k->argv, theirs);
		log_warn("cannot run '%s custodian': %s", k->o.binary,
			 io_error(r));
		_exit(127);
	}
	io_close(ends[1]);
	k->fds[MEMORY_FD_CONTROL] = ends[0];
	if (k->head->ended)
		tell(k, MEMORY_NOTE_ENDED, k->head->status);
}

static void
lost_custodian(struct keeper *k)
{
	io_close(k->fds[MEMORY_FD_CONTROL]);
	k->fds[MEMORY_FD_CONTROL] = -1;
	k->lost = clock_ms(CLOCK_MONOTONIC);
	if (k->head->finished)
		_exit(0);
	if (k->head->upgraded) {
		k->head->upgraded = 0;
		k->failures = 0;
		return;
	}
	if (k->lost - k->born < SHORT_LIFE)
		k->failures++;
	else
		k->failures = 0;
	log_warn("the custodian is gone; another one follows");
}

/* How long to wait before the next custodian, in ms. */
static uint64_t
pause_for(const struct keeper *k)
{
	uint64_t ms = FIRST_PAUSE;

	if (k->failures < 2) /* once is an accident */
		return 0;
	for (unsigned i = 2; i < k->failures && ms < LAST_PAUSE; i++)
		ms *= k->killed ? 1 : 2;
	return ms < LAST_PAUSE ? ms : LAST_PAUSE;
}

/* And how much of that is left. */
static uint64_t
pause_left(const struct keeper *k)
{
	uint64_t gone = clock_ms(CLOCK_MONOTONIC) - k->lost, ms = pause_for(k);

	return ms > gone ? ms - gone : 0;
}

/* Until the custodian leaves, a child ends, or ms (NULL: for ever) are over. */
static void
wait_for_news(struct keeper *k, const uint64_t *ms, const sigset_t *mask)
{
	struct timespec t = { 0 };
	int fd = k->fds[MEMORY_FD_CONTROL];
	fd_set set;

	FD_ZERO(&set);
	if (fd >= 0)
		FD_SET(fd, &set);
	if (ms)
		t = (struct timespec){ .tv_sec = (time_t)(*ms / 1000),
				       .tv_nsec =
					       (long)(*ms % 1000) * 1000000 };
	if (pselect(fd + 1, &set, NULL, NULL, ms ? &t : NULL, mask) > 0) {
		struct memory_note note;

		if (io_read(fd, &note, sizeof note) <= 0)
			lost_custodian(k);
	}
}

static void
on_child(int signum)
{
	(void)signum; /* it only has to end the waiting */
}

/* The keeper's whole life, once the program runs. */
static _Noreturn void
keep(struct keeper *k, const sigset_t *mask)
{
	for (;;) {
		reap(k);
		if (k->fds[MEMORY_FD_CONTROL] >= 0) {
			wait_for_news(k, NULL, mask);
			continue;
		}
		/* Its own end may be the news. */
		for (uint64_t ms; (ms = pause_left(k)) > 0; reap(k))
			wait_for_news(k, &ms, mask);
		start_custodian(k);
	}
}

static void
be_keeper(struct keeper *k)
{
	static const int ignored[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM,
				       SIGPIPE };
	struct sigaction child = { .sa_handler = on_child };
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	const char *stage;
	sigset_t block, mask;
	char line[32];

	sigemptyset(&block);
	sigaddset(&block, SIGCHLD);
	sigprocmask(SIG_BLOCK, &block, &mask);
	sigdelset(&mask, SIGCHLD);
	sigaction(SIGCHLD, &child, NULL);

	pid_t pid = spawn_program(&k->o, k->fds[MEMORY_FD_SLAVE], &stage);
	if (pid < 0)
		_exit(fail(k, stage, pid));
	for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
		sigaction(ignored[i], &ignore, NULL);
	k->head->program = pid;
	k->head->keeper = getpid();
	k->born = clock_ms(CLOCK_MONOTONIC);
	tell(k, MEMORY_NOTE_STARTED, pid);

	int n = snprintf(line, sizeof line, "ok %ld\n", (long)pid);
	io_write_all(FD_REPORT, line, (size_t)n);
	io_close(FD_REPORT);
	if (chdir("/") < 0)
		log_warn("cannot leave the directory");
	keep(k, &mask);
}

static void
open_log(const struct options *o)
{
	static char path[4096];

	if (snprintf(path, sizeof path, "%s/log", o->dir) < (int)sizeof path)
		log_open(path, "keeper");
}

int
keeper_main(int argc, char **argv)
{
	struct keeper k = { .argv = argv };
	struct memory_note note;
	const char *stage;
	int ends[2], r;

	(void)argc;
	r = options_read(&k.o, argv);
	if (r < 0)
		return fail(&k, "options", r);
	if (k.o.scope)
		spawn_scope(&k.o, argv);
	io_cloexec(FD_REPORT, true);
	io_cloexec(MEMORY_FD_LOCK, true);
	k.fds[MEMORY_FD_LOCK] = MEMORY_FD_LOCK;
	open_log(&k.o);
	r = open_all(&k, &stage);
	if (r < 0)
		return fail(&k, stage, r);
	r = io_socketpair(ends);
	if (r < 0)
		return fail(&k, "fork", r);

#ifdef PR_SET_CHILD_SUBREAPER
	r = io_check(prctl(PR_SET_CHILD_SUBREAPER, 1));
#else
	r = -ENOSYS;
#endif
	if (r < 0)
		log_warn("no subreaper: if this keeper is killed, nobody may "
			 "know how the program ends");
	pid_t pid = io_check(fork());
	if (pid < 0)
		return fail(&k, "fork", pid);
	k.fds[MEMORY_FD_CONTROL] = ends[pid == 0 ? 0 : 1];
	io_close(ends[pid == 0 ? 1 : 0]);
	if (pid == 0)
		be_keeper(&k);

	/* Its keeper has reported already if there is nothing to keep. */
	io_close(FD_REPORT);
	if (io_read(k.fds[MEMORY_FD_CONTROL], &note, sizeof note) !=
	    sizeof note)
		return 1;
	r = spawn_custodian(&k.o, argv, k.fds);
	log_warn("cannot run '%s custodian': %s", k.o.binary, io_error(r));
	return 1; /* the keeper sees it and tries again */
}
