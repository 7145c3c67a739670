/* cmd/castfile.c - the events of an asciicast that lies in a file. */
#include "cmd/castfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "cmd/cast.h"

enum {
	READ = 64 << 10,
	LINE_MAX_BYTES = 16 << 20, /* longer is no cast */
	OLD_MAX_BYTES = 64 << 20, /* version 1 is one value */
	SECOND = 1000000,
};

struct castfile {
	int fd;
	struct buf in; /* read, and not yet taken */
	size_t taken; /* of it, by the line before */
	struct cast_head head;
	struct buf head_text, text;
	struct json *old; /* of version 1 */
	size_t at; /* the next pair of its list */
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

/* Version 1: an object with a list of pairs, a pause and what comes then. */
static int
read_old(struct castfile *f, const char *path)
{
	struct buf all = { 0 };
	char *why = NULL;
	int r = io_slurp(path, OLD_MAX_BYTES, &all);

	if (r < 0)
		goto out;
	f->old = json_parse(all.data, all.len, &why);
	f->head.version = (int)json_int(f->old, "version", 0);

	int64_t cols = json_int(f->old, "width", 0);
	int64_t rows = json_int(f->old, "height", 0);

	r = -EINVAL;
	if (f->head.version != 1 || !cast_size_ok(cols, rows))
		goto out;
	f->head.cols = (unsigned)cols;
	f->head.rows = (unsigned)rows;
	r = 0;
out:
	free(why);
	buf_release(&all);
	return r;
}

static int
next_old(struct castfile *f, struct cast_event *e)
{
	const struct json *list = json_get(f->old, "stdout");
	const struct json *pair = json_at(list, f->at);
	double pause = json_at_number(pair, 0, 0);
	const char *data = json_at_str(pair, 1);

	if (f->at++ >= json_count(list))
		return 0;
	if (!data || !(pause >= 0 && pause < 1e9))
		return -EINVAL;
	f->us += (uint64_t)(pause * SECOND);
	*e = (struct cast_event){
		.kind = CAST_OUTPUT,
		.us = f->us,
		.data = (const uint8_t *)data,
		.len = strlen(data),
	};
	return 1;
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
	if (r == -EINVAL)
		r = read_old(f, path);
	if (r >= 0)
		return f;
	*why = mem_str(r == -EINVAL || r == -EFBIG
			       ? "it is no asciicast of version 1, 2 or 3"
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
	json_free(f->old);
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
	if (f->old)
		return next_old(f, e);
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
