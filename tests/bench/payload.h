/* bench/payload.h - the texts that are pushed through a terminal. */
#ifndef CDO_BENCH_PAYLOAD_H
#define CDO_BENCH_PAYLOAD_H

#include <stddef.h>
#include <stdint.h>

enum payload {
	PAYLOAD_LOG,
	PAYLOAD_COLOR,
	PAYLOAD_WIDE,
	PAYLOAD_PAINT,
	PAYLOADS
};

/* A short name for tables and JSON. */
const char *payload_name(enum payload);
/*
 * Writes at least `size` bytes of it, ending with a whole line or frame, to
 * a new file.  *through is set to how many bytes a terminal makes of them:
 * each line feed becomes two.  Returns 0 or -errno.
 */
int payload_make(enum payload, const char *path, size_t size,
		 uint64_t *through);

#endif
