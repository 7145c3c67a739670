/* client/state.h - a client: what its parts know of each other. */
#ifndef CDO_CLIENT_STATE_H
#define CDO_CLIENT_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "client/client.h"
#include "client/keyboard.h"
#include "client/remote.h"
#include "client/stage.h"
#include "client/tty.h"
#include "proto/resume.h"

struct loop;
struct loop_fd;
struct loop_signal;
struct loop_timer;
struct local;

enum {
	STATE_SIGNALS = 6,
	STATE_TYPED = 1 << 20, /* more is not read from the terminal */
};

struct client {
	const struct client_options *opt;
	struct loop *loop;

	/* The custodian: talk.c. */
	struct local *conn; /* NULL between two connections */
	struct loop_timer *retry;
	uint64_t since; /* when this connection was made, in ms */
	unsigned tries; /* connections in a row that gave no answer */
	bool asks_first; /* the terminal, whether it is the session itself */
	bool attached; /* this connection is */
	bool ever; /* one was, so epoch is known */
	bool read_only; /* as asked for, or as the host has it */
	uint8_t id[16], epoch[16];
	char *name;
	struct resume_sender typed;
	struct resume_place place; /* everything up to here was shown ... */
	bool held; /* ... and the terminal still shows it */
	bool filled; /* its scrollback has been given the history */
	unsigned told_cols, told_rows; /* of the terminal, to the custodian */
	/* Bytes of the session that came in this connection; see talk_shown. */
	uint64_t came, told;
	bool whole; /* a snapshot was: that is told at once */
	struct remote remote; /* remote.c */

	/* The terminal: client.c, and what it sends: hands.c. */
	struct tty tty;
	struct loop_fd *watch;
	struct loop_signal *signals[STATE_SIGNALS];
	struct loop_timer *resize, *draw;
	uint64_t drawn; /* when, in ms */
	struct keyboard keyboard;
	struct stage stage;
	struct loop_timer *noted; /* until the note is taken away */

	/* The end. */
	struct buf notes; /* lines that go before the last one */
	size_t noted_at; /* those behind were not shown yet */
	bool leaving; /* MSG_DETACH is on its way */
	struct loop_timer *leave;
	char *last; /* the last line; with it the end is decided */
	char to[16]; /* id of the session to go to next, or "" */
	enum client_how how;
	int status;
	struct buf park; /* as the custodian told it */
};

/* Ends the loop; the first one to call it decides.  Takes last. */
void client_finish(struct client *, enum client_how, char *last);
void client_finish_detached(struct client *);
/* Lets the custodian say where the text ends, then finishes. */
void client_detach(struct client *);
/* A line for the user, about so many bytes; none if there are none. */
void client_note(struct client *, uint64_t bytes, const char *what);
/* Shows them for a moment, where the terminal was just given a snapshot. */
void client_show_notes(struct client *);
/* A message was handled: what it changed is to be seen. */
void client_shown(struct client *);
/* Stops this process, and if `whole` what waits for it in the foreground. */
void client_suspend(struct client *, bool whole);

#endif
