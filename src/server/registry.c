/* server/registry.c - all sessions, by name, id and prefix. */
#include "server/registry.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "proto/local.h"
#include "proto/msg.h"
#include "server/session.h"

enum {
	NAME_MAX_LEN = 48,
	AMONG = 8, /* names told of those that a prefix could mean */
};

void
registry_init(struct registry *reg, const char *runtime, const char *state)
{
	*reg = (struct registry){
		.runtime = mem_str(runtime),
		.sessions = path_join(state, "sessions"),
	};
}

void
registry_release(struct registry *reg)
{
	for (size_t i = 0; i < reg->n; i++)
		session_free(reg->list[i]);
	free(reg->list);
	free(reg->runtime);
	free(reg->sessions);
	*reg = (struct registry){ 0 };
}

void
registry_add(struct registry *reg, struct session *s)
{
	size_t i = reg->n++;

	reg->list = mem_grow(reg->list, reg->n, sizeof(*reg->list));
	for (; i > 0 && reg->list[i - 1]->created > s->created; i--)
		reg->list[i] = reg->list[i - 1];
	reg->list[i] = s;
}

void
registry_remove(struct registry *reg, struct session *s)
{
	size_t i = 0;

	while (reg->list[i] != s)
		i++;
	reg->n--;
	memmove(reg->list + i, reg->list + i + 1,
		(reg->n - i) * sizeof(*reg->list));
}

void
registry_changed(struct registry *reg)
{
	if (reg->changed != NULL)
		reg->changed(reg->ctx);
}

bool
registry_abandoned(const struct session *s)
{
	char *path = path_join(s->dir, "lock");
	int fd = io_open(path, O_RDWR, 0);

	free(path);
	if (fd < 0)
		return fd == -ENOENT;
	bool free_ = io_check(flock(fd, LOCK_EX | LOCK_NB)) == 0;
	io_close(fd);
	return free_;
}

char *
registry_socket(const struct registry *reg, const char *id)
{
	return str_printf("%s/%s.sock", reg->runtime, id);
}

struct session *
registry_by_id(const struct registry *reg, const char *id)
{
	for (size_t i = 0; i < reg->n; i++)
		if (strcmp(reg->list[i]->id, id) == 0)
			return reg->list[i];
	return NULL;
}

/*
 * Removes what a server that was killed had just begun: a lock that nobody
 * holds and half a meta.json.  A directory with more in it stays.
 */
static void
sweep(const char *path)
{
	struct session s = { .dir = mem_str(path) };
	DIR *dir = registry_abandoned(&s) ? opendir(path) : NULL;
	const struct dirent *e;

	while (dir != NULL && (e = readdir(dir)) != NULL)
		if (strcmp(e->d_name, "lock") == 0 ||
		    str_starts(e->d_name, "meta.json."))
			unlinkat(dirfd(dir), e->d_name, 0);
	if (dir != NULL)
		closedir(dir);
	rmdir(path);
	free(s.dir);
}

static void
scan_record(struct registry *reg, const char *id)
{
	char *dir = path_join(reg->sessions, id);
	struct session *s = session_load(dir);

	if (s == NULL || strcmp(s->id, id) != 0) {
		sweep(dir);
		if (access(dir, F_OK) == 0)
			log_warn("%s: not a session's record, left alone", id);
		session_free(s);
		free(dir);
		return;
	}
	free(dir);
	if (s->ended == 0 && s->lost == 0)
		s->status = SESSION_RUNNING; /* server/watch finds out */
	if (s->socket == NULL)
		s->socket = registry_socket(reg, id);
	registry_add(reg, s);
}

/* A custodian whose record is gone: it will tell what it keeps. */
static void
scan_socket(struct registry *reg, const char *id)
{
	char *path = registry_socket(reg, id);
	int fd = local_connect(path);

	if (fd < 0) {
		if (fd == -ECONNREFUSED)
			unlink(path);
		free(path);
		return;
	}
	io_close(fd);
	struct session *s = session_new();
	memcpy(s->id, id, sizeof s->id);
	s->name = mem_str(id);
	s->dir = path_join(reg->sessions, id);
	s->socket = path;
	s->created = session_clock();
	s->since = s->created;
	s->status = SESSION_RUNNING;
	s->adopted = true;
	registry_add(reg, s);
}

void
registry_scan(struct registry *reg)
{
	DIR *dir = opendir(reg->sessions);
	const struct dirent *e;

	while (dir != NULL && (e = readdir(dir)) != NULL)
		if (session_is_id(e->d_name))
			scan_record(reg, e->d_name);
	if (dir != NULL)
		closedir(dir);

	dir = opendir(reg->runtime);
	while (dir != NULL && (e = readdir(dir)) != NULL) {
		char id[SESSION_ID_LEN + 1] = "";
		const char *dot = strchr(e->d_name, '.');

		if (dot == NULL || strcmp(dot, ".sock") != 0 ||
		    dot - e->d_name != SESSION_ID_LEN)
			continue;
		memcpy(id, e->d_name, SESSION_ID_LEN);
		if (session_is_id(id) && registry_by_id(reg, id) == NULL)
			scan_socket(reg, id);
	}
	if (dir != NULL)
		closedir(dir);
}

struct session *
registry_named(const struct registry *reg, const char *name)
{
	for (size_t i = 0; i < reg->n; i++)
		if (strcmp(reg->list[i]->name, name) == 0 &&
		    !session_hidden(reg->list[i]))
			return reg->list[i];
	return NULL;
}

static struct session *
last_attached(const struct registry *reg)
{
	struct session *last = NULL;

	for (size_t i = 0; i < reg->n; i++) {
		struct session *s = reg->list[i];

		if (s->attached != 0 && !s->cleared &&
		    (last == NULL || s->attached >= last->attached))
			last = s;
	}
	return last;
}

static bool
begins(const struct session *s, const char *word)
{
	return !session_hidden(s) &&
	       (str_starts(s->name, word) || str_starts(s->id, word));
}

/* The names that a prefix could mean, for people. */
static char *
ambiguous(const struct registry *reg, const char *word)
{
	struct buf b = { 0 };
	size_t n = 0;

	buf_str(&b, "ambiguous, could be ");
	for (size_t i = 0; i < reg->n; i++) {
		if (!begins(reg->list[i], word))
			continue;
		if (n++ < AMONG)
			buf_printf(&b, "%s%s", n > 1 ? ", " : "",
				   reg->list[i]->name);
	}
	if (n > AMONG)
		buf_printf(&b, " and %zu more", n - AMONG);
	return buf_steal(&b);
}

static int
no_session(char **why, const char *text)
{
	*why = mem_str(text);
	return MSG_E_NO_SESSION;
}

int
registry_find(const struct registry *reg, const char *word,
	      struct session **found, char **why)
{
	struct session *s = registry_named(reg, word);
	size_t n = 0;

	if (s == NULL)
		s = registry_by_id(reg, word);
	if (s == NULL && strcmp(word, "-") == 0) {
		s = last_attached(reg);
		if (s == NULL)
			return no_session(why, "no session was ever attached");
	}
	if (s != NULL && !session_hidden(s)) {
		*found = s;
		return 0;
	}
	for (size_t i = 0; *word != '\0' && i < reg->n; i++) {
		if (!begins(reg->list[i], word))
			continue;
		*found = reg->list[i];
		n++;
	}
	if (n == 0)
		return no_session(why, "no such session");
	if (n == 1)
		return 0;
	*why = ambiguous(reg, word);
	return MSG_E_AMBIGUOUS;
}

char *
registry_name_taken(const struct registry *reg, const char *name,
		    const struct session *s)
{
	const struct session *other = registry_named(reg, name);

	if (strlen(name) > NAME_MAX_LEN)
		return str_printf("the name is longer than %d characters",
				  NAME_MAX_LEN);
	if (!str_is_name(name))
		return str_printf("'%s' cannot be a name: use letters, digits, "
				  "'_', '.' and '-', neither of the last two "
				  "first",
				  name);
	if (other == NULL || other == s)
		return NULL;
	if (session_lives(other))
		return str_printf("the name '%s' is taken", name);
	return str_printf("the name '%s' is taken by a finished session; `cdo "
			  "clear %s` forgets it",
			  name, name);
}

/* Appends s with what a name may not have turned into single dashes. */
static void
append_clean(struct buf *b, const char *s, size_t max)
{
	size_t start = b->len;

	for (; *s != '\0' && b->len < max; s++) {
		unsigned char c = (unsigned char)*s;
		bool plain = c < 128 && (isalnum(c) || strchr("._-", c));

		if (plain && (b->len > start || isalnum(c) || c == '_'))
			buf_byte(b, c);
		else if (b->len > start && b->data[b->len - 1] != '-')
			buf_byte(b, '-');
	}
	while (b->len > start && b->data[b->len - 1] == '-')
		b->len--;
}

static const char *
last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

char *
registry_describe(const struct registry *reg, const char *what, const char *cwd)
{
	enum { NUMBER = 6 }; /* room for "-99999" */
	struct buf b = { 0 };

	append_clean(&b, last_part(what), NAME_MAX_LEN / 2);
	if (b.len == 0)
		buf_str(&b, "session");
	size_t alone = b.len;
	buf_byte(&b, '-');
	append_clean(&b, last_part(cwd), NAME_MAX_LEN - NUMBER);
	if (b.len == alone + 1)
		b.len = alone;
	char *name = buf_steal(&b);

	char *try = mem_str(name);
	for (unsigned i = 2; registry_named(reg, try) != NULL; i++) {
		free(try);
		try = str_printf("%s-%u", name, i);
	}
	free(name);
	return try;
}

struct session *
registry_holder(const struct registry *reg, const char *cwd)
{
	for (size_t i = 0; i < reg->n; i++) {
		struct session *s = reg->list[i];

		if (s->holds && session_lives(s) && str_eq(s->cwd, cwd))
			return s;
	}
	return NULL;
}

int
registry_make_dir(const struct registry *reg, struct session *s)
{
	for (int tries = 0;; tries++) {
		char *dir = path_join(reg->sessions, s->id);
		int r = registry_by_id(reg, s->id) != NULL
				? -EEXIST
				: io_check(mkdir(dir, 0700));

		if (r == 0) {
			s->dir = dir;
			s->socket = registry_socket(reg, s->id);
			return 0;
		}
		free(dir);
		if (r == -ENOENT && tries == 0) {
			/* All of it was removed under our feet. */
			char *why = NULL;

			r = path_private_dir(reg->sessions, &why);
			free(why);
			if (r == 0)
				continue;
		}
		if (r != -EEXIST || tries == 8)
			return r;
		struct session *other = session_new();
		memcpy(s->id, other->id, sizeof s->id);
		session_free(other);
	}
}

static int
remove_one(const char *path, const struct stat *st, int what, struct FTW *at)
{
	(void)st;
	(void)what;
	(void)at;
	return io_check(remove(path));
}

int
registry_remove_dir(const struct session *s)
{
	int r = nftw(s->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);

	/* -1: nftw itself failed, as on a directory that is gone already. */
	return r == -1 ? 0 : r;
}

int
registry_forget(struct registry *reg, struct session *s)
{
	if (s->watch != NULL) {
		s->cleared = true;
		return 0;
	}
	int r = registry_remove_dir(s);
	if (r < 0)
		return r;
	registry_remove(reg, s);
	session_free(s);
	return 0;
}
