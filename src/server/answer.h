/* server/answer.h - what commands ask of the server. */
#ifndef CDO_SERVER_ANSWER_H
#define CDO_SERVER_ANSWER_H

#include <stdbool.h>

#include "proto/rights.h"

struct create;
struct local;
struct msg;
struct msg_writer;
struct pairing_window;
struct serve;
struct server;

/* Who asks: a command, or a paired device through its relay. */
struct asker {
	struct asker *next;
	struct serve *serve;
	struct server *srv;
	struct local *conn;
	struct create *create; /* whose answer it waits for */
	enum role role; /* ROLE_LOCAL: this user, here */
	char *device; /* its name, NULL for those here */
	struct pairing_window *window; /* that it has opened */
	unsigned refused; /* requests that were not its to make */
	bool greeted;
	bool watches;
	bool owed; /* a list that it was too slow for */
};

/* Answers a request; false if it is none that we know. */
bool answer_request(struct asker *, const struct msg *);

void answer_error(struct asker *, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void answer_ok(struct asker *);
void answer_list(struct asker *);

/* answer_devices.c */
void answer_pair(struct asker *, const struct msg *);
void answer_devices(struct asker *, const struct msg *);
void answer_revoke(struct asker *, const struct msg *);
void answer_device_set(struct asker *, const struct msg *);
/* fetch.c */
void answer_fetch(struct asker *, const struct msg *);
/* Four pairs of MSG_STATUS. */
void answer_door(const struct asker *, struct msg_writer *);
/* It leaves: what it had opened is closed. */
void answer_leaves(struct asker *);

#endif
