/* base/notice_other.c - other systems than Linux: nothing is told. */
#include "base/notice.h"

#ifndef __linux__

#include <errno.h>

int
notice_new(void)
{
	return -ENOSYS;
}

void
notice_gone(int fd, const char *path)
{
	(void)fd;
	(void)path;
}

int
notice_come(int fd, const char *dir)
{
	(void)fd;
	(void)dir;
	return -ENOSYS;
}

void
notice_take(int fd)
{
	(void)fd;
}

#endif
