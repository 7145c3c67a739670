/* proto/frame.h - cut a byte stream into length-prefixed frames. */
#ifndef CDO_PROTO_FRAME_H
#define CDO_PROTO_FRAME_H

#include <stddef.h>
#include <stdint.h>

struct buf;

enum {
	FRAME_HEAD = 4, /* length, big-endian */
	FRAME_MAX = 1 << 20, /* a longer frame means a broken peer */
};

/*
 * Looks at the first frame in data[0..len).  Returns its payload's length
 * and sets *payload to it if the frame is whole, 0 if more bytes are needed
 * (*need says how many in all, at least), or -EMSGSIZE if the peer announced
 * nothing or more than FRAME_MAX.
 */
int frame_look(const uint8_t *data, size_t len, const uint8_t **payload,
	       size_t *need);

#endif
