/* proto/pass.h - messages between our processes, each with a descriptor. */
#ifndef CDO_PROTO_PASS_H
#define CDO_PROTO_PASS_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct loop;
struct msg;

/*
 * A frame of proto/frame (u32 length, one msgpack array), at most PASS_MAX
 * bytes, over a connected Unix stream socket, with at most one descriptor,
 * which travels with its first byte.  The types of messages are those that
 * both ends agree on.  Frames are made with msg_begin ... msg_end.
 */
enum { PASS_MAX = 64 << 10 };

/*
 * Keys go this way too: bytes that were sent, and those of a message that the
 * callee has had, are wiped.
 */

/* --- in a loop ---------------------------------------------------------- */

struct pass;
struct pass_events {
	/*
	 * A whole message; fd is the callee's to close, -1 if none came, or
	 * none could for want of descriptors.  The pass may be freed in it.
	 */
	void (*got)(void *ctx, struct msg *msg, int fd);
	/*
	 * Once, then nothing more comes: 0 at the peer's end of file, or
	 * -errno (-EPROTO: it broke the rules).  May be freed in it.
	 */
	void (*gone)(void *ctx, int why);
};
/* Takes sock, and makes it non-blocking. */
struct pass *pass_new(struct loop *, int sock, const struct pass_events *,
		      void *ctx);
/* What is queued is tried once more, then dropped; its descriptors closed. */
void pass_free(struct pass *);
/*
 * Sends the whole frames in `frame` (emptied), with fd along with the first of
 * them, or -1.  fd is taken: closed once it is on its way.  What the socket
 * does not take now is queued.
 */
void pass_send(struct pass *, struct buf *frame, int fd);
/* Bytes queued. */
size_t pass_queued(const struct pass *);
/* Stops and resumes reading. */
void pass_pause(struct pass *, bool pause);

/* --- and without -------------------------------------------------------- */

/*
 * For processes that do one thing after the other; sock is blocking.  As
 * pass_send, but fd stays the caller's.  0 or -errno.
 */
int pass_put(int sock, struct buf *frame, int fd);
/*
 * The next message: 0 with *msg (all-zero before the first call; the caller
 * releases it) that refers to *in, and *fd the caller's to close or -1; -EPIPE
 * at the end of file, -ETIMEDOUT after ms (< 0: for ever), -EPROTO or -errno.
 */
int pass_get(int sock, int ms, struct buf *in, struct msg *msg, int *fd);

#endif
