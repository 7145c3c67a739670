/* fuzz/greet.c - a stranger's hello and handshake. */
#include "proto/greet.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "keys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
must(bool kept)
{
	if (!kept)
		abort();
}

/* Closed or good: nothing between, and nothing is said by who has failed. */
static void
feed(struct greet *g, const uint8_t *data, size_t len, size_t piece)
{
	while (len > 0) {
		uint8_t out[GREET_OUT];
		size_t n = len < piece ? len : piece, out_len;
		ssize_t r = greet_feed(g, data, n, out, &out_len);

		must(out_len <= sizeof out);
		if (r < 0) {
			must(out_len == 0 && !greet_done(g));
			must(greet_wants(g) == 0);
			must(greet_feed(g, data, n, out, &out_len) == r);
			return;
		}
		must((size_t)r <= n);
		if (greet_done(g)) {
			struct noise_cipher a, b;

			greet_split(g, &a, &b);
			must(a.keyed && b.keyed && greet_wants(g) == 0);
			return;
		}
		must((size_t)r == n && greet_wants(g) > 0);
		data += r;
		len -= (size_t)r;
	}
}

/* First byte: who we are, and in which pieces the rest comes. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct greet g;
	uint8_t out[GREET_OUT];

	if (len < 1 || sodium_init() < 0)
		return 0;
	keys_greet(&g, *data & 1, *data & 2 ? GREET_PAIRING : GREET_SESSION,
		   *data & 4);
	if (!(*data & 1))
		must(greet_start(&g, out) > 0);
	feed(&g, data + 1, len - 1, 1 + (*data >> 3));
	greet_wipe(&g);
	return 0;
}
