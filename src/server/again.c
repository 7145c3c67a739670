/* server/again.c - a finished session runs again, in its own place. */
#include "server/again.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/io.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "base/words.h"
#include "server/session.h"

static char *
copy(const char *s)
{
	return s == NULL ? NULL : mem_str(s);
}

void
again_inherit(struct session *s, const struct session *old)
{
	memcpy(s->id, old->id, sizeof s->id);
	s->dir = mem_str(old->dir);
	s->command = words_copy(old->command);
	s->agent = copy(old->agent);
	s->cwd = copy(old->cwd);
	s->labels = words_copy(old->labels);
	s->given = words_copy(old->given);
	s->holds = old->holds;
	s->persistent = old->persistent;
	s->record = old->record;
	s->restart = old->restart;
	s->umask = old->umask;
	s->created = old->created;
	s->cols = old->cols;
	s->rows = old->rows;
	s->attached = old->attached;
}

/* How many words of the command are the profile's own. */
static size_t
own(char *const *command, char *const *profile)
{
	size_t n = words_count(profile);

	if (n == 0 || words_count(command) < n)
		return 0;
	for (size_t i = 0; i < n; i++)
		if (strcmp(command[i], profile[i]) != 0)
			return 0;
	return n;
}

/* What is put into a command must not be taken for an option. */
static bool
plain(const char *id)
{
	return id != NULL && str_is_name(id);
}

char **
again_resume(const struct session *s, const struct conf *conf)
{
	const struct conf_agent *a =
		s->agent == NULL ? NULL : conf_agent(conf, s->agent);
	const char *id = words_get(s->labels, "conversation");
	size_t n = a == NULL ? 0 : own(s->command, a->command);

	if (n == 0)
		return NULL;
	bool known = a->resume_id != NULL && plain(id);
	char **words = words_copy(known ? a->resume_id : a->resume);
	if (words == NULL)
		return NULL;
	if (known)
		words_add(&words, id);
	for (; s->command[n] != NULL; n++)
		words_add(&words, s->command[n]);
	return words;
}

static int
move(const struct session *s, const char *from, const char *to)
{
	char *a = path_join(s->dir, from), *b = path_join(s->dir, to);
	int r = io_check(rename(a, b));

	free(a);
	free(b);
	return r;
}

int
again_begin(const struct session *old)
{
	char *path = path_join(old->dir, "lock");
	int fd = lock_take(path, false);

	free(path);
	int r = fd < 0 ? 0 : move(old, "exit.json", "exit.old");
	if (r == 0 || r == -ENOENT)
		return fd;
	io_close(fd);
	return r;
}

void
again_done(const struct session *s)
{
	char *path = path_join(s->dir, "exit.old");

	unlink(path);
	free(path);
}

int
again_return(const struct session *s)
{
	return move(s, "exit.old", "exit.json");
}

void
again_undo(const struct session *old)
{
	int r = again_return(old);

	if (r < 0 && old->ended != 0)
		r = session_save_exit(old);
	if (r == 0 || old->ended == 0)
		r = session_save(old);
	if (r < 0)
		log_warn("%s: its record is not what it was: %s", old->id,
			 io_error(r));
}
