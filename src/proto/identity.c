/* proto/identity.c - the key pairs that say who this machine is. */
#include "proto/identity.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/lock.h"
#include "base/path.h"
#include "base/str.h"
#include "crypto/secret.h"
#include "proto/hex.h"
#include "proto/private.h"

/* "cdo-key-v1 ", the secret in hexadecimal, and a newline. */
static const char mark[] = "cdo-key-v1 ";

enum {
	MARK = sizeof mark - 1,
	LENGTH = MARK + 2 * NOISE_KEY + 1,
};

static const char *const names[] = {
	[IDENTITY_HOST] = "host.key",
	[IDENTITY_DEVICE] = "device.key",
	[IDENTITY_RELAY] = "relay.key",
};

static int
parse(const struct buf *text, struct noise_pair *pair)
{
	uint8_t secret[NOISE_KEY];

	if (text->len != LENGTH || memcmp(text->data, mark, MARK) != 0 ||
	    text->data[LENGTH - 1] != '\n' ||
	    !hex_read((const char *)text->data + MARK, NOISE_KEY, secret))
		return -EPROTO;
	noise_pair_from(pair, secret);
	secret_wipe(secret, sizeof secret);
	return 0;
}

static int
load(const char *path, struct noise_pair *pair, char **why)
{
	struct buf text = { 0 };
	int r = private_read(path, LENGTH, &text, why);

	if (r == 0) {
		r = parse(&text, pair);
		if (r < 0)
			*why = str_printf("'%s' is no key of cdo's; move it "
					  "away and pair again",
					  path);
	}
	private_release(&text);
	return r;
}

static int
make_new(const char *path, struct noise_pair *pair, char **why)
{
	char digits[2 * NOISE_KEY + 1];
	struct buf text = { 0 };

	noise_pair_make(pair);
	hex_write(pair->secret, NOISE_KEY, digits);
	buf_room(&text, LENGTH);
	buf_str(&text, mark);
	buf_append(&text, digits, 2 * NOISE_KEY);
	buf_byte(&text, '\n');
	int r = private_write(path, &text);
	if (r < 0)
		*why = str_printf("cannot write '%s': %s", path, io_error(r));
	secret_wipe(digits, sizeof digits);
	private_release(&text);
	return r;
}

/* Under a lock: another may be making it, and there is to be one. */
static int
make_one(const char *state, const char *path, struct noise_pair *pair,
	 char **why)
{
	char *name = path_join(state, "keys.lock");
	int lock = -1, r = path_private_dir(state, why);

	if (r == 0) {
		r = lock = lock_take(name, true);
		if (r < 0)
			*why = str_printf("cannot lock '%s': %s", name,
					  io_error(r));
	}
	if (r >= 0)
		r = load(path, pair, why);
	if (r == -ENOENT && lock >= 0)
		r = make_new(path, pair, why);
	if (lock >= 0)
		io_close(lock);
	free(name);
	return r;
}

int
identity_load(const char *state, enum identity which, bool make,
	      struct noise_pair *pair, char **why)
{
	char *path = path_join(state, names[which]);

	*pair = (struct noise_pair){ 0 };
	int r = load(path, pair, why);
	if (r == -ENOENT && make)
		r = make_one(state, path, pair, why);
	if (r < 0)
		secret_wipe(pair, sizeof *pair);
	free(path);
	return r;
}

void
identity_show(const uint8_t key[NOISE_KEY], char out[IDENTITY_SHOWN])
{
	static const char symbols[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	static const char domain[] = "cdo id v1";
	enum { SYMBOLS = 32, GROUP = 4 };
	uint8_t hash[SECRET_HASH];
	unsigned bits = 0, have = 0, sum = 0;
	const uint8_t *next = hash;

	secret_hash(domain, sizeof domain - 1, key, NOISE_KEY, hash);
	for (unsigned i = 0; i < SYMBOLS; i++) {
		if (have < 5) {
			bits = bits << 8 | *next++;
			have += 8;
		}
		have -= 5;
		unsigned v = bits >> have & 31;

		/* Luhn's sum, mod 32: every other one counts twice. */
		unsigned twice = i % 2 == 0 ? v : 2 * v;
		sum += twice / 32 + twice % 32;
		*out++ = symbols[v];
		if (i % GROUP == GROUP - 1)
			*out++ = '-';
	}
	*out++ = symbols[(32 - sum % 32) % 32];
	*out = '\0';
}
