/* base/words.h - lists of strings with NULL at the end, plain or K=V. */
#ifndef CDO_BASE_WORDS_H
#define CDO_BASE_WORDS_H

#include <stddef.h>

/* NULL is the empty list.  The list and its strings are on the heap. */
size_t words_count(char *const *list);
void words_add(char ***list, const char *word);
char **words_copy(char *const *list);
void words_free(char **list);

/* The value behind "key=", borrowed, or NULL. */
const char *words_get(char *const *list, const char *key);
/* Puts key=value in place of an older one; a NULL value removes the key. */
void words_set(char ***list, const char *key, const char *value);

#endif
