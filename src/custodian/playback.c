/* custodian/playback.c - reads a recording, around what is damaged. */
#include "custodian/playback.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/io.h"
#include "base/mem.h"
#include "custodian/segments.h"
#include "custodian/transcript.h"

enum { READ = 32 << 10 };

struct playback {
	char *dir;
	unsigned newest; /* read only so many segments; 0: all */
	unsigned number; /* of the segment that is read, 0 before the first */
	int fd; /* -1: between two */
	struct unpacker *unpacker;
	uint8_t *bytes; /* READ of them, fed to the unpacker */
	bool ended; /* an END was seen: the next segment goes on */
	bool joined; /* nothing is missing so far */
	uint64_t time; /* of the last frame */
	int error;
};

struct playback *
playback_new(const char *dir, unsigned newest)
{
	struct playback *p = mem_zero(1, sizeof *p);

	p->dir = mem_str(dir);
	p->newest = newest;
	p->fd = -1;
	p->bytes = mem_alloc(READ);
	return p;
}

static void
leave(struct playback *p)
{
	if (p->fd >= 0)
		io_close(p->fd);
	p->fd = -1;
	unpacker_free(p->unpacker);
	p->unpacker = NULL;
}

void
playback_free(struct playback *p)
{
	if (!p)
		return;
	leave(p);
	free(p->bytes);
	free(p->dir);
	free(p);
}

/* The number of the segment behind this one; 0 if there is none yet. */
static int
find_next(const struct playback *p, unsigned *next)
{
	struct segment *list = NULL;
	int n = segments_list(p->dir, &list), first = 0;

	if (!p->number && p->newest && n > (int)p->newest)
		first = n - (int)p->newest;
	*next = 0;
	for (int i = first; i < n && !*next; i++)
		if (list[i].number > p->number)
			*next = list[i].number;
	free(list);
	return n < 0 ? n : 0;
}

static int
gap(struct playback *p, enum transcript_why why, struct transcript_frame *out)
{
	*out = (struct transcript_frame){
		.kind = TRANSCRIPT_GAP,
		.time = p->time,
		.why = why,
	};
	p->joined = false;
	return 1;
}

/* 0, 1 with a gap before it, or -errno; -ENOENT: it was dropped meanwhile. */
static int
enter(struct playback *p, unsigned number, struct transcript_frame *out)
{
	char *path = segments_path(p->dir, number);
	int fd = io_open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
	struct stat st;

	free(path);
	if (fd < 0)
		return fd;
	leave(p);
	p->fd = fd;
	p->unpacker = unpacker_new();

	bool dropped = p->number && number != p->number + 1;

	p->joined = p->joined && p->ended && !dropped;
	p->ended = false;
	p->number = number;
	if (io_check(fstat(fd, &st)) < 0 || !S_ISREG(st.st_mode)) {
		leave(p);
		return gap(p, TRANSCRIPT_DAMAGED, out);
	}
	return dropped ? gap(p, TRANSCRIPT_DROPPED, out) : 0;
}

/* A frame of this segment: 1, or 0 at its end as it is now. */
static int
next_here(struct playback *p, struct transcript_frame *out)
{
	while (p->fd >= 0) {
		int r = unpacker_next(p->unpacker, out);

		ssize_t n;

		if (r == 1)
			return 1;
		n = r < 0 ? r : io_read(p->fd, p->bytes, READ);
		if (n == 0)
			return 0;
		if (n < 0) {
			leave(p);
			return gap(p, TRANSCRIPT_DAMAGED, out);
		}
		unpacker_feed(p->unpacker, p->bytes, (size_t)n);
	}
	return 0;
}

/* Whether the frame is for who called; notes what it means. */
static bool
mind(struct playback *p, struct transcript_frame *f)
{
	if (f->time < p->time)
		f->time = p->time;
	p->time = f->time;
	switch (f->kind) {
	case TRANSCRIPT_END:
		p->ended = true;
		return false;
	case TRANSCRIPT_GAP:
		p->joined = false;
		return true;
	case TRANSCRIPT_KEY:
		f->joined = p->joined;
		p->joined = true;
		return true;
	default:
		return true;
	}
}

static int
next(struct playback *p, struct transcript_frame *out)
{
	for (;;) {
		unsigned number;
		int r = next_here(p, out);

		if (r != 0)
			return r;
		r = find_next(p, &number);
		if (r < 0 || !number)
			return r;
		/*
		 * Now that there is a next one nobody writes to this one: what
		 * still came is the rest of it.
		 */
		r = next_here(p, out);
		if (r != 0)
			return r;
		r = enter(p, number, out);
		if (r != 0 && r != -ENOENT)
			return r;
	}
}

int
playback_next(struct playback *p, struct transcript_frame *out)
{
	int r;

	if (p->error)
		return p->error;
	do
		r = next(p, out);
	while (r == 1 && !mind(p, out));
	if (r < 0)
		p->error = r;
	return r;
}
