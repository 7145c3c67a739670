/* server/start.c - start a session's keeper and hear how it went. */
#include "server/start.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/conf.h"
#include "base/io.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/spawn.h"
#include "base/str.h"
#include "base/words.h"
#include "server/session.h"

enum { REPORT_MAX = 128 };

struct start {
	int fd; /* read end of the report pipe */
	struct loop_fd *watch;
	char line[REPORT_MAX + 1];
	size_t len;
	void (*done)(void *ctx, const struct start_result *);
	void *ctx;
};

/* "ok PID" or "fail STAGE ERRNO"; stage is REPORT_MAX + 1 bytes. */
static void
parse(const char *line, char *stage, struct start_result *res)
{
	int error;
	long pid;

	*res = (struct start_result){ .stage = "keeper", .error = -EPIPE };
	if (sscanf(line, "ok %ld", &pid) == 1) {
		*res = (struct start_result){ .pid = (pid_t)pid };
	} else if (sscanf(line, "fail %128s %d", stage, &error) == 2) {
		res->stage = stage;
		res->error = error > 0 ? -error : error;
	}
}

static void
readable(void *ctx, unsigned events)
{
	struct start *st = ctx;
	char stage[REPORT_MAX + 1];
	struct start_result res;

	(void)events;
	ssize_t n = io_read(st->fd, st->line + st->len, REPORT_MAX - st->len);
	if (n == -EAGAIN)
		return;
	if (n > 0)
		st->len += (size_t)n;
	st->line[st->len] = '\0';
	if (n > 0 && st->len < REPORT_MAX && strchr(st->line, '\n') == NULL)
		return;

	parse(st->line, stage, &res);
	loop_fd_free(st->watch);
	io_close(st->fd);
	st->done(st->ctx, &res);
	free(st);
}

static void
option(char ***argv, const char *name, const char *value)
{
	words_add(argv, name);
	words_add(argv, value);
}

/* The keeper's words; it hands the same to the custodian. */
static char **
words(const struct start_options *o)
{
	const struct session *s = o->session;
	char **argv = NULL;

	words_add(&argv, "cdo");
	words_add(&argv, "keeper");
	if (o->scope) {
		char *name = str_printf("cdo-%s.scope", s->id);

		option(&argv, "--scope", name);
		free(name);
	}
	option(&argv, "--id", s->id);
	option(&argv, "--name", s->name);
	option(&argv, "--socket", s->socket);
	option(&argv, "--dir", s->dir);
	option(&argv, "--cwd", s->cwd);
	char *text = str_printf("%ux%u", o->cols, o->rows);
	option(&argv, "--size", text);
	free(text);
	text = str_printf("%lu", (unsigned long)o->conf->history_limit);
	option(&argv, "--history", text);
	free(text);
	text = str_printf("%llu", (unsigned long long)o->conf->history_bytes);
	option(&argv, "--history-bytes", text);
	free(text);
	option(&argv, "--runtime", o->runtime);
	option(&argv, "--binary", spawn_self_path());
	if (s->agent != NULL)
		option(&argv, "--agent", s->agent);
	if (o->conf->theme != NULL)
		option(&argv, "--theme", o->conf->theme);
	if (o->conf->term_program != NULL)
		option(&argv, "--term-program", o->conf->term_program);
	text = str_printf("%llu", (unsigned long long)o->conf->record_max);
	option(&argv, "--record", s->record ? text : "off");
	free(text);
	if (o->above != NULL) {
		bool known = o->above->lost == 0;

		text = str_printf("%ux%u", known ? (unsigned)o->above->cols : 0,
				  known ? (unsigned)o->above->rows : 0);
		option(&argv, "--above", text);
		free(text);
	}
	if (!s->persistent)
		words_add(&argv, "--no-persist");
	words_add(&argv, "--");
	for (size_t i = 0; o->command[i] != NULL; i++)
		words_add(&argv, o->command[i]);
	return argv;
}

int
start_keeper(struct loop *loop, const struct start_options *o,
	     void (*done)(void *ctx, const struct start_result *), void *ctx)
{
	int pipe[2];
	int r = io_pipe(pipe);

	if (r < 0)
		return r;
	char **argv = words(o);
	mode_t old = umask(o->session->umask);
	pid_t pid =
		spawn_self(argv, o->env, (int[]){ pipe[1], o->lock }, 2, -1);
	umask(old);
	words_free(argv);
	io_close(pipe[1]);
	if (pid < 0) {
		io_close(pipe[0]);
		return (int)pid;
	}

	struct start *st = mem_zero(1, sizeof *st);
	st->fd = pipe[0];
	st->done = done;
	st->ctx = ctx;
	io_nonblock(st->fd, true);
	st->watch = loop_fd_new(loop, st->fd, LOOP_READ, readable, st);
	return 0;
}
