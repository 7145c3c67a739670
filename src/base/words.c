/* base/words.c - lists of strings with NULL at the end, plain or K=V. */
#include "base/words.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

size_t
words_count(char *const *list)
{
	size_t n = 0;

	while (list != NULL && list[n] != NULL)
		n++;
	return n;
}

/* Takes word. */
static void
push(char ***list, char *word)
{
	size_t n = words_count(*list);

	*list = mem_grow(*list, n + 2, sizeof **list);
	(*list)[n] = word;
	(*list)[n + 1] = NULL;
}

void
words_add(char ***list, const char *word)
{
	push(list, mem_str(word));
}

char **
words_copy(char *const *list)
{
	size_t n = words_count(list);

	if (n == 0)
		return NULL;
	char **copy = mem_zero(n + 1, sizeof *copy);
	for (size_t i = 0; i < n; i++)
		copy[i] = mem_str(list[i]);
	return copy;
}

void
words_free(char **list)
{
	for (size_t i = 0; list != NULL && list[i] != NULL; i++)
		free(list[i]);
	free(list);
}

/* Where key is, or the end of the list. */
static size_t
find(char *const *list, const char *key)
{
	size_t i = 0, len = strlen(key);

	while (list != NULL && list[i] != NULL &&
	       (strncmp(list[i], key, len) != 0 || list[i][len] != '='))
		i++;
	return i;
}

const char *
words_get(char *const *list, const char *key)
{
	size_t i = find(list, key);

	if (list == NULL || list[i] == NULL)
		return NULL;
	return list[i] + strlen(key) + 1;
}

void
words_set(char ***list, const char *key, const char *value)
{
	size_t i = find(*list, key), n = words_count(*list);

	if (value != NULL && i == n) {
		push(list, str_printf("%s=%s", key, value));
	} else if (value != NULL) {
		free((*list)[i]);
		(*list)[i] = str_printf("%s=%s", key, value);
	} else if (i < n) {
		free((*list)[i]);
		memmove(*list + i, *list + i + 1, (n - i) * sizeof **list);
	}
}
