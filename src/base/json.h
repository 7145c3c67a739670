/* base/json.h - JSON out and in (jansson). */
#ifndef CDO_BASE_JSON_H
#define CDO_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

/*
 * A tree of values.  Setters take no ownership of strings; a nested value is
 * owned by the one it was put in.  A NULL string becomes null.  Bytes that are
 * not UTF-8 become U+FFFD.
 */
struct json;

struct json *json_new_object(void);
struct json *json_new_array(void);
void json_free(struct json *);

void json_set_str(struct json *obj, const char *key, const char *s);
void json_set_int(struct json *obj, const char *key, int64_t v);
void json_set_bool(struct json *obj, const char *key, bool v);
void json_set_null(struct json *obj, const char *key);
/* 0 becomes null. */
void json_set_time(struct json *obj, const char *key, uint64_t unix_ms);
/* Takes v. */
void json_set(struct json *obj, const char *key, struct json *v);
/* Lists as in base/words.h: an array, or an object of "key=value"s. */
void json_set_words(struct json *obj, const char *key, char *const *list);
void json_set_pairs(struct json *obj, const char *key, char *const *list);
void json_add_str(struct json *arr, const char *s);
/* Takes v. */
void json_add(struct json *arr, struct json *v);

/* Borrowed from the tree; NULL, def or 0 if missing or of another type. */
const char *json_str(const struct json *obj, const char *key);
int64_t json_int(const struct json *obj, const char *key, int64_t def);
double json_number(const struct json *obj, const char *key, double def);
bool json_bool(const struct json *obj, const char *key, bool def);
const struct json *json_get(const struct json *obj, const char *key);
size_t json_count(const struct json *arr);
const struct json *json_at(const struct json *arr, size_t i);
const char *json_at_str(const struct json *arr, size_t i);
double json_at_number(const struct json *arr, size_t i, double def);
/* Key and value number i of an object, in the order they were set. */
const char *json_key(const struct json *obj, size_t i,
		     const struct json **value);
const char *json_value_str(const struct json *value);

/* One line, or indented when pretty; a newline at the end. */
void json_write(const struct json *, bool pretty, struct buf *out);
/* NULL with *why (caller frees) if it is not JSON or nested past 32. */
struct json *json_parse(const void *data, size_t len, char **why);

#endif
