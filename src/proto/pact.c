/* proto/pact.c - a pairing, message by message, after its handshake. */
#include "proto/pact.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "proto/greet.h"

static const char paired[] = "paired";

/* Messages in turn; `step` is the number of those that have gone or come. */
enum { HELLO, ANSWER, PROOF, PAIRED };

/* --- associated data: lv_cat(name, role) -------------------------------- */

static int
put_ad(struct pact *p, const char *name, const char *role)
{
	struct buf ad = { 0 };
	size_t n = strlen(name), r = strlen(role);

	if (n < 1 || n > PACT_NAME || r < 1 || r > PACT_ROLE)
		return -EINVAL;
	cpace_lv(&ad, name, n);
	cpace_lv(&ad, role, r);
	memcpy(p->ad, ad.data, ad.len);
	p->ad_len = ad.len;
	buf_release(&ad);
	return 0;
}

/* Value number i of lv_cat, whose lengths are all below 128. */
static int
get_lv(const uint8_t *ad, size_t len, unsigned i, const uint8_t **value,
       size_t *n)
{
	for (;;) {
		if (len == 0 || *ad > 127 || *ad > len - 1)
			return -EBADMSG;
		*value = ad + 1;
		*n = *ad;
		ad += 1 + *n;
		len -= 1 + *n;
		if (i-- == 0)
			return 0;
	}
}

/* The bytes after the first of a character, by the first; -1: none such. */
static int
follow(uint8_t c)
{
	return c < 0x80			? 0
	       : c >= 0xc2 && c <= 0xdf ? 1
	       : c >= 0xe0 && c <= 0xef ? 2
	       : c >= 0xf0 && c <= 0xf4 ? 3
					: -1;
}

/* UTF-8 without control characters, C1 included. */
static bool
is_shown(const uint8_t *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		int more = follow(s[i]);

		if (s[i] < 0x20 || s[i] == 0x7f || more < 0 ||
		    (size_t)more >= len - i)
			return false;
		if (s[i] == 0xc2 && s[i + 1] < 0xa0)
			return false;
		while (more-- > 0)
			if ((s[++i] & 0xc0) != 0x80)
				return false;
	}
	return true;
}

static int
check_ad(const struct pact *p)
{
	const uint8_t *ad = p->pairing.peer_ad, *v;
	size_t len = p->pairing.peer_ad_len, n;

	if (get_lv(ad, len, 0, &v, &n) < 0 || n < 1 || n > PACT_NAME ||
	    !is_shown(v, n))
		return -EBADMSG;
	if (get_lv(ad, len, 1, &v, &n) < 0 || n < 1 || n > PACT_ROLE ||
	    !is_shown(v, n))
		return -EBADMSG;
	return 0;
}

static void
copy_lv(const struct pact *p, unsigned i, char *out, size_t max)
{
	const uint8_t *v;
	size_t n;

	out[0] = '\0';
	if (get_lv(p->pairing.peer_ad, p->pairing.peer_ad_len, i, &v, &n) < 0 ||
	    n > max)
		return;
	memcpy(out, v, n);
	out[n] = '\0';
}

void
pact_peer_name(const struct pact *p, char out[PACT_NAME + 1])
{
	copy_lv(p, 0, out, PACT_NAME);
}

void
pact_peer_role(const struct pact *p, char out[PACT_ROLE + 1])
{
	copy_lv(p, 1, out, PACT_ROLE);
}

const uint8_t *
pact_key(const struct pact *p)
{
	return p->link.rs;
}

void
pact_psk(const struct pact *p, uint8_t psk[NOISE_KEY])
{
	pairing_psk(&p->pairing, psk);
}

/* --- frames ------------------------------------------------------------- */

/* Seals what stands in plain behind its length. */
static void
put_frame(struct pact *p, const struct buf *plain, struct buf *out)
{
	size_t n = plain->len + NOISE_TAG;
	uint8_t *at = buf_room(out, 2 + n);

	bytes_put_be16(at, (uint16_t)n);
	noise_seal(&p->send, NULL, 0, plain->data, plain->len, at + 2);
	buf_grew(out, 2 + n);
	p->step++;
}

/* The length of the message that is coming, or -EMSGSIZE. */
static ssize_t
length(const struct pact *p)
{
	enum {
		SHARE = 1 + CPACE_POINT + 1, /* and associated data */
		SHARE_MAX = SHARE + 1 + PAIRING_AD_MAX,
	};
	static const struct {
		size_t least, most;
	} of[] = {
		[HELLO] = { SHARE, SHARE_MAX },
		[ANSWER] = { CPACE_TAG + SHARE, CPACE_TAG + SHARE_MAX },
		[PROOF] = { CPACE_TAG, CPACE_TAG },
		[PAIRED] = { sizeof paired - 1, sizeof paired - 1 },
	};
	size_t n = bytes_be16(p->in);

	if (n < of[p->step].least + NOISE_TAG ||
	    n > of[p->step].most + NOISE_TAG)
		return -EMSGSIZE;
	return (ssize_t)n;
}

static int
fail(struct pact *p, int r)
{
	pairing_wipe(&p->pairing);
	p->failed = r;
	return r;
}

/* --- the exchange ------------------------------------------------------- */

int
pact_init(struct pact *p, struct greet *g, const char *name, const char *role)
{
	memset(p, 0, sizeof *p);
	if (!greet_done(g) || g->type != GREET_PAIRING)
		return -EINVAL;
	int r = put_ad(p, name, role);
	if (r < 0)
		return r;
	p->host = g->host;
	p->link = g->noise;
	noise_split(&p->link, &p->send, &p->receive);
	greet_wipe(g);
	return 0;
}

void
pact_wipe(struct pact *p)
{
	pairing_wipe(&p->pairing);
	noise_cipher_wipe(&p->send);
	noise_cipher_wipe(&p->receive);
	noise_wipe(&p->link);
	memset(p, 0, sizeof *p);
}

static void
begin(struct pact *p, const char *code)
{
	/* Its own associated data always fit. */
	pairing_init(&p->pairing, &(struct pairing_options){
					  .host = p->host,
					  .code = code,
					  .link = &p->link,
					  .ad = { p->ad, p->ad_len },
				  });
}

void
pact_start(struct pact *p, const char *code, struct buf *out)
{
	struct buf plain = { 0 };

	assert(!p->host && p->step == HELLO);
	begin(p, code);
	pairing_hello(&p->pairing, &plain);
	put_frame(p, &plain, out);
	buf_release(&plain);
}

int
pact_answer(struct pact *p, const char *code, const char *role, struct buf *out)
{
	struct buf plain = { 0 };
	char name[PACT_NAME + 1];
	const uint8_t *v;
	size_t n;
	int r = 0;

	if (p->failed)
		return p->failed;
	if (!p->host || p->step != ANSWER)
		return -EINVAL;
	if (role && get_lv(p->ad, p->ad_len, 0, &v, &n) == 0) {
		memcpy(name, v, n);
		name[n] = '\0';
		r = put_ad(p, name, role);
	}
	if (r < 0)
		return r;
	begin(p, code);
	r = pairing_take_hello(&p->pairing, p->in, p->have, &plain);
	if (r == 0)
		r = check_ad(p);
	if (r == 0)
		put_frame(p, &plain, out);
	p->have = 0;
	buf_release(&plain);
	return r < 0 ? fail(p, r) : 0;
}

void
pact_paired(struct pact *p, struct buf *out)
{
	struct buf plain = { 0 };

	if (p->failed || !p->host || p->step != PAIRED)
		return;
	buf_str(&plain, paired);
	put_frame(p, &plain, out);
	buf_release(&plain);
}

static int
on_answer(struct pact *p, size_t len, struct buf *out)
{
	struct buf plain = { 0 };
	int r = pairing_take_answer(&p->pairing, p->in, len, &plain);

	if (r == 0)
		r = check_ad(p);
	if (r == 0)
		put_frame(p, &plain, out);
	buf_release(&plain);
	return r < 0 ? r : PACT_PROVED;
}

/* A whole message of len bytes stands in p->in, opened. */
static int
on_message(struct pact *p, size_t len, struct buf *out)
{
	int r;

	switch (p->step++) {
	case HELLO:
		p->have = len; /* kept for pact_answer */
		return PACT_ATTEMPT;
	case ANSWER:
		return on_answer(p, len, out);
	case PROOF:
		r = pairing_take_proof(&p->pairing, p->in, len);
		return r < 0 ? r : PACT_PROVED;
	default:
		return memcmp(p->in, paired, len) == 0 ? PACT_PAIRED : -EBADMSG;
	}
}

/* Whether the next message is the peer's. */
static bool
is_theirs(const struct pact *p)
{
	return p->step <= PAIRED && (p->step % 2 == 0) == p->host;
}

static int
on_frame(struct pact *p, size_t n, struct buf *out)
{
	if (noise_open(&p->receive, NULL, 0, p->in + 2, n, p->in + 2) < 0)
		return -EBADMSG;
	memmove(p->in, p->in + 2, n - NOISE_TAG);
	p->have = 0;
	return on_message(p, n - NOISE_TAG, out);
}

int
pact_feed(struct pact *p, const void *data, size_t len, size_t *used,
	  struct buf *out)
{
	const uint8_t *at = data;

	*used = 0;
	if (p->failed)
		return p->failed;
	while (*used < len) {
		if (!is_theirs(p))
			return fail(p, -EPROTO);
		p->in[p->have++] = at[(*used)++];
		if (p->have < 2)
			continue;
		ssize_t n = length(p);
		if (n < 0)
			return fail(p, (int)n);
		if (p->have < 2 + (size_t)n)
			continue;
		int r = on_frame(p, (size_t)n, out);
		return r < 0 ? fail(p, r) : r;
	}
	return PACT_WAIT;
}
