/* The keyboard of one console: the keys of the request tables, and those that the
 * section [keys] of the configuration puts in their place. */
#ifndef TOCSIN_UI_KEYBOARD_H
#define TOCSIN_UI_KEYBOARD_H

#include "ui/request.h"
#include "watch/config.h"

struct keyboard;

/* What is wrong in [keys] is added to the problems, each with its line: unknown requests
 * and keys, reserved keys, one key for two requests. Everything else counts. Reserved
 * keys stay with the request that has them, whatever is written. */
struct keyboard *keyboard_new(const struct config *config, struct config_problems *problems);
void keyboard_free(struct keyboard *keyboard); /* NULL allowed */
/* The keys of a request as in its row, "" for none. They live as long as the keyboard. */
const char *keyboard_keys(const struct keyboard *keyboard, const struct request *request);
/* What a key asks for where `scope` counts: its own requests first, then the global ones. */
const struct request *keyboard_request(const struct keyboard *keyboard, enum scope scope, const char *key);

#endif
