/* unit/scratch.h - a directory of a test's own. */
#ifndef CDO_UNIT_SCRATCH_H
#define CDO_UNIT_SCRATCH_H

/* Makes an empty directory below $TMPDIR or /tmp; caller frees the path. */
char *scratch_new(void);
/* Removes it with all that is in it, and frees the path. */
void scratch_free(char *dir);
/* dir/name, in one of a few static buffers. */
const char *scratch_path(const char *dir, const char *name);
/* Makes a file of this text. */
void scratch_write(const char *path, const char *text);

#endif
