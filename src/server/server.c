/* server/server.c - the process that knows all sessions. */
#include "server/server.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/conf.h"
#include "base/io.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "proto/berth.h"
#include "proto/local.h"
#include "server/forget.h"
#include "server/remote.h"
#include "server/revive.h"
#include "server/serve.h"
#include "server/session.h"
#include "server/systemd.h"
#include "server/watch.h"

enum {
	/* How long commands wait for custodians that a new server asks, ms. */
	SETTLE = 700,
	LOG_MAX = 1 << 20, /* bytes; then a new one is begun */
};

struct options {
	const char *runtime, *state;
	bool foreground;
	int lock, ready;
};

struct running {
	struct server srv;
	struct loop_timer *settled;
	struct loop_signal *signals[4];
	bool given; /* systemd has bound the socket, and keeps it */
	int lock, ready;
};

static const int caught[4] = { SIGTERM, SIGINT, SIGHUP, SIGCHLD };

/* Reads a descriptor's number that who started us has chosen. */
static int
number(const char *word)
{
	long n;

	return str_int(word, 3, 1023, &n) == 0 ? (int)n : -1;
}

static int
parse(int argc, char **argv, struct options *o)
{
	static const struct option opts[] = {
		{ "foreground", no_argument, NULL, 'f' },
		{ "lock-fd", required_argument, NULL, 'l' },
		{ "ready-fd", required_argument, NULL, 'r' },
		{ "runtime", required_argument, NULL, 'R' },
		{ "state", required_argument, NULL, 'S' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	*o = (struct options){ .lock = -1, .ready = -1 };
	optind = 1;
	while ((c = getopt_long(argc, argv, "", opts, NULL)) != -1) {
		if (c == 'f')
			o->foreground = true;
		else if (c == 'l')
			o->lock = number(optarg);
		else if (c == 'r')
			o->ready = number(optarg);
		else if (c == 'R')
			o->runtime = optarg;
		else if (c == 'S')
			o->state = optarg;
		else
			return -EINVAL;
	}
	return optind == argc ? 0 : -EINVAL;
}

/* --- configuration --- */

int
server_reload(struct server *srv)
{
	struct buf errs = { 0 };
	struct conf *conf = conf_load(srv->config, &errs);

	free(srv->conf_errs);
	srv->conf_errs = NULL;
	if (conf != NULL) {
		conf_free(srv->conf);
		srv->conf = conf;
		buf_release(&errs);
		if (srv->forget != NULL)
			forget_check(srv->forget);
		if (srv->remote != NULL)
			remote_check(srv->remote);
		return 0;
	}
	srv->conf_errs = buf_steal(&errs);
	srv->conf_errs[strcspn(srv->conf_errs, "\n")] = '\0';
	log_warn("%s; going on with %s", srv->conf_errs,
		 srv->conf != NULL ? "the last good options" : "the defaults");
	if (srv->conf == NULL)
		srv->conf = conf_load("/dev/null", &errs);
	buf_release(&errs);
	return -EINVAL;
}

/* --- events --- */

/* Lets commands in once every custodian that is there has spoken. */
static void
changed(void *ctx)
{
	struct running *run = ctx;
	const struct registry *reg = &run->srv.reg;

	serve_changed(run->srv.serve);
	revive_check(run->srv.revive);
	forget_check(run->srv.forget);
	if (!loop_timer_running(run->settled))
		return;
	for (size_t i = 0; i < reg->n; i++)
		if (watch_waits(reg->list[i]))
			return;
	loop_timer_stop(run->settled);
	serve_open(run->srv.serve);
}

static void
settled(void *ctx)
{
	struct running *run = ctx;

	serve_open(run->srv.serve);
}

void
server_leave(struct server *srv)
{
	srv->leaving = true;
	if (srv->creating == 0)
		loop_stop(srv->loop);
}

static void
signalled(void *ctx, int signum)
{
	struct running *run = ctx;

	if (signum == SIGHUP)
		server_reload(&run->srv);
	else if (signum == SIGCHLD)
		while (waitpid(-1, NULL, WNOHANG) > 0)
			continue;
	else
		server_leave(&run->srv);
}

/* --- coming and going --- */

/* Tells who started us, or a person. */
static int
complain(struct running *run, const char *text)
{
	if (run->ready >= 0)
		io_write_all(run->ready, text, strlen(text));
	else
		fprintf(stderr, "cdo: %s\n", text);
	return 1;
}

static int
make_dirs(struct running *run)
{
	struct server *srv = &run->srv;
	char *log = path_join(srv->state, "log");
	const char *const dirs[] = { srv->runtime, srv->state,
				     srv->reg.sessions, log };
	char *why = NULL;
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof dirs / sizeof *dirs; i++)
		r = path_private_dir(dirs[i], &why);
	if (r < 0)
		complain(run, why);
	free(why);
	free(log);
	return r;
}

/* Takes the lock unless it was handed to us, and listens. */
static int
listen_alone(struct running *run)
{
	struct server *srv = &run->srv;

	srv->listener = systemd_listener();
	run->given = srv->listener >= 0;
	if (run->given)
		return 0;
	char *path = path_join(srv->runtime, "start.lock");

	if (run->lock < 0)
		run->lock = lock_take(path, true);
	char *why = NULL;
	if (run->lock < 0)
		why = str_printf("cannot lock %s: %s", path,
				 io_error(run->lock));
	free(path);
	if (why == NULL) {
		srv->listener = local_listen(srv->socket);
		if (srv->listener == -EADDRINUSE)
			why = mem_str("a server is running already");
		else if (srv->listener == -ENAMETOOLONG)
			why = str_printf(
				"the socket's path is too long: %s; "
				"set CDO_RUNTIME_DIR to a shorter directory",
				srv->socket);
		else if (srv->listener < 0)
			why = str_printf("cannot listen at %s: %s", srv->socket,
					 io_error(srv->listener));
	}
	if (why == NULL)
		return 0;
	complain(run, why);
	free(why);
	return -1;
}

static void
ready(struct running *run)
{
	if (run->ready >= 0) {
		io_write_all(run->ready, "ok\n", 3);
		io_close(run->ready);
		run->ready = -1;
	}
	if (run->lock >= 0)
		io_close(run->lock);
	run->lock = -1;
	systemd_tell("READY=1");
}

static void
open_log(const struct server *srv)
{
	char *path = str_printf("%s/log/server.log", srv->state);
	char *old = str_printf("%s.old", path);
	struct stat st;

	if (stat(path, &st) == 0 && st.st_size > LOG_MAX)
		rename(path, old);
	log_open(path, "server");
	free(old);
	free(path);
}

static void
moved(void *ctx, bool now)
{
	struct server *srv = ctx;

	serve_move(srv->serve, now);
	if (!now || srv->berth == NULL)
		return;
	/* New sessions are where we are. */
	const char *path = berth_path(srv->berth);
	char *dir = mem_strn(path, (size_t)(strrchr(path, '/') - path));
	free(srv->reg.runtime);
	srv->reg.runtime = mem_str(dir);
	free(srv->runtime);
	srv->runtime = dir;
	/* Theirs were in the same directory. */
	for (size_t i = 0; i < srv->reg.n; i++)
		watch_look(srv->reg.list[i]);
}

/* Our socket was removed, and the next command has started another server. */
static void
replaced(void *ctx)
{
	log_warn("another server has taken the place of this one");
	server_leave(ctx);
}

static void
run_loop(struct running *run)
{
	struct server *srv = &run->srv;
	struct registry *reg = &srv->reg;

	run->settled = loop_timer_new(srv->loop, settled, run);
	for (size_t i = 0; i < 4; i++)
		run->signals[i] =
			loop_signal_new(srv->loop, caught[i], signalled, run);
	srv->scopes = systemd_scopes();
	srv->serve = serve_new(srv);
	srv->revive = revive_new(srv);
	srv->forget = forget_new(srv);
	server_reload(srv);
	registry_scan(reg);
	reg->changed = changed;
	reg->ctx = run;
	for (size_t i = 0; i < reg->n; i++)
		if (session_lives(reg->list[i]))
			watch_start(srv->loop, reg, reg->list[i]);
	if (!run->given)
		srv->berth = berth_new(srv->loop, srv->socket, srv->listener,
				       moved, srv);
	if (srv->berth != NULL)
		berth_notice(srv->berth, replaced);
	ready(run);
	loop_timer_start(run->settled, SETTLE);
	srv->remote = remote_new(srv);
	remote_check(srv->remote);
	changed(run);
	log_info("pid %ld serves %zu sessions at %s", (long)getpid(), reg->n,
		 srv->socket);
	loop_run(srv->loop);
}

static void
leave(struct running *run)
{
	struct server *srv = &run->srv;

	systemd_tell("STOPPING=1");
	srv->reg.changed = NULL;
	if (srv->berth != NULL)
		berth_unlink(srv->berth);
	berth_free(srv->berth);
	for (size_t i = 0; i < srv->reg.n; i++)
		watch_leave(srv->reg.list[i]);
	serve_free(srv->serve);
	remote_free(srv->remote);
	revive_free(srv->revive);
	forget_free(srv->forget);
	loop_timer_free(run->settled);
	for (size_t i = 0; i < 4; i++)
		loop_signal_free(run->signals[i]);
	log_info("pid %ld leaves", (long)getpid());
}

/* Sessions inherit these, in directories of their own (server/env). */
static void
make_absolute(const char *name, const char *path)
{
	if (getenv(name) != NULL)
		setenv(name, path, 1);
}

int
server_main(int argc, char **argv)
{
	struct options o;
	struct running run = { .srv.listener = -1 };
	struct server *srv = &run.srv;
	int status = 1;

	if (parse(argc, argv, &o) < 0)
		return 2;
	run.lock = o.lock;
	run.ready = o.ready;
	umask(077);
	signal(SIGPIPE, SIG_IGN);
	srv->started = session_clock();
	srv->runtime = o.runtime ? mem_str(o.runtime) : path_runtime();
	srv->state = o.state ? mem_str(o.state) : path_state();
	srv->config = path_config();
	srv->socket = path_join(srv->runtime, "server.sock");
	make_absolute("CDO_RUNTIME_DIR", srv->runtime);
	make_absolute("CDO_STATE_DIR", srv->state);
	make_absolute("CDO_CONFIG", srv->config);
	registry_init(&srv->reg, srv->runtime, srv->state);
	if (make_dirs(&run) < 0 || listen_alone(&run) < 0)
		goto out;
	if (!o.foreground)
		open_log(srv);
	if (chdir("/") != 0)
		log_warn("cannot leave the directory it was started in");
	srv->loop = loop_new();
	run_loop(&run);
	leave(&run);
	loop_free(srv->loop);
	status = 0;
out:
	if (run.lock >= 0)
		io_close(run.lock);
	if (run.ready >= 0)
		io_close(run.ready);
	if (srv->listener >= 0)
		io_close(srv->listener);
	registry_release(&srv->reg);
	conf_free(srv->conf);
	free(srv->conf_errs);
	free(srv->socket);
	free(srv->runtime);
	free(srv->state);
	free(srv->config);
	return status;
}
