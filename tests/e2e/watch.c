/* e2e/watch.c - what a test waits for: sessions, processes, files. */
#include "e2e/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/str.h"
#include "e2e/procs.h"
#include "e2e/term.h"

void
world_until(struct world *w, const char *what, bool (*test)(void *ctx),
	    void *ctx)
{
	long end = world_now() + world_patience();

	while (!test(ctx)) {
		if (world_now() > end) {
			for (int i = 0; i < WORLD_TERMS; i++)
				if (w->terms[i] != NULL)
					term_dump(w->terms[i]);
			fail_msg("waited in vain for %s", what);
		}
		world_pump(w, 10);
	}
}

static void
release_json(void *p)
{
	json_free(p);
}

static const struct json *
list(struct world *w)
{
	char *text = cdo_ok(w, "ls", "--json", NULL), *why = NULL;
	struct json *all = json_parse(text, strlen(text), &why);

	if (all == NULL)
		fail_msg("ls --json is no JSON: %s", why);
	return world_keep(w, all, release_json);
}

const struct json *
world_session(struct world *w, const char *name)
{
	const struct json *all = json_get(list(w), "sessions");

	for (size_t i = 0; i < json_count(all); i++)
		if (str_eq(json_str(json_at(all, i), "name"), name))
			return json_at(all, i);
	return NULL;
}

long
world_number(struct world *w, const char *name, const char *field)
{
	const struct json *s = world_session(w, name);

	if (s == NULL)
		fail_msg("'%s' is not in the list", name);
	return (long)json_int(s, field, -1);
}

void
world_shell(struct world *w, const char *name)
{
	cdo_ok(w, "new", "-d", "-n", name, "--", "bash", "--norc",
	       "--noprofile", NULL);
}

struct wanted {
	struct world *w;
	const char *name, *status;
};

static bool
has_status(void *ctx)
{
	struct wanted *want = ctx;
	const struct json *s = world_session(want->w, want->name);

	return str_eq(s != NULL ? json_str(s, "status") : NULL, want->status);
}

void
world_until_status(struct world *w, const char *name, const char *status)
{
	struct wanted want = { w, name, status };
	char *what = world_text(w, "'%s' to be %s", name,
				status != NULL ? status : "forgotten");

	world_until(w, what, has_status, &want);
}

struct crowd {
	struct world *w;
	const char *name;
	long clients;
};

static bool
has_clients(void *ctx)
{
	struct crowd *c = ctx;

	return world_number(c->w, c->name, "clients") == c->clients;
}

void
world_until_clients(struct world *w, const char *name, long clients)
{
	struct crowd c = { w, name, clients };

	world_until(w, world_text(w, "%ld clients of '%s'", clients, name),
		    has_clients, &c);
}

static bool
is_gone(void *ctx)
{
	return !procs_alive(*(pid_t *)ctx);
}

void
world_until_gone(struct world *w, pid_t pid)
{
	world_until(w, world_text(w, "the end of process %ld", (long)pid),
		    is_gone, &pid);
}

static bool
none_left(void *ctx)
{
	pid_t pid;

	return procs_find(ctx, &pid, 1) == 0;
}

void
world_until_none(struct world *w, const char *role)
{
	char *copy = world_text(w, "%s", role != NULL ? role : "");

	world_until(w, world_text(w, "no %s process", copy), none_left,
		    role != NULL ? copy : NULL);
}

struct one {
	const char *role;
	pid_t pids[2];
};

static bool
is_alone(void *ctx)
{
	struct one *one = ctx;

	return procs_find(one->role, one->pids, 2) == 1;
}

pid_t
world_only(struct world *w, const char *role)
{
	struct one one = { .role = role };

	world_until(w, world_text(w, "one %s", role), is_alone, &one);
	return one.pids[0];
}

static bool
is_there(void *ctx)
{
	return access(ctx, F_OK) == 0;
}

void
world_until_file(struct world *w, const char *path)
{
	world_until(w, path, is_there, world_text(w, "%s", path));
}

bool
world_has(const char *program)
{
	char *command = str_printf("command -v %s >/dev/null", program);
	bool there = system(command) == 0;

	free(command);
	return there;
}
