/* relay/attempt.h - one try to make a link to a host, however it is reached. */
#ifndef CDO_RELAY_ATTEMPT_H
#define CDO_RELAY_ATTEMPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct link;
struct loop;
struct noise_pair;

enum attempt_loss {
	ATTEMPT_UNREACHABLE,
	/* Who is there hangs up, or lies, before he has proved a thing. */
	ATTEMPT_SHUT,
	ATTEMPT_UNABLE, /* there is no key to try it with */
	ATTEMPT_UNKNOWN, /* no such host is paired */
};

struct attempt_events {
	/*
	 * fd is the callee's, link is copied, early are bytes of frames that
	 * came; pid is that of ssh, the callee's to end, or -1; address is
	 * which answered, or NULL.
	 */
	void (*won)(void *ctx, int fd, const struct link *link,
		    const void *early, size_t len, int pid,
		    const char *address);
	void (*lost)(void *ctx, enum attempt_loss, const char *text);
};

struct attempt_options {
	const char *host; /* a paired machine's name, or "ssh:..." */
	const char *state; /* the state directory */
	const struct noise_pair *self; /* this device's; NULL: it has none */
	bool ask; /* ssh may ask on the terminal */
	uint64_t ms; /* for each address */
	const struct attempt_events *events;
	void *ctx;
};

/*
 * One of the events comes, once, not before this has returned; the attempt is
 * to be freed in it, or before.  The options are copied, what they point to is
 * borrowed until then.
 */
struct attempt;
struct attempt *attempt_new(struct loop *, const struct attempt_options *);
void attempt_free(struct attempt *);

/*
 * How long after the beginning of one the next begins, in ms, when so many
 * have failed in a row: at once, and then, if they fail at once, a little
 * later each time.  Not for everybody the same.
 */
uint64_t attempt_delay(const char *host, unsigned fails);

/* Whether it is one through ssh. */
bool attempt_is_ssh(const char *host);
/* A link came to be: the host's record says so, and which address it was. */
void attempt_note(const char *state, const char *host, const char *address);

#endif
