#include "ui/keys.h"

#include "base/mem.h"
#include "base/text.h"

#include <curses.h>
#include <stdio.h>
#include <string.h>

static const struct {
	uint32_t code;
	const char *name;
} characters[] = {
	{'\t', "Tab"},
	{'\n', "Enter"},
	{'\r', "Enter"},
	{0x1b, "Esc"},
	{' ', "Space"},
	{0x7f, "Backspace"},
	{'\b', "Backspace"},
};

static const struct {
	int code;
	const char *name;
} codes[] = {
	{KEY_UP, "Up"},
	{KEY_DOWN, "Down"},
	{KEY_LEFT, "Left"},
	{KEY_RIGHT, "Right"},
	{KEY_HOME, "Home"},
	{KEY_END, "End"},
	{KEY_PPAGE, "PageUp"},
	{KEY_NPAGE, "PageDown"},
	{KEY_IC, "Insert"},
	{KEY_DC, "Delete"},
	{KEY_BACKSPACE, "Backspace"},
	{KEY_BTAB, "S-Tab"},
	{KEY_ENTER, "Enter"},
	{KEY_FIND, "Home"},
	{KEY_SELECT, "End"},
};

enum { FUNCTION_KEYS = 12 };

char *key_of_character(char dst[KEY_NAME], uint32_t code)
{
	for (size_t i = 0; i < ARRAY_LENGTH(characters); i++) {
		if (characters[i].code == code)
			return text_format(dst, KEY_NAME, "%s", characters[i].name);
	}
	if (code < ' ')
		return text_format(dst, KEY_NAME, "C-%c", code >= 1 && code <= 26 ? (int)('a' + code - 1) : (int)('@' + code));
	dst[text_encode(dst, code)] = '\0';
	return dst;
}

bool key_of_code(char dst[KEY_NAME], int code)
{
	for (size_t i = 0; i < ARRAY_LENGTH(codes); i++) {
		if (codes[i].code == code) {
			text_format(dst, KEY_NAME, "%s", codes[i].name);
			return true;
		}
	}
	if (code <= KEY_F0 || code > KEY_F(FUNCTION_KEYS))
		return false;
	text_format(dst, KEY_NAME, "F%d", code - KEY_F0);
	return true;
}

bool key_in(const char *keys, const char *key)
{
	char word[24];
	while (text_word(&keys, word, sizeof(word))) {
		if (strcmp(word, key) == 0)
			return true;
	}
	return false;
}

bool key_exists(const char *name)
{
	struct text_grapheme grapheme;
	const char *cursor = name;
	for (size_t i = 0; i < ARRAY_LENGTH(characters); i++) {
		if (strcmp(characters[i].name, name) == 0)
			return true;
	}
	for (size_t i = 0; i < ARRAY_LENGTH(codes); i++) {
		if (strcmp(codes[i].name, name) == 0)
			return true;
	}
	if (strncmp(name, "C-", 2) == 0 && name[2] != '\0')
		return name[3] == '\0';
	if (name[0] == 'F' && name[1] >= '1' && name[1] <= '9')
		return name[2] == '\0' || (name[1] == '1' && name[2] >= '0' && name[2] <= '2' && name[3] == '\0');
	return text_next(&cursor, &grapheme) && *cursor == '\0';
}
