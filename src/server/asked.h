/* server/asked.h - what MSG_NEW asks for. */
#ifndef CDO_SERVER_ASKED_H
#define CDO_SERVER_ASKED_H

#include <stdbool.h>

struct msg_value;
struct server;
struct session;

/* All-zero but for srv and s before it is read. */
struct asked {
	struct server *srv;
	struct session *s; /* the session to be; the caller's */
	struct session *old; /* whose next run it is, or NULL */
	char **resume; /* words to run instead of the command, or NULL */
	char **env; /* the caller's */
	bool far; /* who asks is on another machine */
	int error; /* enum msg_error */
	char *text; /* what to tell people, or NULL */
};

/* 0, or -1 after asked_fail.  Release it in both cases. */
int asked_read(struct asked *, const struct msg_value *map);
void asked_release(struct asked *);
/* Notes why it cannot be done; -1. */
int asked_fail(struct asked *, int error, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Whether sessions outlive the server unless it is said otherwise. */
bool asked_persistent(const struct server *);

#endif
