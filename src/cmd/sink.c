/* cmd/sink.c - a file that is there whole or not at all. */
#include "cmd/sink.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/str.h"

enum { ENOUGH = 64 << 10 };

static const int deadly[] = { SIGHUP, SIGINT, SIGTERM };
enum { DEADLY = sizeof deadly / sizeof deadly[0] };

/* For the handler: what would be left behind. */
static char *volatile litter;

static void
die_clean(int signum)
{
	if (litter)
		unlink(litter);
	signal(signum, SIG_DFL);
	raise(signum);
}

static void
mind_signals(char *temp)
{
	litter = temp;
	for (int i = 0; i < DEADLY; i++)
		signal(deadly[i], temp ? die_clean : SIG_DFL);
}

int
sink_open(struct sink *s, const char *path)
{
	struct stat st;

	*s = (struct sink){ .fd = STDOUT_FILENO };
	if (!path)
		return 0;
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		s->fd = io_open(path, O_WRONLY, 0);
		return s->fd < 0 ? s->fd : 0;
	}
	/* A link stays one: its file is replaced. */
	s->path = realpath(path, NULL);
	if (!s->path)
		s->path = mem_str(path);
	s->temp = str_printf("%s.%ld.tmp", s->path, (long)getpid());
	s->fd = io_open(s->temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW,
			0666);
	if (s->fd >= 0) {
		mind_signals(s->temp);
		return 0;
	}
	free(s->path);
	free(s->temp);
	return s->fd;
}

static int
write_out(struct sink *s)
{
	int r = io_write_all(s->fd, s->buf.data, s->buf.len);

	buf_clear(&s->buf);
	return r;
}

int
sink_push(struct sink *s)
{
	return s->buf.len < ENOUGH ? 0 : write_out(s);
}

int
sink_close(struct sink *s, bool keep)
{
	int r = keep ? write_out(s) : 0, closed = 0;

	if (s->temp && keep && r == 0)
		r = io_check(fsync(s->fd));
	if (s->fd != STDOUT_FILENO)
		closed = io_close(s->fd);
	if (r == 0)
		r = closed;
	if (s->temp && keep && r == 0)
		r = io_check(rename(s->temp, s->path));
	if (s->temp) {
		if (!keep || r < 0)
			unlink(s->temp);
		mind_signals(NULL);
	}
	free(s->temp);
	free(s->path);
	buf_release(&s->buf);
	return r;
}
