/* keeper/memory.h - the session memory, and what a custodian is born with. */
#ifndef CDO_KEEPER_MEMORY_H
#define CDO_KEEPER_MEMORY_H

#include <stddef.h>
#include <stdint.h>

/*
 * One shared mapping for each session, made by its keeper, kept through every
 * custodian and every upgrade: a custodian of any release must be able to read
 * what one of any other left.  So this layout only grows: new fields go to the
 * end of struct memory_head, which has a page of its own and is all-zero where
 * nobody wrote yet.  What has a size says it.  Native byte order.
 *
 *	head | ring of PTY bytes | frames
 *
 * Pages that were never written do not exist.
 */
enum {
	MEMORY_VERSION = 1,
	MEMORY_CLIENTS = 64,
};

/*
 * A frame holds the bytes that rebuild the screen on a new one.  Of each kind
 * there are two, written in turn, so that one is always whole.
 */
enum memory_frame_kind {
	MEMORY_FULL = 0, /* with the history */
	MEMORY_SCREEN = 1, /* without: cheap */
	MEMORY_KINDS = 2,
};

struct memory_frame {
	uint64_t at, size; /* the room it has, page-aligned */
	uint64_t len;
	uint64_t offset; /* of the PTY's stream that it stands for */
	uint32_t cols, rows;
	uint32_t resizes; /* memory_head.resizes at that time */
	uint32_t unused;
};

/* What a client has typed; see proto/msg.h, MSG_INPUT. */
struct memory_client {
	uint8_t id[16];
	uint64_t taken; /* all before this offset went to the PTY */
	uint64_t intent; /* a write up to here was about to be made */
	uint64_t used; /* grows; the smallest is the one to forget */
};

struct memory_more {
	uint64_t doubted; /* bytes that may have been written, or not */
	uint64_t since; /* which `uses` made it known */
};

/* Where the last custodian was; see memory_head.stage. */
enum memory_stage {
	MEMORY_RUNNING = 0,
	MEMORY_REPLAY = 1, /* loading frames and the ring after them */
	MEMORY_FRAME_ONLY = 2, /* that had crashed: a frame alone */
	MEMORY_BLANK = 3, /* that too */
};

struct memory_head {
	char magic[8]; /* MEMORY_MAGIC */
	uint32_t version, head_size;
	uint64_t ring_at, ring_size; /* page-aligned */
	uint8_t epoch[16]; /* the session's, random */
	uint64_t started; /* unix ms */

	/* The keeper's. */
	int32_t program; /* pid, also its session's id */
	int32_t keeper; /* pid */
	int32_t status; /* of wait(2), valid once `ended` is set */
	uint32_t ended;
	uint64_t ended_at; /* unix ms */
	uint32_t custodians; /* how many were started */

	/* The custodian's. */
	uint32_t finished; /* everything is told and written: no other one */
	uint32_t stopped; /* by a person */
	uint32_t cols, rows;
	uint32_t stage; /* enum memory_stage */
	uint64_t begin, end; /* the bytes of the stream that the ring holds */
	uint64_t answered; /* queries before this offset have their answer */
	uint32_t resizes; /* how often the size has changed */
	/* Of each kind 0 for none, else 1 + the one to use. */
	uint32_t current[MEMORY_KINDS];
	struct memory_frame frames[MEMORY_KINDS][2];
	char name[64];
	uint64_t last_input, last_attach; /* unix ms, 0 never */
	uint64_t uses; /* for memory_client.used */
	struct memory_client clients[MEMORY_CLIENTS];
	uint64_t born; /* ms of CLOCK_MONOTONIC: the last custodian's start */
	uint32_t crashed; /* it died of a fault of its own, no kill */
	uint32_t crashes; /* such deaths, each soon after the one before */
	struct memory_more more[MEMORY_CLIENTS]; /* of each of `clients` */
	uint32_t upgraded; /* the custodian ends to be replaced at once */
};

#define MEMORY_MAGIC "cdo-mem"

/* A new one, filled in up to the epoch.  Returns its descriptor or -errno. */
int memory_create(void);

/* Maps the head alone.  NULL if fd is not a session memory we can read. */
struct memory_head *memory_map(int fd);
void memory_unmap(struct memory_head *);

/*
 * Maps the ring twice in a row, so that any ring_size bytes of it are
 * contiguous.  NULL if there is no room.
 */
uint8_t *memory_map_ring(const struct memory_head *, int fd);
void memory_unmap_ring(const struct memory_head *, uint8_t *ring);
/* Maps a frame's room.  NULL if there is none. */
uint8_t *memory_map_frame(const struct memory_frame *, int fd);
void memory_unmap_frame(const struct memory_frame *, uint8_t *data);

/*
 * Gives the pages of [at, at + len) back: they read as zero.  0, or -errno
 * where that cannot be done.
 */
int memory_punch(int fd, uint64_t at, uint64_t len);

/*
 * A custodian's descriptors.  The control socket carries struct memory_note
 * from the keeper; its end of file means that the other one is gone.
 */
enum memory_fd {
	MEMORY_FD_CONTROL = 3,
	MEMORY_FD_LOCK = 4, /* the lock on the session's state directory */
	MEMORY_FD_PTY = 5, /* master */
	MEMORY_FD_SLAVE = 6, /* so that a program may close its own */
	MEMORY_FD_MEMORY = 7,
	MEMORY_FD_LISTENER = 8,
	MEMORY_FD_COUNT = 9,
};

enum memory_note_kind {
	MEMORY_NOTE_STARTED = 1, /* value: the program's pid */
	MEMORY_NOTE_ENDED = 2, /* value: its wait status, also in the head */
};

struct memory_note {
	int32_t kind, value;
};

#endif
