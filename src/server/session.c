/* server/session.c - one session, as the server knows it. */
#include "server/session.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/words.h"
#include "proto/msg.h"

enum { STRING_MAX = 16 << 10 };

static const char base32[] = "abcdefghijklmnopqrstuvwxyz234567";

struct session *
session_new(void)
{
	struct session *s = mem_zero(1, sizeof *s);
	uint8_t r[SESSION_ID_LEN];

	if (getentropy(r, sizeof r) != 0)
		abort();
	for (int i = 0; i < SESSION_ID_LEN; i++)
		s->id[i] = base32[r[i] & 31];
	s->exit_code = -1;
	s->persistent = true;
	s->record = true;
	s->umask = 022;
	return s;
}

void
session_free(struct session *s)
{
	if (s == NULL)
		return;
	free(s->name);
	free(s->dir);
	free(s->socket);
	words_free(s->command);
	free(s->agent);
	free(s->cwd);
	free(s->boot);
	words_free(s->labels);
	words_free(s->given);
	free(s->activity);
	free(s->attention);
	free(s->recording);
	free(s->title);
	free(s);
}

bool
session_is_id(const char *s)
{
	return strlen(s) == SESSION_ID_LEN &&
	       strspn(s, base32) == SESSION_ID_LEN;
}

const char *
session_label_wrong(const char *key, size_t klen, size_t vlen)
{
	if (klen == 0 || memchr(key, '=', klen) != NULL ||
	    memchr(key, '\0', klen) != NULL)
		return "a label needs a name";
	if (klen + vlen + 1 > SESSION_LABEL_MAX)
		return "the label is too long";
	return NULL;
}

bool
session_lives(const struct session *s)
{
	return s->status == SESSION_STARTING || s->status == SESSION_RUNNING;
}

const char *
session_status_name(const struct session *s)
{
	static const char *const names[] = {
		[SESSION_STARTING] = "starting",
		[SESSION_RUNNING] = "running",
		[SESSION_COMPLETED] = "completed",
		[SESSION_FAILED] = "failed",
		[SESSION_STOPPED] = "stopped",
		[SESSION_LOST] = "lost",
	};

	return names[s->status];
}

static const char *const restarts[] = {
	[SESSION_NEVER] = "never",
	[SESSION_ON_FAILURE] = "on-failure",
	[SESSION_ALWAYS] = "always",
};

const char *
session_restart_name(enum session_restart r)
{
	return restarts[r];
}

bool
session_restart_named(const char *word, enum session_restart *r)
{
	for (size_t i = 0; i < sizeof restarts / sizeof *restarts; i++)
		if (strcmp(word, restarts[i]) == 0) {
			*r = (enum session_restart)i;
			return true;
		}
	return false;
}

uint64_t
session_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

const char *
session_boot(void)
{
	static char *boot;
	struct buf b = { 0 };

	if (boot == NULL) {
		if (io_slurp("/proc/sys/kernel/random/boot_id", 64, &b) < 0)
			buf_clear(&b);
		boot = buf_steal(&b);
		boot[strcspn(boot, "\n")] = '\0';
	}
	return *boot == '\0' ? NULL : boot;
}

char *
session_text(const char *s, size_t len, size_t max)
{
	while (len > 0 && s[len - 1] == ' ')
		len--;
	while (len > 0 && *s == ' ') {
		s++;
		len--;
	}
	return len == 0 ? NULL : str_safe(s, len, max);
}

/* Replaces *at by the map's string if it has one; nil empties it. */
static bool
take_str(char **at, const struct msg_value *map, const char *key, size_t max)
{
	const struct msg_value *v = msg_get(map, key);
	size_t len;
	const char *s = msg_to_str(v, &len);

	if (v == NULL || (s == NULL && !msg_is_nil(v)))
		return false;
	char *new = s == NULL ? NULL : session_text(s, len, max);
	bool same = str_eq(*at, new);
	free(*at);
	*at = new;
	return !same;
}

static bool
take_uint(uint64_t *at, const struct msg_value *map, const char *key)
{
	uint64_t v = msg_to_uint(msg_get(map, key), *at);
	bool same = *at == v;

	*at = v;
	return !same;
}

static bool
take_int(int64_t *at, const struct msg_value *map, const char *key)
{
	int64_t v = msg_to_int(msg_get(map, key), *at);
	bool same = *at == v;

	*at = v;
	return !same;
}

/* What only a session without a record has to learn from its custodian. */
static void
adopt(struct session *s, const struct msg_value *map)
{
	const struct msg_value *words = msg_get(map, "command");
	char *name = msg_dup_str(msg_get(map, "name"), 48);

	if (name != NULL && str_is_name(name)) {
		free(s->name);
		s->name = name;
	} else {
		free(name);
	}
	s->cwd = msg_dup_str(msg_get(map, "cwd"), 4096);
	s->agent = msg_dup_str(msg_get(map, "agent"), 48);
	s->created = msg_to_uint(msg_get(map, "started"), s->created);
	s->since = s->created;
	for (size_t i = 0; i < msg_count(words); i++) {
		char *w = msg_dup_str(msg_at(words, i), SESSION_COMMAND_MAX);

		if (w != NULL)
			words_add(&s->command, w);
		free(w);
	}
}

bool
session_state(struct session *s, const struct msg_value *map)
{
	bool changed = false;
	uint64_t clients = s->clients;

	if (s->adopted) {
		adopt(s, map);
		s->adopted = false;
	}
	bool active = take_str(&s->activity, map, "activity", 16);
	changed |= take_str(&s->attention, map, "attention", 256);
	changed |= take_str(&s->recording, map, "recording", 128);
	changed |= take_str(&s->title, map, "title", SESSION_TITLE_MAX);
	changed |= take_int(&s->pid, map, "pid");
	changed |= take_int(&s->custodian_pid, map, "custodian_pid");
	changed |= take_uint(&s->cols, map, "cols");
	changed |= take_uint(&s->rows, map, "rows");
	changed |= take_uint(&s->clients, map, "clients");
	changed |= take_uint(&s->started, map, "started");
	changed |= take_uint(&s->last_output, map, "last_output");
	changed |= take_uint(&s->last_input, map, "last_input");
	if (!take_uint(&s->attached, map, "attached") && s->clients > clients)
		s->attached = session_clock();

	take_int(&s->exit_code, map, "exit_code");
	take_int(&s->signal, map, "signal");
	s->stopped = msg_to_bool(msg_get(map, "stopped"), s->stopped);
	if (take_uint(&s->ended, map, "ended") && s->ended != 0) {
		session_ended(s);
		return true;
	}
	if (s->ended == 0 && s->status != SESSION_RUNNING) {
		s->status = SESSION_RUNNING;
		active = true;
	}
	if (active)
		s->since = session_clock();
	return changed || active;
}

/* What only a living one has. */
static void
rest(struct session *s)
{
	s->clients = 0;
	s->pid = 0;
	s->custodian_pid = 0;
	free(s->activity);
	s->activity = NULL;
	free(s->attention);
	s->attention = NULL;
	free(s->recording);
	s->recording = NULL;
}

void
session_ended(struct session *s)
{
	if (s->stopped)
		s->status = SESSION_STOPPED;
	else if (s->signal == 0 && s->exit_code == 0)
		s->status = SESSION_COMPLETED;
	else
		s->status = SESSION_FAILED;
	s->since = s->ended;
	rest(s);
}

void
session_lost(struct session *s)
{
	s->status = SESSION_LOST;
	if (s->lost == 0) {
		s->lost = session_clock();
		s->rebooted = s->boot != NULL &&
			      !str_eq(s->boot, session_boot());
	}
	s->since = s->lost;
	rest(s);
}

/* How many of the strings fit into max bytes. */
static size_t
fitting(char *const *list, size_t max)
{
	size_t n = 0, bytes = 0;

	for (; list != NULL && list[n] != NULL; n++) {
		bytes += strlen(list[n]) + 1;
		if (bytes > max)
			break;
	}
	return n;
}

/*
 * A record may say anything, the list must not break on it: what is longer
 * than create would have let it be is cut.
 */
static void
put_words(struct msg_writer *w, const char *key, char *const *list, size_t max)
{
	size_t n = fitting(list, max);

	msg_str(w, key);
	msg_array(w, (unsigned)n);
	for (size_t i = 0; i < n; i++)
		msg_str(w, list[i]);
}

/* The values, unless only the names are to be told. */
static void
put_pairs(struct msg_writer *w, const char *key, char *const *list, size_t max,
	  bool values)
{
	size_t n = fitting(list, max);

	msg_str(w, key);
	msg_map(w, (unsigned)n);
	for (size_t i = 0; i < n; i++) {
		size_t len = strcspn(list[i], "=");
		char *name = mem_strn(list[i], len);

		msg_str(w, name);
		msg_str(w, list[i][len] == '\0' || !values ? ""
							   : list[i] + len + 1);
		free(name);
	}
}

static void
put_str(struct msg_writer *w, const char *key, const char *s)
{
	msg_str(w, key);
	msg_str(w, s != NULL && strlen(s) > STRING_MAX ? NULL : s);
}

static void
put_uint(struct msg_writer *w, const char *key, uint64_t v)
{
	msg_str(w, key);
	msg_uint(w, v);
}

/* Absent is nil. */
static void
put_int(struct msg_writer *w, const char *key, int64_t v, int64_t absent)
{
	msg_str(w, key);
	if (v == absent)
		msg_nil(w);
	else
		msg_int(w, v);
}

static void
put_bool(struct msg_writer *w, const char *key, bool v)
{
	msg_str(w, key);
	msg_bool(w, v);
}

/* Why it is lost. */
static const char *
reason(const struct session *s)
{
	if (s->status != SESSION_LOST)
		return NULL;
	return s->rebooted ? "the machine was restarted"
			   : "its processes were killed";
}

void
session_write(const struct session *s, bool far, struct buf *out)
{
	struct msg_writer w;
	uint64_t end = s->ended		  ? s->ended
		       : session_lives(s) ? session_clock()
					  : s->last_output;
	uint64_t start = s->started != 0 ? s->started : s->created;

	msg_begin(&w, out, MSG_SESSION, 1);
	msg_map(&w, 38);
	put_str(&w, "id", s->id);
	put_str(&w, "name", s->name);
	put_str(&w, "host", NULL);
	put_str(&w, "status", session_status_name(s));
	put_str(&w, "activity", s->activity);
	put_str(&w, "attention", s->attention);
	put_str(&w, "recording", s->recording);
	put_words(&w, "command", s->command, SESSION_COMMAND_MAX);
	put_str(&w, "agent", s->agent);
	put_str(&w, "cwd", s->cwd);
	put_pairs(&w, "labels", s->labels, SESSION_LABELS_BYTES, true);
	put_pairs(&w, "env", s->given, SESSION_GIVEN_MAX, !far);
	put_bool(&w, "holds", s->holds);
	put_bool(&w, "persistent", s->persistent);
	put_str(&w, "restart", session_restart_name(s->restart));
	put_uint(&w, "again", s->again);
	put_uint(&w, "lost", s->lost);
	put_int(&w, "pid", s->pid, 0);
	put_int(&w, "custodian_pid", s->custodian_pid, 0);
	put_uint(&w, "created", s->created);
	put_uint(&w, "started", s->started);
	put_uint(&w, "ended", s->ended);
	put_uint(&w, "since", s->since);
	put_uint(&w, "runtime_s", end > start ? (end - start) / 1000 : 0);
	put_int(&w, "exit_code", s->exit_code, -1);
	put_int(&w, "signal", s->signal, 0);
	put_bool(&w, "stopped", s->stopped);
	put_str(&w, "title", s->title);
	put_uint(&w, "cols", s->cols);
	put_uint(&w, "rows", s->rows);
	put_uint(&w, "clients", s->clients);
	put_uint(&w, "last_output", s->last_output);
	put_uint(&w, "last_input", s->last_input);
	put_uint(&w, "attached", s->attached);
	put_str(&w, "socket", s->socket);
	put_str(&w, "dir", s->dir);
	put_str(&w, "reason", reason(s));
	put_bool(&w, "lives", session_lives(s));
	msg_end(&w);
}
