/* bench/mux.h - how each multiplexer is told to start, attach and list. */
#ifndef CDO_BENCH_MUX_H
#define CDO_BENCH_MUX_H

#include <stdbool.h>
#include <stddef.h>

enum { MUX_BARE, MUX_DTACH, MUX_TMUX, MUX_SCREEN, MUX_CDO, MUXES };

enum { MUX_WORDS = 24 };

struct far;

struct mux {
	int id; /* MUX_... */
	const char *name;
	bool used; /* it is installed, and wanted */
	char *binary; /* owned */
	char *dir; /* sockets and state; owned */
	char *mark; /* in the environment of all its processes; owned */
	char **env; /* owned */
	/* Not NULL: attaches come from another machine, where it can. */
	const struct far *far;
	char **far_env; /* what they have then; owned */
};

/*
 * Fills all; `only` names those wanted, with commas, NULL: all.  Looks for
 * binaries in PATH; cdo's is given.  Each has a directory below `dir`.
 */
void mux_init(struct mux all[MUXES], const char *dir, const char *cdo,
	      const char *only);
/* Kills everything that was started, removes the directories. */
void mux_release(struct mux all[MUXES]);
/* Kills everything that this one started; it can be used again. */
void mux_clear(const struct mux *);

/* Starts session number n, detached, running cmd.  0, or -1 if it failed. */
int mux_start(const struct mux *, unsigned n, char *const cmd[]);
/* The words that attach to session n; without a multiplexer they are cmd. */
void mux_attach(const struct mux *, unsigned n, char *const cmd[],
		char *argv[MUX_WORDS]);
char *const *mux_environment(const struct mux *);
/* Can it show again what was on the screen before? */
bool mux_remembers(const struct mux *);
/* Runs its list of sessions to its end; -1 if it has none or it failed. */
int mux_list(const struct mux *);

/* A program in these directories, with colons between; caller frees. */
char *mux_find(const char *name, const char *path);
/* A directory and all that is in it. */
void mux_remove(const char *path);

#endif
