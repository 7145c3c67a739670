/* cmd/player.h - a recording replayed on this terminal, with a few keys. */
#ifndef CDO_CMD_PLAYER_H
#define CDO_CMD_PLAYER_H

#include <stdint.h>

struct cast_event;

struct player_options {
	double speed; /* 1 is as it was */
	uint64_t idle_us; /* no pause is longer than that; 0: any */
	/* As tape_next. */
	int (*next)(void *ctx, struct cast_event *);
	void *ctx;
};

/*
 * Plays until the end or until it is told to stop; the terminal is as it was
 * afterwards.  What asks the terminal something is left out.  Returns 0, or
 * -errno: of the terminal, or of next().
 */
int player_run(const struct player_options *);

#endif
