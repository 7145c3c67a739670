/* cmd/ask.c - talk to the server, and to a session's custodian. */
#include "cmd/ask.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/str.h"
#include "client/far.h"
#include "cmd/cmd.h"
#include "cmd/out.h"
#include "cmd/place.h"
#include "cmd/seen.h"
#include "proto/local.h"
#include "proto/msg.h"
#include "proto/reach.h"

enum { LOOK = 20 }; /* ms between two looks at what is about to be */

struct ask {
	const struct cmd *cmd;
	char *host; /* NULL: here */
	struct far *far; /* through which it is there */
	uint32_t number; /* of the connection in that */
	bool lost; /* the server went away in the middle of it */
	bool late; /* it said nothing for so long */
	struct local_call *call;
	int code; /* enum msg_error of the last answer */
	char *text;
};

/* --- the server --- */

static struct msg *
failed(struct ask *a, int code, char *text)
{
	free(a->text);
	a->code = code;
	a->text = text != NULL ? text : mem_str("an error without a reason");
	return NULL;
}

/* Here; a socket or -errno with *why. */
static int
reach_here(bool start, char **why)
{
	char *runtime = reach_runtime();
	int fd = reach_server(runtime, start, why);

	free(runtime);
	return fd;
}

/* Connects to where a->host says; 0, or -errno with code and text. */
static int
join(struct ask *a, bool start)
{
	char *why = NULL;
	int fd, error = MSG_E_UNREACHABLE;

	a->far = NULL;
	if (a->host == NULL) {
		fd = reach_here(start, &why);
	} else {
		a->far = place_link(a->host, &error, &why);
		fd = a->far == NULL ? -EHOSTUNREACH
				    : far_connect(a->far, "server", &a->number);
		char *text = str_printf("cannot reach '%s': %s", a->host,
					why != NULL ? why : io_error(fd));
		free(why);
		why = text;
	}
	if (fd < 0) {
		failed(a, error, why);
		return fd;
	}
	free(why);
	a->call = local_call_new(fd, "client");
	return 0;
}

struct ask *
ask_open(const struct cmd *cmd, bool start, int *status)
{
	return ask_open_at(cmd, NULL, start, status);
}

struct ask *
ask_open_at(const struct cmd *cmd, const char *word, bool start, int *status)
{
	struct ask *a = mem_zero(1, sizeof *a);
	const char *host = place_default();

	a->cmd = cmd;
	if (word != NULL)
		place_split(word, &a->host);
	else
		a->host = host == NULL ? NULL : mem_str(host);
	*status = 0;
	int r = join(a, start);
	if (r == 0)
		return a;
	*status = ask_error(a);
	if (start || (r != -ENOENT && r != -ECONNREFUSED))
		out_error("%s", a->text);
	ask_close(a);
	return NULL;
}

void
ask_close(struct ask *a)
{
	if (a == NULL)
		return;
	local_call_free(a->call);
	free(a->host);
	free(a->text);
	free(a);
}

const char *
ask_host(const struct ask *a)
{
	return a->host;
}

bool
ask_move(struct ask *a, const char *host)
{
	if (str_eq(a->host, host) && a->call != NULL)
		return true;
	local_call_free(a->call);
	a->call = NULL;
	free(a->host);
	a->host = host == NULL ? NULL : mem_str(host);
	return join(a, true) == 0;
}

const char *
ask_go(struct ask *a, const char *word)
{
	char *host;
	const char *name = place_split(word, &host);
	bool there = ask_move(a, host);

	free(host);
	return there ? name : NULL;
}

/* --- asking --- */

struct buf *
ask_out(struct ask *a)
{
	return local_call_out(a->call);
}

/* What another machine says when it lets go of us. */
static struct msg *
lost_far(struct ask *a, int r)
{
	unsigned error;
	const char *text;

	if (far_refused(a->far, a->number, &error, &text)) {
		a->lost = false;
		return failed(a, (int)error, mem_str(text));
	}
	if (far_state(a->far) == FAR_ENDED && far_text(a->far) != NULL)
		return failed(a, (int)far_error(a->far),
			      mem_str(far_text(a->far)));
	return failed(a, MSG_E_UNREACHABLE,
		      str_printf("the link to '%s' was lost (%s)", a->host,
				 io_error(r)));
}

struct msg *
ask_next(struct ask *a, int ms)
{
	struct msg *m;

	if (a->call == NULL)
		return NULL; /* and why, has been said */
	int r = local_call_send(a->call);
	if (r == 0)
		r = local_call_next(a->call, ms, &m);
	a->late = r == -ETIMEDOUT;
	a->lost = r < 0 && !a->late;
	if (a->lost && a->far != NULL)
		return lost_far(a, r);
	if (a->late)
		return failed(a, MSG_E_UNREACHABLE,
			      mem_str("the server does not answer"));
	if (a->lost)
		return failed(
			a, MSG_E_UNREACHABLE,
			str_printf("the server went away (%s)", io_error(r)));
	if (m->type == MSG_ERROR)
		return failed(a, (int)msg_to_uint(msg_field(m, 0), 1),
			      msg_dup_str(msg_field(m, 1), 1 << 16));
	return m;
}

int
ask_error(const struct ask *a)
{
	return cmd_status(a->cmd, a->code);
}

bool
ask_late(const struct ask *a)
{
	return a->late;
}

const char *
ask_text(const struct ask *a)
{
	return a->text;
}

bool
ask_reopen(struct ask *a)
{
	if (!a->lost)
		return false;
	local_call_free(a->call);
	a->call = NULL;
	a->lost = false;
	if (join(a, true) == 0)
		return true;
	out_error("%s", a->text);
	return false;
}

/* Asks what may be asked twice: of the next server, if one is killed. */
static const struct msg *
ask_for(struct ask *a, enum msg_type type, const char *word)
{
	struct msg_writer w;
	const struct msg *m;

	do {
		msg_begin(&w, ask_out(a), type, 1);
		if (word != NULL)
			msg_str(&w, word);
		else
			msg_map(&w, 0);
		msg_end(&w);
		m = ask_next(a, ASK_MS);
	} while (m == NULL && ask_reopen(a));
	return m;
}

void
ask_saw(const struct ask *a, struct seen *s, const struct msg *m)
{
	seen_read(s, m);
	s->host = a->host == NULL ? NULL : mem_str(a->host);
}

int
ask_find(struct ask *a, const char *word, const char *deed, struct seen *s)
{
	const char *name = ask_go(a, word);
	const struct msg *m = name == NULL ? NULL : ask_for(a, MSG_FIND, name);

	if (m == NULL) {
		if (deed != NULL)
			out_error("cannot %s '%s': %s", deed, word, a->text);
		return ask_error(a);
	}
	ask_saw(a, s, m);
	return 0;
}

int
ask_sure(struct ask *a, const char *id, struct seen *s)
{
	const struct msg *m;

	for (int ms = 0; (m = ask_for(a, MSG_FIND, id)) != NULL; ms += LOOK) {
		ask_saw(a, s, m);
		if (!s->lives || s->pid != 0 || ms >= ASK_NEW_MS)
			return 1;
		seen_release(s);
		poll(NULL, 0, LOOK);
	}
	return a->code == MSG_E_NO_SESSION ? 0 : -1;
}

static void
forget(struct seen **list, size_t *n)
{
	for (size_t i = 0; i < *n; i++)
		seen_release(&(*list)[i]);
	free(*list);
	*list = NULL;
	*n = 0;
}

int
ask_list(struct ask *a, struct seen **list, size_t *n)
{
	const struct msg *m;

	*list = NULL;
	*n = 0;
	do {
		forget(list, n);
		m = ask_for(a, MSG_LIST, NULL);
		while (m != NULL && m->type == MSG_SESSION) {
			*list = mem_grow(*list, *n + 1, sizeof **list);
			ask_saw(a, &(*list)[(*n)++], m);
			m = ask_next(a, ASK_MS);
		}
	} while (m == NULL && ask_reopen(a));
	if (m != NULL)
		return 0;
	forget(list, n);
	out_error("cannot list the sessions: %s", a->text);
	return ask_error(a);
}

/* A socket or -errno with *why, if that says more. */
static int
reach_custodian(const struct seen *s, int *error, char **why)
{
	uint32_t number;

	*error = MSG_E_UNREACHABLE;
	*why = NULL;
	if (s->host == NULL)
		return s->socket == NULL ? -ENOENT : local_connect(s->socket);
	struct far *f = place_link(s->host, error, why);
	return f == NULL ? -EHOSTUNREACH : far_connect(f, s->id, &number);
}

struct local_call *
ask_custodian(const struct cmd *cmd, const struct seen *s, const char *deed,
	      int *status)
{
	char *why;
	int error, fd = reach_custodian(s, &error, &why);

	if (fd < 0) {
		out_error("cannot %s '%s': it cannot be reached: %s", deed,
			  s->name, why != NULL ? why : io_error(fd));
		free(why);
		*status = cmd_status(cmd, error);
		return NULL;
	}
	return local_call_new(fd, "client");
}
