/* Secrets that nobody named, known by their look: tokens of well-known services, keys,
 * passwords beside their names (engineering reference 4.7). Hashes of blocks and
 * transactions, addresses and node ids look like none of these and stay. */
#ifndef TOCSIN_WATCH_MASK_SHAPE_H
#define TOCSIN_WATCH_MASK_SHAPE_H

#include <stdbool.h>
#include <stddef.h>

/* A secret that begins at text[at]: how many bytes it takes, 0 when there is none. The first
 * *shown of them say what it is ("Bearer ") and may be seen. */
size_t mask_shape_at(const char *text, size_t len, size_t at, size_t *shown);
/* The same for a pattern of a configuration: letters stand for themselves, '*' for any
 * number of characters of a token (letters, digits, and - _ . + / =), '?' for one. */
size_t mask_pattern_at(const char *pattern, const char *text, size_t len);
/* True when a pattern says enough: at least three letters before its first '*'. */
bool mask_pattern_is_safe(const char *pattern);
/* True if a name says that its value is secret: "deploy_token", "DB_PASSWORD". */
bool mask_name_is_secret(const char *name);

#endif
