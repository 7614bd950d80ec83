#include "watch/config.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "base/path.h"
#include "base/text.h"
#include "collect/kube.h"
#include "incident/people.h"
#include "watch/sections.h"

#include <ini.h>
#include <stdlib.h>
#include <string.h>

enum {
	CONFIG_BYTES_MAX = 4 * 1024 * 1024,
	NAME_MAX_BYTES = 48, /* inih cuts section heads and keys at 49 bytes */
	NODES_MAX = 20000,
	LINE_BYTES_MAX = 8192,
};

enum section_kind {
	SECTION_NETWORK,
	SECTION_NODE,
	SECTION_VALIDATOR,
	SECTION_THRESHOLDS,
	SECTION_RUNBOOKS,
	SECTION_VALUES,
	SECTION_RECORD,
	SECTION_SCREEN,
	SECTION_KEYS,
	SECTION_DECLARED, /* by a room, in sections.h */
	SECTION_UNKNOWN,
};

/* Where the reader stands; what every setter can see. */
struct reading {
	struct config *config;
	struct config_problems *problems;
	const char *path;
	const char *text, *end; /* what is left to read */
	const char *rest;       /* of a line that is too long for inih at once, or NULL */
	size_t rest_len;
	struct buf value; /* what came of it so far */
	int line;
	char section[128]; /* as written, for messages */
	char name[NAME_MAX_BYTES + 1];
	int once[SECTION_UNKNOWN];           /* where a section that stands once was begun, 0: nowhere */
	const struct settings_def *declared; /* of the section, when a room declares it */
	struct met_key {                     /* the keys of this section so far */
		char *key;
		int line;
	} * met;
	size_t met_count, met_capacity;
};

static void problem(struct reading *r, bool warning, const char *fmt, ...) TOCSIN_PRINTF(3, 4);
static void problem(struct reading *r, bool warning, const char *fmt, ...)
{
	struct error text = {0};
	va_list args;

	va_start(args, fmt);
	error_setv(&text, STATUS_INVALID, fmt, args);
	va_end(args);
	config_problem(r->problems, r->path, r->line, warning, "%s", text.text);
}

static void key_problem(struct reading *r, const char *key, const char *why)
{
	problem(r, false, "[%s] %s: %s", r->section, key, why);
}

/* --- keys: one row each --------------------------------------------------------- */

static const struct section_def {
	const char *word;
	bool named; /* "[node NAME]" */
} sections[] = {
	[SECTION_NETWORK] = {"network", false},
	[SECTION_NODE] = {"node", true},
	[SECTION_VALIDATOR] = {"validator", true},
	[SECTION_THRESHOLDS] = {"thresholds", false},
	[SECTION_RUNBOOKS] = {"runbooks", false},
	[SECTION_VALUES] = {"values", false},
	[SECTION_RECORD] = {"record", false},
	[SECTION_SCREEN] = {"screen", false},
	[SECTION_KEYS] = {"keys", false},
};

static struct config_node *current_node(struct reading *r)
{
	return &r->config->nodes[r->config->node_count - 1];
}

static bool is_http(const char *url)
{
	return strncmp(url, "http://", 7) == 0 || strncmp(url, "https://", 8) == 0;
}

static void set_duration(struct reading *r, const char *key, const char *value, int64_t low_ms, int64_t high_ms, int64_t *out)
{
	struct error err = {0};
	int64_t us;

	if (duration_parse(value, &us, &err) != STATUS_OK) {
		key_problem(r, key, err.text);
		return;
	}
	int64_t ms = us / US_PER_MS;
	if (ms < low_ms || ms > high_ms) {
		problem(r, false, "[%s] %s: %s is out of range (write %lld ms to %lld s)", r->section, key, value, (long long)low_ms, (long long)(high_ms / 1000));
		return;
	}
	*out = ms;
}

static void set_network_name(struct reading *r, const char *key, const char *value)
{
	(void)key;
	mem_set(&r->config->network, value);
}

static void set_chain_id(struct reading *r, const char *key, const char *value)
{
	if (!decimal_u64(value, &r->config->chain_id) || r->config->chain_id == 0)
		key_problem(r, key, "not a decimal number above 0 (write 138)");
}

static void set_block_period(struct reading *r, const char *key, const char *value)
{
	set_duration(r, key, value, 100, 3600 * 1000, &r->config->thresholds.block_period_ms);
}

static void set_request_timeout(struct reading *r, const char *key, const char *value)
{
	set_duration(r, key, value, 100, 3600 * 1000, &r->config->thresholds.request_timeout_ms);
}

static void set_empty_period(struct reading *r, const char *key, const char *value)
{
	set_duration(r, key, value, 0, 24 * 3600 * 1000, &r->config->thresholds.empty_period_ms);
}

static void set_node_url(struct reading *r, const char *key, const char *value)
{
	if (!is_http(value))
		key_problem(r, key, "not an http or https URL (write http://host:8545)");
	else
		mem_set(&current_node(r)->url, value);
}

static void set_node_protocol(struct reading *r, const char *key, const char *value)
{
	if (strcmp(value, "besu") != 0)
		key_problem(r, key, "unknown protocol (this build speaks: besu, which also reads plain Ethereum nodes)");
	else
		mem_set(&current_node(r)->protocol, value);
}

static void set_node_role(struct reading *r, const char *key, const char *value)
{
	if (strcmp(value, "validator") != 0 && strcmp(value, "rpc") != 0)
		key_problem(r, key, "neither validator nor rpc (write one of them, or leave the line out)");
	else
		mem_set(&current_node(r)->role, value);
}

static void set_node_validator(struct reading *r, const char *key, const char *value)
{
	struct config_node *node = current_node(r);

	node->has_validator = address_parse(value, &node->validator);
	if (!node->has_validator)
		key_problem(r, key, "not an address (write 0x and 40 hex digits)");
}

static void set_node_pod(struct reading *r, const char *key, const char *value)
{
	(void)key;
	mem_set(&current_node(r)->pod, value);
}

static void set_node_bearer_file(struct reading *r, const char *key, const char *value)
{
	(void)key;
	mem_set(&current_node(r)->bearer_file, value);
}

static void set_node_bearer_env(struct reading *r, const char *key, const char *value)
{
	(void)key;
	mem_set(&current_node(r)->bearer_env, value);
}

static void set_node_ca_file(struct reading *r, const char *key, const char *value)
{
	(void)key;
	mem_set(&current_node(r)->ca_file, value);
}

static void set_node_interval(struct reading *r, const char *key, const char *value)
{
	set_duration(r, key, value, 200, 3600 * 1000, &current_node(r)->interval_ms);
}

static void set_node_timeout(struct reading *r, const char *key, const char *value)
{
	set_duration(r, key, value, 100, 60 * 1000, &current_node(r)->timeout_ms);
}

static void set_validator_address(struct reading *r, const char *key, const char *value)
{
	if (!address_parse(value, &r->config->validators[r->config->validator_count - 1].address))
		key_problem(r, key, "not an address (write 0x and 40 hex digits)");
}

static void set_runbook_directory(struct reading *r, const char *key, const char *value)
{
	(void)key;
	mem_set(&r->config->runbook_directory, value);
}

static void set_record_path(struct reading *r, const char *key, const char *value)
{
	(void)key;
	mem_set(&r->config->record, value);
}

static void set_keep_samples(struct reading *r, const char *key, const char *value)
{
	int64_t ms = r->config->sample_keep_us / US_PER_MS;

	set_duration(r, key, value, 60 * 1000, INT64_C(400) * 24 * 3600 * 1000, &ms);
	r->config->sample_keep_us = ms * US_PER_MS;
}

static void set_theme(struct reading *r, const char *key, const char *value)
{
	(void)key;
	mem_set(&r->config->theme, value);
}

static const struct key_def {
	enum section_kind section;
	const char *key;
	void (*set)(struct reading *r, const char *key, const char *value);
} keys[] = {
	{SECTION_NETWORK, "name", set_network_name},
	{SECTION_NETWORK, "chain_id", set_chain_id},
	{SECTION_NETWORK, "block_period", set_block_period},
	{SECTION_NETWORK, "request_timeout", set_request_timeout},
	{SECTION_NETWORK, "empty_block_period", set_empty_period},
	{SECTION_NODE, "url", set_node_url},
	{SECTION_NODE, "protocol", set_node_protocol},
	{SECTION_NODE, "role", set_node_role},
	{SECTION_NODE, "validator", set_node_validator},
	{SECTION_NODE, "pod", set_node_pod},
	{SECTION_NODE, "bearer_file", set_node_bearer_file},
	{SECTION_NODE, "bearer_env", set_node_bearer_env},
	{SECTION_NODE, "ca_file", set_node_ca_file},
	{SECTION_NODE, "interval", set_node_interval},
	{SECTION_NODE, "timeout", set_node_timeout},
	{SECTION_VALIDATOR, "address", set_validator_address},
	{SECTION_RUNBOOKS, "directory", set_runbook_directory},
	{SECTION_RECORD, "path", set_record_path},
	{SECTION_RECORD, "keep_samples", set_keep_samples},
	{SECTION_SCREEN, "theme", set_theme},
};

/* --- sections --------------------------------------------------------------------- */

static void begin_node(struct reading *r)
{
	struct config *c = r->config;

	for (size_t i = 0; i < c->node_count; i++)
		if (strcmp(c->nodes[i].name, r->name) == 0)
			problem(r, false, "[%s]: this node was described before, in line %d (give each node a name of its own)", r->section, c->nodes[i].line);
	if (c->node_count >= NODES_MAX) {
		problem(r, false, "[%s]: more than %d nodes", r->section, NODES_MAX);
		c->node_count--;
		free(c->nodes[c->node_count].name);
	}
	c->nodes = xreallocarray(c->nodes, c->node_count + 1, sizeof(*c->nodes));
	c->nodes[c->node_count++] = (struct config_node){.name = xstrdup(r->name), .line = r->line};
}

static void begin_validator(struct reading *r)
{
	struct config *c = r->config;

	for (size_t i = 0; i < c->validator_count; i++)
		if (strcmp(c->validators[i].name, r->name) == 0)
			problem(r, false, "[%s]: this validator was described before, in line %d (give each validator a name of its own)", r->section, c->validators[i].line);
	c->validators = xreallocarray(c->validators, c->validator_count + 1, sizeof(*c->validators));
	c->validators[c->validator_count++] = (struct config_validator){.name = xstrdup(r->name), .line = r->line};
}

static struct settings *current_section(struct reading *r)
{
	return &r->config->sections[r->config->section_count - 1];
}

/* The same name in two sections of a word would make two things of one name. */
static void begin_declared(struct reading *r)
{
	struct config *c = r->config;

	for (size_t i = 0; i < c->section_count; i++) {
		const struct settings *other = &c->sections[i];
		if (other->def != r->declared || strcmp(other->name, r->name) != 0)
			continue;
		if (r->declared->named)
			problem(r, false, "[%s]: was begun before, in line %d (give each %s a name of its own)", r->section, other->line, r->declared->word);
		else
			problem(r, false, "[%s]: begins a second time, after line %d (put all of it in one place)", r->section, other->line);
	}
	c->sections = xreallocarray(c->sections, c->section_count + 1, sizeof(*c->sections));
	settings_init(&c->sections[c->section_count++], r->declared, r->name, r->line);
}

static bool is_word(const char *word, const char *head, size_t len)
{
	return strlen(word) == len && strncmp(head, word, len) == 0;
}

static enum section_kind section_of(const char *head, const char **name, const struct settings_def **declared)
{
	size_t len = strcspn(head, " \t");

	*name = head + len + strspn(head + len, " \t");
	*declared = NULL;
	for (size_t i = 0; i < ARRAY_LENGTH(sections); i++)
		if (is_word(sections[i].word, head, len))
			return (enum section_kind)i;
	for (size_t i = 0; declared_sections[i]; i++) {
		if (is_word(declared_sections[i]->word, head, len)) {
			*declared = declared_sections[i];
			return SECTION_DECLARED;
		}
	}
	return SECTION_UNKNOWN;
}

static void unknown_section(struct reading *r)
{
	char word[NAME_MAX_BYTES + 1];
	struct nearest nearest;

	text_format(word, sizeof(word), "%.*s", (int)strcspn(r->section, " \t"), r->section);
	nearest = nearest_begin(word);
	for (size_t i = 0; i < ARRAY_LENGTH(sections); i++)
		nearest_offer(&nearest, sections[i].word);
	for (size_t i = 0; declared_sections[i]; i++)
		nearest_offer(&nearest, declared_sections[i]->word);
	if (nearest.best)
		problem(r, false, "[%s]: unknown section (did you mean [%s]?)", r->section, nearest.best);
	else
		problem(r, false, "[%s]: unknown section (see tocsin.conf(5) for the list)", r->section);
}

static void forget_keys(struct reading *r)
{
	while (r->met_count)
		free(r->met[--r->met_count].key);
}

/* False, and a problem, when the section has the key already. */
static bool first_of_its_name(struct reading *r, const char *key)
{
	for (size_t i = 0; i < r->met_count; i++) {
		if (strcmp(r->met[i].key, key) == 0) {
			problem(r, false, "[%s] %s: given before, in line %d (keep one of them)", r->section, key, r->met[i].line);
			return false;
		}
	}
	r->met = mem_grow(r->met, &r->met_capacity, r->met_count, sizeof(*r->met));
	r->met[r->met_count++] = (struct met_key){xstrdup(key), r->line};
	return true;
}

/* A section head, met in the reader: inih reports keys only, and an empty section is
 * a mistake worth naming too. */
static void begin_section(struct reading *r, const char *head, size_t len)
{
	const char *name;

	text_clean(r->section, sizeof(r->section), head, len);
	r->name[0] = '\0';
	forget_keys(r);
	/* Taken all the same, cut: the keys below it are checked too. */
	if (len > NAME_MAX_BYTES)
		problem(r, false, "[%s]: longer than %d bytes (choose a shorter name)", r->section, NAME_MAX_BYTES);
	enum section_kind kind = section_of(r->section, &name, &r->declared);
	if (kind == SECTION_UNKNOWN) {
		unknown_section(r);
		return;
	}
	bool named = r->declared ? r->declared->named : sections[kind].named;
	const char *word = r->declared ? r->declared->word : sections[kind].word;
	if (named != (*name != '\0')) {
		problem(r, false, named ? "[%s]: needs a name (write [%s NAME])" : "[%s]: takes no name (write [%s])", r->section, word);
		name = named ? "unnamed" : "";
	}
	text_format(r->name, sizeof(r->name), "%s", name);
	if (r->declared) {
		begin_declared(r);
		return;
	}
	if (!named && r->once[kind])
		problem(r, false, "[%s]: begins a second time, after line %d (put all of it in one place)", r->section, r->once[kind]);
	r->once[kind] = r->line;
	if (kind == SECTION_NODE)
		begin_node(r);
	else if (kind == SECTION_VALIDATOR)
		begin_validator(r);
}

static void unknown_key(struct reading *r, enum section_kind kind, const char *key)
{
	struct nearest nearest = nearest_begin(key);

	for (size_t i = 0; i < ARRAY_LENGTH(keys); i++)
		if (keys[i].section == kind)
			nearest_offer(&nearest, keys[i].key);
	if (kind == SECTION_THRESHOLDS)
		for (const struct threshold_def *def = threshold_defs(); def->name; def++)
			nearest_offer(&nearest, def->name);
	if (nearest.best)
		problem(r, false, "[%s] %s: unknown key (did you mean %s?)", r->section, key, nearest.best);
	else
		problem(r, false, "[%s] %s: unknown key (see tocsin.conf(5) for the list)", r->section, key);
}

static void add_key(struct reading *r, const char *request, const char *value)
{
	struct config *c = r->config;

	c->keys = xreallocarray(c->keys, c->key_count + 1, sizeof(*c->keys));
	c->keys[c->key_count++] = (struct config_key){.request = xstrdup(request), .keys = xstrdup(value), .line = r->line};
}

static void add_value(struct reading *r, const char *name, const char *value)
{
	struct config *c = r->config;

	c->values = xreallocarray(c->values, c->value_count + 1, sizeof(*c->values));
	c->values[c->value_count++] = (struct config_value){.name = xstrdup(name), .value = xstrdup(value)};
}

static void take_threshold(struct reading *r, const char *key, const char *value)
{
	struct error err = {0};
	enum status status = thresholds_set(&r->config->thresholds, key, value, &err);

	if (status == STATUS_NOT_FOUND)
		unknown_key(r, SECTION_THRESHOLDS, key);
	else if (status != STATUS_OK)
		problem(r, false, "[%s] %s", r->section, err.text); /* which begins with the key */
}

static void take_declared(struct reading *r, const char *key, const char *value)
{
	struct error err = {0};

	if (settings_set(current_section(r), key, value, r->line, &err) != STATUS_OK)
		problem(r, false, "[%s] %s", r->section, err.text); /* which begins with the key */
}

/* inih's handler: one key and value, or one more piece of a long value. Returns 1 always;
 * problems are collected. */
static int take_key(void *user, const char *section, const char *key, const char *value)
{
	struct reading *r = user;
	const struct settings_def *declared;
	const char *name;
	char clean[LINE_BYTES_MAX];

	(void)section;
	buf_puts(&r->value, value);
	if (r->rest)
		return 1;
	text_clean(clean, sizeof(clean), buf_text(&r->value), r->value.len);
	buf_clear(&r->value);
	if (r->section[0] == '\0') {
		problem(r, false, "%s: stands before the first section (put it below [network] or another section)", key);
		return 1;
	}
	enum section_kind kind = section_of(r->section, &name, &declared);
	if (kind == SECTION_UNKNOWN)
		return 1; /* the section itself was reported */
	if (key[0] == '\0') {
		problem(r, false, "[%s]: a value without a key (write key = value)", r->section);
		return 1;
	}
	if (!declared && !first_of_its_name(r, key))
		return 1;
	if (clean[0] == '\0') {
		key_problem(r, key, "has no value (write it after the =, or leave the line out)");
		return 1;
	}
	if (declared) {
		take_declared(r, key, clean);
		return 1;
	}
	if (kind == SECTION_VALUES) {
		add_value(r, key, clean);
		return 1;
	}
	if (kind == SECTION_KEYS) {
		add_key(r, key, clean);
		return 1;
	}
	if (kind == SECTION_THRESHOLDS) {
		take_threshold(r, key, clean);
		return 1;
	}
	for (size_t i = 0; i < ARRAY_LENGTH(keys); i++) {
		if (keys[i].section == kind && strcmp(keys[i].key, key) == 0) {
			keys[i].set(r, key, clean);
			return 1;
		}
	}
	unknown_key(r, kind, key);
	return 1;
}

/* --- reading ------------------------------------------------------------------------ */

/* inih reads some 200 bytes at once. The rest of a longer line follows as the indented lines
 * that it takes for more of the same value; no piece may begin or end with what it would
 * drop: a blank, or the mark of a comment. */
static void hand_piece(struct reading *r, char *dst, int size, bool first)
{
	size_t indent = first ? 0 : 1, len = r->rest_len;
	size_t room = (size_t)size - 2 - indent;

	if (len > room) {
		for (len = room; len > 1 && (strchr(" \t;#", r->rest[len]) || strchr(" \t", r->rest[len - 1])); len--)
			;
	}
	text_format(dst, (size_t)size, "%s%.*s\n", first ? "" : " ", (int)len, r->rest);
	r->rest = len < r->rest_len ? r->rest + len : NULL;
	r->rest_len -= len;
}

/* Hands inih one line at a time and counts. Leading blanks are dropped, because inih
 * would take an indented line for the rest of the line before. */
static char *next_line(char *dst, int size, void *stream)
{
	struct reading *r = stream;

	if (r->rest) {
		hand_piece(r, dst, size, false);
		return dst;
	}
	if (r->text >= r->end)
		return NULL;
	r->line++;
	const char *line = r->text;
	const char *stop = memchr(line, '\n', (size_t)(r->end - line));
	size_t len = (size_t)((stop ? stop : r->end) - line);
	r->text = stop ? stop + 1 : r->end;
	while (len > 0 && (line[0] == ' ' || line[0] == '\t')) {
		line++;
		len--;
	}
	while (len > 0 && strchr(" \t\r", line[len - 1]))
		len--;
	dst[0] = '\0';
	if (len == 0 || line[0] == '#' || line[0] == ';')
		return dst;
	if (memchr(line, '\0', len)) {
		problem(r, false, "holds a NUL byte (save the file as plain text)");
	} else if (len > LINE_BYTES_MAX) {
		problem(r, false, "line of %zu bytes is too long (write at most %d)", len, LINE_BYTES_MAX);
	} else if (line[0] == '[' && len + 2 > (size_t)size) {
		problem(r, false, "section head of %zu bytes is too long (choose a shorter name)", len);
	} else if (line[0] == '[') {
		const char *close = memchr(line, ']', len);
		if (!close)
			problem(r, false, "section head without a closing ] (write [node NAME])");
		else
			begin_section(r, line + 1, (size_t)(close - line - 1));
		if (close)
			text_format(dst, (size_t)size, "%.*s\n", (int)len, line);
	} else if (!memchr(line, '=', len) && !memchr(line, ':', len)) {
		problem(r, false, "neither a section, a comment nor key = value (begin comments with #)");
	} else {
		buf_clear(&r->value);
		r->rest = line;
		r->rest_len = len;
		hand_piece(r, dst, size, true);
	}
	return dst;
}

/* A step that reaches nobody is better known by day. */
static void check_ladder(struct reading *r)
{
	struct config *c = r->config;
	struct people people;

	people_read(c->sections, c->section_count, &people);
	for (size_t i = 0; i < c->section_count; i++) {
		const struct settings *section = &c->sections[i];
		if (section->def != &escalation_section || rung_person(&people, people_rung(&people, section->name), 0))
			continue;
		r->line = section->line;
		problem(r, true, "[escalation %s]: reaches nobody (add a [person NAME] with this role, or name one in people)", section->name);
	}
	people_free(&people);
}

static void check_whole(struct reading *r)
{
	struct config *c = r->config;

	if (c->node_count == 0) {
		r->line = 1;
		problem(r, false, "no [node NAME] section (add one with url = http://host:8545)");
	}
	for (size_t i = 0; i < c->node_count; i++) {
		struct config_node *node = &c->nodes[i];
		r->line = node->line;
		text_format(r->section, sizeof(r->section), "node %s", node->name);
		if (!node->url)
			problem(r, false, "[%s]: has no url (add url = http://host:8545)", r->section);
		for (size_t j = 0; j < i && node->url; j++)
			if (c->nodes[j].url && strcmp(c->nodes[j].url, node->url) == 0)
				problem(r, false, "[%s] url: the same as that of [node %s] in line %d (give each node its own)", r->section, c->nodes[j].name, c->nodes[j].line);
		if (node->bearer_env && node->bearer_file)
			problem(r, false, "[%s]: bearer_env and bearer_file are both given (keep one)", r->section);
	}
	for (size_t i = 0; i < c->validator_count; i++) {
		static const struct address none;
		struct config_validator *validator = &c->validators[i];
		r->line = validator->line;
		text_format(r->section, sizeof(r->section), "validator %s", validator->name);
		if (address_equal(&validator->address, &none))
			problem(r, false, "[%s]: has no address (add address = 0x…)", r->section);
		for (size_t j = 0; j < i; j++)
			if (address_equal(&validator->address, &c->validators[j].address) && !address_equal(&validator->address, &none))
				problem(r, false, "[%s]: has the same address as [validator %s] in line %d (give each its own)", r->section, c->validators[j].name, c->validators[j].line);
	}
	for (size_t i = 0; i < c->section_count; i++) {
		struct settings *section = &c->sections[i];
		struct error err = {0};
		r->line = section->line;
		if (settings_complete(section, &err) != STATUS_OK)
			problem(r, false, "[%s%s%s]: %s", section->def->word, *section->name ? " " : "", section->name, err.text);
	}
	check_ladder(r);
	if (!c->network)
		c->network = xstrdup("unnamed network");
}

static void config_defaults(struct config *out)
{
	*out = (struct config){
		.thresholds = thresholds_default(),
		.sample_keep_us = 7 * US_PER_DAY,
	};
}

enum status config_parse(const char *text, size_t len, const char *path, struct config *out, struct config_problems *problems)
{
	struct reading r = {.config = out, .problems = problems, .path = path, .text = text, .end = text + len};

	buf_init(&r.value, LINE_BYTES_MAX);
	config_defaults(out);
	out->path = xstrdup(path);
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		r.text += 3; /* the mark that some editors put before UTF-8 */
	if (ini_parse_stream(next_line, &r, take_key, &r) < 0)
		problem(&r, false, "the reader ran out of memory (close other programs)");
	forget_keys(&r);
	free(r.met);
	buf_free(&r.value);
	check_whole(&r);
	for (size_t i = 0; i < problems->count; i++)
		if (!problems->items[i].warning)
			return STATUS_INVALID;
	return STATUS_OK;
}

enum status config_load(const char *path, struct config *out, struct config_problems *problems)
{
	struct error err = {0};
	struct buf text;

	buf_init(&text, CONFIG_BYTES_MAX);
	if (file_read(path, CONFIG_BYTES_MAX, &text, &err) != STATUS_OK) {
		struct reading r = {.config = out, .problems = problems, .path = path};
		config_defaults(out);
		out->path = xstrdup(path);
		problem(&r, false, "%s", err.text);
		buf_free(&text);
		return STATUS_INVALID;
	}
	enum status status = config_parse(buf_text(&text), text.len, path, out, problems);
	buf_free(&text);
	return status;
}

enum status config_from_urls(const char *const *urls, size_t count, struct config *out, struct error *err)
{
	config_defaults(out);
	out->network = xstrdup("network without a configuration");
	out->nodes = xcalloc(count ? count : 1, sizeof(*out->nodes));
	for (size_t i = 0; i < count; i++) {
		if (!is_http(urls[i]))
			return error_set(err, STATUS_USAGE, "%s: not an http or https URL (write http://host:8545)", urls[i]);
		const char *host = strstr(urls[i], "://") + 3;
		const char *at = strchr(host, '@');
		if (at && at < host + strcspn(host, "/"))
			host = at + 1;
		size_t len = strcspn(host, "/?#");
		if (len == 0)
			return error_set(err, STATUS_USAGE, "%s: has no host (write http://host:8545)", urls[i]);
		struct config_node *node = &out->nodes[out->node_count++];
		node->name = xstrndup(host, len < NAME_MAX_BYTES ? len : NAME_MAX_BYTES);
		node->url = xstrdup(urls[i]);
		for (size_t j = 0; j + 1 < out->node_count; j++)
			if (strcmp(out->nodes[j].url, urls[i]) == 0)
				return error_set(err, STATUS_USAGE, "%s: given twice", urls[i]);
	}
	/* Two paths on one host would share a name: number the later ones. */
	for (size_t i = 1; i < out->node_count; i++) {
		for (size_t j = 0; j < i; j++) {
			if (strcmp(out->nodes[i].name, out->nodes[j].name) == 0) {
				char *numbered = xasprintf("%s#%zu", out->nodes[i].name, i + 1);
				free(out->nodes[i].name);
				out->nodes[i].name = numbered;
				break;
			}
		}
	}
	return STATUS_OK;
}

/* What the whole shows is found last, but people read from the top. */
void config_problem(struct config_problems *problems, const char *path, int line, bool warning, const char *fmt, ...)
{
	struct config_problem item = {.line = line, .warning = warning};
	struct error text = {0};
	size_t at = problems->count;
	va_list args;

	va_start(args, fmt);
	error_setv(&text, STATUS_INVALID, fmt, args);
	va_end(args);
	/* What concerns the file as a whole has no line, and an error of the file names it. */
	if (line > 0)
		text_format(item.text, sizeof(item.text), "%s:%d: %s", path, line, text.text);
	else if (strncmp(text.text, path, strlen(path)) == 0)
		text_format(item.text, sizeof(item.text), "%s", text.text);
	else
		text_format(item.text, sizeof(item.text), "%s: %s", path, text.text);
	problems->items = mem_grow(problems->items, &problems->capacity, problems->count, sizeof(*problems->items));
	for (; at > 0 && problems->items[at - 1].line > line; at--)
		problems->items[at] = problems->items[at - 1];
	problems->items[at] = item;
	problems->count++;
}

void config_problems_free(struct config_problems *problems)
{
	free(problems->items);
	*problems = (struct config_problems){0};
}

void config_free(struct config *config)
{
	for (size_t i = 0; i < config->node_count; i++) {
		struct config_node *node = &config->nodes[i];
		char *owned[] = {node->name, node->url, node->protocol, node->pod, node->bearer_file, node->bearer_env, node->ca_file, node->role};
		for (size_t j = 0; j < ARRAY_LENGTH(owned); j++)
			free(owned[j]);
	}
	free(config->nodes);
	for (size_t i = 0; i < config->validator_count; i++)
		free(config->validators[i].name);
	free(config->validators);
	for (size_t i = 0; i < config->value_count; i++) {
		free(config->values[i].name);
		free(config->values[i].value);
	}
	free(config->values);
	for (size_t i = 0; i < config->key_count; i++) {
		free(config->keys[i].request);
		free(config->keys[i].keys);
	}
	free(config->keys);
	for (size_t i = 0; i < config->section_count; i++)
		settings_free(&config->sections[i]);
	free(config->sections);
	char *owned[] = {config->path, config->network, config->runbook_directory, config->theme, config->record};
	for (size_t j = 0; j < ARRAY_LENGTH(owned); j++)
		free(owned[j]);
	*config = (struct config){0};
}

const struct settings *config_section(const struct config *config, const char *word)
{
	return settings_at(config->sections, config->section_count, word, 0);
}

const char *config_namespace(const struct config *config)
{
	const struct settings *section = config_section(config, "kubernetes");

	return section ? settings_text(section, "namespace") : NAMESPACE_DEFAULT;
}

const char *config_context(const struct config *config)
{
	const struct settings *section = config_section(config, "kubernetes");

	return section ? settings_text(section, "context") : NULL;
}
