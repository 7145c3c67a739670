/* unit/vectors.h - test vectors: JSON files with values in hex. */
#ifndef CDO_UNIT_VECTORS_H
#define CDO_UNIT_VECTORS_H

#include <stddef.h>
#include <stdint.h>

struct json;

/*
 * The public vectors of $CDO_VECTORS, or NULL where they are not: the test
 * skips, saying so.  Our own, of this tree, are always there.
 */
struct json *vectors_public(const char *file);
struct json *vectors_own(const char *file);

struct hex {
	uint8_t data[1024];
	size_t len;
};

/* The bytes of obj[key]; the test fails if there are none. */
struct hex hex_of(const struct json *obj, const char *key);
/* obj[outer][key] */
struct hex hex_in(const struct json *obj, const char *outer, const char *key);

#endif
