/* proto/greet.c - the hello and the handshake that open a remote link. */
#include "proto/greet.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/bytes.h"

static const char magic[] = "CDO1";

enum { MAGIC = 4 };

_Static_assert(sizeof(struct greet) <= GREET_SLOT, "a stranger is cheap");

static void
write_hello(uint8_t hello[GREET_HELLO], enum greet_type type)
{
	memcpy(hello, magic, MAGIC);
	hello[4] = (uint8_t)type;
	hello[5] = GREET_VERSION;
	hello[6] = hello[7] = 0;
}

static int
fail(struct greet *g, int r)
{
	noise_wipe(&g->noise);
	g->failed = (int16_t)r;
	return r;
}

/* Both ends have said, or read, the hello: it is part of what is proved. */
static void
begin(struct greet *g, enum greet_type type, const struct greet_options *o,
      const uint8_t hello[GREET_HELLO])
{
	static const char label[] = "cdo-remote-v1";
	uint8_t prologue[sizeof label - 1 + GREET_HELLO];
	struct noise_options n = {
		.pattern = type == GREET_SESSION ? NOISE_XKPSK3 : NOISE_XX,
		.initiator = !g->host,
		.prologue = prologue,
		.prologue_len = sizeof prologue,
		.self = o->self,
		.remote = o->remote,
		.psk = o->psk,
		.find_psk = o->find_psk,
		.ctx = o->ctx,
		.ephemeral = o->ephemeral,
	};

	memcpy(prologue, label, sizeof label - 1);
	memcpy(prologue + sizeof label - 1, hello, GREET_HELLO);
	noise_init(&g->noise, &n);
	g->type = (uint8_t)type;
}

void
greet_init(struct greet *g, const struct greet_options *o)
{
	uint8_t hello[GREET_HELLO];

	memset(g, 0, sizeof *g);
	g->host = o->host;
	g->pairing = o->pairing;
	if (!g->host) {
		assert(o->type == GREET_SESSION || o->type == GREET_PAIRING);
		write_hello(hello, o->type);
		begin(g, o->type, o, hello);
		return;
	}
	/* What the hello will decide is kept where the handshake will be. */
	g->want = GREET_HELLO;
	g->noise.s = o->self;
	g->noise.find_psk = o->find_psk;
	g->noise.ctx = o->ctx;
	if (o->ephemeral) {
		g->noise.e = *o->ephemeral;
		g->noise.has_e = true;
	}
}

void
greet_wipe(struct greet *g)
{
	noise_wipe(&g->noise);
	memset(g, 0, sizeof *g);
}

static int
on_hello(struct greet *g)
{
	const struct noise_pair eph = g->noise.e;
	const struct greet_options o = {
		.self = g->noise.s,
		.find_psk = g->noise.find_psk,
		.ctx = g->noise.ctx,
		.ephemeral = g->noise.has_e ? &eph : NULL,
	};
	const uint8_t *hello = g->in;

	if (memcmp(hello, magic, MAGIC) != 0)
		return -EPROTO;
	if (hello[5] != GREET_VERSION || hello[6] != 0 || hello[7] != 0)
		return -EPROTONOSUPPORT;
	if (hello[4] == GREET_PAIRING && !g->pairing)
		return -EACCES;
	if (hello[4] != GREET_SESSION && hello[4] != GREET_PAIRING)
		return -EPROTO;
	begin(g, hello[4], &o, hello);
	return 0;
}

/* Appends our next message, its length before it. */
static int
put_message(struct greet *g, uint8_t *out, size_t *out_len)
{
	size_t len = noise_size(&g->noise, 0);
	uint8_t *at = out + *out_len;

	assert(*out_len + 2 + len <= GREET_OUT);
	int r = noise_write(&g->noise, NULL, 0, at + 2);
	if (r < 0)
		return r;
	bytes_put_be16(at, (uint16_t)len);
	*out_len += 2 + len;
	return 0;
}

int
greet_start(struct greet *g, uint8_t out[GREET_OUT])
{
	size_t len = GREET_HELLO;

	assert(!g->host);
	write_hello(out, g->type);
	int r = put_message(g, out, &len);
	return r < 0 ? fail(g, r) : (int)len;
}

static int
on_length(struct greet *g)
{
	size_t len = bytes_be16(g->in);

	if (len != noise_size(&g->noise, 0))
		return -EMSGSIZE;
	assert(len <= sizeof g->in);
	g->want = (uint8_t)len;
	return 0;
}

static int
on_message(struct greet *g, uint8_t *out, size_t *out_len)
{
	uint8_t none[1];
	int r = noise_read(&g->noise, g->in, g->want, none);

	g->want = 0;
	if (r == 0 && !noise_done(&g->noise))
		r = put_message(g, out, out_len);
	return r;
}

/* What was waited for has come. */
static int
step(struct greet *g, uint8_t *out, size_t *out_len)
{
	g->have = 0;
	if (g->want == 0)
		return on_length(g);
	if (g->type == 0) {
		g->want = 0;
		return on_hello(g);
	}
	return on_message(g, out, out_len);
}

static size_t
due(const struct greet *g)
{
	return g->want > 0 ? g->want : 2;
}

size_t
greet_wants(const struct greet *g)
{
	return g->failed || greet_done(g) ? 0 : due(g) - g->have;
}

ssize_t
greet_feed(struct greet *g, const void *data, size_t len,
	   uint8_t out[GREET_OUT], size_t *out_len)
{
	const uint8_t *at = data;
	size_t left = len;

	*out_len = 0;
	if (g->failed)
		return g->failed;
	while (left > 0 && !greet_done(g)) {
		size_t n = due(g) - g->have;

		if (n > left)
			n = left;
		memcpy(g->in + g->have, at, n);
		g->have = (uint8_t)(g->have + n);
		at += n;
		left -= n;
		if (g->have < due(g))
			break;

		int r = step(g, out, out_len);
		if (r < 0) {
			*out_len = 0;
			return fail(g, r);
		}
	}
	return (ssize_t)(len - left);
}

bool
greet_met(const struct greet *g)
{
	return !g->host && g->noise.step >= 2;
}

bool
greet_done(const struct greet *g)
{
	return g->type != 0 && !g->failed && noise_done(&g->noise);
}

void
greet_split(struct greet *g, struct noise_cipher *send,
	    struct noise_cipher *receive)
{
	noise_split(&g->noise, send, receive);
}

/* --- through ssh -------------------------------------------------------- */

void
greet_clear(uint8_t hello[GREET_HELLO])
{
	write_hello(hello, GREET_CLEAR);
}

/* Whether these may be its first n bytes, but for the version. */
static bool
may_be(const uint8_t *p, size_t n, const uint8_t hello[GREET_HELLO])
{
	for (size_t i = 0; i < n; i++)
		if (i != 5 && p[i] != hello[i])
			return false;
	return true;
}

ssize_t
greet_find_clear(const void *data, size_t len, bool *found)
{
	const uint8_t *p = data;
	uint8_t hello[GREET_HELLO];

	*found = false;
	greet_clear(hello);
	for (size_t i = 0; i < len; i++) {
		size_t n = len - i < GREET_HELLO ? len - i : GREET_HELLO;

		if (!may_be(p + i, n, hello))
			continue;
		if (n < GREET_HELLO)
			return (ssize_t)i;
		if (p[i + 5] != GREET_VERSION)
			return -EPROTONOSUPPORT;
		*found = true;
		return (ssize_t)(i + n);
	}
	return (ssize_t)len;
}
