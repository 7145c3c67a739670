/* proto/check.h - is this msgpack harmless to unpack? */
#ifndef CDO_PROTO_CHECK_H
#define CDO_PROTO_CHECK_H

#include <stdbool.h>
#include <stddef.h>

enum {
	CHECK_DEPTH = 8, /* arrays and maps inside each other */
	CHECK_VALUES = 1 << 16, /* in one message, headers included */
};

/*
 * msgpack-c allocates for as many items as an array or map announces, before
 * it has seen one.  True if data is exactly one value, nested no deeper than
 * CHECK_DEPTH, with no more than CHECK_VALUES values, and everything that is
 * announced is there.  Extension types are refused.
 */
bool check_payload(const void *data, size_t len);

#endif
