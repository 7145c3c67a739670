/* proto/msg.h - the messages, written and read (msgpack). */
#ifndef CDO_PROTO_MSG_H
#define CDO_PROTO_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

enum { MSG_VERSION = 1 };

/*
 * A frame holds one array [type, field...].  Fields are listed here in their
 * order; `map` has string keys.  A reader ignores types and trailing fields
 * that it does not know.  Numbers are never used again.  cdo-protocol(7)
 * tells the same for other people's programs.
 */
enum msg_type {
	/* Both ways, first: version, features map {role, pid, release}. */
	MSG_HELLO = 1,
	/* Answers: enum msg_error, text for people. */
	MSG_ERROR = 2,
	/* Done; map of results, often empty. */
	MSG_OK = 3,
	/* The list is over. */
	MSG_END = 4,

	/* To the server. */
	MSG_LIST = 16, /* map of filters; answer: MSG_SESSION..., MSG_END */
	MSG_SESSION = 17, /* map: a session (see server/session.h) */
	MSG_FIND = 18, /* name; answer: MSG_SESSION or MSG_ERROR */
	MSG_NEW = 19, /* map: what to run; answer: MSG_SESSION or MSG_ERROR */
	MSG_RENAME = 20, /* name, new name */
	MSG_LABEL = 21, /* name, map of labels; nil removes one */
	MSG_CLEAR = 22, /* array of names (empty: all), older than ms */
	MSG_STATUS = 23, /* answer: MSG_OK with a map about the server */
	MSG_SHUTDOWN = 24, /* answer: MSG_OK; the sessions go on */
	MSG_RELOAD = 25, /* read the configuration again */
	MSG_HALT = 26, /* name: start it no more by yourself; MSG_SESSION */
	/*
	 * name, file or nil, offset: of what a session has left on disk.
	 * Answer: MSG_OK with a map of files to their sizes, or MSG_DATA with
	 * a block from there on, empty at the file's end.
	 */
	MSG_FETCH = 30,
	/*
	 * map: listen, role, name, timeout_ms, tty (it is on a terminal).
	 * Answer: MSG_PAIRING (map with event: opening, open, try, wrong,
	 * burned, expired, failed, paired) until MSG_END.  Who closes the
	 * connection closes the window.
	 */
	MSG_PAIR = 32,
	MSG_PAIRING = 33,
	MSG_DEVICES = 34, /* answer: MSG_DEVICE..., MSG_END with a map */
	MSG_DEVICE = 35, /* map: a paired machine */
	MSG_REVOKE = 36, /* name, direction or nil: no link to it any more */
	MSG_DEVICE_SET = 37, /* name, direction or nil, map {name, role} */

	/* Between server and custodian (the server dials). */
	MSG_WATCH = 40, /* server: tell me of every change from now on */
	/*
	 * custodian: map.  The first has all keys, later ones what changed:
	 * id name agent cwd command[] pid custodian_pid cols rows title clients
	 * activity attention recording ("on", "off", "flood", or why it is
	 * paused), and in unix ms, 0 for never: started ended
	 * last_output last_input attached (the last attach); after the end
	 * also exit_code (-1 none), signal (0 none), stopped (bool).  The one
	 * with `ended` is sent before any client is told of the end.
	 */
	MSG_STATE = 41,
	MSG_NAMED = 42, /* server: your name is now this */
	MSG_LEAVE = 43, /* server: I go on purpose; start no other one */
	MSG_UPGRADE = 44, /* server: give way to the binary that is there now */

	/* Client to custodian. */
	/* map: client id, cols, rows, flags, history, tty, what it was shown */
	MSG_ATTACH = 64,
	MSG_INPUT = 65, /* offset, bytes: typed */
	MSG_RESIZE = 66, /* cols, rows */
	MSG_DETACH = 67, /* leave; answer: MSG_GONE */
	MSG_PROFILE = 68, /* map: struct profile */
	MSG_RESYNC = 69, /* a snapshot, please: history lines wanted */
	MSG_CAPTURE = 70, /* map: format, history; answer: MSG_DATA, MSG_END */
	/*
	 * Answer: MSG_OK with a map: protocol (number), clients: array of maps
	 * {client(number) tty term host cols rows read_only attached(unix ms)}.
	 */
	MSG_INFO = 71,
	MSG_STOP = 72, /* signal or 0, grace ms; answer: MSG_OK at the end */
	/*
	 * client number or 0 for all, text, and the id of a session to go to
	 * instead, or nil: then 0 is the one that typed last; answer: MSG_OK
	 */
	MSG_KICK = 73,
	/*
	 * Bytes of snapshots and output that it has shown, in all, in this
	 * connection; from who has said `paced` in MSG_ATTACH.
	 */
	MSG_SHOWN = 74,

	/* Custodian to client. */
	/* map: name id epoch client cols rows, and see proto/resume.h */
	MSG_ATTACHED = 96,
	MSG_SNAPSHOT = 97, /* offset it stands for, last of its parts, bytes */
	MSG_OUTPUT = 98, /* from, to in the PTY's stream, bytes */
	MSG_UNDO = 99, /* bytes that undo what was set up to here */
	MSG_SIZE = 100, /* cols, rows from here on, how often they changed */
	MSG_GONE = 101, /* enum msg_gone, text, undo and park bytes */
	MSG_DATA = 102, /* bytes */
	MSG_TAKEN = 103, /* input offset taken so far */
};

/* Numbers on the wire; cmd/ turns them into exit statuses. */
enum msg_error {
	MSG_E_FAILED = 1,
	MSG_E_USAGE = 2,
	MSG_E_NO_SESSION = 3,
	MSG_E_NOT_ALLOWED = 4,
	MSG_E_UNREACHABLE = 5,
	MSG_E_AMBIGUOUS = 6,
	MSG_E_TIMEOUT = 7,
	MSG_E_CANNOT_EXEC = 126,
	MSG_E_NOT_FOUND = 127,
};

enum msg_gone {
	MSG_GONE_DETACHED = 0, /* asked for */
	MSG_GONE_EXITED = 1, /* the program ended: "exit 0", "SIGKILL" */
	MSG_GONE_TAKEN = 2, /* text: by whom */
	MSG_GONE_NESTED = 3, /* a session is not shown in itself */
	MSG_GONE_SWITCHED = 4, /* text: id of the session to go to */
};

/*
 * Writing: msg_begin, as many fields as announced (a map of n pairs or an
 * array of n counts as one field and is followed by its content), msg_end,
 * which puts the length before it.  At most FRAME_MAX (asserted).
 */
struct msg_writer {
	struct buf *out;
	size_t start;
};
void msg_begin(struct msg_writer *, struct buf *out, enum msg_type type,
	       unsigned fields);
void msg_uint(struct msg_writer *, uint64_t v);
void msg_int(struct msg_writer *, int64_t v);
void msg_bool(struct msg_writer *, bool v);
void msg_nil(struct msg_writer *);
void msg_str(struct msg_writer *, const char *s); /* NULL: nil */
void msg_bin(struct msg_writer *, const void *data, size_t len);
void msg_map(struct msg_writer *, unsigned pairs);
void msg_array(struct msg_writer *, unsigned items);
void msg_end(struct msg_writer *);
/*
 * Ends a frame whose last field is `len` bytes that the caller sends itself
 * behind what is in the buffer, so that they are not copied.
 */
void msg_end_with_bin(struct msg_writer *, size_t len);

/*
 * Reading.  A message refers to the bytes it was read from; they outlive it.
 * msg_read refuses what is not one whole array of a type and values, nested
 * past 8, or announcing more than its bytes can hold: -EPROTO.  All-zero is
 * ready for msg_read, which may be called again on the same struct.
 */
struct msg {
	unsigned type;
	unsigned fields; /* without the type */
	void *impl;
};
struct msg_value; /* opaque: a value inside a message; NULL is "missing" */

int msg_read(struct msg *, const void *payload, size_t len);
void msg_release(struct msg *);

const struct msg_value *msg_field(const struct msg *, unsigned i);
/* Of a map; NULL if missing or no map. */
const struct msg_value *msg_get(const struct msg_value *map, const char *key);
size_t msg_count(const struct msg_value *array_or_map);
const struct msg_value *msg_at(const struct msg_value *array, size_t i);
/* Pair i of a map: the key as a string (borrowed, len bytes). */
const struct msg_value *msg_pair(const struct msg_value *map, size_t i,
				 const char **key, size_t *len);

bool msg_is_nil(const struct msg_value *); /* missing is nil too */
/* The value, or def if it is missing or of another type or out of range. */
uint64_t msg_to_uint(const struct msg_value *, uint64_t def);
int64_t msg_to_int(const struct msg_value *, int64_t def);
bool msg_to_bool(const struct msg_value *, bool def);
/* Borrowed, not NUL-ended; NULL if it is no string (or bin, for msg_to_bin). */
const char *msg_to_str(const struct msg_value *, size_t *len);
const uint8_t *msg_to_bin(const struct msg_value *, size_t *len);
/* A copy that the caller frees; NULL if no string, longer than max, or with a
 * NUL inside. */
char *msg_dup_str(const struct msg_value *, size_t max);

#endif
