/* custodian/orphan.c - children that come to us, and the program if need be. */
#include "custodian/orphan.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "base/loop.h"
#include "custodian/custodian.h"
#include "custodian/procs.h"
#include "custodian/state.h"
#include "keeper/memory.h"

static void
ended(struct custodian *c, int status)
{
	struct memory_head *h = c->head;

	if (h->ended)
		return;
	h->status = status;
	h->ended_at = custodian_clock();
	__atomic_store_n(&h->ended, 1, __ATOMIC_RELEASE);
	custodian_ended(c);
}

static void
on_child(void *ctx, int signum)
{
	struct custodian *c = ctx;
	pid_t pid;
	int status;

	(void)signum;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (pid == c->head->program)
			ended(c, status);
}

/* --- a program that is nobody's child that we know -------------------- */

/* linux/pidfd.h, since Linux 6.15: the status of a process that is gone. */
struct pidfd_info {
	uint64_t mask;
	uint64_t cgroup;
	uint32_t ids[11];
	int32_t status;
};
#define PIDFD_EXIT (UINT64_C(1) << 3)
#define PIDFD_INFO _IOWR(0xFF, 11, struct pidfd_info)

static int
status_of(int fd)
{
#ifdef __linux__
	struct pidfd_info info = { .mask = PIDFD_EXIT };

	if (ioctl(fd, PIDFD_INFO, &info) == 0 && info.mask & PIDFD_EXIT)
		return info.status;
#endif
	(void)fd;
	return -1;
}

enum {
	LOOK = 10, /* ms; until somebody has waited for it ... */
	LOOKS = 50, /* ... for so many times */
	RARELY = 1000, /* ms */
};

/* The program has ended; who is its parent waits for it any moment. */
static void
look(void *ctx)
{
	struct custodian *c = ctx;
	int status = -1;

	if (waitpid(c->head->program, &status, WNOHANG) <= 0)
		status = status_of(c->program_fd);
	if (status < 0) /* told only once somebody has waited for it */
		status = procs_status(c->head->program);
	if (status < 0 && c->program_looks++ < LOOKS) {
		loop_timer_start(c->program_timer, LOOK);
		return;
	}
	if (status < 0) {
		log_warn("nobody knows how the program has ended");
		status = 255 << 8; /* as if it had exited with 255 */
	}
	ended(c, status);
}

static void
on_pidfd(void *ctx, unsigned events)
{
	struct custodian *c = ctx;

	(void)events;
	loop_fd_free(c->program_watch);
	c->program_watch = NULL;
	c->program_timer = loop_timer_new(c->loop, look, c);
	look(c);
}

/* Where there are no pidfds, or the program was gone before there was one. */
static void
look_again(void *ctx)
{
	struct custodian *c = ctx;

	int status = procs_status(c->head->program);
	int r = io_check(kill(c->head->program, 0));

	if (status < 0 && r != -ESRCH) {
		loop_timer_start(c->program_timer, RARELY);
		return;
	}
	if (status < 0) {
		log_warn("nobody knows how the program has ended");
		status = W_EXITCODE(255, 0);
	}
	ended(c, status);
}

static void
watch_program(struct custodian *c)
{
	if (c->program_fd >= 0) {
		c->program_watch = loop_fd_new(c->loop, c->program_fd,
					       LOOP_READ, on_pidfd, c);
		return;
	}
	c->program_timer = loop_timer_new(c->loop, look_again, c);
	look_again(c);
}

void
orphan_start(struct custodian *c)
{
	/* Now: once its parent is gone it may be too late. */
	c->program_fd = -1;
#ifdef SYS_pidfd_open
	c->program_fd = (int)syscall(SYS_pidfd_open, c->head->program, 0);
#endif
	loop_signal_new(c->loop, SIGCHLD, on_child, c);
	on_child(c, SIGCHLD);
}

void
orphan_adopt(struct custodian *c)
{
	int status;
	pid_t pid = waitpid(c->head->program, &status, WNOHANG);

	log_warn("the keeper is gone");
	if (pid > 0)
		ended(c, status);
	else if (pid < 0)
		watch_program(c);
}
