/* cmd/cmd-new.c - cdo new. */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "base/words.h"
#include "client/client.h"
#include "cmd/args.h"
#include "cmd/ask.h"
#include "cmd/attaching.h"
#include "cmd/caller.h"
#include "cmd/cmd.h"
#include "cmd/out.h"
#include "cmd/place.h"
#include "cmd/seen.h"
#include "proto/frame.h"
#include "proto/msg.h"

enum { OPT_SHARE = 256, OPT_NO_PERSIST, OPT_NO_RECORD, OPT_RESTART, OPT_JSON };

enum { ROOM = 64 << 10 }; /* of a frame, for all but words and environment */

/* What is asked for. */
struct wish {
	char id[9]; /* of the session to be, so that asking twice is safe */
	const char *agent; /* or a program, or NULL */
	char *const *words; /* behind it */
	char *cwd; /* absolute; NULL: as it was (-A) or here */
	const char *name;
	char **given, **labels;
	unsigned cols, rows; /* 0: the server's choice */
	bool share, again;
	bool dir; /* a word was taken for the directory */
	int persist, record; /* -1: the default */
	const char *policy; /* when it is started again by itself, or NULL */
};

static int __attribute__((format(printf, 1, 2))) usage(const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	out_error("%s", text);
	return EXIT_APART_FAILED;
}

/* All values of one option, each K=V. */
static int
take_pairs(const struct args *a, int key, char ***list)
{
	const char *v;

	for (size_t i = 0; (v = args_each(a, key, i)) != NULL; i++) {
		size_t len = strcspn(v, "=");

		if (len == 0 || v[len] == '\0')
			return usage("-%c '%s': write NAME=VALUE", key, v);
		char *name = mem_strn(v, len);
		words_set(list, name, v + len + 1);
		free(name);
	}
	return 0;
}

static int
take_size(const struct args *a, struct wish *w)
{
	const char *size = args_value(a, 's');
	long cols, rows;

	if (size == NULL) {
		if (client_size(&w->cols, &w->rows) < 0)
			w->cols = w->rows = 0;
		return 0;
	}
	const char *x = strchr(size, 'x');
	char *left = x == NULL ? NULL : mem_strn(size, (size_t)(x - size));
	bool good = left != NULL && str_int(left, 1, 2000, &cols) == 0 &&
		    str_int(x + 1, 1, 1000, &rows) == 0;
	free(left);
	if (!good)
		return usage("'%s' is no size: write 80x24, at most "
			     "2000x1000",
			     size);
	w->cols = (unsigned)cols;
	w->rows = (unsigned)rows;
	return 0;
}

/*
 * On another machine: absolute, or from the home directory on.  What our shell
 * has made of "~" means that one there.
 */
static char *
dir_there(const char *dir)
{
	return dir == NULL ? NULL : path_tilde(dir);
}

/* The directory, absolute, for the server to enter; "~" is the shell's. */
static int
take_cwd(const struct args *a, struct wish *w)
{
	const char *dir = args_value(a, 'C');

	if (a->n > 1) {
		if (dir != NULL)
			return usage("there are two directories: '%s' and -C",
				     a->operand[1]);
		dir = a->operand[1];
		w->dir = true;
	}
	if (place_default() != NULL) {
		w->cwd = dir_there(dir);
		return 0;
	}
	if (dir == NULL && w->again && w->agent == NULL && *w->words == NULL)
		return 0;
	if (dir != NULL && *dir == '/') {
		w->cwd = mem_str(dir);
		return 0;
	}
	if (dir != NULL && *dir == '\0')
		return usage("cannot enter directory '%s': it has no name",
			     dir);
	char *here = getcwd(NULL, 0);
	if (here == NULL)
		return usage("the current directory is gone");
	w->cwd = dir == NULL ? mem_str(here) : path_join(here, dir);
	free(here);
	return 0;
}

static int
take(const struct args *a, struct wish *w)
{
	int r;

	w->agent = a->n > 0 ? a->operand[0] : NULL;
	w->words = a->rest;
	w->name = args_value(a, 'n');
	w->again = args_has(a, 'A');
	w->share = args_has(a, OPT_SHARE);
	w->persist = args_has(a, OPT_NO_PERSIST) ? 0 : -1;
	w->record = args_has(a, OPT_NO_RECORD) ? 0 : -1;
	w->policy = args_value(a, OPT_RESTART);
	if (w->again && w->name == NULL)
		return usage("-A needs a name: -n NAME");
	r = take_pairs(a, 'e', &w->given);
	if (r == 0)
		r = take_pairs(a, 'l', &w->labels);
	if (r == 0)
		r = take_size(a, w);
	if (r == 0)
		r = take_cwd(a, w);
	return r;
}

static size_t
bytes(char *const *list)
{
	size_t n = 0;

	for (size_t i = 0; list != NULL && list[i] != NULL; i++)
		n += strlen(list[i]) + 8;
	return n;
}

static void
put_labels(struct msg_writer *m, char *const *list)
{
	size_t n = words_count(list);

	msg_str(m, "labels");
	msg_map(m, (unsigned)n);
	for (size_t i = 0; i < n; i++) {
		char *key = mem_strn(list[i], strcspn(list[i], "="));

		msg_str(m, key);
		msg_str(m, list[i] + strlen(key) + 1);
		free(key);
	}
}

static void
put_choice(struct msg_writer *m, const char *key, int choice)
{
	msg_str(m, key);
	if (choice < 0)
		msg_nil(m);
	else
		msg_bool(m, choice);
}

static void
put_wish(struct buf *out, const struct wish *w, bool far)
{
	struct msg_writer m;

	msg_begin(&m, out, MSG_NEW, 1);
	msg_map(&m, 14 + CALLER_PAIRS);
	msg_str(&m, "id");
	msg_str(&m, w->id);
	msg_str(&m, "agent");
	msg_str(&m, w->agent);
	caller_words(&m, "command", w->words);
	msg_str(&m, "cwd");
	msg_str(&m, w->cwd);
	caller_words(&m, "given", w->given);
	msg_str(&m, "name");
	msg_str(&m, w->name);
	put_labels(&m, w->labels);
	msg_str(&m, "cols");
	msg_uint(&m, w->cols);
	msg_str(&m, "rows");
	msg_uint(&m, w->rows);
	caller_put(&m, far);
	msg_str(&m, "policy");
	msg_str(&m, w->policy);
	msg_str(&m, "share");
	msg_bool(&m, w->share);
	put_choice(&m, "persist", w->persist);
	put_choice(&m, "record", w->record);
	msg_str(&m, "again");
	msg_bool(&m, w->again);
	msg_end(&m);
}

/* -A: the running session of exactly this name; 0 if there is one. */
static int
existing(struct ask *ask, const char *name, struct seen *s)
{
	if (ask_find(ask, name, NULL, s) != 0)
		return -1;
	if (s->lives && strcmp(s->name, name) == 0)
		return 0;
	seen_release(s);
	return -1;
}

static void
draw_id(struct wish *w)
{
	static const char base32[] = "abcdefghijklmnopqrstuvwxyz234567";
	uint8_t r[sizeof w->id - 1];

	if (getentropy(r, sizeof r) != 0)
		abort();
	for (size_t i = 0; i < sizeof r; i++)
		w->id[i] = base32[r[i] & 31];
}

/* What is lost never ran; it makes room for the next try. */
static void
make_room(struct ask *ask, struct wish *w)
{
	struct msg_writer m;
	const struct msg *done;

	do {
		msg_begin(&m, ask_out(ask), MSG_CLEAR, 2);
		msg_array(&m, 1);
		msg_str(&m, w->id);
		msg_uint(&m, 0);
		msg_end(&m);
		do
			done = ask_next(ask, ASK_MS);
		while (done != NULL && done->type != MSG_END);
	} while (done == NULL && ask_reopen(ask));
	draw_id(w);
}

/*
 * The server was killed before it answered: did the session come to be?  1, 0,
 * or -1 if nobody can tell.
 */
static int
came_to_be(struct ask *ask, struct wish *w, struct seen *s)
{
	int r = ask_sure(ask, w->id, s);

	if (r <= 0 || s->reason == NULL)
		return r;
	seen_release(s);
	make_room(ask, w);
	return 0;
}

static bool
too_long(const struct wish *w)
{
	return bytes(w->words) + caller_bytes() + bytes(w->given) +
		       bytes(w->labels) + ROOM >
	       FRAME_MAX;
}

/* Asks for it, again if the server is killed meanwhile. */
static bool
ask_new(struct ask *ask, struct wish *w, struct seen *s)
{
	draw_id(w);
	for (;;) {
		put_wish(ask_out(ask), w, ask_host(ask) != NULL);
		const struct msg *m = ask_next(ask, ASK_NEW_MS);
		if (m != NULL) {
			ask_saw(ask, s, m);
			return true;
		}
		int r = ask_reopen(ask) ? came_to_be(ask, w, s) : -1;
		if (r != 0)
			return r > 0;
	}
}

static int
start(struct ask *ask, struct wish *w, struct seen *s)
{
	if (w->again && existing(ask, w->name, s) == 0)
		return 0;
	if (too_long(w))
		return usage("cannot start a session: the words and the "
			     "environment are longer than a mebibyte");
	if (ask_new(ask, w, s))
		return 0;

	int status = ask_error(ask);
	char *text = mem_str(ask_text(ask));
	/* Somebody else may have made it at this moment. */
	if (w->again && existing(ask, w->name, s) == 0)
		status = 0;
	else
		out_error("%s%s", text,
			  w->dir && str_starts(text, "cannot enter")
				  ? "; the program's own words go behind --"
				  : "");
	free(text);
	return status;
}

static int
started(const struct args *a, struct seen *s)
{
	static const struct attaching how = { .started = true };

	if (!args_has(a, 'd'))
		return attaching_run(a->cmd, s, &how);
	conf_free(attaching_conf()); /* for its complaint */
	if (args_has(a, OPT_JSON)) {
		out_json(seen_json(s, "cdo.session/1"));
	} else {
		puts(s->name);
	}
	return EXIT_DONE;
}

static int
run(const struct args *a)
{
	struct wish w = { 0 };
	struct seen s;
	struct ask *ask = NULL;
	int status = take(a, &w);

	if (status == 0 && !args_has(a, 'd') &&
	    !attaching_possible("start", w.agent != NULL ? w.agent
					 : a->n_rest > 0 ? a->rest[0]
							 : "shell"))
		status = EXIT_APART_FAILED;
	if (status == 0 && args_has(a, OPT_JSON) && !args_has(a, 'd'))
		status = usage("--json needs -d");
	if (status == 0)
		ask = ask_open(a->cmd, true, &status);
	bool made = ask != NULL && (status = start(ask, &w, &s)) == EXIT_DONE;
	ask_close(ask);
	if (made) {
		status = started(a, &s);
		seen_release(&s);
	}
	free(w.cwd);
	words_free(w.given);
	words_free(w.labels);
	return status;
}

static const struct cmd_opt opts[] = {
	{ 'd', "detached", NULL, "do not attach; print its name" },
	{ 'n', "name", "NAME", "its name, instead of a describing one" },
	{ 'A', "again", NULL,
	  "with -n: attach if it runs, start it again if not" },
	{ 'C', "directory", "DIR", "where it works" },
	{ 'e', "env", "NAME=VALUE", "put this into its environment" },
	{ 'l', "label", "KEY=VALUE", "put this label on it" },
	{ 's', "size", "COLSxROWS", "its size while nobody is attached" },
	{ OPT_SHARE, "share", NULL, "even if an agent works in the directory" },
	{ OPT_NO_PERSIST, "no-persist", NULL, "end it with the server" },
	{ OPT_RESTART, "restart", "WHEN",
	  "start it again by itself: never, on-failure or always" },
	{ OPT_NO_RECORD, "no-record", NULL, "keep no recording of it" },
	{ OPT_JSON, "json", NULL, "with -d: print it as JSON" },
	{ 0 },
};

const struct cmd cmd_new = {
	.name = "new",
	.alias = "n",
	.usage = "[AGENT|COMMAND [DIR]] [-- ARG...]",
	.help = "start a session and attach to it",
	.more = "AGENT is claude, codex, gemini, shell, or a profile of "
		"cdo.conf; COMMAND is any program; without a word, the shell.  "
		"Words behind -- are the program's own:\n\n"
		"  cdo new claude ~/projects/api\n"
		"  cdo new -d -- make -j8\n\n"
		"Ends with 0 when detached, with the program's status when "
		"that ends (128+N for a signal); with 127 if the command was "
		"not found, 126 if it cannot be run, else 125.",
	.opts = opts,
	.max = 2,
	.flags = CMD_APART | CMD_REST | CMD_AGENTS,
	.run = run,
};
