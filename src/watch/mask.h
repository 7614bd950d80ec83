/* Secrets, found again in any text that a command says or that is about to be shown or
 * recorded (DESIGN section 5: they never reach the record): those that were learned, those
 * of the configured patterns, and what looks like one (mask_shape.h). */
#ifndef TOCSIN_WATCH_MASK_H
#define TOCSIN_WATCH_MASK_H

#include "base/buf.h"
#include "base/settings.h"

#include <stdbool.h>

struct mask;

/* [secrets]: patterns of what is to be hidden. */
extern const struct settings_def secrets_section;

struct mask *mask_new(void);
void mask_free(struct mask *mask); /* NULL allowed */
/* Learns what http_mask_url would hide of a URL: its user, keys in its path, its query.
 * The scheme may be absent. Each is found by itself later, with the character that marks
 * its place ("/KEY", "USER@"), so a part of the URL gives nothing away either. */
void mask_add_url(struct mask *mask, const char *url);
/* Learns a secret that stands by itself, such as a bearer token. */
void mask_add_token(struct mask *mask, const char *token);
/* Learns a pattern (mask_pattern_at); false when it would hide too much. */
bool mask_add_pattern(struct mask *mask, const char *pattern);
/* Learns the patterns of a [secrets] section; NULL: none. */
void mask_add_secrets(struct mask *mask, const struct settings *section);
/* Appends text (any bytes) with "***" in the place of every secret. */
void mask_text(const struct mask *mask, const char *text, size_t len, struct buf *out);
/* The same for text that comes line by line: a key of several lines is hidden whole.
 * `inside` is false before the first. */
void mask_lines(const struct mask *mask, bool *inside, const char *text, size_t len, struct buf *out);
/* Follows text that nobody will see, so that `inside` is right after it. */
void mask_skip(bool *inside, const char *text, size_t len);
/* How many bytes at the end may be the beginning of a secret that goes on. */
size_t mask_unfinished(const struct mask *mask, const char *text, size_t len);
/* The length of the longest secret, 0 when there is none. */
size_t mask_longest(const struct mask *mask);

#endif
