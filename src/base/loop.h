/* base/loop.h - the event loop: descriptors, timers, signals (libuv). */
#ifndef CDO_BASE_LOOP_H
#define CDO_BASE_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct loop_fd;
struct loop_timer;
struct loop_signal;

enum {
	LOOP_READ = 1,
	LOOP_WRITE = 2,
	LOOP_HUP = 4,
	LOOP_URGENT = 8, /* as POLLPRI of poll(2) */
};

struct loop *loop_new(void);
void loop_free(struct loop *); /* everything watched was freed before */
/* Runs until loop_stop, or until nothing is watched. */
void loop_run(struct loop *);
void loop_stop(struct loop *);
/* Monotonic milliseconds, as of this turn of the loop. */
uint64_t loop_now(const struct loop *);

/*
 * Watches fd, which stays the caller's and outlives the watch.  `events` 0
 * pauses.  An error or hang-up is reported as LOOP_READ, so that a read tells.
 * A watch may be freed at any time, also from its own callback.  NULL if fd
 * cannot be watched (a regular file), or is already.
 */
struct loop_fd *loop_fd_new(struct loop *, int fd, unsigned events,
			    void (*ready)(void *ctx, unsigned events),
			    void *ctx);
void loop_fd_want(struct loop_fd *, unsigned events);
void loop_fd_free(struct loop_fd *);

/* One shot; starting it again moves it.  No timer running: no wake-up. */
struct loop_timer *loop_timer_new(struct loop *, void (*fired)(void *ctx),
				  void *ctx);
void loop_timer_start(struct loop_timer *, uint64_t ms);
void loop_timer_stop(struct loop_timer *);
bool loop_timer_running(const struct loop_timer *);
void loop_timer_free(struct loop_timer *);

/*
 * Looks a host's addresses up, elsewhere: the loop goes on.  `done` is called
 * once with the list, good until it returns, or NULL if there is none, and
 * then it is freed by itself; never after loop_resolve_free.  NULL if the
 * question cannot be asked (a name that is too long).
 */
struct addrinfo;
struct loop_resolve;
struct loop_resolve *
loop_resolve_new(struct loop *, const char *host, const char *port,
		 void (*done)(void *ctx, const struct addrinfo *), void *ctx);
void loop_resolve_free(struct loop_resolve *);

struct loop_signal *loop_signal_new(struct loop *, int signum,
				    void (*caught)(void *ctx, int signum),
				    void *ctx);
void loop_signal_free(struct loop_signal *);

#endif
