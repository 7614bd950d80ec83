#include "ui/keyboard.h"

#include "base/mem.h"
#include "base/nearest.h"
#include "base/text.h"
#include "ui/keys.h"

#include <stdlib.h>
#include <string.h>

enum {
	KEYS_BYTES = 256,
	WORD_BYTES = 24,
};

/* What a request has instead of the keys of its row. */
struct choice {
	const struct request *request;
	char keys[KEYS_BYTES];
	int line;
};

struct keyboard {
	struct choice *choices; /* in the order of the file */
	size_t count;
};

/* Keys of motion and of shell editing, which people press without looking, and keys that
 * a terminal sends for others: nothing that acts hangs on them. */
static const char reflex_keys[] = "C-a C-d C-e C-h C-i C-j C-k C-l C-m C-u C-w Space Backspace Delete";

/* --- what is written -------------------------------------------------------------- */

struct reading {
	const struct config *config;
	struct config_problems *problems;
	const char *name; /* of the request */
	int line;
};

static void wrong(const struct reading *reading, const char *fmt, ...) TOCSIN_PRINTF(2, 3);
static void wrong(const struct reading *reading, const char *fmt, ...)
{
	struct error text = {0};
	va_list args;
	va_start(args, fmt);
	error_setv(&text, STATUS_INVALID, fmt, args);
	va_end(args);
	config_problem(reading->problems, reading->config->path, reading->line, false, "[keys] %s: %s", reading->name, text.text);
}

static const struct request *exact_request(const char *name)
{
	const struct request *request;
	for (size_t i = 0; (request = request_at(i)); i++) {
		if (strcmp(request->name, name) == 0)
			return request;
	}
	return NULL;
}

static void unknown_request(const struct reading *reading)
{
	const struct request *request;
	struct nearest nearest = nearest_begin(reading->name);
	for (size_t i = 0; (request = request_at(i)); i++)
		nearest_offer(&nearest, request->name);
	if (nearest.best)
		wrong(reading, "unknown command (did you mean %s?)", nearest.best);
	else
		wrong(reading, "unknown command (tocsin(1) lists them)");
}

/* Why the request cannot have the key, or NULL. */
static const char *refusal(const struct request *request, const char *key)
{
	if (!key_exists(key))
		return "no such key (write a character, or Enter, Tab, Up, PageDown, F5, C-x, Space)";
	if (request_key_is_reserved(key))
		return "is reserved: it means the same on every screen (choose another key)";
	if (request->access == ACCESS_ACT && key_in(reflex_keys, key))
		return "is pressed by reflex, and this command acts (choose another key)";
	return NULL;
}

static void add_key(struct choice *choice, const char *key)
{
	size_t len = strlen(choice->keys);
	if (!key_in(choice->keys, key))
		text_format(choice->keys + len, sizeof(choice->keys) - len, "%s%s", len ? " " : "", key);
}

static void drop_key(struct choice *choice, const char *key)
{
	char word[WORD_BYTES], left[KEYS_BYTES];
	const char *cursor = memcpy(left, choice->keys, sizeof(left));
	choice->keys[0] = '\0';
	while (text_word(&cursor, word, sizeof(word))) {
		if (strcmp(word, key) != 0)
			add_key(choice, word);
	}
}

static void read_choice(const struct reading *reading, struct choice *choice, const char *keys)
{
	char word[WORD_BYTES];
	const char *cursor = choice->request->keys;
	while (text_word(&cursor, word, sizeof(word))) {
		if (request_key_is_reserved(word))
			add_key(choice, word);
	}
	if (strcmp(keys, "none") == 0)
		return;
	cursor = keys;
	while (text_word(&cursor, word, sizeof(word))) {
		const char *why = key_in(choice->keys, word) ? NULL : refusal(choice->request, word);
		if (why)
			wrong(reading, "%s: %s", word, why);
		else
			add_key(choice, word);
	}
}

/* --- clashes ------------------------------------------------------------------------ */

static struct choice *choice_of(const struct keyboard *keyboard, const struct request *request)
{
	for (size_t i = 0; i < keyboard->count; i++) {
		if (keyboard->choices[i].request == request)
			return &keyboard->choices[i];
	}
	return NULL;
}

/* The first other request that answers to the key where this one does. */
static const struct request *rival(const struct keyboard *keyboard, const struct choice *choice, const char *key)
{
	const struct request *own = choice->request, *other;
	for (size_t i = 0; (other = request_at(i)); i++) {
		bool meet = other->scope == own->scope || other->scope == SCOPE_GLOBAL || own->scope == SCOPE_GLOBAL;
		const struct choice *chosen = choice_of(keyboard, other);
		/* Of two that were chosen, the later one is at fault. */
		bool later = chosen && chosen->line > choice->line;
		if (other != own && meet && !later && key_in(keyboard_keys(keyboard, other), key))
			return other;
	}
	return NULL;
}

static void settle_clashes(const struct keyboard *keyboard, const struct reading *reading, struct choice *choice)
{
	char word[WORD_BYTES], keys[KEYS_BYTES];
	const char *cursor = memcpy(keys, choice->keys, sizeof(keys));
	while (text_word(&cursor, word, sizeof(word))) {
		const struct request *other = rival(keyboard, choice, word);
		if (!other)
			continue;
		const struct choice *chosen = choice_of(keyboard, other);
		if (chosen)
			wrong(reading, "%s: is the key of %s too, in line %d (give one of them another)", word, other->name, chosen->line);
		else
			wrong(reading, "%s: is the key of %s (give that another one too, or write %s = none)", word, other->name, other->name);
		drop_key(choice, word);
	}
}

/* --- the keyboard ---------------------------------------------------------------------- */

struct keyboard *keyboard_new(const struct config *config, struct config_problems *problems)
{
	struct keyboard *keyboard = xcalloc(1, sizeof(*keyboard));
	struct reading reading = {.config = config, .problems = problems};
	keyboard->choices = xcalloc(config->key_count + 1, sizeof(*keyboard->choices));
	for (size_t i = 0; i < config->key_count; i++) {
		const struct config_key *key = &config->keys[i];
		const struct request *request = exact_request(key->request);
		reading.name = key->request;
		reading.line = key->line;
		if (!request) {
			unknown_request(&reading);
		} else if (request->key_is_args) {
			wrong(&reading, "its keys say what it does, and stay (leave the line out)");
		} else {
			struct choice *choice = &keyboard->choices[keyboard->count++];
			*choice = (struct choice){.request = request, .line = key->line};
			read_choice(&reading, choice, key->keys);
		}
	}
	for (size_t i = 0; i < keyboard->count; i++) {
		reading.name = keyboard->choices[i].request->name;
		reading.line = keyboard->choices[i].line;
		settle_clashes(keyboard, &reading, &keyboard->choices[i]);
	}
	return keyboard;
}

void keyboard_free(struct keyboard *keyboard)
{
	if (!keyboard)
		return;
	free(keyboard->choices);
	free(keyboard);
}

const char *keyboard_keys(const struct keyboard *keyboard, const struct request *request)
{
	const struct choice *choice = choice_of(keyboard, request);
	return choice ? choice->keys : request->keys;
}

static const struct request *request_in(const struct keyboard *keyboard, enum scope scope, const char *key)
{
	const struct request *request;
	for (size_t i = 0; (request = request_at(i)); i++) {
		if (request->scope == scope && key_in(keyboard_keys(keyboard, request), key))
			return request;
	}
	return NULL;
}

const struct request *keyboard_request(const struct keyboard *keyboard, enum scope scope, const char *key)
{
	const struct request *request = request_in(keyboard, scope, key);
	return request ? request : request_in(keyboard, SCOPE_GLOBAL, key);
}
