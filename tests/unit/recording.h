/* unit/recording.h - a session that is recorded, and what is read of it. */
#ifndef CDO_UNIT_RECORDING_H
#define CDO_UNIT_RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct playback;
struct recorder;
struct screen;
struct segment;

/* One in a program, as recording_new left it. */
struct recording {
	char *dir;
	struct recorder *rec; /* NULL before recording_start */
	uint64_t now;
	uint64_t given; /* bytes of output so far; its key frame says them */
	bool keyless; /* there is no key to be had */
	/* If there is one, it is the key, and tokens come whole. */
	struct screen *screen;
	struct buf held; /* output that is not whole yet */
};
extern struct recording the;

void recording_new(void);
void recording_free(void);
void recording_start(uint64_t max);
void recording_screen(unsigned cols, unsigned rows);

/* The program writes. */
void output(const void *data, size_t len);
void say(const char *text);
void noise(size_t len); /* bytes that do not shrink */
void stream(const char *name, size_t step); /* tests/streams/NAME */
/* Time passes, and the recorder's ticks come when it wants them. */
void wait_ms(uint64_t ms);

struct seen {
	struct buf output; /* its first MiB */
	struct buf kinds; /* a letter each: K R X G M; none for output */
	char screen[64]; /* of the last key */
	unsigned joined, unjoined; /* keys */
	uint64_t bytes, lost; /* of output, and in gaps */
	int exit_code;
};

/* What there is to be read from here on, added to s. */
void see(struct seen *s, struct playback *);
struct seen see_all(void);
void seen_release(struct seen *);
/* The kinds and the output, from the start, are exactly these. */
void assert_seen(const char *kinds, const char *output);

int segments(struct segment *last); /* how many there are */
uint64_t on_disk(void); /* their bytes */

#endif
