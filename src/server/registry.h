/* server/registry.h - all sessions, by name, id and prefix. */
#ifndef CDO_SERVER_REGISTRY_H
#define CDO_SERVER_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>

struct session;

struct registry {
	char *runtime; /* where the sockets are */
	char *sessions; /* where the state directories are */
	struct session **list; /* by time of creation */
	size_t n;
	/* Something that a reader of the list sees has changed. */
	void (*changed)(void *ctx);
	void *ctx;
};

/* Borrows both directories' names. */
void registry_init(struct registry *, const char *runtime, const char *state);
void registry_release(struct registry *);

/* Takes s. */
void registry_add(struct registry *, struct session *);
/* Takes s out of the list; the caller's again. */
void registry_remove(struct registry *, struct session *s);
void registry_changed(struct registry *);

/*
 * Finds every session there is: in the state directory, and by the sockets of
 * those whose record is gone.  Whether those that have no end are running or
 * lost is for server/watch to find out.
 */
void registry_scan(struct registry *);
/* Whether no process of the session is left; false if that is unknown. */
bool registry_abandoned(const struct session *);

/*
 * The session of this name or id, or the only one that either begins with it,
 * or for "-" the one attached last.  Returns 0, or an enum msg_error and what
 * to tell people in *why (caller frees).
 */
int registry_find(const struct registry *, const char *word,
		  struct session **found, char **why);
/* The session of exactly this id, or name, or NULL. */
struct session *registry_by_id(const struct registry *, const char *id);
struct session *registry_named(const struct registry *, const char *name);
/* Why s may not have this name (s NULL: a new one), caller frees, or NULL. */
char *registry_name_taken(const struct registry *, const char *name,
			  const struct session *s);
/*
 * A name that describes and is free: what ("claude", a program's path) and
 * where, then a number.  Caller frees.
 */
char *registry_describe(const struct registry *, const char *what,
			const char *cwd);
/* Who has an agent in this directory, or NULL. */
struct session *registry_holder(const struct registry *, const char *cwd);

/* Where a new custodian of this id listens; caller frees. */
char *registry_socket(const struct registry *, const char *id);
/* Makes the session's state directory, with a new id if its is taken. */
int registry_make_dir(const struct registry *, struct session *);
/* Removes the session's state directory and what is in it; 0 or -errno. */
int registry_remove_dir(const struct session *);
/*
 * The same, and frees the session; 0, or -errno and it is still there.  While
 * its custodian is still there it is only hidden; server/watch forgets it.
 */
int registry_forget(struct registry *, struct session *s);

#endif
