/* server/server.h - the process that knows all sessions. */
#ifndef CDO_SERVER_SERVER_H
#define CDO_SERVER_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "server/registry.h"

struct berth;
struct conf;
struct loop;

/*
 * Runs the server until it is told to leave.  argv[0] is "server"; options:
 * --foreground, and for who starts it: --lock-fd N (start.lock, held; closed
 * once the server listens), --ready-fd N (gets "ok\n", or what is wrong),
 * --runtime DIR, --state DIR.  Returns its exit status.
 */
int server_main(int argc, char **argv);

/* What the server's files share. */
struct server {
	struct loop *loop;
	struct registry reg;
	struct conf *conf; /* the last that was right */
	char *conf_errs; /* what is wrong with the file now, or NULL */
	char *runtime, *state, *config;
	char *socket; /* path of the listening socket */
	int listener;
	struct berth *berth; /* of the listener */
	bool scopes; /* sessions have one of systemd's each */
	bool leaving; /* as soon as no session is being made */
	unsigned creating;
	uint64_t started; /* unix ms */
	struct serve *serve;
	struct revive *revive;
	struct forget *forget;
	struct remote *remote;
};

/* Reads cdo.conf again; 0, or -EINVAL with the reason in conf_errs. */
int server_reload(struct server *);
/* Ends server_main; sessions go on, and start no other server. */
void server_leave(struct server *);

#endif
