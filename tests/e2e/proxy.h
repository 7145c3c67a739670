/* e2e/proxy.h - a way between two machines, which can be made bad. */
#ifndef CDO_E2E_PROXY_H
#define CDO_E2E_PROXY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Up is from who connects to who listens. */
enum proxy_way { PROXY_UP = 1, PROXY_DOWN = 2, PROXY_BOTH = 3 };

/* What may happen at a certain byte. */
enum proxy_act {
	PROXY_FLIP, /* one of its bits */
	PROXY_END, /* it and what follows does not come: end of file ... */
	PROXY_RESET, /* ... a reset ... */
	PROXY_HANG, /* ... or nothing ever more on this connection */
};

enum { PROXY_PORT = 7434 };

/*
 * Takes connections at PROXY_PORT of an IPv4 address and makes one to `port`
 * of it for each.  It is a thread; all below counts from the next byte on.
 */
struct proxy;
struct proxy *proxy_new(const char *address, uint16_t port);
void proxy_free(struct proxy *);

/* Each 0 in the beginning, which is: none. */
void proxy_delay(struct proxy *, unsigned ms); /* in each direction */
/* Bytes a second in each direction; of connections made from now on. */
void proxy_rate(struct proxy *, unsigned bytes);
/* Bytes that go at once. */
void proxy_slice(struct proxy *, unsigned bytes);
/*
 * As TCP on a way that loses `percent` of all: what follows waits for ms,
 * and twice as long if that is lost too.
 */
void proxy_stalls(struct proxy *, unsigned percent, unsigned ms);
/*
 * Nothing goes these ways any more, until it is called with others; then what
 * was sent meanwhile comes.  While it is not 0 nobody gets through to connect.
 */
void proxy_dead(struct proxy *, unsigned ways);

/* What becomes of all connections that there are. */
void proxy_cut(struct proxy *);
void proxy_reset(struct proxy *);
/* Nothing comes of what is sent, for ever, nor do ends. */
void proxy_forget(struct proxy *);

/*
 * The nth byte (1: the first) that goes this way from now on gets this act,
 * once.  fresh: all connections are reset before, so that it is the nth of the
 * next one.
 */
void proxy_trap(struct proxy *, enum proxy_way, size_t nth, enum proxy_act,
		bool fresh);
/* Whether that has happened. */
bool proxy_sprung(struct proxy *);

/* Bytes that have come through; connections that were made. */
size_t proxy_bytes(struct proxy *, unsigned ways);
size_t proxy_flows(struct proxy *);

#endif
