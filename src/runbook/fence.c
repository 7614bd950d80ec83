/* Fences: what an info string asks for, what a session shows, and what may run. */
#include "runbook/builder.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "runbook/shell.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { ATTRIBUTE_BYTES = 160 };

/* --- languages ------------------------------------------------------------------------- */

/* Words of an info string for shell text, and the program that reads it; NULL is /bin/sh. */
static const struct {
	const char *word, *interpreter;
} shells[] = {
	{"bash", "bash"},
	{"sh", NULL},
	{"shell", NULL},
	{"zsh", "zsh"},
	{"dash", NULL},
	{"ksh", "ksh"},
	{"console", NULL},
	{"shell-session", NULL},
	{"shellsession", NULL},
	{"sh-session", NULL},
	{"bash-session", "bash"},
	{"terminal", NULL},
};

static bool is_shell(const char *language, const char **interpreter)
{
	for (size_t i = 0; i < ARRAY_LENGTH(shells); i++) {
		if (strcasecmp(language, shells[i].word) == 0) {
			*interpreter = shells[i].interpreter;
			return true;
		}
	}
	return false;
}

bool command_is_shell(const struct command *command)
{
	const char *interpreter;

	return command->shell || strcmp(command->language, "inline") == 0 || is_shell(command->language, &interpreter);
}

/* "bash {name=x}", "{.bash}", "sh,linenos": the word before anything else. */
static void language_of(char language[32], const char *info)
{
	const char *at = info ? info : "";

	at += strspn(at, " \t");
	if (at[0] == '{' && at[1] == '.')
		at += 2;
	text_clean(language, 32, at, strcspn(at, " \t{},:"));
}

/* --- attributes ------------------------------------------------------------------------ */

static bool is_true(const char *value)
{
	static const char *const words[] = {"1", "t", "true", "y", "yes", "on"};

	for (size_t i = 0; i < ARRAY_LENGTH(words); i++)
		if (strcasecmp(value, words[i]) == 0)
			return true;
	return false;
}

/* "120", "120s", "2m": seconds; 0 when it is none of these. */
static int seconds(const char *value)
{
	char text[24];
	int64_t us;
	size_t digits = strspn(value, "0123456789");

	text_format(text, sizeof(text), "%s%s", value, digits && value[digits] == '\0' ? "s" : "");
	if (duration_parse(text, &us, NULL) != STATUS_OK || us <= 0 || us > 86400 * US_PER_S)
		return 0;
	return (int)(us / US_PER_S);
}

static void apply(struct command *c, const char *key, const char *value)
{
	/* Our own keys may carry our name, so that other tools leave them alone. */
	if (strncmp(key, "tocsin.", strlen("tocsin.")) == 0)
		key += strlen("tocsin.");
	if (strcmp(key, "name") == 0 && value[0])
		mem_set(&c->name, value);
	else if (strcmp(key, "cwd") == 0 && value[0])
		mem_set(&c->cwd, value);
	else if (strcmp(key, "interpreter") == 0 && value[0])
		mem_set(&c->interpreter, value);
	else if (strcmp(key, "interactive") == 0)
		c->interactive = is_true(value);
	else if (strcmp(key, "background") == 0)
		c->background = is_true(value);
	else if (strcmp(key, "excludeFromRunAll") == 0)
		c->alone = is_true(value);
	else if (strcmp(key, "verify") == 0)
		c->verify = is_true(value);
	else if (strcmp(key, "timeout") == 0)
		c->timeout_s = seconds(value);
	else if (strcmp(key, "class") == 0 && !danger_parse(value, &c->floor))
		c->floor = DANGER_MUTATE;
	else if ((strcmp(key, "ignore") == 0 || strcmp(key, "transform") == 0) && is_true(value) == (key[0] == 'i'))
		mem_set(&c->doubt, "the document marks it as not to be run");
}

/* One word, in quotes or up to a blank, '=' or one of `ends`; returns what follows it. */
static const char *take_word(const char *at, const char *ends, char out[ATTRIBUTE_BYTES])
{
	char quote = *at == '"' || *at == '\'' ? *at : '\0';
	size_t len = quote ? strcspn(++at, quote == '"' ? "\"" : "'") : strcspn(at, ends);

	text_clean(out, ATTRIBUTE_BYTES, at, len);
	return at + len + (quote && at[len] == quote);
}

/* "{name=x tag=a,b}" or "{"name":"x"}": both are pairs of words, the first with '=' and
 * blanks between, the second with ':' and commas. */
static void read_attributes(struct command *c, const char *info)
{
	const char *at = info ? strchr(info, '{') : NULL;
	char key[ATTRIBUTE_BYTES], value[ATTRIBUTE_BYTES];

	if (!at)
		return;
	at++;
	at += strspn(at, " \t");
	bool json = *at == '"';
	while (*at && *at != '}') {
		at = take_word(at, json ? " :,}" : " =}", key);
		at += strspn(at, json ? " :" : "=");
		at = take_word(at, json ? " ,}" : " }", value);
		if (key[0])
			apply(c, key, value);
		size_t skip = strspn(at, " ,\t");
		if (skip == 0 && *at != '}')
			break;
		at += skip;
	}
}

/* --- sessions -------------------------------------------------------------------------- */

static size_t blanks_before(const char *line)
{
	return strspn(line, " \t");
}

static bool is_prompt(const char *line)
{
	return strncmp(line + blanks_before(line), "$ ", 2) == 0;
}

static bool has_prompts(const char *text)
{
	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n')
		if (is_prompt(line))
			return true;
	return false;
}

/* Parts what was typed, behind "$ " and on continued lines, from what was said to it. Only
 * dollar and blank is a prompt; "$NAME" and "$(…)" at the start of a line are the
 * command's own. */
static void part_session(const char *text, struct buf *typed, struct buf *output)
{
	bool continued = false;

	for (const char *line = text; *line;) {
		size_t len = strcspn(line, "\n"), skip = 0;
		bool prompt = is_prompt(line);
		if (prompt)
			skip = blanks_before(line) + 2;
		else if (continued && strncmp(line, "> ", 2) == 0)
			skip = 2;
		struct buf *to = prompt || continued ? typed : output;
		buf_add(to, line + skip, len - skip);
		buf_putc(to, '\n');
		continued = to == typed && len > 0 && line[len - 1] == '\\';
		line += len + (line[len] == '\n');
	}
}

bool fence_is_shell(const char *info, const char *literal)
{
	char language[32];
	const char *interpreter;

	language_of(language, info);
	return language[0] ? is_shell(language, &interpreter) : has_prompts(literal);
}

/* Where the next prompt behind the one at `text` begins, or the end. */
static const char *prompt_end(const char *text)
{
	const char *line = text + strcspn(text, "\n");

	for (line += *line == '\n'; *line && !is_prompt(line); line += *line == '\n')
		line += strcspn(line, "\n");
	return line;
}

/* "X=1", wherever a word begins. */
static bool has_assignment(const char *text)
{
	for (const char *at = strchr(text, '='); at; at = strchr(at + 1, '=')) {
		const char *word = at;
		while (word > text && (isalnum((unsigned char)word[-1]) || word[-1] == '_'))
			word--;
		if (word < at && !isdigit((unsigned char)*word) && (word == text || strchr(" \t\n;&|(", word[-1])))
			return true;
	}
	return false;
}

/* True when what was typed at one prompt changes nothing that another prompt's shell would
 * have to know, and needs nothing from one: no directory, variable, option or job. */
static bool stands_alone(const char *typed)
{
	static const char *const tracks[] = {"cd", "pushd", "popd", "export", "declare", "typeset", "readonly", "local", "set", "unset", "shopt", "alias", "unalias", "read", "umask", "ulimit", "trap", "source", ".", "eval", "exec", "let", "shift", "wait", "jobs", "fg", "bg", "exit", "logout", "su", "newgrp"};
	struct shell_script script;
	bool alone = shell_split(typed, &script) && script.command_count > 0;

	for (size_t i = 0; i < script.command_count && alone; i++)
		for (size_t t = 0; t < ARRAY_LENGTH(tracks) && alone; t++)
			alone = script.commands[i].word_count > 0 && strcmp(script.commands[i].words[0], tracks[t]) != 0;
	shell_free(&script);
	size_t len = strlen(typed);
	while (len && isspace((unsigned char)typed[len - 1]))
		len--;
	bool open = len && (typed[len - 1] == '&' || typed[len - 1] == '\\');
	return alone && !open && !has_assignment(typed) && !strstr(typed, "$?") && !strstr(typed, "$!") && !strstr(typed, "$_");
}

/* In how many commands a session is parted: one for each prompt, so that each has a class,
 * an end and an answer of its own; but one for all where a prompt builds on another. */
static size_t count_parts(const char *session, size_t room)
{
	size_t count = 0;
	bool alone = true;

	for (const char *at = session, *end; *at && alone; at = end) {
		struct buf typed, output;
		end = prompt_end(at);
		char *part = xstrndup(at, (size_t)(end - at));
		buf_init(&typed, 8 * RUNBOOK_BYTES_MAX);
		buf_init(&output, 8 * RUNBOOK_BYTES_MAX);
		part_session(part, &typed, &output);
		/* What stands before the first prompt goes with it. */
		bool before = count == 0 && typed.len == 0;
		alone = before || stands_alone(buf_text(&typed));
		count += !before;
		buf_free(&typed);
		buf_free(&output);
		free(part);
	}
	return alone && count <= room ? count : 1;
}

static char *trimmed(struct buf *text)
{
	while (text->len && isspace((unsigned char)text->data[text->len - 1]))
		text->data[--text->len] = '\0';
	return buf_take(text);
}

/* What all commands of one fence have in common. */
struct fence {
	const char *info;
	char language[32];
	const char *interpreter;
	bool shell, session;
	int from, to;
};

static void describe(const struct builder *b, const struct fence *f, struct command *c)
{
	if (f->info && f->info[0]) {
		struct buf shown;
		buf_init(&shown, PROSE_BYTES_MAX);
		text_clean_lines(&shown, f->info, strlen(f->info));
		c->info = buf_take(&shown);
	}
	if (f->shell && f->interpreter)
		c->interpreter = xstrdup(f->interpreter);
	read_attributes(c, c->info);
	if (!f->language[0] && !f->shell)
		mem_set(&c->doubt, "the fence names no language (write ```bash if a shell shall run it)");
	else if (!f->shell)
		mem_set(&c->doubt, "it is not shell text");
	else if (builder_altered(b, f->from, f->to) || strstr(c->text, "\xEF\xBF\xBD"))
		mem_set(&c->doubt, "it holds characters that nobody can see");
	else if (f->session && strstr(c->text, "<<"))
		mem_set(&c->doubt, "in a session, the end of a here-document cannot be told from output");
	else if (!c->text[0])
		mem_set(&c->doubt, "it is empty");
	c->shell = !c->doubt;
}

static void add_command(struct builder *b, int step, const struct fence *f, const char *text)
{
	struct buf typed, output;

	buf_init(&typed, 8 * RUNBOOK_BYTES_MAX);
	buf_init(&output, 8 * RUNBOOK_BYTES_MAX);
	if (f->session)
		part_session(text, &typed, &output);
	struct command *c = builder_command(b, step, f->language, f->session ? buf_text(&typed) : text, f->from, f->to);
	if (c) {
		char *said = trimmed(&output);
		c->output = said[0] ? said : NULL;
		if (!said[0])
			free(said);
		describe(b, f, c);
	}
	buf_free(&typed);
	buf_free(&output);
}

/* The first part takes along what stands before its prompt. */
static void add_parts(struct builder *b, int step, const struct fence *f, const char *session)
{
	const char *begin = session;

	while (*begin) {
		bool before = begin == session && !is_prompt(begin);
		const char *end = prompt_end(begin);
		char *part = xstrndup(begin, (size_t)((before && *end ? prompt_end(end) : end) - begin));
		begin += strlen(part);
		add_command(b, step, f, part);
		free(part);
	}
}

size_t fence_add(struct builder *b, int step, const char *info, const char *literal, int from, int to)
{
	struct fence f = {.info = info, .shell = fence_is_shell(info, literal), .from = from, .to = to};
	const struct step *owner = &b->book->steps[step];
	size_t before = owner->command_count;
	struct buf clean;

	language_of(f.language, info);
	(void)is_shell(f.language, &f.interpreter);
	buf_init(&clean, 8 * RUNBOOK_BYTES_MAX);
	text_clean_lines(&clean, literal, strlen(literal));
	f.session = f.shell && has_prompts(buf_text(&clean));
	if (f.session && count_parts(buf_text(&clean), STEP_COMMANDS_MAX - before) > 1)
		add_parts(b, step, &f, buf_text(&clean));
	else
		add_command(b, step, &f, buf_text(&clean));
	buf_free(&clean);
	return b->book->steps[step].command_count - before;
}
