/* fuzz/cast.c - an asciicast from anybody, played. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "cmd/cast.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
read_line(const char *line, size_t len, struct cast_head *h, uint64_t *us)
{
	struct buf text = { 0 }, out = { 0 };
	struct cast_event e;

	if (h->version == 0) {
		if (cast_get_head(line, len, h, &text) < 0)
			h->version = 2;
		else
			cast_put_head(&out, h);
	} else if (cast_get_event(line, len, h->version, *us, &e, &text) == 0) {
		cast_put_event(&out, h->version, *us, &e);
		*us = e.us;
	}
	buf_release(&text);
	buf_release(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct cast_head h = { 0 };
	uint64_t us = 0;

	while (len > 0) {
		const uint8_t *nl = memchr(data, '\n', len);
		size_t n = nl ? (size_t)(nl - data) : len;

		read_line((const char *)data, n, &h, &us);
		n += nl != NULL;
		data += n;
		len -= n;
	}
	return 0;
}
