/* soak/nth.c - a library that lets the n-th call on a file fail. */
#include "soak/nth.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* What the libraries have under this name behind this one. */
#define NEXT(name) ((__typeof__(&(name)))(uintptr_t)dlsym(RTLD_NEXT, #name))

static struct nth *
shared(void)
{
	static struct nth *nth;
	const char *path = getenv("CDO_NTH");

	if (nth != NULL || path == NULL)
		return nth;
	int fd = NEXT(open)(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	void *p = mmap(NULL, sizeof *nth, PROT_READ | PROT_WRITE, MAP_SHARED,
		       fd, 0);
	close(fd);
	if (p != MAP_FAILED)
		nth = p;
	return nth;
}

static bool
fails(const char *call, const char *path)
{
	struct nth *n = shared();

	if (n == NULL || n->fail == 0 ||
	    strncmp(path, n->root, strlen(n->root)) != 0 ||
	    ++n->calls != n->fail)
		return false;
	snprintf(n->what, sizeof n->what, "%s %s", call,
		 path + strlen(n->root));
	n->failed++;
	errno = EIO;
	return true;
}

static bool
fails_fd(const char *call, int fd)
{
	char name[64], path[256];
	struct nth *n = shared();
	struct stat st;

	if (n == NULL || n->fail == 0 || fstat(fd, &st) < 0 ||
	    (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)))
		return false;
	snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
	ssize_t len = readlink(name, path, sizeof path - 1);
	if (len < 0)
		return false;
	path[len] = '\0';
	return fails(call, path);
}

int
open(const char *path, int flags, ...)
{
	va_list ap;

	va_start(ap, flags);
	mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	return fails("open", path) ? -1 : NEXT(open)(path, flags, mode);
}

int
openat(int dir, const char *path, int flags, ...)
{
	va_list ap;

	va_start(ap, flags);
	mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	return fails("open", path) ? -1 : NEXT(openat)(dir, path, flags, mode);
}

int
mkdir(const char *path, mode_t mode)
{
	return fails("mkdir", path) ? -1 : NEXT(mkdir)(path, mode);
}

int
rename(const char *from, const char *to)
{
	return fails("rename", from) ? -1 : NEXT(rename)(from, to);
}

ssize_t
write(int fd, const void *data, size_t len)
{
	return fails_fd("write", fd) ? -1 : NEXT(write)(fd, data, len);
}

int
fsync(int fd)
{
	return fails_fd("fsync", fd) ? -1 : NEXT(fsync)(fd);
}

int
ftruncate(int fd, off_t len)
{
	return fails_fd("ftruncate", fd) ? -1 : NEXT(ftruncate)(fd, len);
}
