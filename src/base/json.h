/* JSON behind one bounded door. Reading wraps cJSON with limits on bytes, memory
 * and depth and rejects what cJSON lets through (engineering reference 4.1);
 * writing streams into a struct buf. */
#ifndef TOCSIN_BASE_JSON_H
#define TOCSIN_BASE_JSON_H

#include "base/buf.h"
#include "base/number.h"

#include <stdbool.h>
#include <stdint.h>

struct json; /* a parsed value; opaque */

/* Parses exactly one value with nothing but white space after it. Rejects a byte
 * order mark, \u0000, raw control bytes in strings, invalid UTF-8, duplicate keys,
 * more than `memory_limit` bytes of tree, and depth beyond 64. Free with json_free. */
struct json *json_parse(const char *text, size_t len, size_t memory_limit, struct error *err);
void json_free(struct json *root);

/* Navigation. All accept NULL and answer NULL or false, so that a path can be
 * walked and asked once at its end. Keys are compared case-sensitively. */
const struct json *json_get(const struct json *object, const char *key);
const struct json *json_first(const struct json *container);
const struct json *json_next(const struct json *item);
const char *json_key(const struct json *member);
size_t json_count(const struct json *container);

bool json_is_object(const struct json *v);
bool json_is_array(const struct json *v);
bool json_is_null(const struct json *v);
const char *json_string(const struct json *v); /* NULL unless a string */
bool json_bool(const struct json *v, bool *out) TOCSIN_CHECK;
/* An integral number within +-2^53. */
bool json_i64(const struct json *v, int64_t *out) TOCSIN_CHECK;
/* Any number, as near as a double gets. */
bool json_double(const struct json *v, double *out) TOCSIN_CHECK;
/* A string "0x…" quantity. */
bool json_quantity(const struct json *v, uint64_t *out) TOCSIN_CHECK;

/* Writes the canonical form (RFC 8785 for objects, arrays, strings, integers,
 * booleans and null: sorted keys, no blanks). False if the tree holds a number
 * that is not an integer within +-2^53. */
bool json_canonical(const struct json *v, struct buf *out) TOCSIN_CHECK;

/* --- writing ------------------------------------------------------------- */

struct json_writer {
	struct buf *out;
	int depth;
	bool comma[32];
	bool pretty; /* two-blank indentation, for people */
};

void json_writer_init(struct json_writer *w, struct buf *out, bool pretty);
/* `key` is NULL inside arrays and at the top. */
void json_begin_object(struct json_writer *w, const char *key);
void json_end_object(struct json_writer *w);
void json_begin_array(struct json_writer *w, const char *key);
void json_end_array(struct json_writer *w);
void json_put_string(struct json_writer *w, const char *key, const char *value); /* NULL writes null */
/* The same, and "" writes null too. */
void json_put_text(struct json_writer *w, const char *key, const char *value);
/* A wall time in microseconds as RFC 3339; 0 or less, which is never, writes null. */
void json_put_time(struct json_writer *w, const char *key, int64_t us);
void json_put_i64(struct json_writer *w, const char *key, int64_t value);
void json_put_bool(struct json_writer *w, const char *key, bool value);
void json_put_null(struct json_writer *w, const char *key);
/* Canonical text made earlier, taken as it is. */
void json_put_raw(struct json_writer *w, const char *key, const char *json);
/* One quoted string with escapes (control characters, U+2028/9 included). */
void json_quote(struct buf *out, const char *text);

#endif
