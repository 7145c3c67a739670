/* custodian/recorder.c - writes a session's recording, whatever happens. */
#include "custodian/recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/mem.h"
#include "custodian/segments.h"
#include "custodian/transcript.h"

enum {
	WRITE = 64 << 10, /* so much at once, between flushes */
	SEGMENT_MIN = 256 << 10,
	SECOND = 1000,
};

enum state {
	RECORDING,
	FLOODED, /* the segment is open, and output left out */
	BROKEN, /* no segment is open: one is tried now and then */
	CLOSED, /* the program has ended */
};

struct recorder {
	struct recorder_options o;
	char *dir;
	enum state state;
	uint64_t segment; /* bytes of a file */

	int fd; /* of the segment, -1 before its first bytes are written */
	unsigned number; /* of it; 0: it has none yet */
	uint64_t size; /* of the file */
	uint64_t sound; /* bytes of it that end with a flush */
	uint64_t keyed; /* bytes that its key frame took */
	uint64_t older; /* bytes in all other segments */
	struct packer *packer;
	struct buf out; /* made, not yet in the file */

	uint64_t added; /* when the last frame was */
	uint64_t dirty; /* when the first that is not flushed was */
	uint64_t unsaved; /* bytes of output in those */

	uint64_t credit, credited; /* bytes that may come; as of when */
	uint64_t window, came; /* of a flood: a second's start, its bytes */
	uint64_t lost; /* bytes of output in the gap */
	enum transcript_why why;
	uint64_t tried; /* BROKEN: when a segment could not be made */
	int error; /* and why */
};

/* Whether so many ms have passed; a clock that was set back starts anew. */
static bool
passed(uint64_t now, uint64_t *since, uint64_t ms)
{
	if (now < *since)
		*since = now;
	return now - *since >= ms;
}

static uint64_t
left(uint64_t now, uint64_t since, uint64_t ms)
{
	uint64_t gone = now > since ? now - since : 0;

	return gone < ms ? ms - gone : 0;
}

/* --- the file ---------------------------------------------------------- */

/* Old segments go, but for the first, until one more fits. */
static void
drop_old(struct recorder *r)
{
	struct segment *list = NULL;
	int n = segments_list(r->dir, &list), left = n;

	if (n < 0)
		return;
	r->older = 0;
	for (int i = 0; i < n; i++)
		r->older += list[i].size;
	for (int i = 1; i < n && (r->older + r->segment > r->o.max ||
				  left >= RECORDER_SEGMENTS);
	     i++) {
		char *path = segments_path(r->dir, list[i].number);

		if (io_check(unlink(path)) == 0)
			r->older -= list[i].size;
		left--;
		free(path);
	}
	r->number = n ? list[n - 1].number : 0;
	free(list);
}

static int
create(struct recorder *r)
{
	drop_old(r);

	char *path = segments_path(r->dir, r->number + 1);

	r->fd = io_open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
	free(path);
	if (r->fd < 0)
		return r->fd;
	r->number++;
	r->size = r->sound = 0;
	return 0;
}

static int
save(struct recorder *r)
{
	int err = r->fd < 0 && r->out.len ? create(r) : 0;

	if (err == 0 && r->out.len)
		err = io_write_all(r->fd, r->out.data, r->out.len);
	if (err < 0)
		return err;
	r->size += r->out.len;
	buf_clear(&r->out);
	return 0;
}

static void
leave(struct recorder *r)
{
	if (r->fd >= 0)
		io_close(r->fd);
	r->fd = -1;
	r->older += r->size;
	r->size = r->sound = 0;
}

/* The file cannot be written: it ends with what was flushed. */
static void
broke(struct recorder *r, uint64_t now, int err)
{
	if (r->fd >= 0 && io_check(ftruncate(r->fd, (off_t)r->sound)) == 0)
		r->size = r->sound;
	if (r->fd >= 0 && !r->sound) {
		char *path = segments_path(r->dir, r->number);

		unlink(path);
		free(path);
	}
	leave(r);
	buf_release(&r->out);
	packer_free(r->packer);
	r->packer = packer_new();
	r->lost += r->unsaved;
	r->unsaved = 0;
	r->why = TRANSCRIPT_DISK;
	r->state = BROKEN;
	r->error = err;
	r->tried = now;
}

static void
flush(struct recorder *r, uint64_t now, bool rest)
{
	if (rest)
		packer_rest(r->packer, &r->out);
	else
		packer_flush(r->packer, &r->out);

	int err = save(r);

	if (err < 0) {
		broke(r, now, err);
		return;
	}
	r->sound = r->size;
	r->unsaved = 0;
	if (rest)
		buf_release(&r->out);
}

/* --- frames ------------------------------------------------------------ */

static bool
open_for_frames(const struct recorder *r)
{
	return r->state == RECORDING || r->state == FLOODED;
}

static void
add(struct recorder *r, uint64_t now, struct transcript_frame f)
{
	if (!open_for_frames(r))
		return;
	f.time = now;
	if (!packer_unflushed(r->packer))
		r->dirty = now;
	r->added = now;
	packer_add(r->packer, &f, &r->out);
	if (r->out.len < WRITE)
		return;

	int err = save(r);

	if (err < 0)
		broke(r, now, err);
}

static void
add_kind(struct recorder *r, uint64_t now, enum transcript_kind kind)
{
	add(r, now, (struct transcript_frame){ .kind = kind });
}

struct key {
	unsigned cols, rows;
	struct buf screen;
};

static bool
take_key(const struct recorder *r, struct key *key)
{
	*key = (struct key){ 0 };
	return r->o.key(r->o.ctx, &key->cols, &key->rows, &key->screen);
}

/* What is missing, if anything, and the screen. */
static void
add_key(struct recorder *r, uint64_t now, const struct key *key)
{
	if (r->lost)
		add(r, now,
		    (struct transcript_frame){
			    .kind = TRANSCRIPT_GAP,
			    .lost = r->lost,
			    .why = r->why,
		    });
	/* Until that is in the file, it is as if it was lost just now. */
	r->unsaved += r->lost;
	r->lost = 0;
	add(r, now,
	    (struct transcript_frame){
		    .kind = TRANSCRIPT_KEY,
		    .cols = key->cols,
		    .rows = key->rows,
	    });
	add(r, now,
	    (struct transcript_frame){
		    .kind = TRANSCRIPT_SCREEN,
		    .data = key->screen.data,
		    .len = key->screen.len,
	    });
}

static void
flood(struct recorder *r, uint64_t now)
{
	r->state = FLOODED;
	r->why = TRANSCRIPT_FLOOD;
	r->window = now;
	r->came = 0;
}

/* --- segments ---------------------------------------------------------- */

static void
begin(struct recorder *r, uint64_t now, const struct key *key)
{
	r->state = RECORDING;
	add_kind(r, now, TRANSCRIPT_START);
	add_key(r, now, key);
	if (open_for_frames(r))
		flush(r, now, false);
	if (!open_for_frames(r))
		return;
	r->keyed = r->size;
	r->error = 0;
}

static void
try_again(struct recorder *r, uint64_t now)
{
	struct key key;

	if (take_key(r, &key))
		begin(r, now, &key);
	buf_release(&key.screen);
}

/* A segment holds more than the key frame that it begins with. */
static bool
is_full(const struct recorder *r)
{
	uint64_t size = r->size + r->out.len + WRITE;

	return size >= r->segment && size >= 2 * r->keyed;
}

static void
rotate(struct recorder *r, uint64_t now)
{
	struct key key;

	if (take_key(r, &key)) {
		add_kind(r, now, TRANSCRIPT_END);
		if (open_for_frames(r))
			flush(r, now, true);
		leave(r);
		begin(r, now, &key);
	} else if (r->size > 2 * r->segment) {
		/* A string without an end is left out, like a flood. */
		flood(r, now);
	}
	buf_release(&key.screen);
}

static void
ebb(struct recorder *r, uint64_t now)
{
	struct key key = { 0 };

	r->window = now;
	if (r->came < RECORDER_RATE && take_key(r, &key)) {
		add_key(r, now, &key);
		r->credit = RECORDER_RATE;
		r->credited = now;
		if (open_for_frames(r))
			r->state = RECORDING;
	}
	r->came = 0;
	buf_release(&key.screen);
}

static void
settle(struct recorder *r, uint64_t now)
{
	if (r->state == FLOODED && passed(now, &r->window, SECOND))
		ebb(r, now);
	if (r->state == RECORDING && is_full(r))
		rotate(r, now);
	if (r->state == BROKEN &&
	    (!r->error || passed(now, &r->tried, RECORDER_RETRY_MS)))
		try_again(r, now);
	if (!open_for_frames(r))
		return;
	if (packer_unflushed(r->packer) &&
	    passed(now, &r->dirty, RECORDER_FLUSH_MS))
		flush(r, now, false);
	if (open_for_frames(r) && packer_unrested(r->packer) &&
	    passed(now, &r->added, RECORDER_REST_MS))
		flush(r, now, true);
}

/* --- what the session calls -------------------------------------------- */

struct recorder *
recorder_new(const struct recorder_options *o, uint64_t now)
{
	struct recorder *r = mem_zero(1, sizeof *r);

	r->o = *o;
	if (!r->o.max)
		r->o.max = RECORDER_MAX;
	r->segment = r->o.max / 4;
	if (r->segment > RECORDER_SEGMENT)
		r->segment = RECORDER_SEGMENT;
	if (r->segment < SEGMENT_MIN)
		r->segment = SEGMENT_MIN;
	r->dir = mem_str(o->dir);
	r->fd = -1;
	r->packer = packer_new();
	r->credit = RECORDER_BURST;
	r->credited = now;
	r->state = BROKEN;
	r->why = TRANSCRIPT_DISK;
	settle(r, now);
	return r;
}

void
recorder_free(struct recorder *r)
{
	if (!r)
		return;
	if (open_for_frames(r))
		flush(r, r->added, true);
	leave(r);
	packer_free(r->packer);
	buf_release(&r->out);
	free(r->dir);
	free(r);
}

/* Whether n more bytes are within what a recording takes. */
static bool
afford(struct recorder *r, uint64_t now, uint64_t n)
{
	/* After so long all of it is there again. */
	const uint64_t full = SECOND * (RECORDER_BURST / RECORDER_RATE);
	uint64_t ms = now > r->credited ? now - r->credited : 0;

	r->credit += (ms < full ? ms : full) * RECORDER_RATE / SECOND;
	if (r->credit > RECORDER_BURST)
		r->credit = RECORDER_BURST;
	r->credited = now;
	if (n > r->credit)
		return false;
	r->credit -= n;
	return true;
}

void
recorder_output(struct recorder *r, uint64_t now, const struct iovec *iov,
		int n)
{
	uint64_t len = 0;

	for (int i = 0; i < n; i++)
		len += iov[i].iov_len;
	if (r->state == CLOSED)
		return;
	if (r->state == RECORDING && !afford(r, now, len))
		flood(r, now);
	if (r->state == RECORDING) {
		r->unsaved += len;
		for (int i = 0; i < n; i++)
			add(r, now,
			    (struct transcript_frame){
				    .kind = TRANSCRIPT_OUTPUT,
				    .data = iov[i].iov_base,
				    .len = iov[i].iov_len,
			    });
	} else {
		r->lost += len;
		r->came += len;
	}
}

void
recorder_resize(struct recorder *r, uint64_t now, unsigned cols, unsigned rows)
{
	if (r->state == RECORDING)
		add(r, now,
		    (struct transcript_frame){
			    .kind = TRANSCRIPT_RESIZE,
			    .cols = cols,
			    .rows = rows,
		    });
}

static void
add_exit(struct recorder *r, uint64_t now, int code, int signal)
{
	r->came = 0;
	if (r->state == FLOODED)
		ebb(r, now);
	if (r->state == BROKEN)
		try_again(r, now);
	add(r, now,
	    (struct transcript_frame){
		    .kind = TRANSCRIPT_EXIT,
		    .exit_code = code,
		    .signal = signal,
	    });
	if (open_for_frames(r))
		flush(r, now, true);
}

void
recorder_exit(struct recorder *r, uint64_t now, int code, int signal)
{
	if (r->state == CLOSED)
		return;
	add_exit(r, now, code, signal);
	/* There will be no later: once more, and in a file of its own. */
	if (r->state == BROKEN)
		add_exit(r, now, code, signal);
	leave(r);
	r->state = CLOSED;
}

int
recorder_wait(const struct recorder *r, uint64_t now)
{
	uint64_t ms = UINT64_MAX, t;

	if (r->state == BROKEN && r->error)
		ms = left(now, r->tried, RECORDER_RETRY_MS);
	if (r->state == FLOODED)
		ms = left(now, r->window, SECOND);
	if (!open_for_frames(r))
		return ms == UINT64_MAX ? -1 : (int)ms;
	if (packer_unflushed(r->packer)) {
		t = left(now, r->dirty, RECORDER_FLUSH_MS);
		ms = t < ms ? t : ms;
	}
	if (packer_unrested(r->packer)) {
		t = left(now, r->added, RECORDER_REST_MS);
		ms = t < ms ? t : ms;
	}
	return ms == UINT64_MAX ? -1 : (int)ms;
}

void
recorder_tick(struct recorder *r, uint64_t now)
{
	settle(r, now);
}

void
recorder_status(const struct recorder *r, struct recorder_status *out)
{
	*out = (struct recorder_status){
		.error = r->error,
		.flooded = r->state == FLOODED,
		.bytes = r->older + r->size,
	};
}
