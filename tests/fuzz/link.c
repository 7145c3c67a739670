/* fuzz/link.c - frames of a peer, and of who would like to be one. */
#include "proto/link.h"

#include <stdlib.h>
#include <string.h>

#include "keys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
must(bool kept)
{
	if (!kept)
		abort();
}

/* What was said is said back. */
static void
echo(struct link *l, const struct link_frame *f)
{
	static uint8_t out[LINK_ROOM];
	ssize_t n;

	if (f->type < LINK_ABOVE)
		return;
	n = link_write(l, f->type, "", 0, f->payload, f->len, 0, out);
	must(n > 0 && (size_t)n <= LINK_ROOM);
}

/* First byte: sealed, or in clear. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct link l;
	uint8_t *all = malloc(len + 1), *at = all;
	size_t left = len > 0 ? len - 1 : 0;
	ssize_t n = 1;

	if (!all)
		abort();
	if (left > 0)
		memcpy(all, data + 1, left);
	if (len > 0 && *data & 1)
		link_init_clear(&l, 0);
	else
		keys_link(&l);
	while (n > 0) {
		struct link_frame f;

		n = link_read(&l, at, left, &f);
		must(n <= 0 || (size_t)n <= left);
		if (n > 0) {
			must(f.payload >= at);
			must(f.payload + f.len <= at + n);
			must(!l.got_bye || f.type == LINK_BYE);
			echo(&l, &f);
			at += n;
			left -= (size_t)n;
		} else if (n < 0) {
			must(link_read(&l, at, left, &f) == n);
			must(link_end_of_file(&l) < 0);
		}
	}
	link_wipe(&l);
	free(all);
	return 0;
}
