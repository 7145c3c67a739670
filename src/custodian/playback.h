/* custodian/playback.h - reads a recording, around what is damaged. */
#ifndef CDO_CUSTODIAN_PLAYBACK_H
#define CDO_CUSTODIAN_PLAYBACK_H

struct transcript_frame;

/*
 * The frames of all segments in order, in bounded memory.  Times never go
 * back.  Where something is missing a GAP says so, as far as that is known,
 * and the next frame that matters is a KEY which is not `joined`.
 */
struct playback;

/*
 * dir: the session's state directory; copied.  Of the segments that are there
 * only so many of the newest are read; 0: all.
 */
struct playback *playback_new(const char *dir, unsigned newest);
void playback_free(struct playback *);

/*
 * Returns 1 with the next frame, whose data is valid until the next call; 0
 * at the end of what is there now (ask again when there may be more); or
 * -errno if the directory or a segment cannot be read, for ever.
 */
int playback_next(struct playback *, struct transcript_frame *out);

#endif
