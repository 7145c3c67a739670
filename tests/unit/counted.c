/* unit/counted.c - how often memory was asked for. */
#include "counted.h"

#include <stddef.h>

void *__real_malloc(size_t len);
void *__real_calloc(size_t n, size_t len);
void *__real_realloc(void *old, size_t len);
void *__wrap_malloc(size_t len);
void *__wrap_calloc(size_t n, size_t len);
void *__wrap_realloc(void *old, size_t len);

unsigned allocations;

void *
__wrap_malloc(size_t len)
{
	allocations++;
	return __real_malloc(len);
}

void *
__wrap_calloc(size_t n, size_t len)
{
	allocations++;
	return __real_calloc(n, len);
}

void *
__wrap_realloc(void *old, size_t len)
{
	allocations++;
	return __real_realloc(old, len);
}
