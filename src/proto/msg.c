/* proto/msg.c - the messages, written and read (msgpack). */
#include "proto/msg.h"

#include <assert.h>
#include <errno.h>
#include <msgpack.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/mem.h"
#include "proto/check.h"
#include "proto/frame.h"

/* msgpack-c writes through this; it never fails. */
static int
sink(void *out, const char *data, size_t len)
{
	buf_append(out, data, len);
	return 0;
}

static msgpack_packer
packer(struct msg_writer *w)
{
	msgpack_packer pk;

	msgpack_packer_init(&pk, w->out, sink);
	return pk;
}

void
msg_begin(struct msg_writer *w, struct buf *out, enum msg_type type,
	  unsigned fields)
{
	*w = (struct msg_writer){ .out = out, .start = out->len };
	buf_append(out, (uint8_t[FRAME_HEAD]){ 0 }, FRAME_HEAD);
	msg_array(w, fields + 1);
	msg_uint(w, type);
}

void
msg_uint(struct msg_writer *w, uint64_t v)
{
	msgpack_packer pk = packer(w);

	msgpack_pack_uint64(&pk, v);
}

void
msg_int(struct msg_writer *w, int64_t v)
{
	msgpack_packer pk = packer(w);

	msgpack_pack_int64(&pk, v);
}

void
msg_bool(struct msg_writer *w, bool v)
{
	msgpack_packer pk = packer(w);

	if (v)
		msgpack_pack_true(&pk);
	else
		msgpack_pack_false(&pk);
}

void
msg_nil(struct msg_writer *w)
{
	msgpack_packer pk = packer(w);

	msgpack_pack_nil(&pk);
}

void
msg_str(struct msg_writer *w, const char *s)
{
	if (!s) {
		msg_nil(w);
		return;
	}

	msgpack_packer pk = packer(w);
	msgpack_pack_str_with_body(&pk, s, strlen(s));
}

void
msg_bin(struct msg_writer *w, const void *data, size_t len)
{
	msgpack_packer pk = packer(w);

	msgpack_pack_bin_with_body(&pk, data, len);
}

void
msg_map(struct msg_writer *w, unsigned pairs)
{
	msgpack_packer pk = packer(w);

	msgpack_pack_map(&pk, pairs);
}

void
msg_array(struct msg_writer *w, unsigned items)
{
	msgpack_packer pk = packer(w);

	msgpack_pack_array(&pk, items);
}

/* The payload: what was written so far, and `more` that is sent behind it. */
static void
set_length(struct msg_writer *w, size_t more)
{
	size_t len = w->out->len - w->start - FRAME_HEAD + more;

	assert(len <= FRAME_MAX);
	bytes_put_be32(w->out->data + w->start, (uint32_t)len);
}

void
msg_end(struct msg_writer *w)
{
	set_length(w, 0);
}

void
msg_end_with_bin(struct msg_writer *w, size_t len)
{
	msgpack_packer pk = packer(w);

	msgpack_pack_bin(&pk, len);
	set_length(w, len);
}

/* What struct msg's impl is. */
struct parsed {
	msgpack_zone zone;
	msgpack_object root;
};

enum { ZONE_CHUNK = 1024 };

int
msg_read(struct msg *m, const void *payload, size_t len)
{
	struct parsed *p = m->impl;

	m->type = m->fields = 0;
	if (!check_payload(payload, len))
		return -EPROTO;
	if (!p) {
		p = m->impl = mem_zero(1, sizeof *p);
		if (!msgpack_zone_init(&p->zone, ZONE_CHUNK))
			abort();
	} else {
		msgpack_zone_clear(&p->zone);
	}

	size_t off = 0;
	p->root.type = MSGPACK_OBJECT_NIL;
	if (msgpack_unpack(payload, len, &off, &p->zone, &p->root) !=
	    MSGPACK_UNPACK_SUCCESS)
		return -EPROTO;
	if (p->root.type != MSGPACK_OBJECT_ARRAY || p->root.via.array.size < 1)
		return -EPROTO;

	const msgpack_object *type = p->root.via.array.ptr;
	if (type->type != MSGPACK_OBJECT_POSITIVE_INTEGER ||
	    type->via.u64 > UINT16_MAX)
		return -EPROTO;
	m->type = (unsigned)type->via.u64;
	m->fields = p->root.via.array.size - 1;
	return 0;
}

void
msg_release(struct msg *m)
{
	struct parsed *p = m->impl;

	if (p)
		msgpack_zone_destroy(&p->zone);
	free(p);
	*m = (struct msg){ 0 };
}

/* A value is msgpack's object under another name. */
static const msgpack_object *
object(const struct msg_value *v, msgpack_object_type type)
{
	const msgpack_object *o = (const void *)v;

	return o && o->type == type ? o : NULL;
}

static const struct msg_value *
value(const msgpack_object *o)
{
	return (const void *)o;
}

const struct msg_value *
msg_field(const struct msg *m, unsigned i)
{
	const struct parsed *p = m->impl;

	return i < m->fields ? value(&p->root.via.array.ptr[i + 1]) : NULL;
}

const struct msg_value *
msg_pair(const struct msg_value *map, size_t i, const char **key, size_t *len)
{
	const msgpack_object *o = object(map, MSGPACK_OBJECT_MAP);

	if (!o || i >= o->via.map.size)
		return NULL;

	const msgpack_object_kv *kv = &o->via.map.ptr[i];
	*key = msg_to_str(value(&kv->key), len);
	return *key ? value(&kv->val) : NULL;
}

const struct msg_value *
msg_get(const struct msg_value *map, const char *key)
{
	for (size_t i = 0; i < msg_count(map); i++) {
		const char *k;
		size_t len;
		const struct msg_value *v = msg_pair(map, i, &k, &len);

		if (v && len == strlen(key) && memcmp(k, key, len) == 0)
			return v;
	}
	return NULL;
}

size_t
msg_count(const struct msg_value *v)
{
	const msgpack_object *o;

	if ((o = object(v, MSGPACK_OBJECT_ARRAY)))
		return o->via.array.size;
	if ((o = object(v, MSGPACK_OBJECT_MAP)))
		return o->via.map.size;
	return 0;
}

const struct msg_value *
msg_at(const struct msg_value *array, size_t i)
{
	const msgpack_object *o = object(array, MSGPACK_OBJECT_ARRAY);

	return o && i < o->via.array.size ? value(&o->via.array.ptr[i]) : NULL;
}

bool
msg_is_nil(const struct msg_value *v)
{
	return !v || object(v, MSGPACK_OBJECT_NIL);
}

uint64_t
msg_to_uint(const struct msg_value *v, uint64_t def)
{
	const msgpack_object *o = object(v, MSGPACK_OBJECT_POSITIVE_INTEGER);

	return o ? o->via.u64 : def;
}

int64_t
msg_to_int(const struct msg_value *v, int64_t def)
{
	const msgpack_object *o = object(v, MSGPACK_OBJECT_NEGATIVE_INTEGER);

	if (o)
		return o->via.i64;
	o = object(v, MSGPACK_OBJECT_POSITIVE_INTEGER);
	return o && o->via.u64 <= INT64_MAX ? (int64_t)o->via.u64 : def;
}

bool
msg_to_bool(const struct msg_value *v, bool def)
{
	const msgpack_object *o = object(v, MSGPACK_OBJECT_BOOLEAN);

	return o ? o->via.boolean : def;
}

const char *
msg_to_str(const struct msg_value *v, size_t *len)
{
	const msgpack_object *o = object(v, MSGPACK_OBJECT_STR);

	*len = o ? o->via.str.size : 0;
	return o ? o->via.str.ptr : NULL;
}

const uint8_t *
msg_to_bin(const struct msg_value *v, size_t *len)
{
	const msgpack_object *o = object(v, MSGPACK_OBJECT_BIN);

	*len = o ? o->via.bin.size : 0;
	return o ? (const uint8_t *)o->via.bin.ptr : NULL;
}

char *
msg_dup_str(const struct msg_value *v, size_t max)
{
	size_t len;
	const char *s = msg_to_str(v, &len);

	if (!s || len > max || memchr(s, 0, len))
		return NULL;
	return mem_strn(s, len);
}
