/* vt/pen.h - interned attributes, links and clusters that cells refer to. */
#ifndef CDO_VT_PEN_H
#define CDO_VT_PEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vt/screen.h"

/*
 * How text looks.  Colours and attrs as in screen.h (COLOR_*, CELL_*); link
 * is a number of pens_link, 0 none.  All-zero is the default pen.  No padding,
 * so that pens compare and hash as memory.
 */
struct pen {
	uint32_t fg, bg, ul;
	uint16_t attrs;
	uint16_t link;
};

enum {
	CLUSTER_MAX = 64, /* bytes of UTF-8 in a cell; marks beyond are lost */
	LINK_MAX = 4096, /* bytes of an OSC 8 URI; a longer one is no link */
	LINK_ID_MAX = 256, /* and of its id, which is left out when longer */
	LINKS_MAX = 8192,
};

struct link {
	char *uri; /* NULL: this number is free */
	char *id; /* "" if the program gave none */
	bool used; /* while sweeping */
};

struct cluster {
	uint8_t len; /* 0: this number is free */
	bool used;
	char text[CLUSTER_MAX + 1]; /* NUL behind it */
};

/* A hash of numbers into an array of values: open addressing. */
struct pool {
	uint32_t *slots; /* number + 1; 0 is empty */
	uint32_t n_slots; /* a power of two */
	uint32_t count; /* live values */
	uint32_t size, cap; /* of the array; numbers below size were given */
	uint32_t *spare; /* numbers that a sweep freed */
	uint32_t n_spare;
	uint32_t limit; /* sweep when count reaches it */
};

struct pens {
	struct pool pen_pool, link_pool, cluster_pool;
	struct pen *pens; /* number 0 is the default pen */
	bool *pen_used;
	struct link *links; /* number 0 is no link */
	struct cluster *clusters;
};

void pens_init(struct pens *);
void pens_release(struct pens *);

/*
 * The number of this pen; equal pens have equal numbers.  Most say all in it:
 * a program may use every pair of 256 colours, and none takes memory.
 */
enum {
	PENS_PLAIN = 1 << 29, /* and fg, bg: 9 bits each, attrs: 11 */
	PENS_ATTRS = CELL_PROTECTED - 1,
};
uint32_t pens_find(struct pens *, const struct pen *);
/* 0 if it is too long or the table is full of links in use. */
uint16_t pens_link(struct pens *, const char *id, const char *uri);
/* The number of this text (len 1..CLUSTER_MAX). */
uint32_t pens_cluster(struct pens *, const char *text, size_t len);

static inline struct pen
pens_get(const struct pens *ps, uint32_t number)
{
	if (!(number & PENS_PLAIN))
		return ps->pens[number];
	return (struct pen){
		.fg = (number << 16 & COLOR_INDEX) | (number & 0xff),
		.bg = (number << 7 & COLOR_INDEX) | (number >> 9 & 0xff),
		.attrs = number >> 18 & PENS_ATTRS,
	};
}

/* A table has doubled: the owner of the cells should mark and sweep. */
static inline bool
pens_full(const struct pens *ps)
{
	return ps->pen_pool.count >= ps->pen_pool.limit ||
	       ps->cluster_pool.count >= ps->cluster_pool.limit ||
	       ps->link_pool.count >= ps->link_pool.limit;
}

/*
 * Between sweep_begin and sweep_end, every number in use is marked; the others
 * are free afterwards.  Marked numbers stay what they are.
 */
void pens_sweep_begin(struct pens *);
void pens_sweep_end(struct pens *);

static inline void
pens_mark(struct pens *ps, uint32_t number)
{
	if (!(number & PENS_PLAIN))
		ps->pen_used[number] = true;
}

static inline void
pens_mark_cluster(struct pens *ps, uint32_t number)
{
	ps->clusters[number].used = true;
}

static inline void
pens_mark_link(struct pens *ps, uint16_t number)
{
	ps->links[number].used = true;
}

#endif
