/* cmd/seen.h - a session as the server shows it. */
#ifndef CDO_CMD_SEEN_H
#define CDO_CMD_SEEN_H

#include <stdbool.h>
#include <stdint.h>

struct json;
struct msg;

/* Strings may be NULL; times are unix ms, 0 for never. */
struct seen {
	char *host; /* NULL: this one; ask_find and ask_list say it */
	char *id, *name, *status, *activity, *attention;
	char *recording; /* "on", "off", "flood", or why it is paused */
	char *agent, *cwd, *title, *reason;
	char *socket, *dir;
	char *restart; /* "never", "on-failure", "always" */
	char **command;
	char **labels, **env; /* K=V */
	bool holds, persistent, lives;
	int64_t pid, custodian_pid; /* 0: none */
	int64_t exit_code; /* -1: none */
	int64_t signal; /* 0: none */
	uint64_t created, started, ended, since, runtime_s;
	uint64_t cols, rows, clients;
	uint64_t last_output, last_input, attached;
	uint64_t again; /* when it is started again by itself */
	/* Its host does not answer: this is what it said then, in unix ms. */
	bool unreachable;
	uint64_t asked; /* 0: just now */
};

/* Reads a MSG_SESSION. */
void seen_read(struct seen *, const struct msg *);
void seen_release(struct seen *);

/* To be kept until its host answers again, and back. */
struct json *seen_kept(const struct seen *);
void seen_recall(struct seen *, const struct json *, const char *host);

/* The object of cdo.list/1, after a "schema" if that is given; the caller's. */
struct json *seen_json(const struct seen *, const char *schema);
/* "exit 2", "SIGKILL", or NULL while it runs; caller frees. */
char *seen_result(const struct seen *);
/* Why nothing of it can be recorded now, or NULL; borrowed. */
const char *seen_unrecorded(const struct seen *);
/* What it ends a command of ours with: its exit code, or 128+N. */
int seen_status(const struct seen *);
/* "0 1 2": the words as a line; caller frees. */
char *seen_line(char *const *words);

#endif
