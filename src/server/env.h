/* server/env.h - the environment of a session's program. */
#ifndef CDO_SERVER_ENV_H
#define CDO_SERVER_ENV_H

struct env_session {
	const char *server; /* the server's socket */
	const char *id;
	const char *name;
	const char *cwd;
	const char *term_program;
	const char *ssh_link; /* the stable name of the SSH agent's socket */
	char *const *given; /* K=V, from -e; wins over everything */
};

/*
 * The caller's environment (K=V) as the session's program gets it
 * (interface.md, Environment): without what tells of the terminal, the
 * multiplexer or the agent that `new` ran in, with what tells of cdo.
 * Returns a list, caller frees (words_free).
 */
char **env_make(char *const *caller, const struct env_session *);

#endif
