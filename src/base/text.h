/* Text that may come from anywhere, made safe and measured for a terminal.
 * Width is libc's wcwidth, because ncurses counts with it (engineering reference 4.3). */
#ifndef TOCSIN_BASE_TEXT_H
#define TOCSIN_BASE_TEXT_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Copies src (len bytes, any bytes) into dst as one clean UTF-8 line: control
 * characters, line ends, tabs, bidi and zero-width formatting, private-use,
 * unassigned and invalid bytes become U+FFFD or a blank; at most two combining
 * marks per base. Never splits a character; always NUL-terminates.
 * Returns the bytes written. */
size_t text_clean(char *dst, size_t size, const char *src, size_t len);

/* The same for text of several lines: '\n' stays, tabs become blanks to the next
 * column of eight, "\r\n" becomes '\n', SGR and other escape sequences vanish whole. */
void text_clean_lines(struct buf *dst, const char *src, size_t len);

/* True if text_clean would leave these bytes as they are. */
bool text_is_clean(const char *src, size_t len);

/* Columns that clean UTF-8 text takes on a terminal. */
int text_width(const char *text);

/* One grapheme at *cursor: sets its bytes and columns, moves the cursor past it.
 * False at the end. */
struct text_grapheme {
	const char *bytes;
	size_t len;
	int width;
};
bool text_next(const char **cursor, struct text_grapheme *out);

/* Copies clean text cut to at most `columns`, ending in `mark` ("…" or "~") when
 * something was cut. */
void text_fit(char *dst, size_t size, const char *text, int columns, const char *mark);

/* Case-insensitive substring test on clean UTF-8 (ASCII case only). */
bool text_contains(const char *haystack, const char *needle);

/* Splits on ASCII white space; returns the next word in a fixed copy or false. */
bool text_word(const char **cursor, char *word, size_t size);

/* snprintf that returns dst and never overruns; for building short labels. */
char *text_format(char *dst, size_t size, const char *fmt, ...) TOCSIN_PRINTF(3, 4);

/* Appends a decimal with thousands separators: 4,812,331. */
char *text_thousands(char *dst, size_t size, int64_t number);

#endif
