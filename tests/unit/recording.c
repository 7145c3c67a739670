/* unit/recording.c - a session that is recorded, and what is read of it. */
#include "recording.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include <cmocka.h>

#include "base/io.h"
#include "custodian/playback.h"
#include "custodian/recorder.h"
#include "custodian/segments.h"
#include "custodian/transcript.h"
#include "scratch.h"
#include "vt/screen.h"
#include "vt/snapshot.h"

struct recording the;

static bool
key(void *ctx, unsigned *cols, unsigned *rows, struct buf *screen)
{
	assert_ptr_equal(ctx, &the.given);
	if (the.keyless)
		return false;
	if (the.screen) {
		*cols = screen_cols(the.screen);
		*rows = screen_rows(the.screen);
		snapshot_make(the.screen, 0, NULL, screen);
		return true;
	}
	*cols = 80;
	*rows = 24;
	buf_printf(screen, "screen at %llu", (unsigned long long)the.given);
	return true;
}

void
recording_start(uint64_t max)
{
	struct recorder_options o = {
		.dir = the.dir,
		.max = max,
		.key = key,
		.ctx = &the.given,
	};

	the.rec = recorder_new(&o, the.now);
}

void
recording_new(void)
{
	the = (struct recording){
		.dir = scratch_new(),
		.now = 1700000000000,
	};
}

void
recording_free(void)
{
	recorder_free(the.rec);
	screen_free(the.screen);
	buf_release(&the.held);
	scratch_free(the.dir);
}

void
recording_screen(unsigned cols, unsigned rows)
{
	the.screen = screen_new(&(struct screen_options){
		.cols = cols,
		.rows = rows,
	});
}

/* In two parts, as if a query had been cut out between them. */
static void
record(const uint8_t *data, size_t len)
{
	struct iovec iov[2] = {
		{ .iov_base = (void *)(uintptr_t)data, .iov_len = len / 2 },
		{ .iov_base = (void *)(uintptr_t)(data + len / 2),
		  .iov_len = len - len / 2 },
	};

	if (!the.rec)
		return;
	recorder_output(the.rec, the.now, iov, 2);
	recorder_tick(the.rec, the.now);
}

void
output(const void *data, size_t len)
{
	the.given += len;
	if (!the.screen) {
		record(data, len);
		return;
	}
	screen_feed(the.screen, data, len);
	buf_append(&the.held, data, len);

	size_t whole = the.held.len - (size_t)(screen_fed(the.screen) -
					       screen_boundary(the.screen));

	record(the.held.data, whole);
	buf_drop(&the.held, whole);
}

void
stream(const char *name, size_t step)
{
	const char *top = getenv("CDO_TOP_SRCDIR");
	struct buf b = { 0 };
	char path[4096];

	snprintf(path, sizeof path, "%s/tests/streams/%s", top ? top : ".",
		 name);
	assert_int_equal(io_slurp(path, 16 << 20, &b), 0);
	for (size_t at = 0; at < b.len; at += step) {
		output(b.data + at, step < b.len - at ? step : b.len - at);
		wait_ms(20);
	}
	buf_release(&b);
}

void
say(const char *text)
{
	output(text, strlen(text));
}

/* Bytes that do not shrink. */
void
noise(size_t len)
{
	static uint64_t seed = 88172645463325252;
	uint64_t *data = malloc(len + 8);

	for (size_t i = 0; i * 8 < len; i++) {
		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		data[i] = seed;
	}
	output(data, len);
	free(data);
}

/* Time passes, as the recorder asks for it. */
void
wait_ms(uint64_t ms)
{
	uint64_t end = the.now + ms;
	int next;

	while ((next = recorder_wait(the.rec, the.now)) >= 0 &&
	       the.now + (uint64_t)next <= end) {
		the.now += (uint64_t)next;
		recorder_tick(the.rec, the.now);
	}
	the.now = end;
}

void
see(struct seen *s, struct playback *p)
{
	static const char letters[] = "?sK-oRXGME";
	struct transcript_frame f;
	int r;

	while ((r = playback_next(p, &f)) == 1) {
		if (f.kind == TRANSCRIPT_OUTPUT) {
			s->bytes += f.len;
			if (s->output.len < 1 << 20)
				buf_append(&s->output, f.data, f.len);
		} else if (f.kind == TRANSCRIPT_SCREEN) {
			snprintf(s->screen, sizeof s->screen, "%.*s",
				 (int)f.len, (const char *)f.data);
		} else {
			buf_byte(&s->kinds, (uint8_t)letters[f.kind]);
		}
		if (f.kind == TRANSCRIPT_KEY && f.joined)
			s->joined++;
		if (f.kind == TRANSCRIPT_KEY && !f.joined)
			s->unjoined++;
		if (f.kind == TRANSCRIPT_GAP)
			s->lost += f.lost;
		if (f.kind == TRANSCRIPT_EXIT)
			s->exit_code = f.exit_code;
	}
	assert_int_equal(r, 0);
}

struct seen
see_all(void)
{
	struct playback *p = playback_new(the.dir, 0);
	struct seen s = { 0 };

	see(&s, p);
	playback_free(p);
	return s;
}

void
seen_release(struct seen *s)
{
	buf_release(&s->output);
	buf_release(&s->kinds);
}

void
assert_seen(const char *kinds, const char *text)
{
	struct seen s = see_all();

	buf_byte(&s.output, 0);
	buf_byte(&s.kinds, 0);
	assert_string_equal((char *)s.kinds.data, kinds);
	assert_string_equal((char *)s.output.data, text);
	seen_release(&s);
}

int
segments(struct segment *last)
{
	struct segment *list;
	int n = segments_list(the.dir, &list);

	assert_true(n >= 0);
	if (n && last)
		*last = list[n - 1];
	free(list);
	return n;
}

uint64_t
on_disk(void)
{
	struct segment *list;
	int n = segments_list(the.dir, &list);
	uint64_t sum = 0;

	for (int i = 0; i < n; i++)
		sum += list[i].size;
	free(list);
	return sum;
}
