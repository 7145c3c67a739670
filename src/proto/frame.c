/* proto/frame.c - cut a byte stream into length-prefixed frames. */
#include "proto/frame.h"

#include <errno.h>

#include "base/bytes.h"

int
frame_look(const uint8_t *data, size_t len, const uint8_t **payload,
	   size_t *need)
{
	if (len < FRAME_HEAD) {
		*need = FRAME_HEAD;
		return 0;
	}

	uint32_t n = bytes_be32(data);
	if (n == 0 || n > FRAME_MAX)
		return -EMSGSIZE;
	if (n > len - FRAME_HEAD) {
		*need = FRAME_HEAD + (size_t)n;
		return 0;
	}

	*payload = data + FRAME_HEAD;
	return (int)n;
}
