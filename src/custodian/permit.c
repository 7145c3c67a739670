/* custodian/permit.c - who a guest is, and what it may do. */
#include "custodian/permit.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "crypto/secret.h"
#include "custodian/guest.h"
#include "custodian/state.h"
#include "keeper/memory.h"
#include "proto/local.h"
#include "proto/msg.h"

enum {
	NAME = 256, /* bytes of a device's name */
	DEVICES_MAX = 3 * GUESTS_MAX / 4, /* the rest is for who is here */
	UNREAD_MAX = 1 << 20, /* bytes of answers */
	TYPISTS_MAX = MEMORY_CLIENTS,
	TYPISTS_AFAR = TYPISTS_MAX / 2, /* devices' */
};

static unsigned
devices(const struct custodian *c)
{
	unsigned n = 0;

	for (const struct guest *g = c->guests; g; g = g->next)
		n += g->device != NULL;
	return n;
}

/*
 * Only the first message can say that this is a device: the server sends it
 * before it hands the connection to the device's relay.
 */
int
permit_greet(struct guest *g, const struct msg *m)
{
	const struct msg_value *map = msg_field(m, 1);
	size_t len;

	g->greeted = true;
	const char *role = msg_to_str(msg_get(map, "role"), &len);
	if (m->type != MSG_HELLO || !role || len != 6 ||
	    memcmp(role, "device", 6) != 0)
		return 0;
	const char *rights = msg_to_str(msg_get(map, "rights"), &len);
	g->role = rights ? role_read(rights, len) : ROLE_NONE;
	const char *name = msg_to_str(msg_get(map, "device"), &len);
	g->device = name ? str_safe(name, len, NAME) : mem_str("device");
	const uint8_t *key = msg_to_bin(msg_get(map, "key"), &len);
	if (key && len == sizeof g->key)
		memcpy(g->key, key, len);
	return devices(g->c) > DEVICES_MAX ? -EUSERS : 0;
}

bool
permit_answer(const struct guest *g)
{
	return local_queued(g->conn) <= UNREAD_MAX;
}

/*
 * A client's id is a name and no right: among all of a device's none is that
 * of another's client, to be closed, or to go on typing for.
 */
void
permit_id(struct guest *g, const uint8_t id[16])
{
	uint8_t hash[SECRET_HASH];

	memcpy(g->id, id, sizeof g->id);
	if (!g->device)
		return;
	secret_hash(g->key, sizeof g->key, id, sizeof g->id, hash);
	memcpy(g->id, hash, sizeof g->id);
}

/* Who comes back has left: its id is no other's. */
static unsigned
typists(const struct guest *g, bool afar)
{
	unsigned n = 0;

	for (const struct guest *o = g->c->guests; o; o = o->next)
		n += o->number > 0 && !o->read_only && (!afar || o->device) &&
		     memcmp(o->id, g->id, sizeof g->id) != 0;
	return n;
}

bool
permit_typing(const struct guest *g)
{
	if (g->device && typists(g, true) >= TYPISTS_AFAR)
		return false;
	return g->role >= ROLE_ATTACH && typists(g, false) < TYPISTS_MAX;
}
