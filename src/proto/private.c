/* proto/private.c - small files that only their owner may read. */
#include "proto/private.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/str.h"
#include "crypto/secret.h"

/* What is wrong with the file of this descriptor; NULL: nothing. */
static char *
fault(const char *path, const struct stat *st)
{
	if (!S_ISREG(st->st_mode))
		return str_printf("'%s' is no plain file; remove it", path);
	if (st->st_uid != geteuid())
		return str_printf("'%s' belongs to user %lu; move it away",
				  path, (unsigned long)st->st_uid);
	if (st->st_nlink != 1)
		return str_printf("'%s' has another name too (%lu links); "
				  "remove that",
				  path, (unsigned long)st->st_nlink);
	if (st->st_mode & 077)
		return str_printf("'%s' is open to others (mode %04o); "
				  "chmod 600 it",
				  path, (unsigned)(st->st_mode & 07777));
	return NULL;
}

static int
read_all(int fd, size_t max, struct buf *out)
{
	/* One piece: a buffer that grows would leave copies behind. */
	uint8_t *to = buf_room(out, max + 1);
	size_t len = 0;
	ssize_t n;

	do {
		n = io_read(fd, to + len, max + 1 - len);
		if (n > 0)
			len += (size_t)n;
	} while (n > 0 && len <= max);
	buf_grew(out, len);
	if (n < 0)
		return (int)n;
	return len > max ? -EFBIG : 0;
}

int
private_read(const char *path, size_t max, struct buf *out, char **why)
{
	struct stat st;

	*why = NULL;
	/* What stands there may be a pipe that nobody writes to. */
	int fd =
		io_open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0);
	if (fd == -ENOENT)
		return fd;
	if (fd == -ELOOP || fd == -EMLINK) {
		*why = str_printf("'%s' is a symbolic link; remove it", path);
		return -ELOOP;
	}
	int r = fd < 0 ? fd : io_check(fstat(fd, &st));
	if (r == 0 && (*why = fault(path, &st)) != NULL)
		r = -EPERM;
	else if (r == 0)
		r = read_all(fd, max, out);
	if (fd >= 0)
		io_close(fd);
	if (r < 0 && *why == NULL)
		*why = str_printf("cannot read '%s': %s", path, io_error(r));
	return r;
}

int
private_write(const char *path, const struct buf *text)
{
	return io_replace(path, text->data, text->len, 0600);
}

int
private_remove(const char *path)
{
	int r = io_check(unlink(path));

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	char *copy = mem_str(path);
	int fd = io_open(dirname(copy), O_RDONLY | O_DIRECTORY, 0);
	free(copy);
	if (fd < 0)
		return fd;
	r = io_check(fsync(fd));
	io_close(fd);
	return r == -EINVAL ? 0 : r;
}

void
private_release(struct buf *b)
{
	if (b->data != NULL)
		secret_wipe(b->data, b->len);
	buf_release(b);
}
