/* base/mem.c - memory that is there, or the process is not. */
#include "base/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void *
must(void *p)
{
	if (!p)
		abort();
	return p;
}

void *
mem_alloc(size_t size)
{
	return must(malloc(size ? size : 1));
}

void *
mem_zero(size_t n, size_t size)
{
	return must(calloc(n ? n : 1, size ? size : 1));
}

void *
mem_grow(void *old, size_t n, size_t size)
{
	size_t all;

	if (__builtin_mul_overflow(n, size, &all))
		abort();
	return must(realloc(old, all ? all : 1));
}

void *
mem_dup(const void *data, size_t len)
{
	void *p = mem_alloc(len);

	if (len)
		memcpy(p, data, len);
	return p;
}

char *
mem_str(const char *s)
{
	return mem_dup(s, strlen(s) + 1);
}

char *
mem_strn(const char *s, size_t len)
{
	char *p = mem_alloc(len + 1);

	if (len)
		memcpy(p, s, len);
	p[len] = '\0';
	return p;
}
