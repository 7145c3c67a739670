/* fuzz/proto.c - what a hostile peer sends. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "proto/frame.h"
#include "proto/msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
walk(const struct msg_value *v)
{
	size_t n = msg_count(v), got;
	const char *key;

	for (size_t i = 0; i < n; i++) {
		walk(msg_at(v, i));
		walk(msg_pair(v, i, &key, &got));
	}
	msg_to_uint(v, 0);
	msg_to_int(v, 0);
	msg_to_bool(v, false);
	msg_to_bin(v, &got);
	msg_get(v, "cols");
	free(msg_dup_str(v, 64));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct msg m = { 0 };
	const uint8_t *payload;
	size_t need;
	int n;

	while ((n = frame_look(data, len, &payload, &need)) > 0) {
		if (msg_read(&m, payload, (size_t)n) == 0)
			for (unsigned i = 0; i < m.fields; i++)
				walk(msg_field(&m, i));
		data += FRAME_HEAD + n;
		len -= FRAME_HEAD + (size_t)n;
	}
	msg_release(&m);
	return 0;
}
