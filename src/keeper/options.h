/* keeper/options.h - the words that keeper and custodian are started with. */
#ifndef CDO_KEEPER_OPTIONS_H
#define CDO_KEEPER_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

/*
 *	--id ID --name NAME --socket PATH --dir DIR --cwd DIR --size COLSxROWS
 *	--history LINES --history-bytes N --runtime DIR --binary PATH
 *	[--agent PROFILE] [--theme dark|light] [--term-program NAME]
 *	[--no-persist] [--record BYTES|off] [--above COLSxROWS]
 *	[--scope NAME | --scoped NAME] -- PROGRAM ARG...
 *
 * Words that are not known are passed over with their values, so that a newer
 * server may start an older keeper.
 */
struct options {
	const char *id, *name;
	const char *socket; /* the session's, in `runtime` */
	const char *dir; /* the session's state */
	const char *cwd; /* the program's */
	const char *runtime, *binary;
	const char *agent, *theme, *term_program; /* or NULL */
	/* The session runs again: size of the last.vt that the earlier run has
	 * left, 0x0 if that was lost; or NULL. */
	const char *above;
	const char *scope; /* systemd's, to be entered, or NULL */
	const char *scoped; /* to have been entered, or NULL */
	unsigned cols, rows;
	uint32_t history_lines;
	uint64_t history_bytes;
	bool no_persist;
	bool no_record;
	uint64_t record_max; /* bytes; 0: the recorder's choice */
	char **program; /* NULL at the end */
};

/* Borrows argv (argv[0] is the role).  0, or -EINVAL if a word is missing. */
int options_read(struct options *, char **argv);

#endif
