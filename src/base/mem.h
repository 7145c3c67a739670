/* base/mem.h - memory that is there, or the process is not. */
#ifndef CDO_BASE_MEM_H
#define CDO_BASE_MEM_H

#include <stddef.h>

/*
 * Like malloc, calloc, realloc, reallocarray and strdup, but running out of
 * memory aborts (design.md: any process of ours may die and the sessions
 * live).  The caller frees with free().  An overflowing n * size aborts too.
 */
void *mem_alloc(size_t size);
void *mem_zero(size_t n, size_t size);
void *mem_grow(void *old, size_t n, size_t size);
void *mem_dup(const void *data, size_t len);
char *mem_str(const char *s);
char *mem_strn(const char *s, size_t len);

#endif
