/* fuzz/pact.c - who pairs, and says something else than it should. */
#include "proto/pact.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/buf.h"
#include "keys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* The same scalar each time, so that a finding can be found again. */
void __wrap_crypto_core_ristretto255_scalar_random(unsigned char *y);

void
__wrap_crypto_core_ristretto255_scalar_random(unsigned char *y)
{
	memset(y, 0, 32);
	y[0] = 7;
}

static void
must(bool kept)
{
	if (!kept)
		abort();
}

/* Both ends of a handshake, of which one is kept. */
static void
greeted(struct greet *g, bool host)
{
	struct greet other;
	uint8_t m[GREET_OUT], out[GREET_OUT];
	struct greet *to = host ? g : &other;
	size_t n;

	keys_greet(host ? &other : g, false, GREET_PAIRING, true);
	size_t len = (size_t)greet_start(host ? &other : g, m);
	keys_greet(to, true, GREET_PAIRING, true);
	while (len > 0) {
		must(greet_feed(to, m, len, out, &n) == (ssize_t)len);
		memcpy(m, out, n);
		len = n;
		to = to == g ? &other : g;
	}
	must(greet_done(g));
}

static void
exchange(struct pact *p, const uint8_t *data, size_t len, size_t piece)
{
	struct buf out = { 0 };

	while (len > 0) {
		size_t n = len < piece ? len : piece, used;
		size_t said = out.len;
		int r = pact_feed(p, data, n, &used, &out);

		must(used <= n);
		if (r < 0) {
			must(out.len == said);
			must(pact_feed(p, data, n, &used, &out) == r);
			break;
		}
		if (r == PACT_ATTEMPT) {
			must(p->host && out.len == said);
			if (pact_answer(p, "K7QM2XFD", "view", &out) < 0)
				must(out.len == said);
		} else if (r == PACT_PROVED) {
			char name[PACT_NAME + 1], role[PACT_ROLE + 1];

			pact_peer_name(p, name);
			pact_peer_role(p, role);
			must(name[0] && role[0]);
			if (p->host)
				pact_paired(p, &out);
		} else {
			must(r != PACT_WAIT || used == n);
		}
		data += used;
		len -= used;
	}
	buf_release(&out);
}

/* First byte: which end, and in which pieces the rest comes. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct greet ends[2];
	static bool made;
	struct buf out = { 0 };
	struct greet g;
	struct pact p;

	if (len < 1 || sodium_init() < 0)
		return 0;
	for (int i = 0; i < 2 && !made; i++)
		greeted(&ends[i], i);
	made = true;
	keys_greet(&g, *data & 1, GREET_PAIRING, true); /* whose key it is */
	g = ends[*data & 1];
	must(pact_init(&p, &g, "fuzzer", "full") == 0);
	if (!(*data & 1))
		pact_start(&p, "K7QM2XFD", &out);
	exchange(&p, data + 1, len - 1, 1 + (*data >> 1));
	pact_wipe(&p);
	buf_release(&out);
	return 0;
}
