/* custodian/rebuild.h - a session's last screen, out of its recording. */
#ifndef CDO_CUSTODIAN_REBUILD_H
#define CDO_CUSTODIAN_REBUILD_H

struct screen;
struct screen_options;

/*
 * What was on the screen when the recording in state directory dir ends, with
 * the history as far as its newest parts have it.  Returns a screen, the
 * caller's, of the size it had (that of the options counts for nothing), or
 * NULL if nothing was recorded.
 */
struct screen *rebuild_screen(const char *dir, const struct screen_options *);

#endif
