#include "base/settings.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "base/secret.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* Whole numbers of this size survive JSON. */
#define NUMBER_MAX (INT64_C(1) << 53)

void settings_init(struct settings *out, const struct settings_def *def, const char *name, int line)
{
	*out = (struct settings){.def = def, .name = xstrdup(name), .line = line};
}

void settings_free(struct settings *settings)
{
	for (size_t i = 0; i < settings->count; i++) {
		free(settings->items[i].name);
		free(settings->items[i].text);
	}
	free(settings->items);
	free(settings->name);
	*settings = (struct settings){0};
}

/* --- one value ----------------------------------------------------------------- */

/* "read, write or both" out of "read write both". */
static const char *choices_text(const char *choices, char *dst, size_t size)
{
	char word[48];
	size_t used = 0;

	dst[0] = '\0';
	while (text_word(&choices, word, sizeof(word))) {
		bool last = choices[strspn(choices, " ")] == '\0';
		text_format(dst + used, size - used, "%s%s", used == 0 ? "" : last ? " or "
										   : ", ",
			    word);
		used = strlen(dst);
	}
	return dst;
}

static bool is_choice(const char *choices, const char *text)
{
	char word[48];

	while (text_word(&choices, word, sizeof(word)))
		if (strcmp(word, text) == 0)
			return true;
	return false;
}

static enum status read_word(const struct setting_def *def, const char *text, struct error *err)
{
	char choices[160];

	if (is_choice(def->choices, text))
		return STATUS_OK;
	return error_set(err, STATUS_INVALID, "%s: unknown word (write %s)", text, choices_text(def->choices, choices, sizeof(choices)));
}

static enum status read_flag(const char *text, int64_t *out, struct error *err)
{
	*out = strcmp(text, "yes") == 0;
	if (*out || strcmp(text, "no") == 0)
		return STATUS_OK;
	return error_set(err, STATUS_INVALID, "neither yes nor no (write one of them)");
}

static enum status read_number(const struct setting_def *def, const char *text, int64_t *out, struct error *err)
{
	int64_t low = def->low, high = def->high || def->low ? def->high : NUMBER_MAX;
	bool negative = low < 0 && text[0] == '-';
	uint64_t magnitude;

	if (decimal_u64(text + negative, &magnitude) && magnitude <= (uint64_t)NUMBER_MAX) {
		*out = negative ? -(int64_t)magnitude : (int64_t)magnitude;
		if (*out >= low && *out <= high)
			return STATUS_OK;
	}
	return error_set(err, STATUS_INVALID, "%s is no number from %lld to %lld (write one)", text, (long long)low, (long long)high);
}

static enum status read_duration(const struct setting_def *def, const char *text, int64_t *out, struct error *err)
{
	int64_t low = def->low || def->high ? def->low : 1000, high = def->high ? def->high : US_PER_DAY / US_PER_MS, us;
	char low_text[DURATION_TEXT], high_text[DURATION_TEXT];
	enum status status = duration_parse(text, &us, err);

	if (status != STATUS_OK)
		return status;
	*out = us / US_PER_MS;
	if (*out >= low && *out <= high)
		return STATUS_OK;
	return error_set(err, STATUS_INVALID, "%s is out of range (write %s to %s)", text, duration_human(low_text, low * US_PER_MS), duration_human(high_text, high * US_PER_MS));
}

static bool is_variable_name(const char *text)
{
	size_t len = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");

	return len > 0 && text[len] == '\0' && !(text[0] >= '0' && text[0] <= '9');
}

/* The number of a value, or why it is none. */
static enum status read_value(const struct setting_def *def, const char *text, int64_t *number, struct error *err)
{
	struct address address;
	uint64_t wide;

	*number = 0;
	switch (def->type) {
	case SETTING_TEXT:
	case SETTING_FILE:
		return STATUS_OK;
	case SETTING_WORD:
		return read_word(def, text, err);
	case SETTING_FLAG:
		return read_flag(text, number, err);
	case SETTING_NUMBER:
		return read_number(def, text, number, err);
	case SETTING_DURATION:
		return read_duration(def, text, number, err);
	case SETTING_U64:
		if (decimal_u64(text, &wide))
			return STATUS_OK;
		return error_set(err, STATUS_INVALID, "%s is no decimal number of 64 bits (write digits only)", text);
	case SETTING_URL:
		if (strncmp(text, "http://", 7) == 0 || strncmp(text, "https://", 8) == 0)
			return STATUS_OK;
		return error_set(err, STATUS_INVALID, "not an http or https URL (write http://host:port)");
	case SETTING_ADDRESS:
		if (address_parse(text, &address))
			return STATUS_OK;
		return error_set(err, STATUS_INVALID, "not an address (write 0x and 40 hex digits)");
	case SETTING_ENV:
		if (is_variable_name(text))
			return STATUS_OK;
		return error_set(err, STATUS_INVALID, "not the name of an environment variable (write letters, digits and _; the secret itself does not belong here)");
	}
	return STATUS_OK;
}

/* --- setting ---------------------------------------------------------------------- */

static bool is_open(const struct setting_def *def)
{
	return def->name[strlen(def->name) - 1] == '*';
}

static bool row_takes(const struct setting_def *def, const char *name)
{
	size_t len = strlen(def->name) - 1;

	return is_open(def) ? strncmp(def->name, name, len) == 0 && name[len] != '\0' : strcmp(def->name, name) == 0;
}

static const struct setting_def *row_for(const struct settings_def *section, const char *name)
{
	for (const struct setting_def *def = section->items; def->name; def++)
		if (row_takes(def, name))
			return def;
	return NULL;
}

static enum status unknown_key(const struct settings *settings, const char *name, struct error *err)
{
	struct nearest nearest = nearest_begin(name);

	for (const struct setting_def *def = settings->def->items; def->name; def++)
		nearest_offer(&nearest, def->name);
	if (nearest.best)
		return error_set(err, STATUS_NOT_FOUND, "%s: unknown key (did you mean %s?)", name, nearest.best);
	return error_set(err, STATUS_NOT_FOUND, "%s: unknown key (see tocsin.conf(5) for the list)", name);
}

enum status settings_set(struct settings *settings, const char *name, const char *text, int line, struct error *err)
{
	const struct setting_def *def = row_for(settings->def, name);
	struct setting setting = {.def = def, .line = line};

	if (!def)
		return unknown_key(settings, name, err);
	for (size_t i = 0; i < settings->count; i++)
		if (strcmp(settings->items[i].name, name) == 0)
			return error_set(err, STATUS_CONFLICT, "%s: given before, in line %d (keep one of them)", name, settings->items[i].line);
	enum status status = read_value(def, text, &setting.number, err);
	if (status != STATUS_OK) {
		error_prefix(err, "%s", name);
		return status;
	}
	setting.name = xstrdup(name);
	setting.text = xstrdup(text);
	settings->items = xreallocarray(settings->items, settings->count + 1, sizeof(setting));
	settings->items[settings->count++] = setting;
	return STATUS_OK;
}

enum status settings_complete(const struct settings *settings, struct error *err)
{
	for (const struct setting_def *def = settings->def->items; def->name; def++)
		if (def->required && !settings_each(settings, def->name, 0))
			return error_set(err, STATUS_INVALID, "has no %s (%s)", def->name, def->help);
	return settings->def->check ? settings->def->check(settings, err) : STATUS_OK;
}

/* --- asking ------------------------------------------------------------------------- */

const struct setting *settings_each(const struct settings *settings, const char *name, size_t i)
{
	for (size_t at = 0; at < settings->count; at++)
		if (strcmp(settings->items[at].def->name, name) == 0 && i-- == 0)
			return &settings->items[at];
	return NULL;
}

bool settings_has(const struct settings *settings, const char *name)
{
	return settings_each(settings, name, 0) != NULL;
}

static const char *fallback_of(const struct settings *settings, const char *name)
{
	const struct setting_def *def = row_for(settings->def, name);

	return def ? def->fallback : NULL;
}

const char *settings_text(const struct settings *settings, const char *name)
{
	const struct setting *setting = settings_each(settings, name, 0);

	return setting ? setting->text : fallback_of(settings, name);
}

int64_t settings_number(const struct settings *settings, const char *name)
{
	const struct setting *setting = settings_each(settings, name, 0);
	const char *fallback = fallback_of(settings, name);
	int64_t number = 0;

	if (setting)
		return setting->number;
	if (fallback && read_value(row_for(settings->def, name), fallback, &number, NULL) != STATUS_OK)
		return 0;
	return number;
}

bool settings_u64(const struct settings *settings, const char *name, uint64_t *out)
{
	const char *text = settings_text(settings, name);

	return text && decimal_u64(text, out);
}

bool settings_address(const struct settings *settings, const char *name, struct address *out)
{
	const char *text = settings_text(settings, name);

	return text && address_parse(text, out);
}

enum status settings_secret(const struct settings *settings, const char *name, struct buf *out, struct error *err)
{
	char env[64], file[64];

	text_format(env, sizeof(env), "%s_env", name);
	text_format(file, sizeof(file), "%s_file", name);
	const char *variable = settings_text(settings, env), *path = settings_text(settings, file);
	if (!variable && !path)
		return STATUS_OK;
	enum status status = secret_read(name, variable, path, out, err);
	if (status != STATUS_OK)
		error_prefix(err, "[%s%s%s]", settings->def->word, *settings->name ? " " : "", settings->name);
	return status;
}

const struct settings *settings_at(const struct settings *sections, size_t count, const char *word, size_t i)
{
	for (size_t at = 0; at < count; at++)
		if (strcmp(sections[at].def->word, word) == 0 && i-- == 0)
			return &sections[at];
	return NULL;
}
