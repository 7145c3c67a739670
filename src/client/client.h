/* client/client.h - attach this terminal to a session. */
#ifndef CDO_CLIENT_CLIENT_H
#define CDO_CLIENT_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

/* All strings are borrowed for the time of the call. */
struct far;
struct client_options {
	const char *socket; /* the custodian's, absolute path */
	struct far *far; /* or through this, by its id; NULL: it is here */
	const char *id;
	const char *name;
	bool read_only; /* sends nothing, never counts for the size */
	bool exclusive; /* the others that may type are detached */
	const char *prefix; /* a key as in "C-b"; NULL: that one */
	/*
	 * Keys typed one after the other to detach, "C-p,C-q"; NULL: the
	 * prefix and d.  When given, the prefix has no d.
	 */
	const char *detach_keys;
	uint32_t history; /* lines wanted above the screen */
};

enum client_how {
	CLIENT_DETACHED, /* asked for, or the terminal went away */
	CLIENT_EXITED, /* the program ended */
	CLIENT_TAKEN, /* somebody else took the session over */
	CLIENT_SWITCHED, /* asked to go to another session */
	CLIENT_FAILED, /* never attached, or the session is lost */
	/* On another machine, where it is no more: when its link came back it
	 * was not there.  The last line has said so. */
	CLIENT_LOST,
	/*
	 * Nobody answered at the socket (refused, or it is not there) before
	 * anything was shown.  Nothing was said either: the caller looks
	 * whether the session has ended meanwhile, and tells.
	 */
	CLIENT_ABSENT,
};

struct client_end {
	enum client_how how;
	int status; /* of the program, 128+N for a signal N; if CLIENT_EXITED */
	char to[16]; /* id of the session to go to; if CLIENT_SWITCHED */
};

/*
 * Shows the session on the terminal that is stdin and stdout until it is
 * left; then the terminal is as it was, with the session's text in place and
 * a last line that says why.  Reasons of failures go to stderr.  Returns
 * cdo's exit status: 0, or 125 from CLIENT_FAILED on.  end may be NULL.
 */
int client_attach(const struct client_options *, struct client_end *end);

/* The size of the terminal that is stdin; 0, or -ENOTTY. */
int client_size(unsigned *cols, unsigned *rows);

/* Whether prefix or detach_keys mean something; 0 or -EINVAL. */
int client_check_keys(const char *keys);

#endif
