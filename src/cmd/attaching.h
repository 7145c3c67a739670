/* cmd/attaching.h - from a session's name to this terminal. */
#ifndef CDO_CMD_ATTACHING_H
#define CDO_CMD_ATTACHING_H

#include <stdbool.h>

struct cmd;
struct conf;
struct seen;

struct attaching {
	bool read_only, exclusive;
	bool started; /* just now, by us: its end is ours, however early */
	const char *detach_keys; /* or NULL */
};

/* Whether stdin and stdout are a terminal; says so if not. */
bool attaching_possible(const char *deed, const char *name);

/* cdo.conf, or after a complaint the defaults; caller frees (conf_free). */
struct conf *attaching_conf(void);

/* As ask_find, also where no server can be had. */
int attaching_find(const struct cmd *, const char *word, struct seen *);

/*
 * Attaches until the session is left; a finished one is shown.  Returns the
 * exit status: the program's if it ended meanwhile.  s is read anew if it
 * turns out to have finished, or is another one that was switched to.
 */
int attaching_run(const struct cmd *, struct seen *s, const struct attaching *);

#endif
