/* custodian/guest.h - who is connected: clients, the server, commands. */
#ifndef CDO_CUSTODIAN_GUEST_H
#define CDO_CUSTODIAN_GUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/msg.h"
#include "proto/rights.h"
#include "vt/screen.h"

struct custodian;
struct local;
struct paced;

enum { GUESTS_MAX = 256 };

struct guest {
	struct custodian *c;
	struct guest *next;
	struct local *conn;
	bool greeted; /* the first message has come: the role is settled */
	enum role role; /* what it may ask for */
	unsigned refused; /* how often it asked for more */
	uint8_t key[32]; /* the device's, or zeros */
	char *device; /* its name, of one that comes through a relay */
	bool spoke; /* it has sent something that we know */
	bool server; /* it watches: MSG_STATE goes there */
	bool leaving; /* the connection ends once the queue is empty */
	bool waits; /* for MSG_OK once the session is over */
	bool paused; /* not read: the program does not take its input */

	/* The rest only while it is attached. */
	bool attached, read_only;
	bool stale; /* it needs a snapshot before any output ... */
	uint32_t history; /* ... with so many lines of history at least */
	uint32_t owed; /* the same, once the session has its terminal's size */
	unsigned number;
	uint8_t id[16]; /* the client's */
	unsigned row; /* see input_enter; only of one that may type */
	unsigned cols, rows; /* of its terminal */
	unsigned told_cols, told_rows; /* of the session, as it knows it */
	char *tty, *term, *host;
	uint64_t since; /* unix ms */
	uint64_t at; /* it was sent everything before this offset */
	uint64_t rate_from, rate_at; /* when and where measuring began */
	uint64_t allowed; /* bytes that it may be behind */
	uint64_t scrolled; /* screen_scrolled() when it was last up to date */
	uint64_t acked; /* input offset told last */
	uint32_t undos; /* custodian.undos told last */
	struct paced *paced; /* it is far away, see pace.h; or NULL */
	struct profile profile;
};

/* There are connections to accept. */
void guest_accept(struct custodian *);

/*
 * Attached guests that may type; `other` does not count.
 */
unsigned guest_typists(const struct custodian *, const struct guest *other);
unsigned guest_clients(const struct custodian *);

/* A client that comes again has left before: who has g's id is closed. */
void guest_replace(struct guest *g);
/* Ends an attached guest's stay: MSG_GONE, then the connection. */
void guest_dismiss(struct guest *, enum msg_gone why, const char *text);
/* The same for all that are attached; others are told MSG_OK or just closed. */
void guest_dismiss_all(struct custodian *, enum msg_gone why, const char *text);
/* Whether something is still on its way to somebody. */
bool guest_busy(const struct custodian *);
/* Whether somebody has come and not yet said what it wants. */
bool guest_silent(const struct custodian *);
/* The program has taken input: who waited is read again. */
void guest_resume(struct custodian *);
/* A terminal that has not told its colours: light letters on dark, or not. */
void guest_profile_default(struct profile *, bool light);
/*
 * Tells the screen of the terminals it is shown on: that of `active` counts, or
 * of who was it last (NULL); the sessions they are inside of add up.
 */
void guest_profiles(struct custodian *, const struct guest *active);
void guest_free_all(struct custodian *);

#endif
