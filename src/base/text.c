/* Clean text and its width. */
#include "config.h"

#include "base/text.h"

#include <langinfo.h>
#include <locale.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <utf8proc.h>
#include <wchar.h>

enum {
	REPLACEMENT = 0xfffd,
	ESC = 0x1b,
	BEL = 0x07,
	DEL = 0x7f,
	MARKS_MAX = 2, /* zero-width marks upon one base */
	TAB_COLUMNS = 8,
};

/* --- UTF-8 ------------------------------------------------------------------ */

size_t text_decode(const char *src, size_t len, uint32_t *code)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *p = (const unsigned char *)src;
	uint32_t c;
	size_t size;

	if (len == 0)
		return 0;
	if (p[0] < 0x80) {
		*code = p[0];
		return 1;
	}
	size = p[0] >= 0xf0 ? 4 : (p[0] >= 0xe0 ? 3 : 2);
	if (p[0] < 0xc2 || p[0] > 0xf4 || size > len)
		return 0;
	c = p[0] & (0x7fu >> size);
	for (size_t i = 1; i < size; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3fu);
	}
	if (c < smallest[size] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*code = c;
	return size;
}

size_t text_encode(char dst[4], uint32_t code)
{
	static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
	size_t size = code < 0x80 ? 1 : (code < 0x800 ? 2 : (code < 0x10000 ? 3 : 4));

	for (size_t i = size - 1; i > 0; i--, code >>= 6)
		dst[i] = (char)(0x80 | (code & 0x3f));
	dst[0] = (char)(lead[size] | code);
	return size;
}

/* --- width ------------------------------------------------------------------ */

static locale_t utf8_locale;
static pthread_once_t utf8_once = PTHREAD_ONCE_INIT;

static void find_utf8_locale(void)
{
	static const char *const candidates[] = {"C.UTF-8", "en_US.UTF-8", "UTF-8"};

	for (size_t i = 0; !utf8_locale && i < sizeof(candidates) / sizeof(candidates[0]); i++)
		utf8_locale = newlocale(LC_CTYPE_MASK, candidates[i], (locale_t)0);
}

/* Columns of one code point; -1 for what cannot be printed. */
static int code_width(uint32_t code)
{
	locale_t old;
	int width;

	if (code >= ' ' && code < DEL)
		return 1;
	if (strcmp(nl_langinfo(CODESET), "UTF-8") == 0)
		return wcwidth((wchar_t)code);
	/* wcwidth knows only ASCII under LC_ALL=C, but files are still written then. */
	pthread_once(&utf8_once, find_utf8_locale);
	if (!utf8_locale)
		return utf8proc_charwidth((utf8proc_int32_t)code);
	old = uselocale(utf8_locale);
	width = wcwidth((wchar_t)code);
	uselocale(old);
	return width;
}

/* --- cleaning --------------------------------------------------------------- */

/* What has been written so far, as far as marks need to know it. */
struct cleaner {
	bool base; /* something stands before, for a mark to sit on */
	int marks; /* zero-width marks upon it */
};

static bool is_line_end_or_tab(uint32_t c)
{
	return (c >= '\t' && c <= '\r') || c == 0x85 || c == 0x2028 || c == 0x2029;
}

/* They choose how a character looks, widen it behind wcwidth's back, and can carry
 * hidden text. */
static bool is_variation_selector(uint32_t c)
{
	return (c >= 0xfe00 && c <= 0xfe0f) || (c >= 0xe0100 && c <= 0xe01ef) || (c >= 0x180b && c <= 0x180d) || c == 0x180f;
}

/* Invisible, reordering, private or unknown: Cc, Cf, Co, Cs, Cn, default-ignorable
 * letters such as the Hangul fillers, and what libc has no width for. */
static bool is_hidden(uint32_t c)
{
	switch (utf8proc_category((utf8proc_int32_t)c)) {
	case UTF8PROC_CATEGORY_CC:
	case UTF8PROC_CATEGORY_CF:
	case UTF8PROC_CATEGORY_CO:
	case UTF8PROC_CATEGORY_CS:
	case UTF8PROC_CATEGORY_CN:
		return true;
	default:
		return utf8proc_get_property((utf8proc_int32_t)c)->ignorable || code_width(c) < 0;
	}
}

/* The clean form of one code point after what came before; 0 when it vanishes. */
static uint32_t clean_code(struct cleaner *cleaner, uint32_t c)
{
	if (c < ' ' || c >= DEL) {
		if (is_variation_selector(c))
			return 0;
		if (is_line_end_or_tab(c))
			c = ' ';
		else if (is_hidden(c))
			c = REPLACEMENT;
		else if (code_width(c) == 0 && cleaner->base)
			return cleaner->marks++ < MARKS_MAX ? c : 0;
		else if (code_width(c) == 0)
			c = REPLACEMENT;
	}
	cleaner->base = true;
	cleaner->marks = 0;
	return c;
}

/* How many bytes from here on are plain: one column each, clean, and no mark upon them.
 * Nearly all text is, and a screen is full of it. */
static size_t plain_length(const char *text, const char *end)
{
	const char *p = text;

	while (p < end && *p >= ' ' && *p < DEL)
		p++;
	return (size_t)(p - text);
}

static void take_plain(struct cleaner *cleaner, size_t len)
{
	if (len == 0)
		return;
	cleaner->base = true;
	cleaner->marks = 0;
}

/* Reads one code point and moves on; an invalid byte reads as U+FFFD. */
static uint32_t read_code(const char **at, const char *end)
{
	uint32_t c;
	size_t size = text_decode(*at, (size_t)(end - *at), &c);

	*at += size ? size : 1;
	return size ? c : REPLACEMENT;
}

size_t text_clean(char *dst, size_t size, const char *src, size_t len)
{
	struct cleaner cleaner = {0};
	const char *end = src + len;
	size_t at = 0;

	while (src < end) {
		char bytes[4];
		size_t plain = plain_length(src, end);

		if (plain > 0) {
			size_t take = plain < size - 1 - at ? plain : size - 1 - at;
			memcpy(dst + at, src, take);
			at += take;
			src += plain;
			take_plain(&cleaner, plain);
			if (take < plain)
				break;
			continue;
		}
		uint32_t c = clean_code(&cleaner, read_code(&src, end));
		size_t n = c ? text_encode(bytes, c) : 0;

		if (at + n >= size)
			break;
		memcpy(dst + at, bytes, n);
		at += n;
	}
	dst[at] = '\0';
	return at;
}

/* Where the control string of an OSC, DCS, SOS, PM or APC ends: after BEL or ESC \
 * on the same line. NULL when it does not. */
static const char *control_string_end(const char *p, const char *end)
{
	for (; p < end && *p != '\n'; p++) {
		if (*p == BEL)
			return p + 1;
		if (*p == ESC && p + 1 < end && p[1] == '\\')
			return p + 2;
	}
	return NULL;
}

/* Past bytes from low to high, then one final byte from first to last; else NULL. */
static const char *sequence_end(const char *p, const char *end, char low, char high, char first, char last)
{
	while (p < end && *p >= low && *p <= high)
		p++;
	return p < end && *p >= first && *p <= last ? p + 1 : NULL;
}

/* The end of the escape sequence whose ESC is before p, or NULL when it is none. */
static const char *escape_end(const char *p, const char *end)
{
	if (p == end)
		return NULL;
	if (*p == '[')
		return sequence_end(p + 1, end, ' ', '?', '@', '~');
	if (*p && strchr("]PX^_", *p))
		return control_string_end(p + 1, end);
	return sequence_end(p, end, ' ', '/', '0', '~');
}

/* Cleans one line without its end into dst. */
static void clean_line(struct buf *dst, const char *p, const char *end)
{
	struct cleaner cleaner = {0};
	int column = 0;

	while (p < end) {
		const char *after = *p == ESC ? escape_end(p + 1, end) : NULL;
		bool tab = *p == '\t';
		char bytes[4];
		uint32_t c;

		if (after) {
			p = after;
			continue;
		}
		c = clean_code(&cleaner, read_code(&p, end));
		if (!c)
			continue;
		do {
			buf_add(dst, bytes, text_encode(bytes, c));
			column += code_width(c);
		} while (tab && column % TAB_COLUMNS);
	}
}

void text_clean_lines(struct buf *dst, const char *src, size_t len)
{
	const char *end = src + len;

	while (src < end) {
		const char *stop = src;

		while (stop < end && *stop != '\n' && *stop != '\r')
			stop++;
		clean_line(dst, src, stop);
		if (stop == end)
			return;
		buf_putc(dst, '\n');
		src = stop + (*stop == '\r' && stop + 1 < end && stop[1] == '\n' ? 2 : 1);
	}
}

bool text_is_clean(const char *src, size_t len)
{
	struct cleaner cleaner = {0};
	const char *end = src + len;

	while (src < end) {
		uint32_t c;
		size_t plain = plain_length(src, end), size;

		src += plain;
		take_plain(&cleaner, plain);
		if (src == end)
			break;
		size = text_decode(src, (size_t)(end - src), &c);
		if (!size || clean_code(&cleaner, c) != c)
			return false;
		src += size;
	}
	return true;
}

/* --- measuring and cutting --------------------------------------------------- */

/* The width of the code point at *at, in a string, and past it. */
static int next_width(const char **at)
{
	return code_width(read_code(at, *at + strnlen(*at, 4)));
}

bool text_next(const char **cursor, struct text_grapheme *out)
{
	const char *p = *cursor, *next;
	int width;

	if (!*p)
		return false;
	if (*p >= ' ' && *p < DEL && (unsigned char)p[1] < 0x80) {
		*out = (struct text_grapheme){.bytes = p, .len = 1, .width = 1};
		*cursor = p + 1;
		return true;
	}
	width = next_width(&p);
	out->bytes = *cursor;
	out->width = width > 0 ? width : 0;
	for (next = p; (unsigned char)*p >= 0x80 && next_width(&next) == 0;)
		p = next;
	out->len = (size_t)(p - out->bytes);
	*cursor = p;
	return true;
}

int text_width(const char *text)
{
	int sum = 0;

	while (*text) {
		int width;

		if (*text >= ' ' && *text < DEL) {
			sum++;
			text++;
			continue;
		}
		width = next_width(&text);
		sum += width > 0 ? width : 0;
	}
	return sum;
}

/* The longest prefix of whole cells within columns and size bytes. */
static size_t prefix(const char *text, int columns, size_t size)
{
	const char *cursor = text;
	struct text_grapheme cell;
	size_t len = 0;
	int width = 0;

	while (text_next(&cursor, &cell)) {
		if (width + cell.width > columns || len + cell.len > size)
			break;
		width += cell.width;
		len += cell.len;
	}
	return len;
}

void text_fit(char *dst, size_t size, const char *text, int columns, const char *mark)
{
	size_t all = strlen(text), mark_len = strlen(mark), len = prefix(text, columns, size - 1);
	int mark_width = text_width(mark);

	if (len < all && mark_width <= columns && mark_len < size) {
		len = prefix(text, columns - mark_width, size - 1 - mark_len);
		memcpy(dst + len, mark, mark_len);
		dst[len + mark_len] = '\0';
	} else {
		dst[len] = '\0';
	}
	memcpy(dst, text, len);
}

/* --- small things ------------------------------------------------------------ */

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool text_contains(const char *haystack, const char *needle)
{
	for (;; haystack++) {
		size_t i = 0;

		while (needle[i] && lower(haystack[i]) == lower(needle[i]))
			i++;
		if (!needle[i])
			return true;
		if (!*haystack)
			return false;
	}
}

/* The length of text without a character that was cut in its middle. */
static size_t whole(const char *text, size_t len)
{
	size_t start = len;
	uint32_t code;

	while (start > 0 && len - start < 4) {
		unsigned char c = (unsigned char)text[--start];

		if (c < 0x80)
			return len;
		if (c >= 0xc0)
			return text_decode(text + start, len - start, &code) ? len : start;
	}
	return len;
}

bool text_word(const char **cursor, char *word, size_t size)
{
	static const char blanks[] = " \t\n\v\f\r";
	const char *start = *cursor + strspn(*cursor, blanks);
	size_t len = strcspn(start, blanks);

	*cursor = start + len;
	if (len == 0)
		return false;
	if (len >= size)
		len = whole(start, size - 1);
	memcpy(word, start, len);
	word[len] = '\0';
	return true;
}

char *text_format(char *dst, size_t size, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(dst, size, fmt, args);
	va_end(args);
	if (len < 0)
		dst[0] = '\0';
	else if ((size_t)len >= size)
		dst[whole(dst, size - 1)] = '\0';
	return dst;
}

char *text_thousands(char *dst, size_t size, int64_t number)
{
	uint64_t left = number < 0 ? -(uint64_t)number : (uint64_t)number;
	char text[27];
	size_t at = sizeof(text) - 1;
	int count = 0;

	text[at] = '\0';
	do {
		if (count && count % 3 == 0)
			text[--at] = ',';
		text[--at] = (char)('0' + left % 10);
		left /= 10;
		count++;
	} while (left);
	if (number < 0)
		text[--at] = '-';
	return text_format(dst, size, "%s", text + at);
}
