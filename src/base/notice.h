/* base/notice.h - hear of files that go, and of those that come. */
#ifndef CDO_BASE_NOTICE_H
#define CDO_BASE_NOTICE_H

/*
 * A descriptor that is readable when something has happened; io_close ends it.
 * -ENOSYS where the system tells nothing, which costs only time.
 */
int notice_new(void);
/* Until it happens once: the name `path` is taken from what has it now. */
void notice_gone(int fd, const char *path);
/*
 * Until it happens once: something comes into the directory, or it goes.
 * -errno if it is none.
 */
int notice_come(int fd, const char *dir);
/* Takes what has happened, whatever it was. */
void notice_take(int fd);

#endif
