/* base/json.c - JSON out and in (jansson). */
#include "base/json.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"

enum { DEPTH = 32 };

/* `struct json` is never defined: a pointer to it is jansson's json_t. */
static json_t *
theirs(const struct json *v)
{
	return (json_t *)(uintptr_t)v;
}

static struct json *
must(json_t *v)
{
	if (!v)
		abort();
	return (struct json *)v;
}

struct json *
json_new_object(void)
{
	return must(json_object());
}

struct json *
json_new_array(void)
{
	return must(json_array());
}

void
json_free(struct json *v)
{
	json_decref(theirs(v));
}

/* A copy in which every byte that is not UTF-8 became U+FFFD. */
static char *
repaired(const char *s)
{
	struct buf b = { 0 };

	for (; *s;) {
		size_t n = str_utf8(s, strlen(s));

		if (n)
			buf_append(&b, s, n);
		else
			buf_str(&b, "\xef\xbf\xbd");
		s += n ? n : 1;
	}
	return buf_steal(&b);
}

static struct json *
string(const char *s)
{
	json_t *v;

	if (!s)
		return must(json_null());
	v = json_string(s);
	if (!v) {
		char *clean = repaired(s);

		v = json_string(clean);
		free(clean);
	}
	return must(v);
}

void
json_set(struct json *obj, const char *key, struct json *v)
{
	/* It fails for a key that is not UTF-8. */
	if (json_object_set(theirs(obj), key, theirs(v)) < 0) {
		char *clean = repaired(key);

		json_object_set(theirs(obj), clean, theirs(v));
		free(clean);
	}
	json_decref(theirs(v));
}

void
json_set_str(struct json *obj, const char *key, const char *s)
{
	json_set(obj, key, string(s));
}

void
json_set_int(struct json *obj, const char *key, int64_t v)
{
	json_set(obj, key, must(json_integer(v)));
}

void
json_set_bool(struct json *obj, const char *key, bool v)
{
	json_set(obj, key, must(json_boolean(v)));
}

void
json_set_null(struct json *obj, const char *key)
{
	json_set(obj, key, must(json_null()));
}

void
json_set_time(struct json *obj, const char *key, uint64_t unix_ms)
{
	char *s = unix_ms ? str_time(unix_ms) : NULL;

	json_set_str(obj, key, s);
	free(s);
}

void
json_add(struct json *arr, struct json *v)
{
	if (json_array_append_new(theirs(arr), theirs(v)) < 0)
		abort();
}

void
json_add_str(struct json *arr, const char *s)
{
	json_add(arr, string(s));
}

void
json_set_words(struct json *obj, const char *key, char *const *list)
{
	struct json *arr = json_new_array();

	for (size_t i = 0; list != NULL && list[i] != NULL; i++)
		json_add_str(arr, list[i]);
	json_set(obj, key, arr);
}

void
json_set_pairs(struct json *obj, const char *key, char *const *list)
{
	struct json *pairs = json_new_object();

	for (size_t i = 0; list != NULL && list[i] != NULL; i++) {
		size_t len = strcspn(list[i], "=");
		char *name = mem_strn(list[i], len);

		json_set_str(pairs, name, list[i] + len + 1);
		free(name);
	}
	json_set(obj, key, pairs);
}

const struct json *
json_get(const struct json *obj, const char *key)
{
	return (const struct json *)json_object_get(theirs(obj), key);
}

const char *
json_str(const struct json *obj, const char *key)
{
	return json_value_str(json_get(obj, key));
}

int64_t
json_int(const struct json *obj, const char *key, int64_t def)
{
	const json_t *v = theirs(json_get(obj, key));

	return json_is_integer(v) ? json_integer_value(v) : def;
}

double
json_number(const struct json *obj, const char *key, double def)
{
	const json_t *v = theirs(json_get(obj, key));

	return json_is_number(v) ? json_number_value(v) : def;
}

double
json_at_number(const struct json *arr, size_t i, double def)
{
	const json_t *v = theirs(json_at(arr, i));

	return json_is_number(v) ? json_number_value(v) : def;
}

bool
json_bool(const struct json *obj, const char *key, bool def)
{
	const json_t *v = theirs(json_get(obj, key));

	return json_is_boolean(v) ? json_is_true(v) : def;
}

size_t
json_count(const struct json *v)
{
	return json_is_object(theirs(v)) ? json_object_size(theirs(v))
					 : json_array_size(theirs(v));
}

const struct json *
json_at(const struct json *arr, size_t i)
{
	return (const struct json *)json_array_get(theirs(arr), i);
}

const char *
json_at_str(const struct json *arr, size_t i)
{
	return json_value_str(json_at(arr, i));
}

const char *
json_key(const struct json *obj, size_t i, const struct json **value)
{
	json_t *o = theirs(obj);
	void *it = json_object_iter(o);

	while (it && i--)
		it = json_object_iter_next(o, it);
	*value = it ? (const struct json *)json_object_iter_value(it) : NULL;
	return it ? json_object_iter_key(it) : NULL;
}

const char *
json_value_str(const struct json *value)
{
	return json_string_value(theirs(value));
}

static int
append(const char *data, size_t len, void *out)
{
	buf_append(out, data, len);
	return 0;
}

void
json_write(const struct json *v, bool pretty, struct buf *out)
{
	size_t flags = JSON_ENCODE_ANY |
		       (pretty ? JSON_INDENT(2) : (size_t)JSON_COMPACT);

	if (json_dump_callback(theirs(v), append, out, flags) < 0)
		abort();
	buf_byte(out, '\n');
}

/*
 * jansson nests as deep as its stack (2048 levels): count before it reads.
 * Brackets in strings do not nest.
 */
static bool
too_deep(const char *p, size_t len)
{
	size_t depth = 0;
	bool quoted = false;

	for (size_t i = 0; i < len; i++) {
		if (quoted) {
			if (p[i] == '\\')
				i++;
			else if (p[i] == '"')
				quoted = false;
		} else if (p[i] == '"') {
			quoted = true;
		} else if (p[i] == '[' || p[i] == '{') {
			if (++depth > DEPTH)
				return true;
		} else if ((p[i] == ']' || p[i] == '}') && depth) {
			depth--;
		}
	}
	return false;
}

struct json *
json_parse(const void *data, size_t len, char **why)
{
	json_error_t err;
	json_t *v;

	*why = NULL;
	if (too_deep(data, len)) {
		*why = str_printf("nested deeper than %d", DEPTH);
		return NULL;
	}
	v = json_loadb(data ? data : "", len, JSON_DECODE_ANY, &err);
	if (!v)
		*why = str_printf("line %d: %s", err.line, err.text);
	return (struct json *)v;
}
