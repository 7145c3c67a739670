/* proto/link.c - frames, sealed, in one strict order. */
#include "proto/link.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/bytes.h"

void
link_init(struct link *l, const struct noise_cipher *send,
	  const struct noise_cipher *receive, uint64_t now_ms)
{
	*l = (struct link){
		.send = *send,
		.receive = *receive,
		.born = now_ms,
		.keyed = now_ms,
	};
}

void
link_init_clear(struct link *l, uint64_t now_ms)
{
	*l = (struct link){ .clear = true, .born = now_ms, .keyed = now_ms };
}

void
link_wipe(struct link *l)
{
	noise_cipher_wipe(&l->send);
	noise_cipher_wipe(&l->receive);
}

/* --- sending ------------------------------------------------------------ */

struct part {
	const void *data;
	size_t len;
};

/* Type, length, parts and zeros; returns how long it has become. */
static size_t
fill(uint8_t *plain, unsigned type, const struct part parts[2])
{
	size_t n = LINK_INNER;

	for (int i = 0; i < 2; i++) {
		if (parts[i].len > 0)
			memcpy(plain + n, parts[i].data, parts[i].len);
		n += parts[i].len;
	}
	plain[0] = (uint8_t)type;
	bytes_put_be16(plain + 1, (uint16_t)(n - LINK_INNER));
	if (n < LINK_PAD) {
		memset(plain + n, 0, LINK_PAD - n);
		n = LINK_PAD;
	}
	return n;
}

static ssize_t
put_frame(struct link *l, unsigned type, const struct part parts[2],
	  uint8_t *out)
{
	uint8_t *plain = out + LINK_HEAD;
	size_t n = fill(plain, type, parts);

	if (!l->clear) {
		int r = noise_seal(&l->send, NULL, 0, plain, n, plain);

		if (r < 0) {
			l->failed = r;
			return r;
		}
		l->under += n;
		n += NOISE_TAG;
	}
	bytes_put_be16(out, (uint16_t)n);
	return (ssize_t)(LINK_HEAD + n);
}

static bool
key_is_old(const struct link *l, uint64_t now_ms)
{
	if (l->clear)
		return false;
	return l->under >= LINK_REKEY_BYTES ||
	       now_ms - l->keyed >= LINK_REKEY_MS;
}

static ssize_t
put_rekey(struct link *l, uint64_t now_ms, uint8_t *out)
{
	ssize_t n = put_frame(l, LINK_REKEY, (struct part[2]){ 0 }, out);

	if (n < 0)
		return n;
	noise_rekey(&l->send);
	l->keyed = now_ms;
	l->under = 0;
	return n;
}

ssize_t
link_write(struct link *l, unsigned type, const void *head, size_t head_len,
	   const void *data, size_t len, uint64_t now_ms, uint8_t *out)
{
	const struct part parts[2] = { { head, head_len }, { data, len } };
	ssize_t rekey = 0;

	assert(type >= LINK_ABOVE && type <= UINT8_MAX);
	assert(head_len + len <= LINK_PAYLOAD);
	if (l->failed)
		return l->failed;
	if (l->said_bye)
		return -EPIPE;
	if (key_is_old(l, now_ms))
		rekey = put_rekey(l, now_ms, out);
	if (rekey < 0)
		return rekey;

	ssize_t n = put_frame(l, type, parts, out + rekey);
	return n < 0 ? n : rekey + n;
}

ssize_t
link_bye(struct link *l, enum link_bye why, const char *text, uint8_t *out)
{
	uint8_t code[2];
	size_t len = strlen(text);

	if (l->failed)
		return l->failed;
	if (l->said_bye)
		return -EPIPE;
	if (len > LINK_BYE_TEXT)
		len = LINK_BYE_TEXT;
	bytes_put_be16(code, (uint16_t)why);
	l->said_bye = true;
	return put_frame(l, LINK_BYE,
			 (struct part[2]){ { code, 2 }, { text, len } }, out);
}

/* --- receiving ---------------------------------------------------------- */

static int
on_own(struct link *l, struct link_frame *f)
{
	switch (f->type) {
	case LINK_REKEY:
		if (l->clear)
			return -EBADMSG;
		noise_rekey(&l->receive);
		break;
	case LINK_BYE:
		if (f->len < 2)
			return -EBADMSG;
		f->why = bytes_be16(f->payload);
		f->payload += 2;
		f->len -= 2;
		if (f->len > LINK_BYE_TEXT)
			f->len = LINK_BYE_TEXT;
		l->got_bye = true;
		return 0;
	case 0:
		return -EBADMSG;
	default: /* CHAFF, and what later versions may say */
		break;
	}
	f->type = 0;
	return 0;
}

static int
read_plain(struct link *l, const uint8_t *plain, size_t n, struct link_frame *f)
{
	if (n < LINK_INNER)
		return -EBADMSG;

	size_t len = bytes_be16(plain + 1);
	if (len > n - LINK_INNER)
		return -EBADMSG;
	*f = (struct link_frame){
		.type = plain[0],
		.payload = plain + LINK_INNER,
		.len = len,
	};
	return f->type >= LINK_ABOVE ? 0 : on_own(l, f);
}

static int
fail(struct link *l, int r)
{
	l->failed = r;
	return r;
}

ssize_t
link_read(struct link *l, uint8_t *data, size_t len, struct link_frame *f)
{
	size_t least = l->clear ? LINK_INNER : LINK_SEALED_MIN;
	size_t most = l->clear ? LINK_PLAIN : LINK_SEALED_MAX;

	if (l->failed)
		return l->failed;
	if (len > 0 && l->got_bye)
		return fail(l, -EPROTO);
	if (len < LINK_HEAD)
		return 0;

	size_t n = bytes_be16(data);
	if (n < least || n > most)
		return fail(l, -EMSGSIZE);
	if (n > len - LINK_HEAD)
		return 0;

	uint8_t *plain = data + LINK_HEAD;
	size_t used = LINK_HEAD + n;
	if (!l->clear) {
		if (noise_open(&l->receive, NULL, 0, plain, n, plain) < 0)
			return fail(l, -EBADMSG);
		n -= NOISE_TAG;
	}
	int r = read_plain(l, plain, n, f);
	return r < 0 ? fail(l, r) : (ssize_t)used;
}

int
link_end_of_file(const struct link *l)
{
	return l->got_bye && !l->failed ? 0 : -ECONNRESET;
}

bool
link_old(const struct link *l, uint64_t now_ms)
{
	return !l->clear && now_ms - l->born >= LINK_OLD_MS;
}
