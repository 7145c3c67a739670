/* cmd/castfile.c - the events of an asciicast that lies in a file. */
#include "cmd/castfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/str.h"
#include "cmd/cast.h"

enum {
	READ = 64 << 10,
	LINE_MAX_BYTES = 16 << 20, /* longer is no cast */
};

struct castfile {
	int fd;
	struct buf in; /* read, and not yet taken */
	size_t taken; /* of it, by the line before */
	struct cast_head head;
	struct buf head_text, text;
	bool begun;
	uint64_t us; /* of the last event */
};

/* Returns 1 with the next line, 0 at the end, or -errno. */
static int
next_line(struct castfile *f, const char **line, size_t *len)
{
	size_t seen = 0;
	const uint8_t *nl;

	buf_drop(&f->in, f->taken);
	f->taken = 0;
	while (!(nl = f->in.len > seen ? memchr(f->in.data + seen, '\n',
						f->in.len - seen)
				       : NULL)) {
		seen = f->in.len;
		if (seen > LINE_MAX_BYTES)
			return -EFBIG;

		ssize_t n = io_read(f->fd, buf_room(&f->in, READ), READ);

		if (n < 0)
			return (int)n;
		if (n == 0 && seen == 0)
			return 0;
		if (n == 0) { /* the last has no newline */
			*line = (const char *)f->in.data;
			*len = f->taken = seen;
			return 1;
		}
		buf_grew(&f->in, (size_t)n);
	}
	*line = (const char *)f->in.data;
	*len = (size_t)(nl - f->in.data);
	f->taken = *len + 1;
	return 1;
}

static int
read_head(struct castfile *f)
{
	const char *line;
	size_t len;
	int r = next_line(f, &line, &len);

	if (r == 1)
		r = cast_get_head(line, len, &f->head, &f->head_text);
	else if (r == 0)
		r = -EINVAL;
	return r;
}

struct castfile *
castfile_open(const char *path, char **why)
{
	struct castfile *f = mem_zero(1, sizeof *f);
	int r;

	*why = NULL;
	f->fd = r = io_open(path, O_RDONLY, 0);
	if (r >= 0)
		r = read_head(f);
	if (r >= 0)
		return f;
	*why = mem_str(r == -EINVAL || r == -EFBIG
			       ? "it is no asciicast of version 2 or 3"
			       : io_error(r));
	castfile_close(f);
	return NULL;
}

void
castfile_close(struct castfile *f)
{
	if (!f)
		return;
	if (f->fd >= 0)
		io_close(f->fd);
	buf_release(&f->in);
	buf_release(&f->head_text);
	buf_release(&f->text);
	free(f);
}

const struct cast_head *
castfile_head(const struct castfile *f)
{
	return &f->head;
}

/* What need not be read: nothing, a comment of version 3. */
static bool
is_blank(const char *line, size_t len)
{
	return len == 0 || *line == '#' || (len == 1 && *line == '\r');
}

int
castfile_next(struct castfile *f, struct cast_event *e)
{
	const char *line;
	size_t len;
	int r;

	if (!f->begun) {
		f->begun = true;
		*e = (struct cast_event){
			.kind = CAST_RESIZE,
			.cols = f->head.cols,
			.rows = f->head.rows,
		};
		return 1;
	}
	do
		r = next_line(f, &line, &len);
	while (r == 1 && is_blank(line, len));
	if (r < 1)
		return r;
	buf_clear(&f->text);
	r = cast_get_event(line, len, f->head.version, f->us, e, &f->text);
	if (r < 0)
		return r;
	if (e->us < f->us)
		e->us = f->us;
	f->us = e->us;
	return 1;
}
