/* client/far.h - connections to another machine, through a dialer. */
#ifndef CDO_CLIENT_FAR_H
#define CDO_CLIENT_FAR_H

#include <stdbool.h>
#include <stdint.h>

struct far;
struct loop;

enum far_state {
	FAR_DIALING, /* there is no link: not yet, or it was lost */
	FAR_UP,
	FAR_SILENT, /* there is one, but the host owes us an answer */
	FAR_ENDED, /* and never will be; see far_error */
};

/*
 * Starts a dialer for a paired machine, or for "ssh:USER@HOST".  Does not
 * wait.  If `ask`, ssh may ask on the terminal, until far_quiet.  0 or -errno.
 */
int far_open(const char *host, bool ask, struct far **);
/* Its connections end. */
void far_close(struct far *);
const char *far_host(const struct far *);
/* Asks nothing on the terminal from now on. */
void far_quiet(struct far *);

/*
 * A connection to "server", or to a session by its id, which speaks as a local
 * one does.  It is there at once: what is written goes out when there is a
 * link.  When the link is lost, or the host refuses it, it ends.  Returns the
 * descriptor (non-blocking), which the caller closes, or -errno; *number is
 * its own.
 */
int far_connect(struct far *, const char *target, uint32_t *number);

/*
 * Waits for the link, at most ms.  0, -ETIMEDOUT (far_text may say why it is
 * not there), or -ENOTCONN: it has ended.
 */
int far_wait(struct far *, int ms);

/* --- what is known so far ----------------------------------------------- */

enum far_state far_state(const struct far *);
/* Of FAR_SILENT: for how long an answer was due when that was told, in ms. */
uint64_t far_silence(const struct far *);
/* enum msg_error of FAR_ENDED; 0 before. */
unsigned far_error(const struct far *);
/* Why there is no link, for people; NULL: unknown.  Borrowed. */
const char *far_text(const struct far *);
/*
 * Whether the host has refused that connection; *text is borrowed until the
 * next is refused.  To be asked when it has ended.
 */
bool far_refused(struct far *, uint32_t number, unsigned *error,
		 const char **text);

/* --- in a loop ---------------------------------------------------------- */

/* `changed` is called when the state may be another one. */
void far_watch(struct far *, struct loop *, void (*changed)(void *ctx),
	       void *ctx);
void far_unwatch(struct far *);

#endif
