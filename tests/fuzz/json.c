/* fuzz/json.c - a record on disk that something has damaged. */
#include <stdint.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct buf out = { 0 };
	char *why;
	struct json *v = json_parse(data, len, &why);

	if (v) {
		const struct json *in;

		json_write(v, true, &out);
		for (size_t i = 0; i < json_count(v); i++) {
			json_key(v, i, &in);
			json_at_str(v, i);
		}
		json_free(v);
	}
	free(why);
	buf_release(&out);
	return 0;
}
