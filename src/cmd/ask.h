/* cmd/ask.h - talk to the server, and to a session's custodian. */
#ifndef CDO_CMD_ASK_H
#define CDO_CMD_ASK_H

#include <stdbool.h>
#include <stddef.h>

struct ask;
struct buf;
struct cmd;
struct local_call;
struct msg;
struct seen;

enum {
	ASK_MS = 10000, /* how long an answer may take */
	ASK_NEW_MS = 60000, /* and the start of a program */
};

/*
 * Connects to the server; starts one if there is none and `start` is set,
 * exactly one however many commands try at once.  Returns NULL after a message
 * with the exit status in *status; without `start` and a server, NULL, no
 * message, and EXIT_UNREACHABLE.
 */
struct ask *ask_open(const struct cmd *, bool start, int *status);
/* The same, where the session is that word means. */
struct ask *ask_open_at(const struct cmd *, const char *word, bool start,
			int *status);
void ask_close(struct ask *);
/* Whose server it is; NULL: this machine's. */
const char *ask_host(const struct ask *);
/*
 * Turns to the server of another machine (NULL: this one's), or that of the
 * session which word means, and returns the word's rest: its name there.
 * False, or NULL, if that cannot be reached: ask_error and ask_text say why.
 */
bool ask_move(struct ask *, const char *host);
const char *ask_go(struct ask *, const char *word);

/* Where to write a request with msg_begin; ask_next sends it. */
struct buf *ask_out(struct ask *);
/*
 * The next message of the answer, at most ms from now, good until the next
 * call.  NULL if the server said MSG_ERROR or said nothing: ask_error is the
 * exit status and ask_text the reason.
 */
struct msg *ask_next(struct ask *, int ms);
int ask_error(const struct ask *);
/* Whether it only said nothing for so long. */
bool ask_late(const struct ask *);
/*
 * If the answer failed because the server went away: connects to the next
 * one.  False if it did not, or that failed (after a message).
 */
bool ask_reopen(struct ask *);
const char *ask_text(const struct ask *);

/*
 * The session that word means.  Returns 0, or the exit status after "cannot
 * DEED 'WORD': REASON"; deed NULL says nothing.
 */
int ask_find(struct ask *, const char *word, const char *deed, struct seen *);
/*
 * The session of this id, for which the last server was asked: 1 once its
 * custodian has spoken, or it is over or lost; 0: there is none; -1: ask_error.
 */
int ask_sure(struct ask *, const char *id, struct seen *);
/* Reads a MSG_SESSION of this server. */
void ask_saw(const struct ask *, struct seen *, const struct msg *);
/* All sessions, caller releases each and frees; 0 or a status and message. */
int ask_list(struct ask *, struct seen **list, size_t *n);

/*
 * A connection to the session's custodian; NULL and the exit status after a
 * message, "cannot DEED 'NAME': REASON".
 */
struct local_call *ask_custodian(const struct cmd *, const struct seen *,
				 const char *deed, int *status);

#endif
