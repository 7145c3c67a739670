/* custodian/recorder.h - writes a session's recording, whatever happens. */
#ifndef CDO_CUSTODIAN_RECORDER_H
#define CDO_CUSTODIAN_RECORDER_H

#include <stdbool.h>
#include <stdint.h>

struct buf;
struct iovec;

/*
 * Nothing here fails for the session: what cannot be written is counted, and
 * becomes a gap in the recording.  Every `now` is unix milliseconds.
 */
struct recorder;

enum {
	RECORDER_SEGMENT = 8 << 20, /* bytes of a file */
	RECORDER_MAX = 256 << 20, /* bytes of all, unless told otherwise */
	RECORDER_SEGMENTS = 256, /* files: each custodian begins one */
	RECORDER_RATE = 4 << 20, /* bytes of output a second, sustained */
	RECORDER_BURST = 4 << 20, /* and so many more at once */
	RECORDER_FLUSH_MS = 1000, /* what is older can be read */
	RECORDER_REST_MS = 5000, /* quiet for so long: memory is given back */
	RECORDER_RETRY_MS = 5000, /* after the disk was full */
};

struct recorder_options {
	const char *dir; /* the session's state directory; copied */
	uint64_t max; /* bytes of all segments; 0: RECORDER_MAX */
	/*
	 * The screen after everything that was handed in so far, as the bytes
	 * that rebuild it on a terminal that had none.  False if there is no
	 * saying that just now, in the middle of a long string.
	 */
	bool (*key)(void *ctx, unsigned *cols, unsigned *rows,
		    struct buf *screen);
	void *ctx;
};

/* A recording that goes on behind what is there already. */
struct recorder *recorder_new(const struct recorder_options *, uint64_t now);
/* Flushes; what comes behind will be another part. */
void recorder_free(struct recorder *);

/*
 * What the program wrote, less queries, in whole tokens.  Once the recorder has
 * all that the screen was given, recorder_tick does what became due; it alone,
 * and recorder_exit, ask for a key.
 */
void recorder_output(struct recorder *, uint64_t now, const struct iovec *,
		     int n);
void recorder_resize(struct recorder *, uint64_t now, unsigned cols,
		     unsigned rows);
/* The last frame; nothing is recorded behind it. */
void recorder_exit(struct recorder *, uint64_t now, int code, int signal);

/* In how many ms recorder_tick wants to be called; -1: there is no need. */
int recorder_wait(const struct recorder *, uint64_t now);
void recorder_tick(struct recorder *, uint64_t now);

struct recorder_status {
	int error; /* why nothing can be recorded now, -errno, or 0 */
	bool flooded; /* output is left out until there is less of it */
	uint64_t bytes; /* on disk */
};
void recorder_status(const struct recorder *, struct recorder_status *);

#endif
