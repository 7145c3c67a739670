/* base/conf.h - cdo.conf: options and agent profiles (inih). */
#ifndef CDO_BASE_CONF_H
#define CDO_BASE_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

/* A program cdo knows by name: [agent NAME] in cdo.conf. */
struct conf_agent {
	char *name;
	char **command; /* words, NULL at the end; none: the shell */
	char **resume; /* words that go on where it left off, or NULL */
	char **resume_id; /* words that an id behind them completes, or NULL */
	bool holds; /* its directory is its own while it runs */
};

struct conf {
	char *path;
	char *prefix; /* a key's name, "C-b" */
	uint32_t history_limit; /* lines kept */
	uint64_t history_bytes; /* and bytes at most */
	uint32_t attach_history; /* lines that an attach puts into scrollback */
	char *shell; /* NULL: $SHELL, then the password database */
	bool persistent;
	bool record; /* what sessions print */
	uint64_t record_max; /* bytes of disk for each session */
	uint64_t keep_finished_ms; /* then they are cleared; 0: never */
	uint64_t grace_ms; /* between TERM and KILL */
	char *term_program; /* TERM_PROGRAM and XTVERSION's name */
	char *listen; /* ADDR[:PORT] for paired devices, "off", or NULL */
	char *relay; /* ADDR[:PORT] of a rendezvous, or NULL */
	char *theme; /* "dark" or "light": before a terminal told */
	struct conf_agent *agents;
	size_t n_agents;
};

/*
 * Reads path (NULL: path_config()) over the defaults.  A missing file is
 * fine.  Returns NULL if the file is wrong, with every complaint, a line each
 * ("cdo.conf:12: no such option 'prefx'; did you mean 'prefix'?"), in errs.
 */
struct conf *conf_load(const char *path, struct buf *errs);
void conf_free(struct conf *);
const struct conf_agent *conf_agent(const struct conf *, const char *name);
/* The options in force, as a file that conf_load would take. */
void conf_show(const struct conf *, struct buf *out);

#endif
