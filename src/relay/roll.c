/* relay/roll.c - the devices that may come in. */
#include "relay/roll.h"

#include <stddef.h>
#include <string.h>

#include "crypto/secret.h"
#include "proto/msg.h"

static unsigned
find(const struct roll *r, const uint8_t key[NOISE_KEY])
{
	unsigned i = 0;

	while (i < r->n && memcmp(r->devices[i].key, key, NOISE_KEY) != 0)
		i++;
	return i;
}

/* Bytes of a key in field i, or NULL. */
static const uint8_t *
key_of(const struct msg *m, unsigned i)
{
	size_t len;
	const uint8_t *key = msg_to_bin(msg_field(m, i), &len);

	return len == NOISE_KEY ? key : NULL;
}

void
roll_add(struct roll *r, const struct msg *m)
{
	const uint8_t *key = key_of(m, 0), *psk = key_of(m, 1);

	if (key == NULL || psk == NULL)
		return;
	unsigned i = find(r, key);
	if (i == PEERS_MAX)
		return;
	memcpy(r->devices[i].key, key, NOISE_KEY);
	memcpy(r->devices[i].psk, psk, NOISE_KEY);
	r->n += i == r->n;
}

/* Who is in the middle of a handshake finds out at its end. */
void
roll_forget(struct roll *r, const struct msg *m)
{
	const uint8_t *key = key_of(m, 0);
	unsigned i = key != NULL ? find(r, key) : r->n;

	if (i == r->n)
		return;
	r->devices[i] = r->devices[--r->n];
	secret_wipe(&r->devices[r->n], sizeof r->devices[0]);
}

const uint8_t *
roll_psk(void *roll, const uint8_t key[NOISE_KEY])
{
	const struct roll *r = roll;
	unsigned i = find(r, key);

	return i < r->n ? r->devices[i].psk : NULL;
}
