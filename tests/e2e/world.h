/* e2e/world.h - where a test lives: directories, environment, commands. */
#ifndef CDO_E2E_WORLD_H
#define CDO_E2E_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "e2e/guard.h"

struct term;
struct json;

enum { WORLD_TERMS = 16 };

struct world {
	char dir[64]; /* holds run, state, home, bin and cdo.conf */
	char **env; /* NULL-ended, owned; see world_set */
	struct term *terms[WORLD_TERMS];
	struct kept { /* freed at the end */
		void *p;
		void (*release)(void *);
	} * kept;
	size_t nkept;
};

/* For cmocka: *state becomes a struct world. */
int world_setup(void **state);
/* Closes the terminals, ends every process that is left, removes the dirs. */
int world_teardown(void **state);
/* Runs the tests with both around each; returns main's exit status. */
#define world_run(tests) \
	(guard_begin(), cmocka_run_group_tests(tests, NULL, NULL))
#define world_test(f) \
	cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

/* Sets, or with a NULL value removes, a variable for what starts from now. */
void world_set(struct world *, const char *name, const char *value);
/* A string that is freed at the end. */
char *world_text(struct world *, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Takes p; it is freed at the end, by `release`. */
void *world_keep(struct world *, void *p, void (*release)(void *));
/* DIR/NAME with this content; returns its path. */
char *world_file(struct world *, const char *name, const char *content);
/* Makes DIR/NAME; returns its path. */
char *world_dir(struct world *, const char *name);
/* A program of this name, in front of all others in PATH. */
void world_script(struct world *, const char *name, const char *script);
/* Where what is started starts; a directory of its own in DIR. */
const char *world_home(struct world *);
/* Runs a shell script to its end; fails the test unless it ends with 0. */
void world_sh(struct world *, const char *script);

/* How a command ended; out and err live as long as the world. */
struct result {
	int status; /* exit status, or 128 + signal */
	char *out, *err;
};
/*
 * Runs cdo with these words, the last one NULL, without a terminal, until
 * it has ended and its output is closed.  Terminals are served meanwhile.
 */
struct result cdo(struct world *, ...) __attribute__((sentinel));
struct result world_command(struct world *, const char *const argv[]);
/* As cdo, but fails the test unless it ends with 0; returns its output. */
char *cdo_ok(struct world *, ...) __attribute__((sentinel));
/* Starts it and does not wait; world_wait does.  Its output goes nowhere. */
pid_t world_start(struct world *, const char *const argv[]);
int world_wait(struct world *, pid_t pid);

/* The session in `cdo ls --json`, or NULL; as long as the world. */
const struct json *world_session(struct world *, const char *name);
/* Its field as a number, -1 if there is none. */
long world_number(struct world *, const char *name, const char *field);
/* Starts a detached shell of this name that prompts with "ready$ ". */
void world_shell(struct world *, const char *name);

/*
 * Serves the terminals until test(ctx) is true; fails the test, naming
 * `what`, if that takes longer than anything ever should.
 */
void world_until(struct world *, const char *what, bool (*test)(void *ctx),
		 void *ctx);
/* Until the session's status in the list is this one; NULL: not listed. */
void world_until_status(struct world *, const char *name, const char *status);
void world_until_clients(struct world *, const char *name, long clients);
void world_until_gone(struct world *, pid_t pid);
/* Until no process with this role (argv[1]) is left; NULL: none at all. */
void world_until_none(struct world *, const char *role);
/* The process with this role, once it is the only one. */
pid_t world_only(struct world *, const char *role);
void world_until_file(struct world *, const char *path);

/* Serves the terminals once, waiting at most ms for something to come. */
void world_pump(struct world *, int ms);
/* Milliseconds of the monotonic clock, and how long is too long. */
long world_now(void);
long world_patience(void);

/* Closes a terminal for good: it is no longer valid. */
void world_forget(struct world *, struct term *);

/* Is it installed? */
bool world_has(const char *program);
/* Leaves the test, which then neither passed nor failed. */
#define world_skip(why)                       \
	do {                                  \
		print_message("# %s\n", why); \
		skip();                       \
	} while (0)

#endif
