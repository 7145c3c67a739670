/* cmd/checks.h - what cdo doctor has found. */
#ifndef CDO_CMD_CHECKS_H
#define CDO_CMD_CHECKS_H

#include <stddef.h>

struct conf;
struct msg_value;
struct seen;

enum check_level { CHECK_OK, CHECK_INFO, CHECK_WARNING, CHECK_ERROR };

struct checks {
	struct check {
		const char *id; /* for scripts, static */
		enum check_level level;
		char *text; /* what was found */
		char *fix; /* what to do about it, or NULL */
	} * list;
	size_t n;

	/* What the checks look at. */
	const struct conf *conf;
	const struct seen *sessions;
	size_t n_sessions;
	int server; /* its pid, 0: none runs */
};

/* Takes text; fix may be NULL, it is copied. */
void checks_add(struct checks *, const char *id, enum check_level, char *text,
		const char *fix);
enum check_level checks_worst(const struct checks *);
void checks_print(const struct checks *);
void checks_json(const struct checks *);
void checks_release(struct checks *);

/* The checks of each file. */
void check_places(struct checks *); /* directories and disks */
void check_survival(struct checks *); /* logout */
void check_limits(struct checks *); /* of the system */
void check_terminal(struct checks *);
void check_sessions(struct checks *); /* recordings, lost ones */
void check_remote(struct checks *); /* keys, paired machines */
/* Where devices come in, by the answer to MSG_STATUS. */
void check_door(struct checks *, const struct msg_value *status);
void check_agents(struct checks *); /* on PATH */

#endif
