/* cmd/finished.h - what a finished session left: its screen, its history. */
#ifndef CDO_CMD_FINISHED_H
#define CDO_CMD_FINISHED_H

#include <stdint.h>

struct screen;
struct seen;

/*
 * The screen and history that the session ended with; the caller's
 * (screen_free).  NULL with -errno in *r if they cannot be read.
 */
struct screen *finished_screen(const struct seen *, int *r);

/*
 * Prints them on stdout, `history` lines at most above the screen, and a last
 * line that says how it ended.  Returns 0 or -errno.
 */
int finished_show(const struct seen *, uint32_t history);

#endif
