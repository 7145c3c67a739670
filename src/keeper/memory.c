/* keeper/memory.c - the session memory: made, mapped, given back. */
#include "keeper/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"

enum {
	HEAD = 64 << 10, /* any page size fits */
	RING = 16 << 20, /* room; how much of it is used is the custodian's */
	FULL = 16 << 20,
	SCREEN = 2 << 20,
};

_Static_assert(sizeof(struct memory_head) <= HEAD, "the head has grown out");

/* A file without a name. */
static int
nameless(void)
{
#ifdef MFD_CLOEXEC
	int fd = io_check(memfd_create("cdo-session", MFD_CLOEXEC));

	if (fd != -ENOSYS)
		return fd;
#endif
	char name[64];

	snprintf(name, sizeof name, "/cdo-%ld", (long)getpid());
	int shm = io_check(shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600));
	if (shm >= 0) {
		shm_unlink(name);
		io_cloexec(shm, true);
	}
	return shm;
}

/* Where the frames are; returns the length of the whole. */
static uint64_t
lay_out(struct memory_head *h)
{
	static const uint64_t sizes[MEMORY_KINDS] = {
		[MEMORY_FULL] = FULL,
		[MEMORY_SCREEN] = SCREEN,
	};
	uint64_t at = HEAD + RING;

	for (int kind = 0; kind < MEMORY_KINDS; kind++)
		for (int i = 0; i < 2; i++) {
			h->frames[kind][i].at = at;
			h->frames[kind][i].size = sizes[kind];
			at += sizes[kind];
		}
	return at;
}

int
memory_create(void)
{
	struct memory_head h = {
		.magic = MEMORY_MAGIC,
		.version = MEMORY_VERSION,
		.head_size = HEAD,
		.ring_at = HEAD,
		.ring_size = RING,
	};
	int fd, r;

	fd = nameless();
	if (fd < 0)
		return fd;
	r = io_check(ftruncate(fd, (off_t)lay_out(&h)));
	if (r == 0)
		r = io_check(getentropy(h.epoch, sizeof h.epoch));
	if (r == 0)
		r = io_write_all(fd, &h, sizeof h);
	if (r < 0) {
		io_close(fd);
		return r;
	}
	return fd;
}

static void *
map(void *where, size_t len, int fixed, int fd, uint64_t at)
{
	void *p = mmap(where, len, PROT_READ | PROT_WRITE, MAP_SHARED | fixed,
		       fd, (off_t)at);

	return p == MAP_FAILED ? NULL : p;
}

static bool
fits(uint64_t at, uint64_t len, uint64_t size)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

	return at % page == 0 && len % page == 0 && len > 0 && at <= size &&
	       len <= size - at;
}

static bool
readable(const struct memory_head *h, uint64_t size)
{
	for (int kind = 0; kind < MEMORY_KINDS; kind++)
		for (int i = 0; i < 2; i++) {
			const struct memory_frame *f = &h->frames[kind][i];

			if (!fits(f->at, f->size, size) || f->len > f->size)
				return false;
		}
	return memcmp(h->magic, MEMORY_MAGIC, sizeof h->magic) == 0 &&
	       h->version == MEMORY_VERSION && fits(0, h->head_size, size) &&
	       h->head_size >= sizeof(struct memory_head) &&
	       fits(h->ring_at, h->ring_size, size) && h->begin <= h->end &&
	       h->end - h->begin <= h->ring_size;
}

struct memory_head *
memory_map(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0 || st.st_size < HEAD)
		return NULL;

	struct memory_head *h = map(NULL, HEAD, 0, fd, 0);
	if (h && !readable(h, (uint64_t)st.st_size)) {
		memory_unmap(h);
		h = NULL;
	}
	return h;
}

void
memory_unmap(struct memory_head *h)
{
	if (h)
		munmap(h, HEAD);
}

uint8_t *
memory_map_ring(const struct memory_head *h, int fd)
{
	size_t n = h->ring_size;
	uint8_t *p = mmap(NULL, 2 * n, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	if (!map(p, n, MAP_FIXED, fd, h->ring_at) ||
	    !map(p + n, n, MAP_FIXED, fd, h->ring_at)) {
		munmap(p, 2 * n);
		return NULL;
	}
	return p;
}

void
memory_unmap_ring(const struct memory_head *h, uint8_t *ring)
{
	if (ring)
		munmap(ring, 2 * h->ring_size);
}

uint8_t *
memory_map_frame(const struct memory_frame *f, int fd)
{
	return map(NULL, f->size, 0, fd, f->at);
}

void
memory_unmap_frame(const struct memory_frame *f, uint8_t *data)
{
	if (data)
		munmap(data, f->size);
}

int
memory_punch(int fd, uint64_t at, uint64_t len)
{
#ifdef FALLOC_FL_PUNCH_HOLE
	return io_check(fallocate(fd,
				  FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
				  (off_t)at, (off_t)len));
#else
	(void)fd;
	(void)at;
	(void)len;
	return -ENOSYS;
#endif
}
