/* Text that may come from anywhere, made safe and measured for a terminal.
 * Width is libc's wcwidth, because ncurses counts with it (engineering reference 4.3). */
#ifndef TOCSIN_BASE_TEXT_H
#define TOCSIN_BASE_TEXT_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Copies src (len bytes, any bytes) into dst as one clean UTF-8 line. Line ends and
 * tabs become a blank. Control characters, bidi and zero-width formatting, tags,
 * private-use, unassigned and invalid bytes become U+FFFD, so that they are seen.
 * Variation selectors vanish, and so do zero-width marks after the second on one
 * base; a mark without a base becomes U+FFFD. Never splits a character; always
 * NUL-terminates (size > 0). Cleaning what is clean changes nothing.
 * Returns the bytes written. */
size_t text_clean(char *dst, size_t size, const char *src, size_t len);

/* The same for text of several lines: '\n' stays, "\r\n" and a lone '\r' become
 * '\n', tabs become blanks to the next column of eight, SGR and other escape
 * sequences vanish whole (an unfinished one does not: nothing may hide behind it). */
void text_clean_lines(struct buf *dst, const char *src, size_t len);

/* True if text_clean would leave these bytes as they are. */
bool text_is_clean(const char *src, size_t len);

/* Decodes one UTF-8 character of src (len bytes) strictly: no overlong forms, no
 * surrogates, nothing above U+10FFFF. Returns its bytes, or 0 when it is invalid. */
size_t text_decode(const char *src, size_t len, uint32_t *code);
/* Writes the UTF-8 form of a code point without a NUL; returns its bytes. */
size_t text_encode(char dst[4], uint32_t code);

/* Columns that clean UTF-8 text takes on a terminal, whatever the locale. */
int text_width(const char *text);

/* What fills one cell at *cursor: a spacing character with the marks upon it, as
 * ncurses groups them. Sets its bytes and columns, moves the cursor past it.
 * False at the end. Of clean text never more than 12 bytes and 2 columns. */
struct text_grapheme {
	const char *bytes;
	size_t len;
	int width;
};
bool text_next(const char **cursor, struct text_grapheme *out);

/* Copies clean text cut to at most `columns`, ending in `mark` ("…" or "~") when
 * something was cut and the mark itself has room. */
void text_fit(char *dst, size_t size, const char *text, int columns, const char *mark);

/* Case-insensitive substring test on clean UTF-8 (ASCII case only). */
bool text_contains(const char *haystack, const char *needle);

/* Splits on ASCII white space; copies the next word, cut to size, and moves the
 * cursor past all of it. False when there is none. */
bool text_word(const char **cursor, char *word, size_t size);

/* snprintf that returns dst, never overruns and never leaves half a character; for
 * building short labels. */
char *text_format(char *dst, size_t size, const char *fmt, ...) TOCSIN_PRINTF(3, 4);

/* Writes a decimal with thousands separators: 4,812,331. 27 bytes always suffice. */
char *text_thousands(char *dst, size_t size, int64_t number);

#endif
