/* Hex and wide numbers. */
#include "base/number.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char digits[] = "0123456789abcdef";

/* 0 to 15, or -1. */
static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static const char *after_0x(const char *text)
{
	return text && text[0] == '0' && text[1] == 'x' ? text + 2 : NULL;
}

bool hex_u256(const char *text, struct u256 *out)
{
	const char *p = after_0x(text);
	size_t len;

	if (!p || !*p)
		return false;
	while (p[0] == '0' && p[1])
		p++;
	len = strlen(p);
	if (len > 2 * sizeof(out->bytes))
		return false;
	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < len; i++) {
		int digit = hex_digit(p[len - 1 - i]);
		uint8_t *byte = &out->bytes[sizeof(out->bytes) - 1 - i / 2];

		if (digit < 0)
			return false;
		*byte = (uint8_t)(*byte | digit << (i % 2 ? 4 : 0));
	}
	return true;
}

bool hex_u64(const char *text, uint64_t *out)
{
	struct u256 wide;

	return hex_u256(text, &wide) && u256_u64(&wide, out);
}

bool decimal_u64(const char *text, uint64_t *out)
{
	uint64_t n = 0;

	if (!text || !*text)
		return false;
	for (const char *p = text; *p; p++) {
		unsigned digit;

		if (*p < '0' || *p > '9')
			return false;
		digit = (unsigned)(*p - '0');
		if (n > (UINT64_MAX - digit) / 10)
			return false;
		n = n * 10 + digit;
	}
	*out = n;
	return true;
}

bool hex_data(const char *text, uint8_t *out, size_t capacity, size_t *len)
{
	const char *p = after_0x(text);
	size_t size;

	if (!p)
		return false;
	size = strlen(p);
	if (size % 2 || size / 2 > capacity)
		return false;
	for (size_t i = 0; i < size / 2; i++) {
		int high = hex_digit(p[2 * i]), low = hex_digit(p[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	*len = size / 2;
	return true;
}

/* libc reads and writes the decimal point of the locale. */
static void swap_point(char *text, char from, char to)
{
	char *point = strchr(text, from);

	if (point)
		*point = to;
}

bool decimal_double(const char *text, double *out)
{
	static const struct {
		const char *text;
		double number;
	} words[] = {{"NaN", NAN}, {"Inf", INFINITY}, {"+Inf", INFINITY}, {"-Inf", -INFINITY}};
	char copy[64], *end;

	for (size_t i = 0; text && i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(text, words[i].text) == 0) {
			*out = words[i].number;
			return true;
		}
	}
	if (!text || strlen(text) >= sizeof(copy) || !strpbrk(text, "0123456789") || text[strspn(text, "+-.0123456789eE")] != '\0')
		return false;
	memcpy(copy, text, strlen(text) + 1);
	swap_point(copy, '.', localeconv()->decimal_point[0]);
	*out = strtod(copy, &end);
	return *end == '\0' && isfinite(*out);
}

char *double_text(char *dst, size_t size, double number)
{
	bool moderate = number > -1e15 && number < 1e15, large = number <= -1e5 || number >= 1e5;

	if (isnan(number) || isinf(number))
		snprintf(dst, size, "%s", isnan(number) ? "NaN" : number > 0 ? "+Inf"
									     : "-Inf");
	else if (moderate && (large || number == (double)(int64_t)number))
		snprintf(dst, size, "%.0f", number);
	else
		snprintf(dst, size, "%.6g", number);
	swap_point(dst, localeconv()->decimal_point[0], '.');
	return dst;
}

bool hex_bytes(const char *text, uint8_t *out, size_t size)
{
	size_t len;

	return text && strlen(text) == 2 + 2 * size && hex_data(text, out, size, &len);
}

char *hex_text(char *dst, size_t size, const uint8_t *bytes, size_t len, bool prefix)
{
	size_t at = 0;

	if (size == 0)
		return dst;
	if (prefix && size > 2) {
		dst[at++] = '0';
		dst[at++] = 'x';
	}
	for (size_t i = 0; i < len && size - at > 2; i++) {
		dst[at++] = digits[bytes[i] >> 4];
		dst[at++] = digits[bytes[i] & 15];
	}
	dst[at] = '\0';
	return dst;
}

bool address_parse(const char *text, struct address *out)
{
	return hex_bytes(text, out->bytes, sizeof(out->bytes));
}

char *address_text(char dst[ADDRESS_TEXT], const struct address *address)
{
	return hex_text(dst, ADDRESS_TEXT, address->bytes, sizeof(address->bytes), true);
}

int address_compare(const void *a, const void *b)
{
	const struct address *left = a, *right = b;

	return memcmp(left->bytes, right->bytes, sizeof(left->bytes));
}

int number_compare(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

bool address_equal(const struct address *a, const struct address *b)
{
	return address_compare(a, b) == 0;
}

/* Divides the big-endian bytes in place and returns the remainder. */
static unsigned divide(uint8_t bytes[32], unsigned by)
{
	unsigned rest = 0;

	for (size_t i = 0; i < 32; i++) {
		unsigned part = rest << 8 | bytes[i];

		bytes[i] = (uint8_t)(part / by);
		rest = part % by;
	}
	return rest;
}

char *u256_text(char *dst, size_t size, const struct u256 *number)
{
	static const struct u256 zero;
	struct u256 left = *number;
	char text[79];
	size_t at = sizeof(text) - 1;

	text[at] = '\0';
	do
		text[--at] = digits[divide(left.bytes, 10)];
	while (u256_compare(&left, &zero) != 0);
	snprintf(dst, size, "%s", text + at);
	return dst;
}

int u256_compare(const struct u256 *a, const struct u256 *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

bool u256_u64(const struct u256 *number, uint64_t *out)
{
	uint64_t n = 0;

	for (size_t i = 0; i < 24; i++)
		if (number->bytes[i])
			return false;
	for (size_t i = 24; i < 32; i++)
		n = n << 8 | number->bytes[i];
	*out = n;
	return true;
}
