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
	NESTING_MAX = 16,
	HERE_MAX = 4, /* here-documents that one line begins */
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
	slot->secret = secret || shape_is_secret(normal);
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
		{"router_pod", "the affected pod"},
		{"oracle_pod", "the affected pod or feed"},
		{"publisher_pod", "the affected feed"},
		{"feed_address", "the affected feed"},
		{"source_router_address", "the affected lane"},
		{"dest_router_address", "the affected lane"},
		{"ccip_router", "the affected lane"},
		{"on_ramp_address", "the affected lane"},
		{"off_ramp_address", "the affected lane"},
		{"commit_store_address", "the affected lane"},
		{"source_rmn_address", "the affected lane"},
		{"dest_rmn_address", "the affected lane"},
		{"fee_quoter_address", "the affected lane"},
		{"source_pool_address", "the affected lane"},
		{"dest_pool_address", "the affected lane"},
		{"sender_address", "the affected lane"},
		{"sender", "the affected lane"},
		{"receiver_address", "the affected lane"},
		{"receiver", "the affected lane"},
		{"sender_event", "the affected lane"},
		{"fee_token_address", "the affected lane"},
		{"source_rpc_url", "the affected lane"},
		{"dest_rpc_url", "the affected lane"},
		{"target_chain_rpc_url", "the affected lane"},
		{"source_chain_selector", "the affected lane"},
		{"dest_chain_selector", "the affected lane"},
		{"chain_selector", "the affected lane"},
		{"message_id", "the affected lane: its oldest open message"},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(sources); i++)
		if (strcmp(sources[i].name, name) == 0)
			return sources[i].source;
	return NULL;
}

/* --- the walk through shell text ----------------------------------------------------------- */

enum quoting {
	BARE,
	DOUBLE,
	SINGLE,
	HERE, /* the text of a here-document: expansions, and no quotes */
};

/* A here-document whose text begins at the next line. */
struct here {
	char end[64];
	bool strip;   /* <<-: tabs stand before its end */
	bool literal; /* its word was quoted: nothing is expanded in it */
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
	struct here here[HERE_MAX];
	int here_count, here_at; /* waiting for the end of the line; the one whose text this is */
	const char *hidden;      /* why placeholders are refused from here on, or NULL */
	struct error *err;
	enum status status;
};

static void copy(struct binder *b, size_t count)
{
	buf_add(&b->script, b->at, count);
	buf_add(&b->resolved, b->at, count);
	b->at += count;
}

static void refuse(struct binder *b, const char *written, size_t len, const char *why)
{
	if (b->status == STATUS_OK)
		b->status = error_set(b->err, STATUS_REFUSED, "%.*s: %s (rewrite the step, or run it by hand)", (int)(len < 80 ? len : 80), written, why);
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
	static const char *const frames[][2] = {
		[BARE] = {"\"${", "}\""}, [DOUBLE] = {"${", "}"}, [SINGLE] = {"'\"${", "}\"'"}, [HERE] = {"${", "}"}};

	buf_printf(&b->script, "%s" VARIABLE_PREFIX "%s%s", frames[b->quoting][0], name, frames[b->quoting][1]);
}

static bool is_chosen(const struct placeholder *p, const char *value)
{
	for (const char *at = p->choices; at < p->choices + p->choices_len;) {
		size_t len = strcspn(at, "|"), left = (size_t)(p->choices + p->choices_len - at);
		len = len < left ? len : left;
		if (strlen(value) == len && strncmp(at, value, len) == 0)
			return true;
		at += len + 1;
	}
	return false;
}

/* True between double quotes that belong to what is written, JSON or YAML. */
static bool in_inner_string(const struct binder *b)
{
	if (b->at == b->text || b->at[-1] != '"')
		return false;
	return b->quoting == SINGLE || b->quoting == HERE || (b->quoting == DOUBLE && b->at > b->text + 1 && b->at[-2] == '\\');
}

/* What this value may not hold at this place. */
static void check_value(struct binder *b, const struct placeholder *p, const struct binding *value)
{
	char written[80];
	struct error err = {0};

	text_clean(written, sizeof(written), b->at, p->len);
	if (p->choices && !is_chosen(p, value->value)) {
		refuse(b, b->at, p->len, "the value is none of these");
	} else if (shape_check(shape_of(value->name), written, value->value, &err) != STATUS_OK) {
		if (b->status == STATUS_OK)
			b->status = error_set(b->err, STATUS_REFUSED, "%s", err.text);
	} else if (in_inner_string(b) && strpbrk(value->value, "\"\\")) {
		refuse(b, b->at, p->len, "the value holds a \" or a \\, which would end the string around it");
	}
}

static void bind_one(struct binder *b, const struct placeholder *p)
{
	const struct binding *value = find(b->values, p->name);

	if (b->hidden)
		refuse(b, b->at, p->len, b->hidden);
	else if (value)
		check_value(b, p, value);
	put_reference(b, p->name);
	if (value) {
		if (value->secret)
			buf_printf(&b->resolved, "‹secret:%s›", value->name);
		else
			buf_puts(&b->resolved, value->value);
		add_environment(b->out, p->name, value->value);
	} else {
		buf_add(&b->resolved, b->at, p->len);
		add_open(b->out, p->name, b->at, p->len);
	}
	b->at += p->len;
}

/* What is in parentheses is read anew, up to the one that closes it. */
static void enter(struct binder *b, size_t count)
{
	copy(b, count);
	if (b->depth >= NESTING_MAX) {
		b->hidden = "stands in a command nested too deeply";
		return;
	}
	b->outer[b->depth++] = b->quoting;
	b->quoting = BARE;
}

static void enter_substitution(struct binder *b)
{
	if (b->at[2] == '(')
		b->hidden = "stands in or after arithmetic, which some shells read as a program";
	if (b->quoting == HERE)
		b->hidden = "stands in or after a command inside a here-document";
	enter(b, 2);
}

/* <<END, <<-END, <<'END': what the lines after this one are, up to END. */
static void announce_here(struct binder *b)
{
	const char *at = b->at + 2;
	struct here here = {.strip = *at == '-'};
	size_t len = 0;

	at += here.strip;
	at += strspn(at, " \t");
	if (b->at[2] == '<' || b->depth || b->here_count == HERE_MAX) {
		b->hidden = "stands in or after a here-string or a nested here-document";
		copy(b, 2);
		return;
	}
	for (; *at && !strchr(" \t\n;&|<>()", *at); at++) {
		if (strchr("'\"\\", *at))
			here.literal = true;
		else if (len < sizeof(here.end) - 1)
			here.end[len++] = *at;
		else
			b->hidden = "stands after a here-document whose end has a long name";
	}
	if (len == 0)
		b->hidden = "stands after a here-document without an end";
	b->here[b->here_count++] = here;
	copy(b, (size_t)(at - b->at));
}

/* At the start of a line in a here-document: is this its end? */
static bool here_ends(struct binder *b)
{
	const struct here *here = &b->here[b->here_at];
	const char *line = b->at + (here->strip ? strspn(b->at, "\t") : 0);
	size_t len = strlen(here->end);

	if (strncmp(line, here->end, len) != 0 || (line[len] != '\n' && line[len] != '\0'))
		return false;
	copy(b, (size_t)(line - b->at) + len);
	return true;
}

/* The end of a line: the texts of its here-documents follow, one after the other. */
static void end_line(struct binder *b)
{
	copy(b, 1);
	if (b->quoting != HERE && b->here_count) {
		b->quoting = HERE;
		b->here_at = 0;
	}
	while (b->quoting == HERE && here_ends(b)) {
		if (*b->at)
			copy(b, 1);
		if (++b->here_at == b->here_count) {
			b->here_count = b->here_at = 0;
			b->quoting = BARE;
		}
	}
}

/* One step through a here-document. */
static void walk_here(struct binder *b)
{
	if (*b->at == '\n')
		end_line(b);
	else if (b->here[b->here_at].literal)
		copy(b, 1);
	else if (*b->at == '\\' && b->at[1])
		copy(b, b->at[1] == '\n' ? 1 : 2);
	else if (*b->at == '$' && b->at[1] == '(')
		enter_substitution(b);
	else if (*b->at == '`')
		b->hidden = "stands after a backquote, where a second shell may read it", copy(b, 1);
	else
		copy(b, 1);
}

/* One step of the walk over what is not a placeholder. */
static void walk(struct binder *b)
{
	char c = *b->at;

	if (b->quoting == HERE) {
		walk_here(b);
	} else if (b->quoting == SINGLE) {
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
	} else if (c == '(' && b->at[1] == '(') {
		b->hidden = "stands in or after arithmetic, which some shells read as a program";
		copy(b, 2);
	} else if (c == '(' && b->depth) {
		enter(b, 1);
	} else if (c == ')' && b->depth) {
		b->quoting = b->outer[--b->depth];
		copy(b, 1);
	} else if (c == '<' && b->at[1] == '<') {
		announce_here(b);
	} else if (c == '\n') {
		end_line(b);
	} else if (b->depth && strncmp(b->at, "case ", 5) == 0) {
		b->hidden = "stands in or after a case, whose parentheses cannot be told apart";
		copy(b, 1);
	} else if (c == '#' && (b->at == b->text || strchr(" \t\n;&|()", b->at[-1]))) {
		copy(b, strcspn(b->at, "\n")); /* a comment: its quotes mean nothing */
	} else {
		copy(b, 1);
	}
}

/* --- second shells ------------------------------------------------------------------------- */

/* True if a value stands in one of the words. */
static bool holds_value(const struct shell_command *c)
{
	for (size_t i = 0; i < c->word_count; i++)
		if (strstr(c->words[i], VARIABLE_PREFIX))
			return true;
	return false;
}

/* True if a word may hold a value that came through a variable of the script's own, or
 * through what another command said. */
static bool holds_computed(const char *script, const struct shell_command *c)
{
	for (size_t i = 0; i < c->word_count; i++) {
		if (strstr(c->words[i], "$()"))
			return true;
		for (const char *at = strchr(c->words[i], '$'); at; at = strchr(at + 1, '$')) {
			const char *name = at + 1 + (at[1] == '{');
			size_t len = 0;
			while (isalnum((unsigned char)name[len]) || name[len] == '_')
				len++;
			if (len && placeholder_is_set(script, name, len))
				return true;
		}
	}
	return false;
}

/* jq and yq read a program, too. Values whose shape has no quotes cannot end a string in it. */
static bool fills_program(const struct shell_command *c)
{
	static const char lead[] = "${" VARIABLE_PREFIX;
	const char *program = c->word_count ? shell_program(c->words[0]) : "";

	if (strcmp(program, "jq") != 0 && strcmp(program, "yq") != 0)
		return false;
	for (size_t i = 1; i < c->word_count; i++) {
		const char *found = strstr(c->words[i], lead);
		char name[64];
		if (!found || (found == c->words[i] && strcspn(found, "}") + 1 == strlen(found)))
			continue;
		found += sizeof(lead) - 1;
		text_format(name, sizeof(name), "%.*s", (int)strcspn(found, "}"), found);
		if (shape_of(name) == SHAPE_ANY)
			return true;
	}
	return false;
}

static bool runs_files(const struct shell_command *c)
{
	return c->word_count && (strchr(c->words[0], '/') || strcmp(c->words[0], ".") == 0 || strcmp(c->words[0], "source") == 0 || strstr(c->words[0], "sh") == c->words[0] || strcmp(c->words[0], "bash") == 0);
}

/* xargs makes words of what it reads, and of blanks and quotes in it. */
static bool is_fed_words(const struct shell_command *c)
{
	const char *program = shell_program(c->words[0]);

	return strcmp(program, "xargs") == 0 || strcmp(program, "parallel") == 0;
}

/* What the commands before one did with values. */
struct flow {
	bool held;  /* one had a value among its words */
	bool said;  /* echo or printf had one */
	bool wrote; /* one may have written one to a file */
};

/* Why a command with values somewhere in its script must not run, NULL when it may. */
static const char *second_shell(const char *script, const struct shell_command *c, const struct flow *before)
{
	bool here = strstr(script, "<<") != NULL, held = before->held;

	if (c->word_count == 0)
		return NULL;
	if (strchr(c->words[0], '$') && (holds_value(c) || held))
		return "is no known program, and a value stands in the text";
	if (shell_reads_again(c) && (holds_value(c) || holds_computed(script, c)))
		return "reads its words as a program, and one of them may hold a value";
	if (shell_reads_input(c) && here)
		return "reads its input as a program, and a here-document stands in the text";
	if (shell_reads_input(c) && held)
		return "reads its input as a program, and a value may reach it";
	if (fills_program(c))
		return "reads its words as a program, and one of them holds a value (pass it with --arg)";
	if (is_fed_words(c) && (here || before->said))
		return "makes words of its input, and a value may reach it";
	if (before->wrote && runs_files(c))
		return "may run a file that a value was written to";
	return NULL;
}

/* A word that another program reads as a program, with a value inside, would let the value
 * speak: ssh HOST "… <x>", sh -c '… {{x}}', awk, eval; and so would a value that echo or a
 * here-document feeds to a shell. */
static void refuse_second_shells(struct binder *b, const char *script)
{
	struct shell_script parsed;
	struct flow flow = {false, false, false};

	shell_split(script, &parsed);
	for (size_t i = 0; i < parsed.command_count && b->status == STATUS_OK; i++) {
		const struct shell_command *c = &parsed.commands[i];
		if (c->in_here)
			continue;
		const char *why = second_shell(script, c, &flow);
		if (why)
			refuse(b, c->words[0], strlen(c->words[0]), why);
		bool holds = holds_value(c);
		flow.held |= holds;
		flow.said |= holds && c->word_count && (strcmp(c->words[0], "echo") == 0 || strcmp(c->words[0], "printf") == 0);
		flow.wrote |= c->writes_file && (holds || strstr(script, "<<"));
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
		struct placeholder placeholder;
		bool literal = b.quoting == HERE && b.here[b.here_at].literal;
		if (placeholder_at(text, b.at, b.quoting == SINGLE, &placeholder)) {
			if (literal && *b.at != '$')
				refuse(&b, b.at, placeholder.len, "stands in a here-document whose end is quoted, where nothing gets a value");
			if (!literal) {
				bind_one(&b, &placeholder);
				continue;
			}
		}
		walk(&b);
	}
	if (b.status == STATUS_OK && out->environment_count + out->open_count > 0) {
		if (b.quoting != BARE || b.depth || b.here_count)
			refuse(&b, text, strcspn(text, "\n"), "has an open quote or here-document");
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
