/* Placeholders as people write them: <validator-pod>, {{pod}}, $RPC_URL, [POD NAME]; and
 * what only looks like one: HTML, links, templates, tests and patterns of the shell. */
#ifndef TOCSIN_RUNBOOK_PLACEHOLDER_H
#define TOCSIN_RUNBOOK_PLACEHOLDER_H

#include <stdbool.h>
#include <stddef.h>

struct placeholder {
	char name[64];       /* normalised: "validator_pod" */
	size_t len;          /* bytes that it takes as written */
	const char *choices; /* "on|off" of {{on|off}}, in the text, else NULL */
	size_t choices_len;
};

/* True if one begins at `at`, which lies in `text`. In single quotes $NAME is none. */
bool placeholder_at(const char *text, const char *at, bool single_quotes, struct placeholder *out);

/* True if a script gives the variable of this name (`len` bytes) a value itself. */
bool placeholder_is_set(const char *text, const char *name, size_t len);

/* Normalises a name as written: lower case, every other character than a letter or digit
 * becomes '_'. False when nothing usable is left or it does not fit. */
bool binding_name(const char *written, size_t len, char out[64]);

#endif
