/* base/notice_linux.c - Linux: inotify. */
#include "base/notice.h"

#ifdef __linux__

#include <sys/inotify.h>

#include "base/io.h"

int
notice_new(void)
{
	return io_check(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
}

void
notice_gone(int fd, const char *path)
{
	/* A socket that is bound is not deleted, it has one link less. */
	inotify_add_watch(fd, path,
			  IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF |
				  IN_DONT_FOLLOW | IN_ONESHOT);
}

int
notice_come(int fd, const char *dir)
{
	return io_check(inotify_add_watch(
		fd, dir,
		IN_CREATE | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF |
			IN_ONLYDIR | IN_ONESHOT));
}

void
notice_take(int fd)
{
	char events[4096];

	while (io_read(fd, events, sizeof events) > 0)
		continue;
}

#endif
