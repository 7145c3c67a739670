/* custodian/segments.h - the files of a session's recording. */
#ifndef CDO_CUSTODIAN_SEGMENTS_H
#define CDO_CUSTODIAN_SEGMENTS_H

#include <stddef.h>
#include <stdint.h>

/* tr-000001.zst, tr-000002.zst, ... in the session's state directory. */
struct segment {
	unsigned number;
	uint64_t size;
};

/*
 * Those that are there, in order, in *list (caller frees; NULL if none).
 * Returns how many, or -errno if the directory cannot be read.
 */
int segments_list(const char *dir, struct segment **list);

/* Where a segment is, or would be; caller frees. */
char *segments_path(const char *dir, unsigned number);

#endif
