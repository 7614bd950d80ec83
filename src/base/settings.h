/* Sections of the configuration that a room declares as a table and reads as typed
 * values: "[prometheus main]" with its keys. What is declared is checked, named in
 * messages, and described in the manual from the same rows. */
#ifndef TOCSIN_BASE_SETTINGS_H
#define TOCSIN_BASE_SETTINGS_H

#include "base/buf.h"
#include "base/number.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum setting_type {
	SETTING_TEXT,     /* one line, cleaned */
	SETTING_WORD,     /* one of the words in `choices` */
	SETTING_FLAG,     /* yes or no; settings_number is 1 or 0 */
	SETTING_NUMBER,   /* a whole number within low and high */
	SETTING_U64,      /* decimal, all 64 bits: chain selectors */
	SETTING_DURATION, /* "30s"; settings_number is milliseconds within low and high */
	SETTING_URL,      /* http or https */
	SETTING_ADDRESS,  /* 0x and 40 hex digits */
	SETTING_ENV,      /* the name of an environment variable: where a secret is */
	SETTING_FILE,     /* a path: where a secret is (0600), or a certificate */
};

struct setting_def {
	const char *name; /* "interval"; one that ends with '*' takes any name that begins so, and may stand often */
	enum setting_type type;
	const char *help;     /* one sentence for the manual */
	const char *fallback; /* as it would be written; NULL: none */
	const char *choices;  /* SETTING_WORD: "read write", parted by blanks */
	int64_t low, high;    /* SETTING_NUMBER and _DURATION; both 0: 0 to 2^53, one second to one day */
	bool required;
};

struct settings;
struct settings_def {
	const char *word;                /* "prometheus" */
	bool named;                      /* "[prometheus NAME]"; else it stands once */
	const char *help;                /* one sentence for the manual */
	const struct setting_def *items; /* ends with name NULL */
	/* What no key can say by itself, once all are read; may be NULL. */
	enum status (*check)(const struct settings *settings, struct error *err);
};

struct setting {
	const struct setting_def *def;
	char *name; /* as written: tells apart those of one "name*" row */
	char *text;
	int64_t number;
	int line;
};

/* One section as it was read. */
struct settings {
	const struct settings_def *def;
	char *name; /* "" unless it is named */
	int line;   /* 0: not from a file */
	struct setting *items;
	size_t count;
};

/* Makes an empty section in *out, to be freed with settings_free. */
void settings_init(struct settings *out, const struct settings_def *def, const char *name, int line);
void settings_free(struct settings *settings);
/* Takes one key. STATUS_NOT_FOUND: there is no such key (err names the nearest);
 * STATUS_CONFLICT: it was given before; STATUS_INVALID: the value does not fit. Errors begin
 * with the key. */
enum status settings_set(struct settings *settings, const char *name, const char *text, int line, struct error *err) TOCSIN_CHECK;
/* Whether all required keys are there, and the section's own check holds; err names what is
 * wrong first. */
enum status settings_complete(const struct settings *settings, struct error *err) TOCSIN_CHECK;

/* Values by name; the fallback of the table counts where nothing was written. The name must
 * be one of the table's. */
bool settings_has(const struct settings *settings, const char *name);         /* it was written */
const char *settings_text(const struct settings *settings, const char *name); /* NULL: not written, and no fallback */
int64_t settings_number(const struct settings *settings, const char *name);   /* 0 likewise; flags, numbers, durations in ms */
bool settings_u64(const struct settings *settings, const char *name, uint64_t *out);
bool settings_address(const struct settings *settings, const char *name, struct address *out);
/* The i-th setting of a "name*" row, or NULL after the last. */
const struct setting *settings_each(const struct settings *settings, const char *name, size_t i);

/* The secret that NAME_env or NAME_file points at, into `out`, without the line's end. Nothing
 * is added and STATUS_OK returned when neither was written. A file that others can read, and a
 * variable that is not set, are errors that name the cure. */
enum status settings_secret(const struct settings *settings, const char *name, struct buf *out, struct error *err) TOCSIN_CHECK;

/* The i-th section of that word in a list, or NULL. */
const struct settings *settings_at(const struct settings *sections, size_t count, const char *word, size_t i);

#endif
