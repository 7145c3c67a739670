/* relay/line.h - a link to a host that is up, and what goes over it. */
#ifndef CDO_RELAY_LINE_H
#define CDO_RELAY_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct chan;
struct link;
struct loop;
struct line;

struct line_events {
	/* The host has let a connection in: it knows us. */
	void (*welcome)(struct line *, void *ctx);
	/* The host refuses a connection; text is safe to show. */
	void (*refused)(void *ctx, uint32_t number, unsigned error,
			const char *text);
	void (*late)(struct line *, void *ctx); /* as of carry_events */
	void (*pong)(struct line *, void *ctx);
	/*
	 * It is lost, and to be hung up.  revoked: the host wants us no more;
	 * mute: it put us out before it had said a word.
	 */
	void (*gone)(struct line *, void *ctx, bool revoked, bool mute);
};

/* fd, link, early: as carry_new has them; takes fd.  pid: ssh's, or -1. */
struct line *line_new(struct loop *, int fd, const struct link *link,
		      const void *early, size_t len, int pid,
		      const struct line_events *, void *ctx);
/* Says goodbye.  Fine in its own events, whoever has caused them. */
void line_hang_up(struct line *);

/* Opens a connection to target for fd, which it takes; its number is ours. */
void line_connect(struct line *, uint32_t number, const char *target, int fd);
void line_ping(struct line *);
const struct chan *line_chan(const struct line *);
/* In ms, how long an answer may take that ought to come at once. */
uint64_t line_patience(const struct line *);
/* When it came to be, in ms of the loop. */
uint64_t line_born(const struct line *);

#endif
