#include "runbook/bind.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/text.h"
#include "runbook/shell.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum {
	SCRIPT_BYTES_MAX = 256 * 1024,
	VALUE_BYTES_MAX = 4096,
	NESTING_MAX = 16,
};

#define VARIABLE_PREFIX "TOCSIN_"

/* --- values on offer ------------------------------------------------------------------ */

void bindings_init(struct bindings *b)
{
	*b = (struct bindings){0};
}

void bindings_free(struct bindings *b)
{
	for (size_t i = 0; i < b->count; i++)
		free(b->items[i].value);
	free(b->items);
	*b = (struct bindings){0};
}

bool binding_name(const char *written, size_t len, char out[64])
{
	bool any = false;

	if (len == 0 || len > 63)
		return false;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)written[i];
		bool plain = c < 0x80 && isalnum(c);
		out[i] = plain ? (char)tolower(c) : '_';
		any |= plain;
	}
	out[len] = '\0';
	return any;
}

static struct binding *find(const struct bindings *b, const char *name)
{
	for (size_t i = 0; i < b->count; i++)
		if (strcmp(b->items[i].name, name) == 0)
			return &b->items[i];
	return NULL;
}

static void set(struct bindings *b, const char *name, const char *value, const char *from, bool secret)
{
	char normal[64];

	if (!binding_name(name, strlen(name), normal))
		return;
	struct binding *slot = find(b, normal);
	if (!slot) {
		b->items = mem_grow(b->items, &b->capacity, b->count, sizeof(*b->items));
		slot = &b->items[b->count++];
		*slot = (struct binding){0};
		memcpy(slot->name, normal, sizeof(normal));
	}
	mem_set(&slot->value, value);
	slot->secret = secret || binding_is_secret(normal);
	text_clean(slot->from, sizeof(slot->from), from, strlen(from));
}

void bindings_set(struct bindings *b, const char *name, const char *value, const char *from)
{
	set(b, name, value, from, false);
}

void bindings_set_secret(struct bindings *b, const char *name, const char *value, const char *from)
{
	set(b, name, value, from, true);
}

void bindings_copy(struct bindings *out, const struct bindings *b)
{
	bindings_init(out);
	for (size_t i = 0; i < b->count; i++)
		set(out, b->items[i].name, b->items[i].value, b->items[i].from, b->items[i].secret);
}

const struct binding *bindings_get(const struct bindings *b, const char *name)
{
	return find(b, name);
}

/* --- shapes ------------------------------------------------------------------------------ */

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

bool binding_is_secret(const char *name)
{
	static const char *const ends[] = {"token", "password", "passwd", "passphrase", "secret", "api_key", "apikey", "private_key", "mnemonic", "seed_phrase", "bearer"};

	for (size_t i = 0; i < ARRAY_LENGTH(ends); i++)
		if (ends_with(name, ends[i]))
			return true;
	return false;
}

enum value_shape shape_of(const char *name)
{
	static const struct {
		const char *end;
		enum value_shape shape;
	} shapes[] = {
		{"pod", SHAPE_NAME},
		{"namespace", SHAPE_NAME},
		{"statefulset", SHAPE_NAME},
		{"deployment", SHAPE_NAME},
		{"context", SHAPE_ANY},
		{"address", SHAPE_ADDRESS},
		{"message_id", SHAPE_HASH},
		{"tx_hash", SHAPE_HASH},
		{"url", SHAPE_URL},
		{"endpoint", SHAPE_ENDPOINT},
		{"replicas", SHAPE_NUMBER},
		{"port", SHAPE_NUMBER},
		{"chain_id", SHAPE_NUMBER},
		{"selector", SHAPE_NUMBER},
		{"block", SHAPE_NUMBER},
		{"number", SHAPE_NUMBER},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(shapes); i++)
		if (ends_with(name, shapes[i].end))
			return shapes[i].shape;
	return SHAPE_ANY;
}

/* Letters, digits, '-' and '.', beginning and ending with a letter or digit (RFC 1123). */
static bool is_dns_name(const char *value)
{
	size_t len = strlen(value);

	if (len == 0 || len > 253 || !isalnum((unsigned char)value[0]) || !isalnum((unsigned char)value[len - 1]))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!islower((unsigned char)value[i]) && !isdigit((unsigned char)value[i]) && value[i] != '-' && value[i] != '.')
			return false;
	return true;
}

/* The characters a URL may hold anywhere behind its scheme (RFC 3986), quotes left out. */
static bool is_url_text(const char *value)
{
	for (const char *at = value; *at; at++)
		if (!isalnum((unsigned char)*at) && !strchr("-._~:/?#[]@!$&()*+,;=%", *at))
			return false;
	return isalnum((unsigned char)value[0]) || value[0] == '[';
}

static bool is_url(const char *value)
{
	const char *rest = strncmp(value, "http://", 7) == 0 ? value + 7 : (strncmp(value, "https://", 8) == 0 ? value + 8 : NULL);

	return rest && is_url_text(rest);
}

const char *shape_wants(enum value_shape shape)
{
	static const char *const wants[] = {
		[SHAPE_ANY] = "one line of plain text",
		[SHAPE_NAME] = "a Kubernetes name: lower-case letters, digits, - and .",
		[SHAPE_ADDRESS] = "an address: 0x and 40 hex digits",
		[SHAPE_HASH] = "a hash: 0x and 64 hex digits",
		[SHAPE_URL] = "an http or https URL",
		[SHAPE_ENDPOINT] = "a host with port and path, without http://",
		[SHAPE_NUMBER] = "decimal digits",
	};

	return wants[shape];
}

const char *binding_source(const char *name)
{
	static const struct {
		const char *name, *source;
	} sources[] = {
		{"pod", "the affected component"},
		{"validator_pod", "the affected component"},
		{"rpc_pod", "the affected component"},
		{"node", "the affected component"},
		{"node_url", "the affected component"},
		{"validator_address", "the affected component"},
		{"namespace", "configuration [kubernetes]"},
		{"context", "configuration [kubernetes]"},
		{"chain_id", "configuration [network]"},
		{"rpc_url", "a node that answers"},
		{"rpc_endpoint", "a node that answers"},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(sources); i++)
		if (strcmp(sources[i].name, name) == 0)
			return sources[i].source;
	return NULL;
}

enum status shape_check(enum value_shape shape, const char *name, const char *value, struct error *err)
{
	uint8_t bytes[32];
	bool fits = true;

	if (value[0] == '\0')
		return error_set(err, STATUS_INVALID, "%s: an empty value (write %s)", name, shape_wants(shape));
	if (strlen(value) > VALUE_BYTES_MAX)
		return error_set(err, STATUS_LIMIT, "%s: longer than %d bytes", name, VALUE_BYTES_MAX);
	if (!text_is_clean(value, strlen(value)))
		return error_set(err, STATUS_INVALID, "%s: holds control or hidden characters (type it by hand)", name);
	if (value[0] == '-')
		return error_set(err, STATUS_INVALID, "%s: %s begins with - and would be read as an option", name, value);
	switch (shape) {
	case SHAPE_NAME:
		fits = is_dns_name(value);
		break;
	case SHAPE_ADDRESS:
		fits = hex_bytes(value, bytes, 20);
		break;
	case SHAPE_HASH:
		fits = hex_bytes(value, bytes, 32);
		break;
	case SHAPE_URL:
		fits = is_url(value);
		break;
	case SHAPE_ENDPOINT:
		fits = is_url_text(value);
		break;
	case SHAPE_NUMBER:
		fits = strspn(value, "0123456789") == strlen(value);
		break;
	case SHAPE_ANY:
		break;
	}
	return fits ? STATUS_OK : error_set(err, STATUS_INVALID, "%s: \"%s\" is not %s", name, value, shape_wants(shape));
}

/* --- placeholders in shell text ------------------------------------------------------------ */

enum quoting {
	BARE,
	DOUBLE,
	SINGLE,
};

struct binder {
	const char *text;
	const char *at;
	const struct bindings *values;
	struct bound *out;
	struct buf script, resolved;
	enum quoting quoting;
	enum quoting outer[NESTING_MAX]; /* quoting around each open $( */
	int depth;
	const char *hidden; /* why placeholders are refused from here on, or NULL */
	struct error *err;
	enum status status;
};

static void copy(struct binder *b, size_t count)
{
	buf_add(&b->script, b->at, count);
	buf_add(&b->resolved, b->at, count);
	b->at += count;
}

/* Variables that are the shell's own or common property, never placeholders. */
static bool is_common_variable(const char *name, size_t len)
{
	static const char *const common[] = {"HOME", "PATH", "USER", "LOGNAME", "PWD", "OLDPWD", "SHELL", "TERM", "LANG", "LC_ALL", "TMPDIR", "HOSTNAME", "IFS", "RANDOM", "SECONDS", "EDITOR", "KUBECONFIG", "UID", "PPID"};

	for (size_t i = 0; i < ARRAY_LENGTH(common); i++)
		if (strlen(common[i]) == len && strncmp(common[i], name, len) == 0)
			return true;
	return false;
}

/* True if the script gives the variable a value itself: NAME=…, read NAME, for NAME. */
static bool sets_variable(const char *text, const char *name, size_t len)
{
	for (const char *at = text; *at; at++) {
		if (strncmp(at, name, len) != 0 || (at > text && (isalnum((unsigned char)at[-1]) || strchr("_$-{<", at[-1]))))
			continue;
		if (at[len] == '=' || (at >= text + 4 && strncmp(at - 4, "for ", 4) == 0) || (at >= text + 5 && strncmp(at - 5, "read ", 5) == 0))
			return true;
	}
	return false;
}

/* A placeholder at the cursor: its name, and how many bytes it takes. */
static bool placeholder_at(const struct binder *b, char name[64], size_t *len)
{
	const char *at = b->at;

	if (at[0] == '<' && isalpha((unsigned char)at[1])) {
		size_t inner = strcspn(at + 1, "<>\n'\"`$|;&");
		*len = inner + 2;
		return at[1 + inner] == '>' && at[inner] != ' ' && binding_name(at + 1, inner, name);
	}
	if (at[0] == '{' && at[1] == '{') {
		size_t lead = strspn(at + 2, " "), inner = strcspn(at + 2 + lead, "{}\n'\"`$|;&");
		const char *word = at + 2 + lead;
		*len = 2 + lead + inner + 2;
		if (strncmp(word + inner, "}}", 2) != 0)
			return false;
		while (inner && word[inner - 1] == ' ')
			inner--;
		return binding_name(word, inner, name);
	}
	if (at[0] == '$' && b->quoting != SINGLE) {
		bool braces = at[1] == '{';
		const char *word = at + 1 + braces;
		size_t inner = strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
		if (inner == 0 || !isupper((unsigned char)word[0]) || islower((unsigned char)word[inner]) || (braces && word[inner] != '}'))
			return false;
		*len = 1 + inner + (braces ? 2 : 0);
		return !is_common_variable(word, inner) && !sets_variable(b->text, word, inner) && binding_name(word, inner, name);
	}
	return false;
}

static void refuse(struct binder *b, const char *written, size_t len, const char *why)
{
	if (b->status == STATUS_OK)
		b->status = error_set(b->err, STATUS_REFUSED, "%.*s: %s (rewrite the step, or run it by hand)", (int)len, written, why);
}

static void add_open(struct bound *out, const char *name, const char *written, size_t len)
{
	for (size_t i = 0; i < out->open_count; i++)
		if (strcmp(out->open[i].name, name) == 0)
			return;
	out->open = xreallocarray(out->open, out->open_count + 1, sizeof(*out->open));
	struct open_placeholder *open = &out->open[out->open_count++];
	text_format(open->name, sizeof(open->name), "%s", name);
	text_clean(open->written, sizeof(open->written), written, len);
}

static void add_environment(struct bound *out, const char *name, const char *value)
{
	char *line = xasprintf(VARIABLE_PREFIX "%s=%s", name, value);

	for (size_t i = 0; i < out->environment_count; i++) {
		if (strcmp(out->environment[i], line) == 0) {
			free(line);
			return;
		}
	}
	out->environment = xreallocarray(out->environment, out->environment_count + 2, sizeof(char *));
	out->environment[out->environment_count++] = line;
	out->environment[out->environment_count] = NULL;
}

/* Puts a quoted reference that fits the place: the value itself never meets the text. */
static void put_reference(struct binder *b, const char *name)
{
	static const char *const frames[][2] = {[BARE] = {"\"${", "}\""}, [DOUBLE] = {"${", "}"}, [SINGLE] = {"'\"${", "}\"'"}};

	buf_printf(&b->script, "%s" VARIABLE_PREFIX "%s%s", frames[b->quoting][0], name, frames[b->quoting][1]);
}

static void bind_one(struct binder *b, const char *name, size_t len)
{
	const struct binding *value = find(b->values, name);

	if (b->hidden) {
		refuse(b, b->at, len, b->hidden);
	} else if (value && shape_check(shape_of(name), name, value->value, b->err) != STATUS_OK) {
		if (b->status == STATUS_OK)
			b->status = STATUS_REFUSED;
	}
	put_reference(b, name);
	if (value) {
		if (value->secret)
			buf_printf(&b->resolved, "‹secret:%s›", value->name);
		else
			buf_puts(&b->resolved, value->value);
		add_environment(b->out, name, value->value);
	} else {
		buf_add(&b->resolved, b->at, len);
		add_open(b->out, name, b->at, len);
	}
	b->at += len;
}

static void enter_substitution(struct binder *b)
{
	if (b->at[2] == '(')
		b->hidden = "stands in or after arithmetic, which some shells read as a program";
	if (b->depth >= NESTING_MAX) {
		b->hidden = "stands in a command nested too deeply";
		copy(b, 2);
		return;
	}
	b->outer[b->depth++] = b->quoting;
	b->quoting = BARE;
	copy(b, 2);
}

/* One step of the walk over what is not a placeholder. */
static void walk(struct binder *b)
{
	char c = *b->at;

	if (b->quoting == SINGLE) {
		if (c == '\'')
			b->quoting = BARE;
		copy(b, 1);
	} else if (c == '\\' && b->at[1]) {
		copy(b, 2);
	} else if (c == '`') {
		b->hidden = "stands after a backquote, where a second shell may read it";
		copy(b, 1);
	} else if (c == '$' && b->at[1] == '(') {
		enter_substitution(b);
	} else if (c == '$' && b->at[1] == '{') {
		/* An expansion of the script's own: what is inside is not ours to bind. */
		size_t len = strcspn(b->at, "}\n");
		copy(b, len + (b->at[len] == '}'));
	} else if (c == '"') {
		b->quoting = b->quoting == DOUBLE ? BARE : DOUBLE;
		copy(b, 1);
	} else if (b->quoting == DOUBLE) {
		copy(b, 1);
	} else if (c == '\'') {
		if (b->at > b->text && b->at[-1] == '$')
			b->hidden = "stands in $'…' quotes";
		b->quoting = SINGLE;
		copy(b, 1);
	} else if (c == ')' && b->depth) {
		b->quoting = b->outer[--b->depth];
		copy(b, 1);
	} else if (c == '<' && b->at[1] == '<') {
		b->hidden = "stands in or after a here-document";
		copy(b, 2);
	} else if (c == '#' && (b->at == b->text || isspace((unsigned char)b->at[-1]))) {
		copy(b, strcspn(b->at, "\n")); /* a comment: its quotes mean nothing */
	} else {
		copy(b, 1);
	}
}

/* A word that another program reads as a program, with a value inside, would let the
 * value speak: ssh HOST "… <x>", sh -c '… {{x}}', awk, eval. */
static void refuse_second_shells(struct binder *b, const char *text)
{
	struct shell_script parsed;

	shell_split(text, &parsed);
	for (size_t i = 0; i < parsed.command_count && b->status == STATUS_OK; i++) {
		if (!shell_reads_again(&parsed.commands[i]))
			continue;
		for (size_t j = 0; j < parsed.commands[i].word_count; j++) {
			const char *found = strstr(parsed.commands[i].words[j], VARIABLE_PREFIX);
			if (found)
				refuse(b, parsed.commands[i].words[0], strlen(parsed.commands[i].words[0]), "reads its words as a program, and one of them holds a value");
		}
	}
	shell_free(&parsed);
}

enum status bind_command(const char *text, const struct bindings *values, struct bound *out, struct error *err)
{
	struct binder b = {.text = text, .at = text, .values = values, .out = out, .err = err};

	*out = (struct bound){0};
	buf_init(&b.script, SCRIPT_BYTES_MAX);
	buf_init(&b.resolved, SCRIPT_BYTES_MAX);
	out->environment = xcalloc(1, sizeof(char *));
	while (*b.at) {
		char name[64];
		size_t len;
		bool escaped = b.quoting != SINGLE && b.at > text && b.at[-1] == '\\' && !(b.at > text + 1 && b.at[-2] == '\\');
		bool in_comment = b.quoting == BARE && *b.at == '#';
		if (!escaped && !in_comment && placeholder_at(&b, name, &len))
			bind_one(&b, name, len);
		else
			walk(&b);
	}
	if (b.status == STATUS_OK && out->environment_count + out->open_count > 0) {
		if (b.quoting != BARE || b.depth)
			refuse(&b, text, strcspn(text, "\n"), "has an open quote");
		refuse_second_shells(&b, buf_text(&b.script));
	}
	if (b.status == STATUS_OK)
		b.status = buf_check(&b.script, "the command", err);
	out->script = buf_take(&b.script);
	out->resolved = buf_take(&b.resolved);
	if (b.status != STATUS_OK)
		bound_free(out);
	return b.status;
}

void bound_free(struct bound *bound)
{
	free(bound->script);
	free(bound->resolved);
	for (size_t i = 0; i < bound->environment_count; i++)
		free(bound->environment[i]);
	free(bound->environment);
	free(bound->open);
	*bound = (struct bound){0};
}
