/* unit/kept.h - a session with keeper and custodian, and clients of it. */
#ifndef CDO_UNIT_KEPT_H
#define CDO_UNIT_KEPT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "proto/msg.h"

/* A test's main calls it first: the test is also the binary of the roles. */
void kept_roles(int argc, char **argv);

struct kept {
	char *dir; /* state */
	char *socket;
	pid_t first; /* the process that was started */
	pid_t program;
	int lock; /* ours: to see when everybody has let go */
	char report[64];
};

/*
 * Starts words (NULL at the end) in cwd (NULL: in k->dir); the report tells how
 * it went.
 */
void kept_start(struct kept *, const char *cwd, const char *const words[]);
/* A shell that runs this. */
void kept_shell(struct kept *, const char *script);
/* Ends it if it has not, and waits until nobody is left. */
void kept_end(struct kept *);
/* Waits until everybody has let go of the session. */
void kept_wait(struct kept *);
/* The whole file of that name in the state directory; caller frees. */
char *kept_file(const struct kept *, const char *name);
/* The pid of the custodian, of the keeper. */
pid_t kept_custodian(const struct kept *);
pid_t kept_keeper(const struct kept *);

struct local_call;
struct screen;

/* A client with a screen of its own, fed with what it is sent. */
struct viewer {
	struct local_call *call;
	struct screen *screen;
	uint8_t id[16];
	uint64_t typed; /* offset */
	uint64_t taken; /* as told */
	unsigned number, cols, rows;
	unsigned snapshots; /* whole ones seen */
	struct buf raw; /* bytes of output */
	struct buf undo;
	int gone; /* enum msg_gone, -1 while it is attached */
	char text[64]; /* of MSG_GONE */
	bool eof;
};

enum { VIEWER_READ_ONLY = 1, VIEWER_EXCLUSIVE = 2 };

/* Attaches as client `id` of 80x24. */
void viewer_attach(struct viewer *, const struct kept *, const char *id,
		   unsigned flags);
/* The same with a size and the device of its terminal. */
void viewer_attach_as(struct viewer *, const struct kept *, const char *id,
		      unsigned flags, unsigned cols, unsigned rows,
		      uint64_t rdev);
/* The same, but false if the custodian dies meanwhile. */
bool viewer_try(struct viewer *, const struct kept *, const char *id,
		unsigned flags, unsigned cols, unsigned rows, uint64_t rdev);
void viewer_release(struct viewer *);
/* Takes one message in; false at the end. */
bool viewer_next(struct viewer *);
/* Until the text stands on its screen; fails the test at the end of file. */
void viewer_until(struct viewer *, const char *text);
/* Until it was told to go, or cut off. */
void viewer_until_gone(struct viewer *);
bool viewer_shows(struct viewer *, const char *text);
void viewer_type(struct viewer *, const char *text);
void viewer_type_at(struct viewer *, uint64_t offset, const char *text);
void viewer_resize(struct viewer *, unsigned cols, unsigned rows);

/* A command's connection. */
struct local_call *kept_call(const struct kept *);
/* MSG_CAPTURE's text; caller frees. */
char *kept_capture(const struct kept *, unsigned history);

#endif
