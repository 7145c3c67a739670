/* unit/vectors.c - test vectors: JSON files with values in hex. */
#include "vectors.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/json.h"
#include "base/str.h"

static struct json *
load(const char *dir, const char *file)
{
	char *path = str_printf("%s/%s", dir, file), *why = NULL;
	struct json *j = NULL;
	struct buf text = { 0 };

	if (io_slurp(path, 1 << 20, &text) == 0) {
		j = json_parse(text.data, text.len, &why);
		if (!j)
			fail_msg("%s: %s", path, why);
	}
	buf_release(&text);
	free(path);
	return j;
}

struct json *
vectors_public(const char *file)
{
	const char *dir = getenv("CDO_VECTORS");
	char *beside =
		str_printf("%s/../shared/vectors", getenv("CDO_TOP_SRCDIR"));
	struct json *j = load(dir ? dir : beside, file);

	if (!j)
		print_message("# no %s in $CDO_VECTORS\n", file);
	free(beside);
	return j;
}

struct json *
vectors_own(const char *file)
{
	char *dir = str_printf("%s/tests/vectors", getenv("CDO_TOP_SRCDIR"));
	struct json *j = load(dir, file);

	assert_non_null(j);
	free(dir);
	return j;
}

struct hex
hex_of(const struct json *obj, const char *key)
{
	const char *s = json_str(obj, key);
	struct hex h = { .len = 0 };

	assert_non_null(s);
	assert_int_equal(sodium_hex2bin(h.data, sizeof h.data, s, strlen(s),
					NULL, &h.len, NULL),
			 0);
	return h;
}

struct hex
hex_in(const struct json *obj, const char *outer, const char *key)
{
	return hex_of(json_get(obj, outer), key);
}
