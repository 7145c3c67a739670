/* server/create.c - make a session of what MSG_NEW asks for. */
#include "server/create.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/io.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "base/words.h"
#include "proto/msg.h"
#include "server/again.h"
#include "server/asked.h"
#include "server/env.h"
#include "server/server.h"
#include "server/session.h"
#include "server/start.h"
#include "server/watch.h"

enum {
	/* Processes of a run that is over have clients to say goodbye to. */
	LOOK = 20, /* ms */
	LONGEST = 5000, /* also until the custodian speaks */
};

struct create {
	struct asked asked;
	struct session *s; /* in the registry once `listed` */
	bool listed; /* what asked.old is is ours then */
	struct loop_timer *wait; /* for asked.old's processes, or its own */
	uint64_t deadline; /* loop_now() */
	int lock;
	void (*done)(void *ctx, struct session *, int error, const char *text);
	void *ctx;
};

/* --- making it --- */

static const char *
what_to_do(int r)
{
	if (r == -ENOSPC || r == -EDQUOT)
		return "; make room on that disk";
	return "";
}

/* A new one's directory and lock. */
static int
make_place(struct create *c)
{
	struct session *s = c->s;
	int r = registry_make_dir(&c->asked.srv->reg, s);

	if (r < 0)
		return asked_fail(&c->asked, MSG_E_FAILED,
				  "cannot make a directory in %s: %s%s",
				  c->asked.srv->reg.sessions, io_error(r),
				  what_to_do(r));
	registry_add(&c->asked.srv->reg, s);
	c->listed = true;
	char *path = path_join(s->dir, "lock");
	r = c->lock = lock_take(path, false);
	free(path);
	return r;
}

/* The next run stands in the list instead of the one before. */
static void
take_place(struct create *c)
{
	struct session *s = c->s;

	free(s->socket);
	s->socket = registry_socket(&c->asked.srv->reg, s->id);
	registry_remove(&c->asked.srv->reg, c->asked.old);
	registry_add(&c->asked.srv->reg, c->s);
	c->listed = true;
}

/* Its record; it is in the registry afterwards. */
static int
settle_in(struct create *c)
{
	int r = c->asked.old != NULL ? c->lock : make_place(c);

	if (r >= 0)
		r = session_save(c->s);
	if (r < 0 && c->asked.error == 0)
		asked_fail(&c->asked, MSG_E_FAILED,
			   "cannot record the session in %s: %s%s",
			   c->asked.srv->reg.sessions, io_error(r),
			   what_to_do(r));
	return c->asked.error != 0 ? -1 : 0;
}

/* The name under which the program finds the SSH agent of who attaches. */
static char *
link_ssh(const struct create *c)
{
	const char *sock = words_get(c->asked.env, "SSH_AUTH_SOCK");
	char *link = str_printf("%s/%s.ssh", c->asked.srv->runtime, c->s->id);

	if (sock != NULL && *sock != '\0') {
		int r = io_check(symlink(sock, link));
		if (r < 0)
			log_warn("%s: no link to the SSH agent: %s", c->s->id,
				 io_error(r));
	}
	return link;
}

/* What came to nothing is as it was before. */
static void
undo(struct create *c)
{
	struct session *s = c->s;
	char *link = str_printf("%s/%s.ssh", c->asked.srv->runtime, s->id);

	unlink(link);
	free(link);
	registry_remove(&c->asked.srv->reg, s);
	if (c->asked.old != NULL) {
		registry_add(&c->asked.srv->reg, c->asked.old);
		again_undo(c->asked.old);
		return;
	}
	int r = registry_remove_dir(s);
	if (r < 0)
		log_warn("%s: cannot remove: %s", s->dir, io_error(r));
}

static void
finish(void *ctx)
{
	struct create *c = ctx;
	struct session *s = c->s;

	if (s->watch != NULL)
		watch_heard(s, NULL, NULL);
	if (c->lock >= 0)
		io_close(c->lock);
	loop_timer_free(c->wait);
	if (c->asked.error != 0 && c->listed) {
		undo(c);
	} else if (c->asked.old != NULL && c->asked.error == 0) {
		session_free(c->asked.old);
	}
	if (c->done != NULL)
		c->done(c->ctx, c->asked.error != 0 ? NULL : s, c->asked.error,
			c->asked.text);
	if (c->asked.error != 0)
		session_free(s);
	registry_changed(&c->asked.srv->reg);
	c->asked.srv->creating--;
	if (c->asked.srv->leaving)
		server_leave(c->asked.srv);
	asked_release(&c->asked);
	free(c);
}

static void
explain(struct create *c, const struct start_result *res)
{
	const struct session *s = c->s;
	const char *why = io_error(res->error);

	if (strcmp(res->stage, "cwd") == 0)
		asked_fail(&c->asked, MSG_E_FAILED,
			   "cannot enter directory '%s': %s", s->cwd, why);
	else if (strcmp(res->stage, "exec") == 0 && res->error == -ENOENT)
		asked_fail(&c->asked, MSG_E_NOT_FOUND,
			   "cannot run '%s': command not found", s->command[0]);
	else if (strcmp(res->stage, "exec") == 0)
		asked_fail(&c->asked, MSG_E_CANNOT_EXEC, "cannot run '%s': %s",
			   s->command[0], why);
	else if (strcmp(res->stage, "pty") == 0)
		asked_fail(&c->asked, MSG_E_FAILED,
			   "no pseudo-terminal is left for '%s': %s; stop a "
			   "session",
			   s->command[0], why);
	else if (strcmp(res->stage, "socket") == 0)
		asked_fail(&c->asked, MSG_E_FAILED,
			   "cannot listen at %s: %s; set CDO_RUNTIME_DIR to a "
			   "shorter directory",
			   s->socket, why);
	else
		asked_fail(&c->asked, MSG_E_FAILED,
			   "cannot start '%s' (%s): %s", s->command[0],
			   res->stage, why);
}

/* Who asked may go on with what only the custodian knows. */
static void
wait_for_custodian(struct create *c)
{
	if (c->s->watch == NULL) {
		finish(c);
		return;
	}
	loop_timer_free(c->wait);
	c->wait = loop_timer_new(c->asked.srv->loop, finish, c);
	loop_timer_start(c->wait, LONGEST);
	watch_heard(c->s, finish, c);
}

static int spawn(struct create *c);

/* Who did not even tell was no keeper yet: systemd gives no scope. */
static bool
without_scope(struct create *c, const struct start_result *res)
{
	if (!c->asked.srv->scopes || res->stage == NULL ||
	    strcmp(res->stage, "keeper") != 0)
		return false;
	log_warn("systemd-run gives no scope; going on without");
	c->asked.srv->scopes = false;
	return spawn(c) == 0;
}

static void
started(void *ctx, const struct start_result *res)
{
	struct create *c = ctx;

	if (without_scope(c, res))
		return;
	if (res->stage != NULL) {
		explain(c, res);
		log_info("%s: %s", c->s->id, c->asked.text);
		finish(c);
		return;
	}
	c->s->status = SESSION_RUNNING;
	c->s->started = session_clock();
	c->s->pid = res->pid;
	log_info("%s: started '%s', pid %ld", c->s->id, c->s->name,
		 (long)res->pid);
	if (c->asked.old != NULL)
		again_done(c->s);
	io_close(c->lock); /* its keeper's */
	c->lock = -1;
	watch_start(c->asked.srv->loop, &c->asked.srv->reg, c->s);
	wait_for_custodian(c);
}

static int
spawn(struct create *c)
{
	struct session *s = c->s;
	struct server *srv = c->asked.srv;
	char *link = link_ssh(c);
	char **env = env_make(
		c->asked.env,
		&(struct env_session){
			.server = srv->socket,
			.id = s->id,
			.name = s->name,
			.cwd = s->cwd,
			.term_program = srv->conf->term_program != NULL
						? srv->conf->term_program
						: "cdo",
			.ssh_link = link,
			.given = s->given,
		});
	int r = start_keeper(srv->loop,
			     &(struct start_options){
				     .session = s,
				     .command = c->asked.resume != NULL
							? c->asked.resume
							: s->command,
				     .above = c->asked.old,
				     .conf = srv->conf,
				     .runtime = srv->runtime,
				     .env = env,
				     .cols = (unsigned)s->cols,
				     .rows = (unsigned)s->rows,
				     .scope = srv->scopes,
				     .lock = c->lock,
			     },
			     started, c);
	words_free(env);
	free(link);
	if (r < 0)
		return asked_fail(&c->asked, MSG_E_FAILED,
				  "cannot start a process: %s", io_error(r));
	return 0;
}

/* Not before the processes of the run before are gone. */
static void
begin_again(void *ctx)
{
	struct create *c = ctx;

	if (c->asked.old->watch == NULL)
		c->lock = again_begin(c->asked.old);
	if ((c->asked.old->watch != NULL || c->lock == -EWOULDBLOCK) &&
	    loop_now(c->asked.srv->loop) < c->deadline) {
		loop_timer_start(c->wait, LOOK);
		return;
	}
	if (c->asked.old->watch != NULL || c->lock == -EWOULDBLOCK)
		asked_fail(&c->asked, MSG_E_FAILED,
			   "its processes are still there");
	else if (c->lock < 0)
		asked_fail(&c->asked, MSG_E_FAILED, "cannot lock %s: %s",
			   c->asked.old->dir, io_error(c->lock));
	if (c->asked.error != 0 || settle_in(c) < 0 || spawn(c) < 0)
		finish(c);
}

struct create *
create_session(struct server *srv, const struct msg_value *map, bool far,
	       void (*done)(void *ctx, struct session *, int error,
			    const char *text),
	       void *ctx)
{
	struct create *c = mem_zero(1, sizeof *c);

	*c = (struct create){
		.asked = { .srv = srv, .far = far },
		.s = session_new(),
		.lock = -1,
		.done = done,
		.ctx = ctx,
	};
	c->asked.s = c->s;
	srv->creating++;
	bool good = asked_read(&c->asked, map) == 0;
	if (good && c->asked.old == NULL)
		good = settle_in(c) == 0 && spawn(c) == 0;
	if (!good) {
		finish(c);
		return NULL;
	}
	if (c->asked.old == NULL)
		return c;
	take_place(c);
	c->wait = loop_timer_new(srv->loop, begin_again, c);
	c->deadline = loop_now(srv->loop) + LONGEST;
	loop_timer_start(c->wait, 0);
	return c;
}

void
create_forget(struct create *c)
{
	c->done = NULL;
}
