/* server/create.c - make a session of what MSG_NEW asks for. */
#include "server/create.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "base/words.h"
#include "proto/msg.h"
#include "server/env.h"
#include "server/server.h"
#include "server/session.h"
#include "server/start.h"
#include "server/watch.h"

enum { COLS = 80, ROWS = 24, SIZE_MAX_ = 2000, ENV_MAX = 1 << 20 };

struct create {
	struct server *srv;
	struct session *s; /* in the registry once its directory is made */
	char old[SESSION_ID_LEN + 1]; /* id of the one that makes way, or "" */
	char **env; /* the caller's */
	mode_t umask;
	int lock;
	void (*done)(void *ctx, struct session *, int error, const char *text);
	void *ctx;
	int error; /* enum msg_error */
	char *text;
};

static int __attribute__((format(printf, 3, 4)))
fail(struct create *c, int error, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	c->error = error;
	free(c->text);
	c->text = str_safe(text, strlen(text), sizeof text);
	return -1;
}

/* --- what is asked for --- */

/* Copies an array of strings; fails over max bytes in all. */
static int
take_words(struct create *c, const struct msg_value *map, const char *key,
	   size_t max, char ***list)
{
	const struct msg_value *arr = msg_get(map, key);
	size_t n = msg_count(arr), bytes = 0;
	char **out = mem_zero(words_count(*list) + n + 1, sizeof *out);
	size_t at = 0;

	for (; *list != NULL && (*list)[at] != NULL; at++)
		out[at] = (*list)[at];
	free(*list);
	*list = out;
	for (size_t i = 0; i < n; i++) {
		char *w = msg_dup_str(msg_at(arr, i), max);

		if (w == NULL)
			return fail(c, MSG_E_USAGE,
				    "the %s is too long, or "
				    "not text",
				    key);
		out[at++] = w;
		bytes += strlen(w) + 1;
		if (bytes > max)
			return fail(c, MSG_E_USAGE, "the %s is too long", key);
	}
	return 0;
}

static int
take_labels(struct create *c, const struct msg_value *map)
{
	size_t n = msg_count(map);

	if (n > SESSION_LABELS_MAX)
		return fail(c, MSG_E_USAGE, "more than %d labels",
			    SESSION_LABELS_MAX);
	for (size_t i = 0; i < n; i++) {
		const char *key;
		size_t klen, vlen = 0;
		const struct msg_value *v = msg_pair(map, i, &key, &klen);

		msg_to_str(v, &vlen);
		const char *wrong = session_label_wrong(key, klen, vlen);
		if (wrong != NULL)
			return fail(c, MSG_E_USAGE, "%s", wrong);
		char *name = mem_strn(key, klen);
		char *value = msg_dup_str(v, SESSION_LABEL_MAX);
		words_set(&c->s->labels, name, value == NULL ? "" : value);
		free(name);
		free(value);
	}
	return 0;
}

/* $SHELL as the caller has it, else the password database's. */
static const char *
shell(const struct create *c)
{
	const char *sh = c->srv->conf->shell;

	if (sh == NULL || *sh == '\0')
		sh = words_get(c->env, "SHELL");
	if (sh != NULL && *sh == '/')
		return sh;
	const struct passwd *pw = getpwuid(getuid());
	if (pw != NULL && pw->pw_shell != NULL && *pw->pw_shell == '/')
		return pw->pw_shell;
	return "/bin/sh";
}

/* Turns agent and command into the program's words. */
static int
take_command(struct create *c, const struct msg_value *map)
{
	struct session *s = c->s;
	char *word = msg_dup_str(msg_get(map, "agent"), 4096);
	const struct conf_agent *agent = NULL;

	if (word == NULL && msg_count(msg_get(map, "command")) == 0) {
		if (s->command != NULL)
			return 0; /* again */
		word = mem_str("shell");
	}
	words_free(s->command);
	s->command = NULL;
	free(s->agent);
	s->agent = NULL;
	s->holds = false;
	if (word != NULL)
		agent = conf_agent(c->srv->conf, word);
	if (agent != NULL) {
		s->agent = word;
		s->holds = agent->holds;
		if (words_count(agent->command) > 0)
			s->command = words_copy(agent->command);
		else
			words_add(&s->command, shell(c));
	} else if (word != NULL) {
		words_add(&s->command, word);
		free(word);
	}
	if (take_words(c, map, "command", SESSION_COMMAND_MAX, &s->command) < 0)
		return -1;
	if (*s->command[0] == '\0')
		return fail(c, MSG_E_NOT_FOUND, "the command has no name");
	return 0;
}

static int
take_cwd(struct create *c, const struct msg_value *map)
{
	struct session *s = c->s;
	char *asked = msg_dup_str(msg_get(map, "cwd"), 4096);
	struct stat st;

	if (asked == NULL && s->cwd != NULL)
		return 0; /* again */
	if (asked == NULL || *asked != '/') {
		free(asked);
		return fail(c, MSG_E_USAGE, "no directory was given");
	}
	free(s->cwd);
	s->cwd = realpath(asked, NULL);
	int r = s->cwd == NULL ? io_check(-1) : io_check(stat(s->cwd, &st));
	if (r == 0 && !S_ISDIR(st.st_mode))
		r = -ENOTDIR;
	if (r == 0)
		r = io_check(access(s->cwd, X_OK));
	if (r < 0)
		fail(c, MSG_E_FAILED, "cannot enter directory '%s': %s", asked,
		     io_error(r));
	free(asked);
	return r < 0 ? -1 : 0;
}

static int
take_hold(struct create *c, const struct msg_value *map)
{
	const struct session *holder;

	if (!c->s->holds || msg_to_bool(msg_get(map, "share"), false))
		return 0;
	holder = registry_holder(&c->srv->reg, c->s->cwd);
	if (holder == NULL)
		return 0;
	return fail(c, MSG_E_FAILED,
		    "'%s' is already at work in %s; attach to "
		    "it, stop it, or let both work there with --share",
		    holder->name, c->s->cwd);
}

static int
take_name(struct create *c, const struct msg_value *map)
{
	struct session *s = c->s;
	struct registry *reg = &c->srv->reg;
	char *name = msg_dup_str(msg_get(map, "name"), 4096);

	if (name == NULL && !msg_is_nil(msg_get(map, "name")))
		return fail(c, MSG_E_USAGE, "the name is too long");
	if (name == NULL) {
		s->name = registry_describe(
			reg, s->agent != NULL ? s->agent : s->command[0],
			s->cwd);
		return 0;
	}
	s->name = name;
	char *why = registry_name_taken(reg, name, NULL);
	if (why == NULL)
		return 0;
	fail(c, MSG_E_FAILED, "%s", why);
	free(why);
	return -1;
}

/* "0", "no", "off" and "false" are no; NULL and "" say nothing. */
static bool
truth(const char *word, bool def)
{
	static const char *const no[] = { "0", "no", "off", "false" };

	if (word == NULL || *word == '\0')
		return def;
	for (size_t i = 0; i < sizeof no / sizeof *no; i++)
		if (strcmp(word, no[i]) == 0)
			return false;
	return true;
}

static bool
take_persist(const struct create *c, const struct msg_value *map)
{
	static const char key[] = "CDO_PERSISTENT_SESSIONS";
	bool def = truth(getenv(key), c->srv->conf->persistent);

	def = truth(words_get(c->env, key), def);
	return msg_to_bool(msg_get(map, "persist"), def);
}

/* The finished session of this name makes way and says what it ran. */
static void
take_again(struct create *c, const struct msg_value *map)
{
	char *name = msg_dup_str(msg_get(map, "name"), 48);
	struct session *old = name == NULL ? NULL
					   : registry_named(&c->srv->reg, name);

	free(name);
	if (!msg_to_bool(msg_get(map, "again"), false) || old == NULL ||
	    session_lives(old))
		return;
	memcpy(c->old, old->id, sizeof c->old);
	old->replaced = true; /* for now */
	c->s->command = words_copy(old->command);
	c->s->agent = old->agent == NULL ? NULL : mem_str(old->agent);
	c->s->cwd = old->cwd == NULL ? NULL : mem_str(old->cwd);
	c->s->labels = words_copy(old->labels);
	c->s->given = words_copy(old->given);
	c->s->holds = old->holds;
}

/* It made way for good, or it comes back. */
static void
settle_old(struct create *c)
{
	struct session *old = registry_by_id(&c->srv->reg, c->old);

	if (old == NULL || !old->replaced)
		return;
	old->replaced = false;
	int r = c->error != 0 ? 0 : registry_forget(&c->srv->reg, old);
	if (r < 0)
		log_warn("%s: cannot remove: %s", old->dir, io_error(r));
}

static int
take(struct create *c, const struct msg_value *map)
{
	struct session *s = c->s;

	char *id = msg_dup_str(msg_get(map, "id"), SESSION_ID_LEN);
	if (id != NULL && session_is_id(id))
		memcpy(s->id, id, sizeof s->id);
	free(id);
	s->created = session_clock();
	s->since = s->created;
	take_again(c, map);
	if (take_words(c, map, "env", ENV_MAX, &c->env) < 0 ||
	    take_words(c, map, "given", SESSION_GIVEN_MAX, &s->given) < 0 ||
	    take_labels(c, msg_get(map, "labels")) < 0 ||
	    take_command(c, map) < 0 || take_cwd(c, map) < 0 ||
	    take_hold(c, map) < 0 || take_name(c, map) < 0)
		return -1;
	s->persistent = take_persist(c, map);
	s->record = msg_to_bool(msg_get(map, "record"), c->srv->conf->record);
	uint64_t cols = msg_to_uint(msg_get(map, "cols"), COLS);
	uint64_t rows = msg_to_uint(msg_get(map, "rows"), ROWS);
	s->cols = cols < 1 ? COLS : cols > SIZE_MAX_ ? SIZE_MAX_ : cols;
	s->rows = rows < 1 ? ROWS : rows > SIZE_MAX_ ? SIZE_MAX_ : rows;
	s->boot = session_boot() == NULL ? NULL : mem_str(session_boot());
	return 0;
}

/* --- making it --- */

static const char *
what_to_do(int r)
{
	if (r == -ENOSPC || r == -EDQUOT)
		return "; make room on that disk";
	return "";
}

/* Its directory, record and lock; it is in the registry afterwards. */
static int
settle_in(struct create *c)
{
	struct session *s = c->s;
	int r = registry_make_dir(&c->srv->reg, s);

	if (r < 0)
		return fail(c, MSG_E_FAILED,
			    "cannot make a directory in %s: %s%s",
			    c->srv->reg.sessions, io_error(r), what_to_do(r));
	registry_add(&c->srv->reg, s);
	char *path = path_join(s->dir, "lock");
	c->lock = io_open(path, O_RDWR | O_CREAT, 0600);
	r = c->lock < 0 ? c->lock : io_check(flock(c->lock, LOCK_EX | LOCK_NB));
	free(path);
	if (r == 0)
		r = session_save(s);
	if (r < 0)
		return fail(c, MSG_E_FAILED,
			    "cannot record the session in %s: %s%s",
			    c->srv->reg.sessions, io_error(r), what_to_do(r));
	return 0;
}

/* The name under which the program finds the SSH agent of who attaches. */
static char *
link_ssh(const struct create *c)
{
	const char *sock = words_get(c->env, "SSH_AUTH_SOCK");
	char *link = str_printf("%s/%s.ssh", c->srv->runtime, c->s->id);

	if (sock != NULL && *sock != '\0') {
		int r = io_check(symlink(sock, link));
		if (r < 0)
			log_warn("%s: no link to the SSH agent: %s", c->s->id,
				 io_error(r));
	}
	return link;
}

static void
finish(struct create *c)
{
	struct session *s = c->s;

	if (c->lock >= 0)
		io_close(c->lock);
	if (c->error != 0 && s->dir != NULL) {
		int r = registry_remove_dir(s);
		if (r < 0)
			log_warn("%s: cannot remove: %s", s->dir, io_error(r));
		char *link = str_printf("%s/%s.ssh", c->srv->runtime, s->id);
		unlink(link);
		free(link);
		registry_remove(&c->srv->reg, s);
	}
	settle_old(c);
	if (c->done != NULL)
		c->done(c->ctx, c->error != 0 ? NULL : s, c->error, c->text);
	if (c->error != 0)
		session_free(s);
	registry_changed(&c->srv->reg);
	c->srv->creating--;
	if (c->srv->leaving)
		server_leave(c->srv);
	words_free(c->env);
	free(c->text);
	free(c);
}

static void
explain(struct create *c, const struct start_result *res)
{
	const struct session *s = c->s;
	const char *why = io_error(res->error);

	if (strcmp(res->stage, "cwd") == 0)
		fail(c, MSG_E_FAILED, "cannot enter directory '%s': %s", s->cwd,
		     why);
	else if (strcmp(res->stage, "exec") == 0 && res->error == -ENOENT)
		fail(c, MSG_E_NOT_FOUND, "cannot run '%s': command not found",
		     s->command[0]);
	else if (strcmp(res->stage, "exec") == 0)
		fail(c, MSG_E_CANNOT_EXEC, "cannot run '%s': %s", s->command[0],
		     why);
	else if (strcmp(res->stage, "pty") == 0)
		fail(c, MSG_E_FAILED,
		     "no pseudo-terminal is left for '%s': %s; stop a session",
		     s->command[0], why);
	else if (strcmp(res->stage, "socket") == 0)
		fail(c, MSG_E_FAILED,
		     "cannot listen at %s: %s; set CDO_RUNTIME_DIR to a "
		     "shorter directory",
		     s->socket, why);
	else
		fail(c, MSG_E_FAILED, "cannot start '%s' (%s): %s",
		     s->command[0], res->stage, why);
}

static void
started(void *ctx, const struct start_result *res)
{
	struct create *c = ctx;

	if (res->stage != NULL) {
		explain(c, res);
		log_info("%s: %s", c->s->id, c->text);
	} else {
		c->s->status = SESSION_RUNNING;
		c->s->started = session_clock();
		c->s->pid = res->pid;
		log_info("%s: started '%s', pid %ld", c->s->id, c->s->name,
			 (long)res->pid);
		watch_start(c->srv->loop, &c->srv->reg, c->s);
	}
	finish(c);
}

static int
spawn(struct create *c)
{
	struct session *s = c->s;
	struct server *srv = c->srv;
	char *link = link_ssh(c);
	char **env = env_make(
		c->env,
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
				     .conf = srv->conf,
				     .runtime = srv->runtime,
				     .env = env,
				     .cols = (unsigned)s->cols,
				     .rows = (unsigned)s->rows,
				     .umask = c->umask,
				     .lock = c->lock,
			     },
			     started, c);
	words_free(env);
	free(link);
	if (r < 0)
		return fail(c, MSG_E_FAILED, "cannot start a process: %s",
			    io_error(r));
	io_close(c->lock); /* the keeper's now */
	c->lock = -1;
	return 0;
}

struct create *
create_session(struct server *srv, const struct msg_value *map,
	       void (*done)(void *ctx, struct session *, int error,
			    const char *text),
	       void *ctx)
{
	struct create *c = mem_zero(1, sizeof *c);

	*c = (struct create){
		.srv = srv,
		.s = session_new(),
		.lock = -1,
		.umask = (mode_t)(msg_to_uint(msg_get(map, "umask"), 022) &
				  0777),
		.done = done,
		.ctx = ctx,
	};
	srv->creating++;
	if (take(c, map) < 0 || settle_in(c) < 0 || spawn(c) < 0) {
		finish(c);
		return NULL;
	}
	return c;
}

void
create_forget(struct create *c)
{
	c->done = NULL;
}
