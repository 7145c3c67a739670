/* server/again.h - a finished session runs again, in its own place. */
#ifndef CDO_SERVER_AGAIN_H
#define CDO_SERVER_AGAIN_H

struct conf;
struct session;

/* Gives the new run what the old one was: id, directory, command and all. */
void again_inherit(struct session *, const struct session *old);
/*
 * The words that its agent's profile goes on with, with the conversation that
 * its label of that name says, and those of its own that it was started with;
 * caller frees.  NULL if the profile has none.
 */
char **again_resume(const struct session *, const struct conf *);

/*
 * Takes the lock of its state directory and puts the old run's exit.json
 * aside.  Returns the lock's descriptor or -errno, -EWOULDBLOCK while one of
 * its processes still is there.
 */
int again_begin(const struct session *old);
/* The new run has started, or it has not and the old one is the last. */
void again_done(const struct session *);
/* The server was killed between the two: 0 if no new run can have begun. */
int again_return(const struct session *);
void again_undo(const struct session *old);

#endif
