/* base/io.h - system calls that answer 0 or -errno. */
#ifndef CDO_BASE_IO_H
#define CDO_BASE_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct buf;

/*
 * Only this file reads errno.  Each call below returns what the system call
 * of its name returns, or -errno; EINTR is retried.  Descriptors made here
 * are close-on-exec.
 */
int io_open(const char *path, int flags, mode_t mode);
int io_openat(int dir, const char *path, int flags, mode_t mode);
ssize_t io_read(int fd, void *data, size_t len);
ssize_t io_write(int fd, const void *data, size_t len);
int io_close(int fd);
int io_nonblock(int fd, bool on);
int io_cloexec(int fd, bool on);
int io_pipe(int fds[2]);
int io_socketpair(int fds[2]); /* AF_UNIX, SOCK_STREAM */
/* r, or -errno if r is -1: for a system call that has no name above. */
int io_check(int r);

/* Writes all of it to a blocking descriptor; 0 or -errno. */
int io_write_all(int fd, const void *data, size_t len);
/* Appends up to max bytes of the file to out; 0, -EFBIG if it has more. */
int io_slurp(const char *path, size_t max, struct buf *out);
/*
 * Replaces path as a whole: a temporary file beside it, fsync, rename, fsync
 * of the directory.  After a failure the old file is as it was.
 */
int io_replace(const char *path, const void *data, size_t len, mode_t mode);

/* What -errno means, for people. */
const char *io_error(int r);

#endif
