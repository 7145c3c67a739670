/* proto/berth.c - a listening socket whose directory may vanish. */
#include "proto/berth.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/notice.h"
#include "base/path.h"
#include "proto/local.h"

enum { LATER = 250 }; /* ms: who removes it removes more than that */

struct berth {
	int fd;
	struct loop *loop;
	char *first, *second; /* paths; second NULL: there is none */
	const char *at; /* one of them; NULL: nowhere */
	struct stat was; /* of what is bound there */
	int mounts; /* their list; poll tells when it changes; or -1 */
	struct loop_fd *watch;
	int notice; /* or -1 */
	struct loop_fd *noticed;
	struct loop_timer *later;
	void (*taken)(void *ctx); /* or NULL */
	void (*ready)(void *ctx, bool now);
	void *ctx;
};

static char *
parent(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? mem_str(".")
			     : mem_strn(path, (size_t)(slash - path));
}

static bool
still_there(const struct berth *b)
{
	struct stat st;

	/* The number of a file that was removed may be given to the next. */
	return b->at != NULL && lstat(b->at, &st) == 0 &&
	       st.st_dev == b->was.st_dev && st.st_ino == b->was.st_ino &&
	       st.st_mtime == b->was.st_mtime;
}

/* A socket at path, or -errno; its directory is made if that is possible. */
static int
bind_at(const char *path)
{
	char *dir = parent(path), *why = NULL;
	int r = path_private_dir(dir, &why);

	free(why);
	free(dir);
	return r < 0 ? r : local_listen(path);
}

static int
move_to(struct berth *b, const char *path)
{
	int fd = bind_at(path);

	if (fd < 0)
		return fd;
	berth_unlink(b);
	b->ready(b->ctx, false);
	int r = io_check(dup2(fd, b->fd));
	io_cloexec(b->fd, true);
	io_close(fd);
	b->at = path;
	lstat(path, &b->was);
	b->ready(b->ctx, true);
	log_info("listening at %s", path);
	return r < 0 ? r : 0;
}

/* The nearest directory above path that is there. */
static void
notice_above(int notice, const char *path)
{
	char *dir = parent(path);

	while (notice_come(notice, dir) < 0 && strrchr(dir, '/') > dir) {
		char *above = parent(dir);

		free(dir);
		dir = above;
	}
	free(dir);
}

/* What would have to be looked at again. */
static void
arm(struct berth *b)
{
	if (b->notice < 0)
		return;
	if (b->at != NULL) {
		char *dir = parent(b->at);

		notice_gone(b->notice, b->at);
		notice_gone(b->notice, dir);
		free(dir);
	}
	if (b->at != b->first)
		notice_above(b->notice, b->first);
}

static void
settle(struct berth *b)
{
	bool there = still_there(b);
	int r;

	if (there && b->at == b->first)
		return;
	r = move_to(b, b->first);
	if (r == -EADDRINUSE && !there && b->taken != NULL) {
		b->taken(b->ctx);
		return;
	}
	if (r < 0 && !there && b->second != NULL)
		r = move_to(b, b->second);
	if (r < 0 && !there)
		log_warn("cannot listen at %s: %s", b->first, io_error(r));
}

void
berth_check(struct berth *b)
{
	settle(b);
	arm(b);
}

static void
changed(void *ctx, unsigned events)
{
	(void)events;
	berth_check(ctx);
}

static void
later(void *ctx)
{
	berth_check(ctx);
}

static void
noticed(void *ctx, unsigned events)
{
	struct berth *b = ctx;

	(void)events;
	notice_take(b->notice);
	if (!loop_timer_running(b->later))
		loop_timer_start(b->later, LATER);
}

void
berth_notice(struct berth *b, void (*taken)(void *ctx))
{
	b->taken = taken;
	b->notice = notice_new();
	if (b->notice < 0)
		return;
	b->later = loop_timer_new(b->loop, later, b);
	b->noticed = loop_fd_new(b->loop, b->notice, LOOP_READ, noticed, b);
	berth_check(b);
}

struct berth *
berth_new(struct loop *loop, const char *first, int fd,
	  void (*ready)(void *ctx, bool now), void *ctx)
{
	struct berth *b = mem_zero(1, sizeof *b);
	char *dir = path_runtime_second();
	const char *slash = strrchr(first, '/');

	b->fd = fd;
	b->loop = loop;
	b->notice = -1;
	b->first = mem_str(first);
	if (dir != NULL)
		b->second = path_join(dir, slash == NULL ? first : slash + 1);
	if (b->second != NULL && strcmp(b->first, b->second) == 0) {
		free(b->second);
		b->second = NULL;
	}
	free(dir);
	b->ready = ready;
	b->ctx = ctx;
	/* It may be what a predecessor had bound, who is gone. */
	if (lstat(first, &b->was) == 0 && local_answers(first))
		b->at = b->first;
	b->mounts = io_open("/proc/self/mountinfo", O_RDONLY, 0);
	if (b->mounts >= 0)
		b->watch =
			loop_fd_new(loop, b->mounts, LOOP_URGENT, changed, b);
	berth_check(b);
	return b;
}

void
berth_free(struct berth *b)
{
	if (b == NULL)
		return;
	loop_fd_free(b->watch);
	loop_fd_free(b->noticed);
	loop_timer_free(b->later);
	if (b->notice >= 0)
		io_close(b->notice);
	if (b->mounts >= 0)
		io_close(b->mounts);
	free(b->first);
	free(b->second);
	free(b);
}

const char *
berth_path(const struct berth *b)
{
	return b->at != NULL ? b->at : b->first;
}

void
berth_unlink(struct berth *b)
{
	if (still_there(b))
		unlink(b->at);
	b->at = NULL;
}
