/* proto/rendezvous.c - what a blind relay is told, by hosts and by devices. */
#include "proto/rendezvous.h"

#include <string.h>

static const uint8_t magic[4] = { 'C', 'D', 'O', '1' };

size_t
rendezvous_follows(unsigned type)
{
	switch (type) {
	case RENDEZVOUS_REGISTER:
	case RENDEZVOUS_CALL:
		return NOISE_KEY;
	case RENDEZVOUS_PICK:
		return RENDEZVOUS_TICKET;
	case RENDEZVOUS_NUMBER:
		return RENDEZVOUS_DIGITS;
	default:
		return 0;
	}
}

size_t
rendezvous_open(enum rendezvous_type type, const void *data,
		uint8_t out[RENDEZVOUS_OPENING])
{
	size_t len = rendezvous_follows(type);

	memset(out, 0, RENDEZVOUS_HELLO);
	memcpy(out, magic, sizeof magic);
	out[4] = (uint8_t)type;
	out[5] = RENDEZVOUS_VERSION;
	memcpy(out + RENDEZVOUS_HELLO, data, len);
	return RENDEZVOUS_HELLO + len;
}

size_t
rendezvous_call(uint8_t out[RENDEZVOUS_OPENING], const uint8_t key[NOISE_KEY])
{
	return rendezvous_open(RENDEZVOUS_CALL, key, out);
}

unsigned
rendezvous_type(const uint8_t hello[RENDEZVOUS_HELLO])
{
	if (memcmp(hello, magic, sizeof magic) != 0 ||
	    hello[5] != RENDEZVOUS_VERSION || hello[6] != 0 || hello[7] != 0)
		return 0;
	return rendezvous_follows(hello[4]) > 0 ? hello[4] : 0;
}

void
rendezvous_begin(struct noise *n, bool host, const struct noise_pair *self,
		 const uint8_t *remote)
{
	static const char prologue[] = "cdo-rendezvous-v1";

	noise_init(n, &(struct noise_options){
			      .pattern = NOISE_XK,
			      .initiator = !host,
			      .prologue = prologue,
			      .prologue_len = sizeof prologue - 1,
			      .self = self,
			      .remote = remote,
		      });
}
