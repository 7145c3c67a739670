/* server/session.h - one session, as the server knows it. */
#ifndef CDO_SERVER_SESSION_H
#define CDO_SERVER_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct buf;
struct msg_value;
struct watch;

enum {
	SESSION_ID_LEN = 8, /* random base32 */
	SESSION_LABELS_MAX = 64,
	SESSION_LABEL_MAX = 512, /* bytes of a label, "key=value" */
	SESSION_LABELS_BYTES = SESSION_LABELS_MAX * SESSION_LABEL_MAX,
	SESSION_COMMAND_MAX = 512 << 10, /* bytes of all words */
	SESSION_GIVEN_MAX = 128 << 10, /* bytes of all that -e gave */
	SESSION_TITLE_MAX = 1024,
};

enum session_status {
	SESSION_STARTING,
	SESSION_RUNNING,
	SESSION_COMPLETED, /* exit 0 */
	SESSION_FAILED, /* other exit, or a signal */
	SESSION_STOPPED, /* by a person */
	SESSION_LOST, /* its host or its processes went down */
};

/* Whether it is started again by itself. */
enum session_restart {
	SESSION_NEVER,
	SESSION_ON_FAILURE, /* when it failed, or was lost */
	SESSION_ALWAYS, /* unless a person has stopped it */
};

/* Strings and lists are the session's own; times are unix ms, 0 for never. */
struct session {
	char id[SESSION_ID_LEN + 1];
	char *name;
	char *dir; /* its state directory */
	char *socket; /* its custodian's */
	char **command; /* the program's words */
	char *agent; /* profile, or NULL */
	char *cwd; /* real path */
	char *boot; /* id of the boot it was started in, or NULL */
	char **labels; /* K=V */
	char **given; /* K=V, from -e */
	bool holds; /* nobody else's agent may work in cwd */
	bool persistent;
	bool record; /* what it prints goes to the disk */
	enum session_restart restart;
	mode_t umask; /* the program's */
	/* Found by its socket, without a record, and has not spoken yet:
	 * nobody is told of it. */
	bool adopted;
	/* Forgotten, but its custodian still writes: nobody is told of it. */
	bool cleared;
	uint64_t created, started, ended;
	uint64_t lost; /* when it was found to be, 0: it is not */
	bool rebooted; /* ... because its machine was restarted */
	uint64_t again; /* when it is started again by itself, 0: it is not */
	unsigned tries; /* of that, each soon after the one before */

	/* What the custodian says. */
	enum session_status status;
	char *activity; /* NULL: unknown */
	char *attention; /* what it wants of a person, or NULL */
	char *recording; /* "on", "off", "flood", or why it is paused */
	char *title;
	int64_t pid, custodian_pid; /* 0: none */
	int64_t exit_code; /* -1: none */
	int64_t signal; /* 0: none */
	bool stopped;
	uint64_t cols, rows, clients;
	uint64_t last_output, last_input, attached;
	uint64_t since; /* when status or activity became what it is */

	struct watch *watch; /* NULL: not connected; owned by server/watch */
};

/* A session without a name, with a fresh random id. */
struct session *session_new(void);
void session_free(struct session *);

static inline bool
session_hidden(const struct session *s)
{
	return s->adopted || s->cleared;
}

bool session_is_id(const char *);
/* Why this cannot be a label, static, or NULL.  key has klen bytes. */
const char *session_label_wrong(const char *key, size_t klen, size_t vlen);
/* starting or running */
bool session_lives(const struct session *);
const char *session_status_name(const struct session *);
/* "never", "on-failure", "always"; false if word is none of them. */
const char *session_restart_name(enum session_restart);
bool session_restart_named(const char *word, enum session_restart *);

/*
 * What people are shown of a program's text: safe, at most max bytes, without
 * the blanks that some programs fill it up with; NULL if nothing is left.
 * Caller frees.
 */
char *session_text(const char *, size_t len, size_t max);

/* Milliseconds since 1970. */
uint64_t session_clock(void);
/* The id of this boot, borrowed, or NULL where there is none. */
const char *session_boot(void);

/*
 * What is always kept: meta.json in dir.  Written by the server alone, as a
 * whole or not at all; 0 or -errno.
 */
int session_save(const struct session *);
/*
 * Reads meta.json of state directory dir and, if it is there, exit.json.
 * Returns NULL if dir holds no session that can be read.
 */
struct session *session_load(const char *dir);
/* Reads exit.json, which the custodian left; -ENOENT if it did not. */
int session_load_exit(struct session *);
/* Writes it in the custodian's stead. */
int session_save_exit(const struct session *);

/* Takes over what MSG_STATE says; true if a reader of the list sees it. */
bool session_state(struct session *, const struct msg_value *map);
/* The status that follows from how it ended. */
void session_ended(struct session *);
/* Nobody holds it any more, and how it ended is not known. */
void session_lost(struct session *);
/*
 * Appends the MSG_SESSION message; the values of variables given with -e are
 * for nobody on another machine.
 */
void session_write(const struct session *, bool far, struct buf *out);

#endif
