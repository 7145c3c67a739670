/* cmd/cmd-play.c - cdo play. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/str.h"
#include "cmd/args.h"
#include "cmd/ask.h"
#include "cmd/cast.h"
#include "cmd/castfile.h"
#include "cmd/cmd.h"
#include "cmd/fetch.h"
#include "cmd/out.h"
#include "cmd/place.h"
#include "cmd/player.h"
#include "cmd/seen.h"
#include "cmd/tape.h"

enum { MS = 1000 };

static const double slowest = 0.01, fastest = 1000;

static int
next_of_tape(void *ctx, struct cast_event *e)
{
	return tape_next(ctx, e);
}

static int
next_of_file(void *ctx, struct cast_event *e)
{
	return castfile_next(ctx, e);
}

static int
played(const char *what, int r)
{
	if (r == 0)
		return EXIT_DONE;
	if (r == -ENOTTY)
		out_error("cannot play '%s': this is no terminal; "
			  "see `cdo export`",
			  what);
	else
		out_error("cannot play '%s': %s", what,
			  r == -EINVAL ? "a line of it is no event"
				       : io_error(r));
	return EXIT_FAILED;
}

static int
play_file(const char *path, struct player_options *o)
{
	char *why;
	struct castfile *f = castfile_open(path, &why);

	if (f == NULL) {
		out_error("cannot play '%s': %s", path, why);
		free(why);
		return EXIT_FAILED;
	}
	if (o->idle_us == 0)
		o->idle_us = castfile_head(f)->idle_us;
	o->next = next_of_file;
	o->ctx = f;
	int status = played(path, player_run(o));
	castfile_close(f);
	return status;
}

static int
play_session(const struct args *a, struct player_options *o)
{
	struct seen s;
	int status;
	struct ask *ask = ask_open_at(a->cmd, a->operand[0], true, &status);

	if (ask == NULL)
		return status;
	status = ask_find(ask, a->operand[0], "play", &s);
	if (status == 0 && (status = fetch_record(ask, &s, true, "play")) != 0)
		seen_release(&s);
	ask_close(ask);
	if (status != 0)
		return status;
	struct tape *tape = tape_new(s.dir, 0);
	o->next = next_of_tape;
	o->ctx = tape;
	status = played(s.name, player_run(o));
	tape_free(tape);
	seen_release(&s);
	return status;
}

/*
 * A name holds no slash, and a session is rarely called *.cast.  What could be
 * HOST/NAME as well is a file if there is one.
 */
static bool
is_file(const char *word)
{
	size_t len = strlen(word);
	char *host;

	if (len > 5 && str_eq(word + len - 5, ".cast"))
		return true;
	if (strchr(word, '/') == NULL)
		return false;
	place_split(word, &host);
	bool far = place_is_host(host);
	free(host);
	return !far || access(word, F_OK) == 0;
}

static int
run(const struct args *a)
{
	struct player_options o = { .speed = 1 };
	const char *speed = args_value(a, 's'), *idle = args_value(a, 'i');
	char *end = NULL;
	uint64_t idle_ms = 0;

	if (speed != NULL)
		o.speed = strtod(speed, &end);
	if (speed != NULL &&
	    (*end != '\0' || !(o.speed >= slowest) || !(o.speed <= fastest))) {
		out_error("-s: '%s' is no speed, as in 2 or 0.5", speed);
		return EXIT_USAGE;
	}
	if (idle != NULL && str_duration(idle, &idle_ms) < 0) {
		out_error("-i: '%s' is no time, as in 2s", idle);
		return EXIT_USAGE;
	}
	o.idle_us = idle_ms * MS;
	return is_file(a->operand[0]) ? play_file(a->operand[0], &o)
				      : play_session(a, &o);
}

static const struct cmd_opt opts[] = {
	{ 's', "speed", "SPEED", "2 is twice as fast" },
	{ 'i', "idle-limit", "TIME", "no pause is longer than that" },
	{ 0 },
};

const struct cmd cmd_play = {
	.name = "play",
	.usage = "SESSION | FILE",
	.help = "replay a session or an asciicast here",
	.more = "A FILE ends in .cast or has a slash.  Keys: space pauses and "
		"goes on, . shows\nthe next change while it is paused, q ends.",
	.opts = opts,
	.min = 1,
	.max = 1,
	.flags = CMD_SESSIONS,
	.run = run,
};
