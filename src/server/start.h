/* server/start.h - start a session's keeper and hear how it went. */
#ifndef CDO_SERVER_START_H
#define CDO_SERVER_START_H

#include <stdbool.h>
#include <sys/types.h>

struct conf;
struct loop;
struct session;

struct start_options {
	const struct session *session;
	char *const *command; /* the words to run */
	const struct session *above; /* the run before, or NULL */
	const struct conf *conf;
	const char *runtime;
	char *const *env; /* the program's */
	unsigned cols, rows;
	bool scope; /* in one of systemd's, of its own */
	int lock; /* descriptor of the session's lock, held */
};

/*
 * How it went: stage is NULL and pid the program's, or stage names what
 * failed ("cwd", "exec", "pty", ...; "keeper": it did not even tell) with
 * -errno in error.
 */
struct start_result {
	const char *stage;
	int error;
	pid_t pid;
};

/*
 * Starts the keeper.  `done` is called once, later, from the loop.  Returns
 * 0, or -errno if there was nothing to start; `done` is not called then.
 */
int start_keeper(struct loop *, const struct start_options *,
		 void (*done)(void *ctx, const struct start_result *),
		 void *ctx);

#endif
