/* relay/ssh.h - one try to reach a host through the system's ssh. */
#ifndef CDO_RELAY_SSH_H
#define CDO_RELAY_SSH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;

struct ssh_events {
	/*
	 * `cdo relay --stdio` has said hello: fd, the callee's, is ssh's
	 * stdin and stdout; early are bytes behind the hello.
	 */
	void (*won)(void *ctx, int fd, const void *early, size_t len);
	/* `found`: ssh was let in, but no cdo answered there. */
	void (*lost)(void *ctx, bool found, const char *text);
};

/*
 * Runs ssh for "USER@HOST" or "USER@HOST:PORT".  If `ask`, it may ask on the
 * terminal and complain there, and may take its time; else SSH_MS at most.
 * One of the events comes, not before this has returned.  Freed after `won`,
 * ssh goes on; else it is ended.  NULL: ssh cannot be started.
 */
enum { SSH_MS = 15000 };
struct ssh;
struct ssh *ssh_new(struct loop *, const char *host, bool ask,
		    const struct ssh_events *, void *ctx);
void ssh_free(struct ssh *);
/* The process, the caller's to wait for. */
int ssh_pid(const struct ssh *);

#endif
