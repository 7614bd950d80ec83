/* The names of keys: what the terminal's codes and characters are called in the
 * request table. */
#ifndef TOCSIN_UI_KEYS_H
#define TOCSIN_UI_KEYS_H

#include <stdbool.h>
#include <stdint.h>

enum { KEY_NAME = 16 };

/* The name of a character that was typed: "a", "Enter", "C-d". */
char *key_of_character(char dst[KEY_NAME], uint32_t code);
/* The name of one of the curses library's key codes; false when it has none. */
bool key_of_code(char dst[KEY_NAME], int code);
/* True for a name that some key can have: one character or one of the names above. */
bool key_exists(const char *name);
/* True if the key is one of the words in `keys`. */
bool key_in(const char *keys, const char *key);

#endif
