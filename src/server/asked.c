/* server/asked.c - what MSG_NEW asks for. */
#include "server/asked.h"

#include <errno.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/words.h"
#include "proto/msg.h"
#include "server/afar.h"
#include "server/again.h"
#include "server/server.h"
#include "server/session.h"

enum { COLS = 80, ROWS = 24, SIZE_MAX_ = 2000, ENV_MAX = 1 << 20 };

int
asked_fail(struct asked *a, int error, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	a->error = error;
	free(a->text);
	a->text = str_safe(text, strlen(text), sizeof text);
	return -1;
}

/* Copies an array of strings; fails over max bytes in all. */
static int
take_words(struct asked *a, const struct msg_value *map, const char *key,
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
			return asked_fail(a, MSG_E_USAGE,
					  "the %s is too long, or "
					  "not text",
					  key);
		out[at++] = w;
		bytes += strlen(w) + 1;
		if (bytes > max)
			return asked_fail(a, MSG_E_USAGE, "the %s is too long",
					  key);
	}
	return 0;
}

static int
take_labels(struct asked *a, const struct msg_value *map)
{
	size_t n = msg_count(map);

	if (n > SESSION_LABELS_MAX)
		return asked_fail(a, MSG_E_USAGE, "more than %d labels",
				  SESSION_LABELS_MAX);
	for (size_t i = 0; i < n; i++) {
		const char *key;
		size_t klen, vlen = 0;
		const struct msg_value *v = msg_pair(map, i, &key, &klen);

		msg_to_str(v, &vlen);
		const char *wrong = session_label_wrong(key, klen, vlen);
		if (wrong != NULL)
			return asked_fail(a, MSG_E_USAGE, "%s", wrong);
		char *name = mem_strn(key, klen);
		char *value = msg_dup_str(v, SESSION_LABEL_MAX);
		words_set(&a->s->labels, name, value == NULL ? "" : value);
		free(name);
		free(value);
	}
	return 0;
}

/* $SHELL as the caller has it, else the password database's. */
static const char *
shell(const struct asked *a)
{
	const char *sh = a->srv->conf->shell;

	if (sh == NULL || *sh == '\0')
		sh = words_get(a->env, "SHELL");
	if (sh != NULL && *sh == '/')
		return sh;
	const struct passwd *pw = getpwuid(getuid());
	if (pw != NULL && pw->pw_shell != NULL && *pw->pw_shell == '/')
		return pw->pw_shell;
	return "/bin/sh";
}

/* Turns agent and command into the program's words. */
static int
take_command(struct asked *a, const struct msg_value *map)
{
	struct session *s = a->s;
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
		agent = conf_agent(a->srv->conf, word);
	if (agent != NULL) {
		s->agent = word;
		s->holds = agent->holds;
		if (words_count(agent->command) > 0)
			s->command = words_copy(agent->command);
		else
			words_add(&s->command, shell(a));
	} else if (word != NULL) {
		words_add(&s->command, word);
		free(word);
	}
	if (take_words(a, map, "command", SESSION_COMMAND_MAX, &s->command) < 0)
		return -1;
	if (*s->command[0] == '\0')
		return asked_fail(a, MSG_E_NOT_FOUND,
				  "the command has no name");
	return 0;
}

static int
take_cwd(struct asked *a, const struct msg_value *map)
{
	struct session *s = a->s;
	char *asked = msg_dup_str(msg_get(map, "cwd"), 4096);
	struct stat st;

	if (asked == NULL && s->cwd != NULL)
		return 0; /* again */
	if (a->far) {
		char *there = afar_directory(asked);

		free(asked);
		asked = there;
	}
	if (asked == NULL || *asked != '/') {
		free(asked);
		return asked_fail(a, MSG_E_USAGE, "no directory was given");
	}
	free(s->cwd);
	s->cwd = realpath(asked, NULL);
	int r = s->cwd == NULL ? io_check(-1) : io_check(stat(s->cwd, &st));
	if (r == 0 && !S_ISDIR(st.st_mode))
		r = -ENOTDIR;
	if (r == 0)
		r = io_check(access(s->cwd, X_OK));
	if (r < 0)
		asked_fail(a, MSG_E_FAILED, "cannot enter directory '%s': %s",
			   asked, io_error(r));
	free(asked);
	return r < 0 ? -1 : 0;
}

static int
take_hold(struct asked *a, const struct msg_value *map)
{
	const struct session *holder;

	if (!a->s->holds || msg_to_bool(msg_get(map, "share"), false))
		return 0;
	holder = registry_holder(&a->srv->reg, a->s->cwd);
	if (holder == NULL)
		return 0;
	return asked_fail(a, MSG_E_FAILED,
			  "'%s' is already at work in %s; attach to "
			  "it, stop it, or let both work there with --share",
			  holder->name, a->s->cwd);
}

static int
take_name(struct asked *a, const struct msg_value *map)
{
	struct session *s = a->s;
	struct registry *reg = &a->srv->reg;
	char *name = msg_dup_str(msg_get(map, "name"), 4096);

	if (name == NULL && !msg_is_nil(msg_get(map, "name")))
		return asked_fail(a, MSG_E_USAGE, "the name is too long");
	if (name == NULL && a->old != NULL) {
		s->name = mem_str(a->old->name);
		return 0;
	}
	if (name == NULL) {
		s->name = registry_describe(
			reg, s->agent != NULL ? s->agent : s->command[0],
			s->cwd);
		return 0;
	}
	s->name = name;
	char *why = registry_name_taken(reg, name, a->old);
	if (why == NULL)
		return 0;
	asked_fail(a, MSG_E_FAILED, "%s", why);
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

static const char persistent[] = "CDO_PERSISTENT_SESSIONS";

bool
asked_persistent(const struct server *srv)
{
	return truth(getenv(persistent), srv->conf->persistent);
}

/* What is asked for, else what it was, else the caller's, the server's. */
static void
take_persist(struct asked *a, const struct msg_value *map)
{
	bool def = a->s->persistent;

	if (a->old == NULL)
		def = truth(words_get(a->env, persistent),
			    asked_persistent(a->srv));
	a->s->persistent = msg_to_bool(msg_get(map, "persist"), def);
}

/* The finished session whose next run this is, if it shall be one. */
static int
take_old(struct asked *a, const struct msg_value *map)
{
	struct registry *reg = &a->srv->reg;
	char *word = msg_dup_str(msg_get(map, "restart"), 4096), *why = NULL;
	char *name = msg_dup_str(msg_get(map, "name"), 48);
	struct session *old = NULL;
	int r = 0;

	if (word != NULL)
		r = registry_find(reg, word, &old, &why);
	else if (name != NULL && msg_to_bool(msg_get(map, "again"), false))
		old = registry_named(reg, name);
	if (r == 0 && word != NULL && session_lives(old)) {
		r = MSG_E_FAILED;
		why = str_printf("it is running; `cdo stop %s` ends it",
				 old->name);
	}
	if (r != 0) {
		asked_fail(a, r, "%s", why);
	} else if (old != NULL && !session_lives(old)) {
		a->old = old;
		again_inherit(a->s, old);
	}
	free(why);
	free(word);
	free(name);
	return r == 0 ? 0 : -1;
}

/* Of an agent that had its own command, and has not been given another. */
static void
take_resume(struct asked *a, const struct msg_value *map)
{
	if (a->old != NULL && msg_is_nil(msg_get(map, "agent")) &&
	    msg_count(msg_get(map, "command")) == 0)
		a->resume = again_resume(a->s, a->srv->conf);
}

static int
take_restart(struct asked *a, const struct msg_value *map)
{
	char *word = msg_dup_str(msg_get(map, "policy"), 48);
	bool known = word == NULL ||
		     session_restart_named(word, &a->s->restart);

	if (!known)
		asked_fail(a, MSG_E_USAGE,
			   "'%s' is none of never, on-failure, always", word);
	free(word);
	return known ? 0 : -1;
}

/* As asked for, or as it was, or the default. */
static void
take_size(uint64_t *size, const struct msg_value *v, uint64_t def)
{
	uint64_t n = msg_to_uint(v, 0);

	if (n == 0)
		n = *size > 0 ? *size : def;
	*size = n > SIZE_MAX_ ? SIZE_MAX_ : n;
}

/* What would make the host's programs other ones stays the host's to set. */
static int
forbid(struct asked *a)
{
	const char *word = afar_forbidden(a->s->given);

	if (word == NULL)
		return 0;
	return asked_fail(a, MSG_E_NOT_ALLOWED,
			  "no other machine can set %.*s here",
			  (int)strcspn(word, "="), word);
}

int
asked_read(struct asked *a, const struct msg_value *map)
{
	struct session *s = a->s;

	char *id = msg_dup_str(msg_get(map, "id"), SESSION_ID_LEN);
	if (id != NULL && session_is_id(id))
		memcpy(s->id, id, sizeof s->id);
	free(id);
	s->since = s->created = session_clock();
	if (take_old(a, map) < 0 ||
	    take_words(a, map, "env", ENV_MAX, &a->env) < 0)
		return -1;
	a->far |= msg_to_bool(msg_get(map, "far"), false);
	if (a->far)
		afar_environment(&a->env);
	if (take_words(a, map, "given", SESSION_GIVEN_MAX, &s->given) < 0 ||
	    (a->far && forbid(a) < 0) ||
	    take_labels(a, msg_get(map, "labels")) < 0 ||
	    take_command(a, map) < 0 || take_cwd(a, map) < 0 ||
	    take_hold(a, map) < 0 || take_name(a, map) < 0 ||
	    take_restart(a, map) < 0)
		return -1;
	take_resume(a, map);
	take_persist(a, map);
	bool record = a->old != NULL ? s->record : a->srv->conf->record;
	s->record = msg_to_bool(msg_get(map, "record"), record);
	s->umask =
		(mode_t)(msg_to_uint(msg_get(map, "umask"), s->umask) & 0777);
	take_size(&s->cols, msg_get(map, "cols"), COLS);
	take_size(&s->rows, msg_get(map, "rows"), ROWS);
	s->boot = session_boot() == NULL ? NULL : mem_str(session_boot());
	return 0;
}

void
asked_release(struct asked *a)
{
	words_free(a->env);
	words_free(a->resume);
	free(a->text);
}
