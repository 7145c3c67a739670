/* proto/local.h - messages over Unix sockets between processes of one user. */
#ifndef CDO_PROTO_LOCAL_H
#define CDO_PROTO_LOCAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct loop;
struct msg;

/* Listening socket at path, 0600, non-blocking; a stale one is replaced.
 * Returns the descriptor or -errno (-EADDRINUSE: somebody answers there). */
int local_listen(const char *path);
/* Accepts one; -EPERM if the peer is another user's, -EAGAIN if none. */
int local_accept(int listener);
/*
 * Connects (blocking, then set non-blocking) and checks the peer's uid.  What
 * is not there is looked for in the second place too, see proto/berth.
 */
int local_connect(const char *path);
/* The same, but -EAGAIN where it would have to wait for others before it. */
int local_connect_now(const char *path);
/* Whether anybody listens at path, this very process included: never waits. */
bool local_answers(const char *path);

/*
 * A connection in an event loop.  `got` is called for each whole message, in
 * order; `gone` once, with 0 at the peer's end of file or -errno (-EPROTO: it
 * broke the protocol; the socket is closed already).  Freeing it is allowed
 * in both.  What cannot be written at once is queued.
 */
struct local;
struct local_events {
	void (*got)(void *ctx, struct msg *msg);
	void (*gone)(void *ctx, int why);
	/* The queue has become empty; may be NULL. */
	void (*drained)(void *ctx);
};
/* Takes fd. */
struct local *local_new(struct loop *, int fd, const struct local_events *,
			void *ctx);
/* What is queued is tried once more, then dropped. */
void local_free(struct local *);
int local_fd(const struct local *);
/* Where to write messages with msg_begin; local_flush sends them. */
struct buf *local_out(struct local *);
void local_flush(struct local *);
size_t local_queued(const struct local *);
/* The socket takes no more now; `drained` tells when it has taken all. */
bool local_blocked(const struct local *);
/* Reads what has come so far, as if the loop had said that there is some. */
void local_pump(struct local *);
/*
 * Sends the frame that stands in local_out (ended by msg_end_with_bin) and
 * the iov behind it without copying what the socket takes at once; the rest
 * is copied into the queue.
 */
struct iovec;
void local_send_with(struct local *, const struct iovec *iov, int n);
/*
 * Stops and resumes reading.  Messages that were read already still come, and
 * what a peer that leaves meanwhile had sent.
 */
void local_pause(struct local *, bool pause);
/* Writes our MSG_HELLO: who is "client", "server" or "custodian". */
void local_hello(struct local *, const char *who);

/*
 * For commands that ask and wait: blocking, without a loop.  Returns 0 with
 * the next message in *msg (valid until the next call; the peer's hello is
 * passed over), -EPIPE at the end of file, -ETIMEDOUT after ms (< 0: for
 * ever), -EPROTO or -errno.
 */
struct local_call;
struct local_call *local_call_new(int fd, const char *who); /* takes fd */
void local_call_free(struct local_call *);
struct buf *local_call_out(struct local_call *);
int local_call_send(struct local_call *);
int local_call_next(struct local_call *, int ms, struct msg **msg);

#endif
