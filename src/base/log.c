/* base/log.c - what happened, for who looks later. */
#include "base/log.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/str.h"

static int file = -1;
static const char *name = "cdo";

void
log_open(const char *path, const char *who)
{
	int fd =
		io_open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0600);

	name = who;
	if (fd < 0) {
		log_warn("cannot write '%s': %s", path, io_error(fd));
		return;
	}
	if (file >= 0)
		io_close(file);
	file = fd;
}

/* One write for each line, so that processes may share a file. */
static void __attribute__((format(printf, 2, 0)))
line(const char *mark, const char *fmt, va_list ap)
{
	char text[1024];
	struct buf b = { 0 };

	vsnprintf(text, sizeof text, fmt, ap);
	for (char *p = text; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';
	if (file >= 0) {
		char *when = str_time((uint64_t)time(NULL) * 1000);

		buf_printf(&b, "%s ", when);
		free(when);
	}
	buf_printf(&b, "%s: %s%s\n", name, mark, text);
	io_write_all(file >= 0 ? file : STDERR_FILENO, b.data, b.len);
	buf_release(&b);
}

void
log_info(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	line("", fmt, ap);
	va_end(ap);
}

void
log_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	line("warning: ", fmt, ap);
	va_end(ap);
}
