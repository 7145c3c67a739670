/* vt/pen.c - interned attributes, links and clusters that cells refer to. */
#include "vt/pen.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum {
	SLOTS_MIN = 64,
	ROOM = 4096, /* values beyond three times the live ones, to a sweep */
};

static uint32_t
hash_bytes(const void *data, size_t len, uint32_t h)
{
	const uint8_t *p = data;

	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * 16777619;
	return h ^ h >> 15;
}

/*
 * Field by field: the fields have just been written one by one, and what then
 * reads two at once waits until both have reached the cache.
 */
static inline uint32_t
hash_pen(const struct pen *p)
{
	uint64_t h = (p->fg + UINT64_C(0x9e3779b97f4a7c15)) *
		     UINT64_C(0xff51afd7ed558ccd);

	h += (p->bg + UINT64_C(0xd6e8feb86659fd93)) *
	     UINT64_C(0xc4ceb9fe1a85ec53);
	h += ((uint64_t)p->ul << 16 ^ p->attrs) * UINT64_C(0xa0761d6478bd642f);
	h += p->link * UINT64_C(0xe7037ed1a0b428db);
	/* The high bits of a product depend on all of its factors' bits. */
	h = (h ^ h >> 32) * UINT64_C(0x94d049bb133111eb);
	return (uint32_t)(h >> 32);
}

static inline bool
same_pen(const struct pen *a, const struct pen *b)
{
	return a->fg == b->fg && a->bg == b->bg && a->ul == b->ul &&
	       a->attrs == b->attrs && a->link == b->link;
}

static uint32_t
pen_colors(const struct pen *p)
{
	uint32_t fg = (p->fg >> 16 & 0x100) | (p->fg & 0xff);
	uint32_t bg = (p->bg >> 16 & 0x100) | (p->bg & 0xff);

	return fg | bg << 9;
}

static uint32_t
hash_link(const struct link *l)
{
	return hash_bytes(l->uri, strlen(l->uri),
			  hash_bytes(l->id, strlen(l->id), 2166136261u));
}

static uint32_t
hash_cluster(const struct cluster *c)
{
	return hash_bytes(c->text, c->len, 2166136261u);
}

static void
put_slot(struct pool *pool, uint32_t hash, uint32_t number)
{
	uint32_t i = hash & (pool->n_slots - 1);

	while (pool->slots[i])
		i = (i + 1) & (pool->n_slots - 1);
	pool->slots[i] = number + 1;
}

/* A number for a new value; the caller puts the value there. */
static uint32_t
take_number(struct pool *pool)
{
	pool->count++;
	if (pool->n_spare > 0)
		return pool->spare[--pool->n_spare];
	return pool->size++;
}

static bool
slots_short(const struct pool *pool)
{
	return (pool->count + 1) * 2 > pool->n_slots;
}

static void
new_slots(struct pool *pool)
{
	uint32_t n = pool->n_slots ? pool->n_slots : SLOTS_MIN;

	while ((pool->count + 1) * 2 > n)
		n *= 2;
	while (n > SLOTS_MIN && (pool->count + 1) * 16 < n)
		n /= 2;
	free(pool->slots);
	pool->slots = mem_zero(n, sizeof *pool->slots);
	pool->n_slots = n;
}

static uint32_t
grown(uint32_t cap)
{
	return cap < 16 ? 16 : cap * 2;
}

static void
rehash_pens(struct pens *ps)
{
	new_slots(&ps->pen_pool);
	for (uint32_t i = 1; i < ps->pen_pool.size; i++)
		if (ps->pen_used[i])
			put_slot(&ps->pen_pool, hash_pen(&ps->pens[i]), i);
}

static void
rehash_links(struct pens *ps)
{
	new_slots(&ps->link_pool);
	for (uint32_t i = 1; i < ps->link_pool.size; i++)
		if (ps->links[i].uri)
			put_slot(&ps->link_pool, hash_link(&ps->links[i]), i);
}

static void
rehash_clusters(struct pens *ps)
{
	new_slots(&ps->cluster_pool);
	for (uint32_t i = 1; i < ps->cluster_pool.size; i++)
		if (ps->clusters[i].len)
			put_slot(&ps->cluster_pool,
				 hash_cluster(&ps->clusters[i]), i);
}

static void
set_limit(struct pool *pool)
{
	pool->limit = pool->count * 3 + ROOM;
}

void
pens_init(struct pens *ps)
{
	static const struct pens empty;

	*ps = empty;
	/* Number 0 is the default pen, no link, no cluster. */
	ps->pen_pool.size = ps->pen_pool.cap = 1;
	ps->link_pool.size = ps->link_pool.cap = 1;
	ps->cluster_pool.size = ps->cluster_pool.cap = 1;
	ps->pens = mem_zero(1, sizeof *ps->pens);
	ps->pen_used = mem_zero(1, sizeof *ps->pen_used);
	ps->pen_used[0] = true;
	ps->links = mem_zero(1, sizeof *ps->links);
	ps->clusters = mem_zero(1, sizeof *ps->clusters);
	rehash_pens(ps);
	rehash_links(ps);
	rehash_clusters(ps);
	set_limit(&ps->pen_pool);
	set_limit(&ps->link_pool);
	set_limit(&ps->cluster_pool);
}

void
pens_release(struct pens *ps)
{
	for (uint32_t i = 1; i < ps->link_pool.size; i++) {
		free(ps->links[i].uri);
		free(ps->links[i].id);
	}
	free(ps->pens);
	free(ps->pen_used);
	free(ps->links);
	free(ps->clusters);
	free(ps->pen_pool.slots);
	free(ps->pen_pool.spare);
	free(ps->link_pool.slots);
	free(ps->link_pool.spare);
	free(ps->cluster_pool.slots);
	free(ps->cluster_pool.spare);
}

uint32_t
pens_find(struct pens *ps, const struct pen *pen)
{
	struct pool *pool = &ps->pen_pool;
	uint32_t hash, i, number;

	if (!((pen->fg | pen->bg) & COLOR_RGB) && !pen->ul && !pen->link &&
	    pen->attrs <= PENS_ATTRS) {
		number = pen_colors(pen) | (uint32_t)pen->attrs << 18;
		return number ? number | PENS_PLAIN : 0;
	}
	hash = hash_pen(pen);
	i = hash & (pool->n_slots - 1);
	while ((number = pool->slots[i]) != 0) {
		if (same_pen(&ps->pens[number - 1], pen))
			return number - 1;
		i = (i + 1) & (pool->n_slots - 1);
	}

	number = take_number(pool);
	if (number >= pool->cap) {
		pool->cap = grown(pool->cap);
		ps->pens = mem_grow(ps->pens, pool->cap, sizeof *ps->pens);
		ps->pen_used =
			mem_grow(ps->pen_used, pool->cap, sizeof *ps->pen_used);
	}
	ps->pens[number] = *pen;
	ps->pen_used[number] = true;
	if (slots_short(pool))
		rehash_pens(ps);
	else
		pool->slots[i] = number + 1;
	return number;
}

uint16_t
pens_link(struct pens *ps, const char *id, const char *uri)
{
	struct pool *pool = &ps->link_pool;
	union {
		const char *shown;
		char *owned;
	} u = { uri }, d = { strlen(id) > LINK_ID_MAX ? "" : id };
	struct link link = { .uri = u.owned, .id = d.owned };
	uint32_t hash, i, number;

	if (!*uri || strlen(uri) > LINK_MAX)
		return 0;
	hash = hash_link(&link);
	i = hash & (pool->n_slots - 1);
	while ((number = pool->slots[i]) != 0) {
		const struct link *l = &ps->links[number - 1];

		if (strcmp(l->uri, link.uri) == 0 &&
		    strcmp(l->id, link.id) == 0)
			return (uint16_t)(number - 1);
		i = (i + 1) & (pool->n_slots - 1);
	}
	if (pool->count >= LINKS_MAX)
		return 0;

	number = take_number(pool);
	if (number >= pool->cap) {
		pool->cap = grown(pool->cap);
		ps->links = mem_grow(ps->links, pool->cap, sizeof *ps->links);
	}
	ps->links[number] =
		(struct link){ mem_str(link.uri), mem_str(link.id), true };
	if (slots_short(pool))
		rehash_links(ps);
	else
		pool->slots[i] = number + 1;
	return (uint16_t)number;
}

uint32_t
pens_cluster(struct pens *ps, const char *text, size_t len)
{
	struct pool *pool = &ps->cluster_pool;
	struct cluster c = { .len = (uint8_t)len, .used = true };
	uint32_t hash, i, number;

	memcpy(c.text, text, len);
	hash = hash_cluster(&c);
	i = hash & (pool->n_slots - 1);
	while ((number = pool->slots[i]) != 0) {
		const struct cluster *other = &ps->clusters[number - 1];

		if (other->len == len && memcmp(other->text, text, len) == 0)
			return number - 1;
		i = (i + 1) & (pool->n_slots - 1);
	}

	number = take_number(pool);
	if (number >= pool->cap) {
		pool->cap = grown(pool->cap);
		ps->clusters =
			mem_grow(ps->clusters, pool->cap, sizeof *ps->clusters);
	}
	ps->clusters[number] = c;
	if (slots_short(pool))
		rehash_clusters(ps);
	else
		pool->slots[i] = number + 1;
	return number;
}

void
pens_sweep_begin(struct pens *ps)
{
	memset(ps->pen_used, 0, ps->pen_pool.size * sizeof *ps->pen_used);
	ps->pen_used[0] = true;
	for (uint32_t i = 0; i < ps->link_pool.size; i++)
		ps->links[i].used = false;
	for (uint32_t i = 0; i < ps->cluster_pool.size; i++)
		ps->clusters[i].used = false;
}

static bool
live_pen(const struct pens *ps, uint32_t i)
{
	return ps->pen_used[i];
}

static bool
live_link(const struct pens *ps, uint32_t i)
{
	return ps->links[i].uri != NULL;
}

static bool
live_cluster(const struct pens *ps, uint32_t i)
{
	return ps->clusters[i].len > 0;
}

/*
 * Counts what lives, and finds the numbers to give again.  Returns true if the
 * array has become far too large: to be made pool->cap long.
 */
static bool
collect(const struct pens *ps, struct pool *pool,
	bool (*live)(const struct pens *, uint32_t))
{
	while (pool->size > 1 && !live(ps, pool->size - 1))
		pool->size--;
	free(pool->spare);
	pool->spare = mem_alloc(pool->size * sizeof *pool->spare);
	pool->n_spare = 0;
	pool->count = 0;
	for (uint32_t i = pool->size - 1; i > 0; i--) {
		if (live(ps, i))
			pool->count++;
		else
			pool->spare[pool->n_spare++] = i;
	}
	set_limit(pool);
	if (pool->cap <= ROOM || pool->size > pool->cap / 4)
		return false;
	pool->cap = pool->size * 2;
	return true;
}

static void
sweep_pens(struct pens *ps)
{
	struct pool *pool = &ps->pen_pool;

	for (uint32_t i = 1; i < pool->size; i++)
		if (ps->pen_used[i])
			ps->links[ps->pens[i].link].used = true;
	if (collect(ps, pool, live_pen)) {
		ps->pens = mem_grow(ps->pens, pool->cap, sizeof *ps->pens);
		ps->pen_used =
			mem_grow(ps->pen_used, pool->cap, sizeof *ps->pen_used);
	}
	rehash_pens(ps);
}

static void
sweep_links(struct pens *ps)
{
	struct pool *pool = &ps->link_pool;

	for (uint32_t i = 1; i < pool->size; i++) {
		struct link *l = &ps->links[i];

		if (l->used)
			continue;
		free(l->uri);
		free(l->id);
		*l = (struct link){ 0 };
	}
	if (collect(ps, pool, live_link))
		ps->links = mem_grow(ps->links, pool->cap, sizeof *ps->links);
	if (pool->limit > LINKS_MAX)
		pool->limit = LINKS_MAX;
	if (pool->count + LINKS_MAX / 8 > LINKS_MAX)
		pool->limit = UINT32_MAX; /* nearly all live: no use */
	rehash_links(ps);
}

static void
sweep_clusters(struct pens *ps)
{
	struct pool *pool = &ps->cluster_pool;

	for (uint32_t i = 1; i < pool->size; i++)
		if (!ps->clusters[i].used)
			ps->clusters[i].len = 0;
	if (collect(ps, pool, live_cluster))
		ps->clusters =
			mem_grow(ps->clusters, pool->cap, sizeof *ps->clusters);
	rehash_clusters(ps);
}

void
pens_sweep_end(struct pens *ps)
{
	sweep_pens(ps);
	sweep_links(ps);
	sweep_clusters(ps);
}
