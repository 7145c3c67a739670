/* crypto/pairing.c - the pairing exchange inside a Noise_XX link. */
#include "crypto/pairing.h"

#include <ctype.h>
#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "base/buf.h"

/* --- the code --------------------------------------------------------- */

/* Crockford's base32: no I, L, O, U. */
static const char symbols[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

void
pairing_code_make(char code[PAIRING_CODE + 1])
{
	for (int i = 0; i < PAIRING_CODE; i++)
		code[i] = symbols[randombytes_uniform(32)];
	code[PAIRING_CODE] = '\0';
}

void
pairing_code_show(const char code[PAIRING_CODE + 1], char out[PAIRING_CODE + 2])
{
	memcpy(out, code, 4);
	out[4] = '-';
	memcpy(out + 5, code + 4, 5);
}

int
pairing_code_read(const char *typed, char code[PAIRING_CODE + 1])
{
	size_t n = 0;

	for (; *typed; typed++) {
		int c = toupper((unsigned char)*typed);

		if (c == '-' || c == ' ')
			continue;
		if (c == 'O')
			c = '0';
		if (c == 'I' || c == 'L')
			c = '1';
		if (n == PAIRING_CODE || !strchr(symbols, c))
			return -EINVAL;
		code[n++] = (char)c;
	}
	code[n] = '\0';
	return n == PAIRING_CODE ? 0 : -EINVAL;
}

/* --- the exchange ----------------------------------------------------- */

static struct cpace_bytes
sid_of(const struct pairing *p)
{
	return (struct cpace_bytes){ p->sid, sizeof p->sid };
}

static struct cpace_bytes
ad_of(const struct pairing *p, bool host)
{
	if (host == p->host)
		return (struct cpace_bytes){ p->ad, p->ad_len };
	return (struct cpace_bytes){ p->peer_ad, p->peer_ad_len };
}

static const uint8_t *
point_of(const struct pairing *p, bool host)
{
	return host == p->host ? p->cpace.point : p->peer_point;
}

int
pairing_init(struct pairing *p, const struct pairing_options *o)
{
	const uint8_t *device = o->host ? o->link->rs : o->link->s->public;
	const uint8_t *host = o->host ? o->link->s->public : o->link->rs;
	struct buf ci = { 0 };

	memset(p, 0, sizeof *p);
	if (o->ad.len > sizeof p->ad)
		return -EINVAL;
	p->host = o->host;
	memcpy(p->ad, o->ad.data, o->ad.len);
	p->ad_len = o->ad.len;
	memcpy(p->sid, o->link->h, sizeof p->sid);

	/* Who pairs with whom, and as what, is inside the generator. */
	cpace_lv(&ci, "cdo-pair-v1", 11);
	cpace_lv(&ci, "device", 6);
	cpace_lv(&ci, device, NOISE_KEY);
	cpace_lv(&ci, "host", 4);
	cpace_lv(&ci, host, NOISE_KEY);
	cpace_start(&p->cpace, (struct cpace_bytes){ o->code, strlen(o->code) },
		    (struct cpace_bytes){ ci.data, ci.len }, sid_of(p), o->y);
	buf_release(&ci);
	return 0;
}

void
pairing_wipe(struct pairing *p)
{
	sodium_memzero(p, sizeof *p);
}

/* lv_cat(Y, AD). */
static void
put_share(const struct pairing *p, struct buf *out)
{
	cpace_lv(out, p->cpace.point, CPACE_POINT);
	cpace_lv(out, p->ad, p->ad_len);
}

static int
take_share(struct pairing *p, const uint8_t *msg, size_t len)
{
	size_t n = 0;
	unsigned shift = 0;

	if (len < 1 + CPACE_POINT || msg[0] != CPACE_POINT)
		return -EBADMSG;
	memcpy(p->peer_point, msg + 1, CPACE_POINT);
	msg += 1 + CPACE_POINT;
	len -= 1 + CPACE_POINT;

	do { /* two bytes of LEB128 are enough for PAIRING_AD_MAX */
		if (len == 0 || shift > 7)
			return -EBADMSG;
		n |= (size_t)(*msg & 0x7f) << shift;
		shift += 7;
		len--;
	} while (*msg++ & 0x80);
	if (n != len || n > sizeof p->peer_ad)
		return -EBADMSG;
	memcpy(p->peer_ad, msg, n);
	p->peer_ad_len = n;
	return 0;
}

/* With both shares in hand. */
static int
agree(struct pairing *p)
{
	return cpace_finish(&p->cpace, sid_of(p), p->peer_point,
			    point_of(p, false), ad_of(p, false),
			    point_of(p, true), ad_of(p, true), p->isk);
}

static void
tag(const struct pairing *p, bool host, uint8_t out[CPACE_TAG])
{
	cpace_tag(p->isk, sid_of(p), point_of(p, host), ad_of(p, host), out);
}

static int
check_tag(const struct pairing *p, const uint8_t theirs[CPACE_TAG])
{
	uint8_t want[CPACE_TAG];

	tag(p, !p->host, want);
	int r = sodium_memcmp(want, theirs, sizeof want);
	sodium_memzero(want, sizeof want);
	return r == 0 ? 0 : -EKEYREJECTED;
}

static void
put_tag(const struct pairing *p, struct buf *out)
{
	uint8_t ours[CPACE_TAG];

	tag(p, p->host, ours);
	buf_append(out, ours, sizeof ours);
}

void
pairing_hello(const struct pairing *p, struct buf *out)
{
	put_share(p, out);
}

int
pairing_take_hello(struct pairing *p, const void *msg, size_t len,
		   struct buf *out)
{
	int r = take_share(p, msg, len);

	if (r == 0)
		r = agree(p);
	if (r < 0)
		return r;
	put_tag(p, out);
	put_share(p, out);
	return 0;
}

int
pairing_take_answer(struct pairing *p, const void *msg, size_t len,
		    struct buf *out)
{
	const uint8_t *m = msg;

	if (len < CPACE_TAG)
		return -EBADMSG;
	int r = take_share(p, m + CPACE_TAG, len - CPACE_TAG);
	if (r == 0)
		r = agree(p);
	if (r == 0)
		r = check_tag(p, m);
	if (r < 0)
		return r;
	put_tag(p, out);
	return 0;
}

int
pairing_take_proof(struct pairing *p, const void *msg, size_t len)
{
	if (len != CPACE_TAG)
		return -EBADMSG;
	return check_tag(p, msg);
}

void
pairing_psk(const struct pairing *p, uint8_t psk[NOISE_KEY])
{
	noise_hkdf(p->sid, sizeof p->sid, p->isk, sizeof p->isk,
		   "cdo-pair-v1 psk", psk, NOISE_KEY);
}
