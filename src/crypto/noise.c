/* crypto/noise.c - Noise handshakes and the ciphers that follow them. */
#include "crypto/noise.h"

#include <assert.h>
#include <errno.h>
#include <sodium.h>
#include <string.h>

/* --- CipherState ------------------------------------------------------ */

/* Section 12.3: four bytes of zeros, then the counter, little-endian. */
static void
nonce_bytes(uint64_t n, uint8_t out[12])
{
	memset(out, 0, 4);
	for (int i = 0; i < 8; i++)
		out[4 + i] = (uint8_t)(n >> 8 * i);
}

int
noise_seal(struct noise_cipher *c, const void *ad, size_t ad_len,
	   const void *plain, size_t len, uint8_t *out)
{
	uint8_t nonce[12];

	assert(c->keyed);
	if (c->nonce == UINT64_MAX)
		return -EOVERFLOW;
	nonce_bytes(c->nonce, nonce);
	crypto_aead_chacha20poly1305_ietf_encrypt(out, NULL, plain, len, ad,
						  ad_len, NULL, nonce, c->key);
	c->nonce++;
	return 0;
}

int
noise_open(struct noise_cipher *c, const void *ad, size_t ad_len,
	   const void *sealed, size_t len, uint8_t *out)
{
	uint8_t nonce[12];

	assert(c->keyed);
	if (len < NOISE_TAG || c->nonce == UINT64_MAX)
		return -EBADMSG;
	nonce_bytes(c->nonce, nonce);
	if (crypto_aead_chacha20poly1305_ietf_decrypt(out, NULL, NULL, sealed,
						      len, ad, ad_len, nonce,
						      c->key) != 0)
		return -EBADMSG;
	c->nonce++;
	return 0;
}

void
noise_rekey(struct noise_cipher *c)
{
	static const uint8_t zeros[NOISE_KEY];
	uint8_t nonce[12], out[NOISE_KEY + NOISE_TAG];

	assert(c->keyed);
	nonce_bytes(UINT64_MAX, nonce);
	crypto_aead_chacha20poly1305_ietf_encrypt(
		out, NULL, zeros, sizeof zeros, NULL, 0, NULL, nonce, c->key);
	memcpy(c->key, out, sizeof c->key);
	sodium_memzero(out, sizeof out);
}

void
noise_cipher_wipe(struct noise_cipher *c)
{
	sodium_memzero(c, sizeof *c);
}

/* --- keys ------------------------------------------------------------- */

void
noise_pair_make(struct noise_pair *p)
{
	randombytes_buf(p->secret, sizeof p->secret);
	crypto_scalarmult_curve25519_base(p->public, p->secret);
}

void
noise_pair_from(struct noise_pair *p, const uint8_t secret[NOISE_KEY])
{
	memcpy(p->secret, secret, NOISE_KEY);
	crypto_scalarmult_curve25519_base(p->public, p->secret);
}

static void
hmac(const void *key, size_t key_len, const void *a, size_t a_len,
     const void *b, size_t b_len, uint8_t out[NOISE_HASH])
{
	crypto_auth_hmacsha512_state st;

	crypto_auth_hmacsha512_init(&st, key, key_len);
	crypto_auth_hmacsha512_update(&st, a, a_len);
	crypto_auth_hmacsha512_update(&st, b, b_len);
	crypto_auth_hmacsha512_final(&st, out);
	sodium_memzero(&st, sizeof st);
}

void
noise_hkdf(const void *salt, size_t salt_len, const void *ikm, size_t ikm_len,
	   const char *info, uint8_t *out, size_t len)
{
	static const uint8_t one = 1;
	uint8_t prk[NOISE_HASH], block[NOISE_HASH];

	assert(len <= sizeof block);
	hmac(salt, salt_len, ikm, ikm_len, NULL, 0, prk);
	hmac(prk, sizeof prk, info, strlen(info), &one, 1, block);
	memcpy(out, block, len);
	sodium_memzero(prk, sizeof prk);
	sodium_memzero(block, sizeof block);
}

/* --- SymmetricState --------------------------------------------------- */

/* HKDF() of section 4.3; out[0] may be the chaining key itself. */
static void
expand(const uint8_t ck[NOISE_HASH], const void *ikm, size_t len,
       uint8_t (*out[])[NOISE_HASH], unsigned n)
{
	uint8_t prk[NOISE_HASH];

	hmac(ck, NOISE_HASH, ikm, len, NULL, 0, prk);
	for (uint8_t i = 1; i <= n; i++)
		hmac(prk, sizeof prk, i > 1 ? *out[i - 2] : NULL,
		     i > 1 ? NOISE_HASH : 0, &i, 1, *out[i - 1]);
	sodium_memzero(prk, sizeof prk);
}

static void
mix_hash(struct noise *n, const void *data, size_t len)
{
	crypto_hash_sha512_state st;

	crypto_hash_sha512_init(&st);
	crypto_hash_sha512_update(&st, n->h, sizeof n->h);
	crypto_hash_sha512_update(&st, data, len);
	crypto_hash_sha512_final(&st, n->h);
}

static void
set_key(struct noise *n, uint8_t key[NOISE_HASH])
{
	memcpy(n->cipher.key, key, NOISE_KEY);
	n->cipher.nonce = 0;
	n->cipher.keyed = true;
	sodium_memzero(key, NOISE_HASH);
}

static void
mix_key(struct noise *n, const void *ikm, size_t len)
{
	uint8_t key[NOISE_HASH];

	expand(n->ck, ikm, len, (uint8_t(*[])[NOISE_HASH]){ &n->ck, &key }, 2);
	set_key(n, key);
}

static void
mix_key_and_hash(struct noise *n, const uint8_t psk[NOISE_KEY])
{
	uint8_t hash[NOISE_HASH], key[NOISE_HASH];

	expand(n->ck, psk, NOISE_KEY,
	       (uint8_t(*[])[NOISE_HASH]){ &n->ck, &hash, &key }, 3);
	mix_hash(n, hash, sizeof hash);
	set_key(n, key);
	sodium_memzero(hash, sizeof hash);
}

/* Returns how many bytes it wrote, or -errno. */
static int
encrypt_and_hash(struct noise *n, const void *plain, size_t len, uint8_t *out)
{
	size_t total = len;

	if (n->cipher.keyed) {
		int r = noise_seal(&n->cipher, n->h, sizeof n->h, plain, len,
				   out);
		if (r < 0)
			return r;
		total += NOISE_TAG;
	} else if (len > 0) {
		memmove(out, plain, len);
	}
	mix_hash(n, out, total);
	return (int)total;
}

static int
decrypt_and_hash(struct noise *n, const uint8_t *data, size_t len, uint8_t *out)
{
	uint8_t h[NOISE_HASH];

	memcpy(h, n->h, sizeof h);
	mix_hash(n, data, len); /* before out may overwrite it */
	if (!n->cipher.keyed) {
		if (len > 0)
			memmove(out, data, len);
		return 0;
	}
	return noise_open(&n->cipher, h, sizeof h, data, len, out);
}

/* --- patterns --------------------------------------------------------- */

enum token { END, E, S, EE, ES, SE, PSK };

enum { MESSAGES = 3, TOKENS = 5 };

static const struct pattern {
	const char *name;
	bool knows_remote; /* the pre-message `<- s` */
	bool psk;
	uint8_t tokens[MESSAGES][TOKENS];
} patterns[] = {
	[NOISE_XX] = { "Noise_XX_25519_ChaChaPoly_SHA512",
		       false,
		       false,
		       { { E }, { E, EE, S, ES }, { S, SE } } },
	[NOISE_XK] = { "Noise_XK_25519_ChaChaPoly_SHA512",
		       true,
		       false,
		       { { E, ES }, { E, EE }, { S, SE } } },
	[NOISE_XKPSK3] = { "Noise_XKpsk3_25519_ChaChaPoly_SHA512",
			   true,
			   true,
			   { { E, ES }, { E, EE }, { S, SE, PSK } } },
};

static const uint8_t *
tokens_of(const struct noise *n)
{
	return patterns[n->pattern].tokens[n->step];
}

void
noise_init(struct noise *n, const struct noise_options *o)
{
	const struct pattern *p = &patterns[o->pattern];

	memset(n, 0, sizeof *n);
	n->pattern = o->pattern;
	n->initiator = o->initiator;
	n->s = o->self;
	n->find_psk = o->find_psk;
	n->ctx = o->ctx;
	if (o->ephemeral) {
		n->e = *o->ephemeral;
		n->has_e = true;
	}
	if (o->psk)
		memcpy(n->psk, o->psk, sizeof n->psk);

	/* A name no longer than a hash is padded with zeros, section 5.2. */
	assert(strlen(p->name) <= sizeof n->h);
	memcpy(n->h, p->name, strlen(p->name));
	memcpy(n->ck, n->h, sizeof n->ck);
	mix_hash(n, o->prologue, o->prologue_len);
	if (p->knows_remote) {
		if (n->initiator)
			memcpy(n->rs, o->remote, sizeof n->rs);
		mix_hash(n, n->initiator ? n->rs : n->s->public, NOISE_KEY);
	}
}

void
noise_wipe(struct noise *n)
{
	sodium_memzero(n, sizeof *n);
}

bool
noise_done(const struct noise *n)
{
	return n->step == MESSAGES && !n->failed;
}

/* --- HandshakeState --------------------------------------------------- */

static int
mix_dh(struct noise *n, const struct noise_pair *ours, const uint8_t *theirs)
{
	uint8_t shared[NOISE_KEY];
	int r = crypto_scalarmult_curve25519(shared, ours->secret, theirs);

	/* Of low order: anybody could know the result (security.md, 2.3). */
	if (r == 0)
		mix_key(n, shared, sizeof shared);
	sodium_memzero(shared, sizeof shared);
	return r == 0 ? 0 : -EBADMSG;
}

/* The tokens that are the same for who writes and who reads. */
static int
mix(struct noise *n, enum token t)
{
	switch (t) {
	case EE:
		return mix_dh(n, &n->e, n->re);
	case ES:
		return n->initiator ? mix_dh(n, &n->e, n->rs)
				    : mix_dh(n, n->s, n->re);
	case SE:
		return n->initiator ? mix_dh(n, n->s, n->re)
				    : mix_dh(n, &n->e, n->rs);
	case PSK:
		if (!n->initiator) {
			const uint8_t *psk = n->find_psk(n->ctx, n->rs);

			if (!psk)
				return -ENOKEY;
			memcpy(n->psk, psk, sizeof n->psk);
		}
		mix_key_and_hash(n, n->psk);
		return 0;
	default:
		assert(0);
		return -EINVAL;
	}
}

/* An `e` token: in psk patterns the key is mixed too, section 9.2. */
static void
mix_ephemeral(struct noise *n, const uint8_t key[NOISE_KEY])
{
	mix_hash(n, key, NOISE_KEY);
	if (patterns[n->pattern].psk)
		mix_key(n, key, NOISE_KEY);
}

size_t
noise_size(const struct noise *n, size_t len)
{
	bool keyed = n->cipher.keyed;
	size_t size = len;

	if (n->step >= MESSAGES)
		return 0;
	for (const uint8_t *t = tokens_of(n); *t != END; t++) {
		if (*t == E || *t == S)
			size += NOISE_KEY;
		if (*t == S && keyed)
			size += NOISE_TAG;
		if (*t != S && (*t != E || patterns[n->pattern].psk))
			keyed = true;
	}
	return size + (keyed ? NOISE_TAG : 0);
}

static int
write_tokens(struct noise *n, uint8_t **out)
{
	int r = 0;

	for (const uint8_t *t = tokens_of(n); *t != END && r >= 0; t++) {
		if (*t == E) {
			if (!n->has_e)
				noise_pair_make(&n->e);
			memcpy(*out, n->e.public, NOISE_KEY);
			*out += NOISE_KEY;
			mix_ephemeral(n, n->e.public);
		} else if (*t == S) {
			r = encrypt_and_hash(n, n->s->public, NOISE_KEY, *out);
			*out += r > 0 ? r : 0;
		} else {
			r = mix(n, *t);
		}
	}
	return r < 0 ? r : 0;
}

int
noise_write(struct noise *n, const void *payload, size_t len, uint8_t *out)
{
	if (n->failed || n->step >= MESSAGES ||
	    (n->step % 2 == 0) != n->initiator)
		return -EINVAL;

	int r = write_tokens(n, &out);
	if (r == 0)
		r = encrypt_and_hash(n, payload, len, out);
	if (r < 0) {
		n->failed = true;
		return r;
	}
	n->step++;
	return 0;
}

static int
read_tokens(struct noise *n, const uint8_t **in)
{
	int r = 0;

	for (const uint8_t *t = tokens_of(n); *t != END && r == 0; t++) {
		if (*t == E) {
			memcpy(n->re, *in, NOISE_KEY);
			*in += NOISE_KEY;
			mix_ephemeral(n, n->re);
		} else if (*t == S) {
			size_t len = NOISE_KEY;

			if (n->cipher.keyed)
				len += NOISE_TAG;
			r = decrypt_and_hash(n, *in, len, n->rs);
			*in += len;
		} else {
			r = mix(n, *t);
		}
	}
	return r;
}

int
noise_read(struct noise *n, const void *msg, size_t len, uint8_t *payload)
{
	const uint8_t *in = msg;
	int r;

	if (n->failed || n->step >= MESSAGES ||
	    (n->step % 2 == 0) == n->initiator)
		return -EINVAL;

	r = -EBADMSG;
	if (len >= noise_size(n, 0) && len <= NOISE_MESSAGE_MAX)
		r = read_tokens(n, &in);
	if (r == 0)
		r = decrypt_and_hash(n, in,
				     len - (size_t)(in - (const uint8_t *)msg),
				     payload);
	if (r < 0) {
		n->failed = true;
		return r;
	}
	n->step++;
	return 0;
}

void
noise_split(struct noise *n, struct noise_cipher *send,
	    struct noise_cipher *receive)
{
	struct noise_cipher *first = n->initiator ? send : receive;
	struct noise_cipher *second = n->initiator ? receive : send;
	uint8_t a[NOISE_HASH], b[NOISE_HASH];

	assert(noise_done(n));
	expand(n->ck, NULL, 0, (uint8_t(*[])[NOISE_HASH]){ &a, &b }, 2);
	*first = (struct noise_cipher){ .keyed = true };
	*second = (struct noise_cipher){ .keyed = true };
	memcpy(first->key, a, NOISE_KEY);
	memcpy(second->key, b, NOISE_KEY);
	sodium_memzero(a, sizeof a);
	sodium_memzero(b, sizeof b);
}
