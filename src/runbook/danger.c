#include "runbook/danger.h"

#include "base/mem.h"
#include "base/text.h"
#include "runbook/bind.h"
#include "runbook/danger_table.h"
#include "runbook/shell.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

enum { SCRIPT_DEPTH_MAX = 4 }; /* sh -c "sh -c …" */

const char *danger_name(enum danger danger)
{
	static const char *const names[] = {"read", "mutate", "destructive", "funds/contract", "custody", "network-wide"};

	return names[danger];
}

const char *danger_meaning(enum danger danger)
{
	static const char *const meanings[] = {
		[DANGER_READ] = "changes nothing",
		[DANGER_MUTATE] = "changes something that runs",
		[DANGER_DESTRUCTIVE] = "destroys data",
		[DANGER_FUNDS] = "moves funds or changes contracts",
		[DANGER_CUSTODY] = "touches keys",
		[DANGER_NETWORK] = "changes the whole network",
	};

	return meanings[danger];
}

/* Files that hold keys or the right to use them. */
static const char key_files[] = "key|nodekey|id_rsa|id_ed25519|id_ecdsa|shadow|environ|keystore|wallet.json|credentials|.env|key.pem|key.priv";

/* One alternative, `len` bytes at `pattern`, against a word. */
static bool is_like(const char *pattern, size_t len, const char *word)
{
	if (len > 3 && strncmp(pattern, "-[", 2) == 0) {
		if (word[0] != '-' || word[1] == '-')
			return false;
		for (size_t i = 2; i + 1 < len; i++)
			if (strchr(word, pattern[i]))
				return true;
		return false;
	}
	if (pattern[len - 1] == '*')
		return strncmp(word, pattern, len - 1) == 0;
	/* "--output=x" is the option --output */
	return strcspn(word, "=") == len && strncmp(word, pattern, len) == 0;
}

static bool any_of(const char *alternatives, const char *word)
{
	for (const char *at = alternatives; *at;) {
		size_t len = strcspn(at, "|");
		if (len && is_like(at, len, word))
			return true;
		at += len + (at[len] == '|');
	}
	return false;
}

/* kubectl takes "Pods,secrets" and "secret/name" for the resource that it names. */
static bool names_resource(const char *alternatives, const char *word)
{
	for (const char *at = word; *at;) {
		char piece[64];
		size_t len = strcspn(at, ",");
		text_format(piece, sizeof(piece), "%.*s", (int)(len < sizeof(piece) ? len : sizeof(piece) - 1), at);
		piece[strcspn(piece, "/.")] = '\0';
		for (char *c = piece; *c; c++)
			*c = (char)tolower((unsigned char)*c);
		if (piece[0] && piece[0] != '-' && any_of(alternatives, piece))
			return true;
		at += len + (at[len] == ',');
	}
	return false;
}

static bool has_word(const struct shell_command *c, const char *alternatives)
{
	bool resources = strcmp(shell_program(c->words[0]), "kubectl") == 0;

	for (size_t i = 1; i < c->word_count; i++)
		if (any_of(alternatives, c->words[i]) || (resources && names_resource(alternatives, c->words[i])))
			return true;
	return false;
}

/* The operand with this number, NULL when there is none. An option that is not known
 * here is taken for one without a value. */
static const char *operand(const struct shell_command *c, size_t number)
{
	const char *valued = danger_valued_options(shell_program(c->words[0]));

	for (size_t i = 1; i < c->word_count; i++) {
		const char *word = c->words[i];
		if (word[0] != '-') {
			if (number-- == 0)
				return word;
		} else if (valued && !strchr(word, '=') && any_of(valued, word)) {
			i++;
		}
	}
	return NULL;
}

/* az and gcloud say what they do in the last word before their options. */
static const char *last_verb(const struct shell_command *c)
{
	size_t i = 1;

	while (i < c->word_count && c->words[i][0] != '-')
		i++;
	return i > 1 ? c->words[i - 1] : NULL;
}

/* True if what the shell puts into the data cannot end a string there and begin another
 * call: values whose shape has no quotes, and nothing else. */
static bool fills_no_json(const char *data)
{
	static const char lead[] = "${TOCSIN_";

	for (const char *at = strchr(data, '$'); at; at = strchr(at + 1, '$')) {
		char name[64];
		if (strncmp(at, lead, sizeof(lead) - 1) != 0)
			return false;
		const char *from = at + sizeof(lead) - 1;
		text_format(name, sizeof(name), "%.*s", (int)strcspn(from, "}"), from);
		if (shape_of(name) == SHAPE_ANY)
			return false;
	}
	return true;
}

/* The worst "method" in the data. What is spelt with escapes, or filled in by the shell,
 * cannot be read here; data without a method is at least a mutation. */
static enum danger data_danger(const char *data)
{
	enum danger worst = DANGER_READ;
	bool any = false;

	if (strchr(data, '\\') || !fills_no_json(data))
		worst = DANGER_MUTATE;
	for (const char *at = data; *at; at++) {
		/* Some readers of JSON do not tell "METHOD" from "method". */
		if (strncasecmp(at, "\"method\"", strlen("\"method\"")) != 0)
			continue;
		const char *name = at + strlen("\"method\"");
		name += strspn(name, " :\"");
		enum danger one = danger_of_method(name);
		worst = one > worst ? one : worst;
		any = true;
	}
	return any || worst > DANGER_MUTATE ? worst : DANGER_MUTATE;
}

enum curl_option {
	CURL_OPERAND,
	CURL_HARMLESS,
	CURL_VALUED,
	CURL_HEADER,
	CURL_URL,
	CURL_REQUEST,
	CURL_DATA,
	CURL_FORMAT,
	CURL_OUTPUT,
	CURL_OTHER,
};

/* curl's options that this reader knows; every other one may write. Short ones may stand
 * in one word, and an argument right behind its letter. */
static const struct {
	enum curl_option option;
	const char *letters;
	const char *words;
} curl_options[] = {
	{CURL_HARMLESS, "sSfLkvigIG46Nq#", "--silent|--show-error|--fail|--fail-with-body|--location|--insecure|--verbose|--include|--head|--get|--compressed|--no-progress-meter|--http1.1|--http2|--ipv4|--ipv6|--no-buffer|--globoff"},
	{CURL_VALUED, "muAerxbE", "--max-time|--connect-timeout|--user|--user-agent|--referer|--cacert|--cert|--key|--resolve|--retry|--retry-delay|--retry-max-time|--unix-socket|--range|--proxy|--noproxy|--cookie"},
	{CURL_HEADER, "H", "--header"},
	{CURL_URL, "", "--url"},
	{CURL_REQUEST, "X", "--request"},
	{CURL_DATA, "d", "--data|--data-raw|--data-binary|--data-ascii|--json"},
	{CURL_FORMAT, "w", "--write-out"},
	{CURL_OUTPUT, "o", "--output"},
};

static enum curl_option curl_letter(char letter)
{
	for (size_t i = 0; i < ARRAY_LENGTH(curl_options); i++)
		if (letter && strchr(curl_options[i].letters, letter))
			return curl_options[i].option;
	return CURL_OTHER;
}

/* What one word is, and its argument when that is in the same word. */
static enum curl_option curl_option(const char *word, const char **argument)
{
	*argument = NULL;
	if (word[0] != '-' || word[1] == '\0')
		return CURL_OPERAND;
	if (word[1] == '-') {
		for (size_t i = 0; i < ARRAY_LENGTH(curl_options); i++)
			if (any_of(curl_options[i].words, word))
				return curl_options[i].option;
		return CURL_OTHER;
	}
	const char *at = word + 1;
	while (at[1] && curl_letter(*at) == CURL_HARMLESS)
		at++;
	*argument = at[1] ? at + 1 : NULL;
	return curl_letter(*at);
}

/* Other schemes than HTTP say whatever their URL holds to whoever listens. */
static bool curl_url_reads(const char *url)
{
	const char *scheme = strstr(url, "://");

	return !scheme || strncasecmp(url, "http://", 7) == 0 || strncasecmp(url, "https://", 8) == 0;
}

static bool curl_argument_reads(enum curl_option option, const char *argument)
{
	switch (option) {
	case CURL_REQUEST:
		return any_of("GET|HEAD|POST", argument);
	case CURL_FORMAT: /* "@file" is a format that nobody sees here */
		return argument[0] != '@' && !strchr(argument, '$') && !strstr(argument, "output{");
	case CURL_HEADER: /* "@file" would send its lines away */
		return argument[0] != '@';
	case CURL_OPERAND:
	case CURL_URL:
		return curl_url_reads(argument);
	case CURL_OUTPUT:
		return strcmp(argument, "/dev/null") == 0;
	default:
		return option != CURL_OTHER;
	}
}

/* curl reads when it gets, and when it posts JSON-RPC calls that read. Changing how a CCF
 * service is governed changes all of it. */
static enum danger classify_curl(const struct shell_command *c)
{
	bool posts = false, calls = false, governs = false;
	enum danger worst = DANGER_READ;

	for (size_t i = 1; i < c->word_count; i++) {
		const char *argument;
		enum curl_option option = curl_option(c->words[i], &argument);
		if (option == CURL_HARMLESS)
			continue;
		if (option == CURL_OPERAND)
			argument = c->words[i];
		else if (!argument)
			argument = ++i < c->word_count ? c->words[i] : "";
		if (option == CURL_DATA) {
			enum danger one = data_danger(argument);
			worst = one > worst ? one : worst;
			calls = true;
		} else if (!curl_argument_reads(option, argument) && worst == DANGER_READ) {
			worst = DANGER_MUTATE;
		}
		posts |= option == CURL_REQUEST && strcmp(argument, "POST") == 0;
		governs |= (option == CURL_OPERAND || option == CURL_URL) && strstr(argument, "/gov/") != NULL;
	}
	if (posts && !calls && worst == DANGER_READ)
		worst = DANGER_MUTATE;
	return governs && worst != DANGER_READ ? DANGER_NETWORK : worst;
}

static bool fits(const struct danger_rule *rule, const struct shell_command *c)
{
	for (size_t i = 0; i < ARRAY_LENGTH(rule->words); i++) {
		if (!rule->words[i])
			continue;
		if (rule->danger != DANGER_READ) {
			if (!has_word(c, rule->words[i]))
				return false;
			continue;
		}
		const char *word = any_of("az|gcloud", shell_program(c->words[0])) ? last_verb(c) : operand(c, i);
		if (!word || !any_of(rule->words[i], word))
			return false;
	}
	return true;
}

static size_t operands(const struct shell_command *c)
{
	size_t count = 0;

	for (size_t i = 1; i < c->word_count; i++)
		count += c->words[i][0] != '-';
	return count;
}

/* True if kubectl is told what to look at by something that is not known here. */
static bool resource_is_open(const struct shell_command *c)
{
	const char *verb = operand(c, 0), *what = operand(c, 1);

	return verb && what && any_of("get|describe", verb) && strchr(what, '$');
}

static bool reads_keys(const struct shell_command *c)
{
	for (size_t i = 1; i < c->word_count; i++) {
		const char *name = shell_program(c->words[i]);
		size_t len = strlen(name);
		bool place = name > c->words[i] || strcmp(name, "nodekey") == 0 || name[0] == '.';
		if ((place && any_of(key_files, name)) || (len > 4 && strcmp(name + len - 4, ".key") == 0) || strstr(c->words[i], ".kube/config") || strstr(c->words[i], "keystore/"))
			return true;
	}
	return false;
}

/* SQL in the words of a client. */
static enum danger classify_sql(const struct shell_command *c)
{
	static const char *const words[] = {"drop ", "truncate ", "delete from"};

	for (size_t i = 1; i < c->word_count; i++)
		for (size_t j = 0; j < ARRAY_LENGTH(words); j++)
			if (text_contains(c->words[i], words[j]))
				return DANGER_DESTRUCTIVE;
	return DANGER_MUTATE;
}

/* The first row of a table that fits; NULL when none does. */
static const struct danger_rule *find_rule(const struct danger_rule *table, const struct shell_command *c)
{
	const char *program = shell_program(c->words[0]);

	for (; table->program; table++)
		if (any_of(table->program, program) && fits(table, c))
			return table;
	return NULL;
}

/* True if the shipped tables know a program, whatever they say of it. */
static bool ships(const char *program)
{
	for (const struct danger_rule *rule = danger_rules; rule->program; rule++)
		if (any_of(rule->program, program))
			return true;
	for (const char *const *reader = danger_readers; *reader; reader++)
		if (strcmp(*reader, program) == 0)
			return true;
	return any_of("curl|psql|mysql|sqlite3", program);
}

static enum danger classify_shipped(const struct shell_command *c)
{
	const char *program = shell_program(c->words[0]);

	if (strcmp(program, "curl") == 0)
		return classify_curl(c);
	if (any_of("psql|mysql|sqlite3", program))
		return classify_sql(c);
	const struct danger_rule *rule = find_rule(danger_rules, c);
	if (rule)
		return rule->danger == DANGER_READ && resource_is_open(c) ? DANGER_MUTATE : rule->danger;
	if (strcmp(program, "uniq") == 0 && operands(c) > 1)
		return DANGER_MUTATE; /* the second is written */
	for (const char *const *reader = danger_readers; *reader; reader++)
		if (strcmp(*reader, program) == 0)
			return DANGER_READ;
	return DANGER_MUTATE;
}

/* A person's own rows decide about programs that nobody here has heard of, and raise what
 * is known. They cannot lower it. */
static enum danger classify_program(const struct shell_command *c)
{
	const struct danger_rule *own = find_rule(danger_own_rules(), c);
	enum danger shipped = classify_shipped(c);

	if (!own)
		return shipped;
	return own->danger > shipped || !ships(shell_program(c->words[0])) ? own->danger : shipped;
}

static enum danger classify_script(const char *script, int depth);

/* What is not known to look only may start another program that its words name: timeout,
 * xargs, env -i, kubectl exec, sh -c, and those nobody here has heard of. */
static enum danger classify_inner(const struct shell_command *c, int depth)
{
	bool programs = shell_reads_again(c);
	enum danger worst = DANGER_MUTATE;

	for (size_t i = 1; i < c->word_count; i++) {
		struct shell_command inner = {.words = c->words + i, .word_count = c->word_count - i};
		enum danger one = classify_program(&inner);
		if (one > worst)
			worst = one;
		one = programs ? classify_script(c->words[i], depth + 1) : worst;
		if (one > worst)
			worst = one;
	}
	return worst;
}

static enum danger classify_command(const struct shell_command *c, int depth)
{
	if (c->word_count == 0)
		return c->writes_file ? DANGER_MUTATE : DANGER_READ; /* assignments only */
	enum danger danger = classify_program(c);
	if (danger == DANGER_MUTATE)
		danger = classify_inner(c, depth);
	if (danger < DANGER_CUSTODY && reads_keys(c))
		danger = DANGER_CUSTODY;
	return danger == DANGER_READ && c->writes_file ? DANGER_MUTATE : danger;
}

static enum danger classify_script(const char *script, int depth)
{
	struct shell_script parsed;
	enum danger worst = DANGER_READ;

	if (depth > SCRIPT_DEPTH_MAX)
		return DANGER_MUTATE;
	if (!shell_split(script, &parsed))
		worst = DANGER_MUTATE;
	for (size_t i = 0; i < parsed.command_count; i++) {
		enum danger one = classify_command(&parsed.commands[i], depth);
		if (one > worst)
			worst = one;
	}
	shell_free(&parsed);
	return worst;
}

enum danger danger_classify(const char *script)
{
	static const struct bindings none;
	struct bound bound;

	/* To a shell, "<validator-pod>" is a redirection: placeholders become what they will be. */
	if (bind_command(script, &none, &bound, NULL) != STATUS_OK) {
		enum danger danger = classify_script(script, 0);
		return danger > DANGER_MUTATE ? danger : DANGER_MUTATE;
	}
	enum danger danger = classify_script(bound.script, 0);
	bound_free(&bound);
	return danger;
}

bool danger_next_line(const char **cursor, char **line, enum danger *danger)
{
	const char *start = *cursor + strspn(*cursor, " \t\n"), *end = shell_line_end(start);

	if (!*start)
		return false;
	*line = xstrndup(start, (size_t)(end - start));
	*danger = danger_classify(*line);
	*cursor = end;
	return true;
}

bool danger_knows(const char *script)
{
	struct shell_script parsed;
	bool known = false;

	shell_split(script, &parsed);
	if (parsed.command_count && parsed.commands[0].word_count) {
		const char *program = shell_program(parsed.commands[0].words[0]);
		known = ships(program);
		for (const struct danger_rule *rule = danger_own_rules(); rule->program && !known; rule++)
			known = any_of(rule->program, program);
	}
	shell_free(&parsed);
	return known;
}
