/* custodian/summon.c - the server was lost: have another one. */
#include "custodian/summon.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/spawn.h"
#include "base/words.h"
#include "custodian/guest.h"
#include "custodian/state.h"
#include "custodian/stop.h"
#include "proto/berth.h"

enum {
	GRACE = 5000,
	/* A server that is there comes sooner, see server/watch. */
	COMES = 6000, /* ms */
};

/* Where our socket is now, or a file there; caller frees. */
static char *
place(const struct custodian *c, const char *file)
{
	const char *path = berth_path(c->berth), *slash = strrchr(path, '/');
	char *dir = slash ? mem_strn(path, (size_t)(slash - path))
			  : mem_str(c->o.runtime);
	char *found = file ? path_join(dir, file) : mem_str(dir);

	free(dir);
	return found;
}

/* $STATE of $STATE/sessions/ID; caller frees. */
static char *
state_dir(const struct custodian *c)
{
	char *dir = realpath(c->o.dir, NULL);

	for (int up = 0; dir && up < 2; up++) {
		char *slash = strrchr(dir, '/');

		if (slash)
			*slash = 0;
	}
	return dir;
}

/* This process has the program's environment; a server is no session's. */
static void
tidy_environment(void)
{
	static const char *const ours[] = { "CDO", "CDO_SESSION", "CDO_NAME",
					    "TERM_PROGRAM",
					    "TERM_PROGRAM_VERSION" };

	for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
		unsetenv(ours[i]);
}

static void
start(const struct custodian *c, int lock)
{
	char *state = state_dir(c);
	char **words = NULL;

	words_add(&words, "cdo");
	words_add(&words, "server");
	words_add(&words, "--lock-fd");
	words_add(&words, "3");
	words_add(&words, "--runtime");
	char *runtime = place(c, NULL);
	words_add(&words, runtime);
	free(runtime);
	if (state) {
		words_add(&words, "--state");
		words_add(&words, state);
	}
	tidy_environment();
	pid_t pid = spawn_self(words, NULL, &lock, 1, -1);
	if (pid < 0)
		log_warn("cannot start a server: %s", io_error(pid));
	else
		log_info("the server is gone; started another, pid %ld",
			 (long)pid);
	words_free(words);
	free(state);
}

static void
fired(void *ctx)
{
	struct custodian *c = ctx;

	for (const struct guest *g = c->guests; g; g = g->next)
		if (g->server)
			return;
	log_warn("no server has come");
	summon_lost(c);
}

void
summon_start(struct custodian *c)
{
	if (c->o.no_persist)
		loop_timer_start(loop_timer_new(c->loop, fired, c), COMES);
}

void
summon_lost(struct custodian *c)
{
	if (c->ending)
		return;
	if (c->o.no_persist) {
		stop_begin(c, 0, GRACE);
		return;
	}

	/* What took the server may have taken the directory. */
	berth_check(c->berth);
	/* Who has the lock starts one; it finds us as it finds the others. */
	char *path = place(c, "start.lock");
	int lock = io_open(path, O_RDWR | O_CREAT, 0600);
	if (lock >= 0 && io_check(flock(lock, LOCK_EX | LOCK_NB)) == 0)
		start(c, lock);
	if (lock >= 0)
		io_close(lock);
	free(path);
}

void
summon_left(struct custodian *c)
{
	if (c->o.no_persist && !c->ending)
		stop_begin(c, 0, GRACE);
}
