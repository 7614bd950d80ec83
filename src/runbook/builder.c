#include "runbook/builder.h"

#include "base/mem.h"
#include "base/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* --- words --------------------------------------------------------------------------- */

bool text_begins(const char *text, const char *word)
{
	return strncasecmp(text, word, strlen(word)) == 0;
}

bool text_is_plain(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (((unsigned char)text[i] < 0x20 && text[i] != '\n') || (unsigned char)text[i] >= 0x7f)
			return false;
	return true;
}

void title_from(char dst[TITLE_BYTES_MAX], const char *text)
{
	size_t len = strcspn(text, "\n");

	while (len && strchr(" :\t", text[len - 1]))
		len--;
	text_clean(dst, TITLE_BYTES_MAX, text, len);
}

void text_add_line(char **text, const char *more)
{
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): text is the address of a field */
	char *joined = *text && **text ? xasprintf("%s\n%s", *text, more) : xstrdup(more);

	free(*text);
	*text = joined;
}

static bool in_word(char c)
{
	return isalnum((unsigned char)c) || (unsigned char)c >= 0x80;
}

/* True if `text` has the words of a line after *at, in their order; moves *at past them. */
static bool holds_words(const char **at, const char *line)
{
	while (*line) {
		char word[64];
		size_t len = 0;
		while (*line && !in_word(*line))
			line++;
		while (line[len] && in_word(line[len]) && len < sizeof(word) - 1)
			len++;
		memcpy(word, line, len);
		word[len] = '\0';
		const char *found = strstr(*at, word);
		if (!found)
			return false;
		*at = found + len;
		line += len;
	}
	return true;
}

/* Past what only marks a line up: "> ", "- ", "3. ", "### ". */
static const char *past_marks(const char *line)
{
	line += strspn(line, " \t>");
	if (line[0] && strchr("-*+", line[0]) && line[1] == ' ')
		return line + 1;
	size_t digits = strspn(line, "0123456789");
	if (digits && (line[digits] == '.' || line[digits] == ')'))
		return line + digits + 1;
	return line + strspn(line, "#");
}

static bool is_blank(const char *line)
{
	return line[strspn(line, " \t")] == '\0';
}

/* --- what headings say --------------------------------------------------------------- */

bool heading_is_symptoms(const char *text)
{
	return text_begins(text, "symptom");
}

enum context heading_context(const char *text)
{
	/* A word decides when it stands anywhere in a heading. The first row that fits counts. */
	static const struct {
		const char *word;
		enum context context;
	} words[] = {
		{"symptom", CONTEXT_INFO},
		{"template", CONTEXT_INFO},
		{"severity", CONTEXT_INFO},
		{"overview", CONTEXT_INFO},
		{"background", CONTEXT_INFO},
		{"meaning", CONTEXT_INFO},
		{"contact", CONTEXT_INFO},
		{"escalation", CONTEXT_INFO},
		{"reference", CONTEXT_INFO},
		{"related", CONTEXT_INFO},
		{"root cause", CONTEXT_INFO},
		{"quick reference", CONTEXT_INFO},
		{"alerts", CONTEXT_INFO},
		{"impact", CONTEXT_INFO},
		{"sources", CONTEXT_INFO},
		{"notes", CONTEXT_INFO},
		{"footnotes", CONTEXT_INFO},
		{"steps", CONTEXT_STEPS},
		{"response", CONTEXT_STEPS},
		{"procedure", CONTEXT_STEPS},
		{"process", CONTEXT_STEPS},
		{"mitigation", CONTEXT_STEPS},
		{"diagnosis", CONTEXT_STEPS},
		{"investigation", CONTEXT_STEPS},
		{"resolution", CONTEXT_STEPS},
		{"remediation", CONTEXT_STEPS},
		{"actions", CONTEXT_STEPS},
		{"rollback", CONTEXT_STEPS},
		{"verification", CONTEXT_STEPS},
		{"checks", CONTEXT_STEPS},
		{"checklist", CONTEXT_STEPS},
		{"practices", CONTEXT_STEPS},
		{"communication", CONTEXT_STEPS},
		{"differentiation", CONTEXT_STEPS},
		{"prerequisites", CONTEXT_STEPS},
	};

	if (text_begins(text, "scenario") || text_begins(text, "case "))
		return CONTEXT_OPEN;
	for (size_t i = 0; i < ARRAY_LENGTH(words); i++)
		if (text_contains(text, words[i].word))
			return words[i].context;
	return CONTEXT_OPEN;
}

/* --- lines ----------------------------------------------------------------------------- */

/* A tab is no reason to distrust a line; anything else that cleaning changes is. */
static void take_line(struct source_line *line, const char *raw, size_t len)
{
	struct buf clean;

	if (text_is_plain(raw, len)) {
		line->text = xstrndup(raw, len);
		return;
	}
	buf_init(&clean, 4 * RUNBOOK_BYTES_MAX);
	text_clean_lines(&clean, raw, len);
	line->altered = clean.len != len || memcmp(buf_text(&clean), raw, len) != 0;
	/* Cleaning also turns tabs into blanks: that alone alters nothing. */
	if (line->altered && memchr(raw, '\t', len)) {
		char *blanks = xstrndup(raw, len);
		for (char *at = blanks; *at; at++)
			*at = *at == '\t' ? ' ' : *at;
		line->altered = !text_is_clean(blanks, len);
		free(blanks);
	}
	line->text = buf_take(&clean);
}

void builder_begin(struct builder *b, struct runbook *book, const char *text, size_t len)
{
	size_t capacity = 0;

	*b = (struct builder){.book = book};
	for (size_t at = 0; at < len;) {
		size_t end = at;
		while (end < len && text[end] != '\n' && text[end] != '\r')
			end++;
		b->lines = mem_grow(b->lines, &capacity, (size_t)b->line_count, sizeof(*b->lines));
		struct source_line *line = &b->lines[b->line_count++];
		*line = (struct source_line){.owner = OWNER_INTRO};
		take_line(line, text + at, end - at);
		at = end + 1;
		if (end + 1 < len && text[end] == '\r' && text[end + 1] == '\n')
			at++;
	}
}

char *builder_text(const struct builder *b)
{
	struct buf out;

	buf_init(&out, 8 * RUNBOOK_BYTES_MAX);
	for (int i = 0; i < b->line_count; i++) {
		buf_puts(&out, b->lines[i].text);
		buf_putc(&out, '\n');
	}
	return buf_take(&out);
}

static void within(const struct builder *b, int *from, int *to)
{
	if (*from < 1)
		*from = 1;
	if (*to > b->line_count)
		*to = b->line_count;
}

void builder_own(struct builder *b, int from, int to, int owner)
{
	within(b, &from, &to);
	for (int i = from; i <= to; i++)
		b->lines[i - 1].owner = owner;
}

void builder_take(struct builder *b, int from, int to)
{
	within(b, &from, &to);
	for (int i = from; i <= to; i++)
		b->lines[i - 1].taken = true;
}

bool builder_altered(const struct builder *b, int from, int to)
{
	bool any = false;

	within(b, &from, &to);
	for (int i = from; i <= to; i++)
		any |= b->lines[i - 1].altered;
	return any;
}

static bool holds_lines(const struct builder *b, int from, int to, const char *text)
{
	const char *at = text;

	for (int i = from; i <= to; i++)
		if (!holds_words(&at, past_marks(b->lines[i - 1].text)))
			return false;
	return true;
}

bool builder_take_if(struct builder *b, int from, int to, const char *text)
{
	within(b, &from, &to);
	if (!holds_lines(b, from, to, text))
		return false;
	builder_take(b, from, to);
	return true;
}

void builder_show(struct builder *b, int from, int to, const char *text)
{
	within(b, &from, &to);
	if (from <= to && builder_take_if(b, from, to, text))
		mem_set(&b->lines[from - 1].shown, text);
}

/* --- headings ---------------------------------------------------------------------------- */

void builder_close(struct builder *b, int level)
{
	while (b->path_count && b->path[b->path_count - 1].level >= level)
		b->path_count--;
}

void builder_heading(struct builder *b, int level, const char *text, int from, int to, enum context context)
{
	builder_close(b, level);
	builder_own(b, from, to, OWNER_INTRO);
	builder_show(b, from, to, text);
	if (b->path_count == PATH_MAX_HEADINGS)
		b->path_count--;
	struct heading *heading = &b->path[b->path_count++];
	*heading = (struct heading){.level = level, .line = from, .context = context};
	title_from(heading->text, text);
}

enum context builder_context(const struct builder *b)
{
	return b->path_count ? b->path[b->path_count - 1].context : CONTEXT_OPEN;
}

/* A heading that a step's section or a symptom tells needs no place in the introduction. */
static void heading_used(struct builder *b, const struct heading *heading)
{
	struct source_line *line = &b->lines[heading->line - 1];

	if (line->shown && line->owner == OWNER_INTRO && strlen(line->shown) < TITLE_BYTES_MAX)
		mem_set(&line->shown, NULL);
}

/* "Common incidents > Network outage" */
static char *section_text(struct builder *b)
{
	struct buf out;

	buf_init(&out, PATH_MAX_HEADINGS * (TITLE_BYTES_MAX + 8));
	for (int i = 0; i < b->path_count; i++) {
		buf_printf(&out, "%s%s", i ? " > " : "", b->path[i].text);
		heading_used(b, &b->path[i]);
	}
	return buf_take(&out);
}

/* --- steps ----------------------------------------------------------------------------- */

int builder_step(struct builder *b, int parent, const char *title, const char *written, int line)
{
	struct runbook *book = b->book;
	int depth = parent < 0 ? 0 : book->steps[parent].depth + 1;
	char clean[TITLE_BYTES_MAX];
	size_t len = 0;

	if (book->step_count >= RUNBOOK_STEPS_MAX || depth > DEPTH_MAX) {
		b->full = true;
		return -1;
	}
	if (book->step_count % 16 == 0)
		book->steps = xreallocarray(book->steps, book->step_count + 16, sizeof(*book->steps));
	struct step *step = &book->steps[book->step_count];
	*step = (struct step){.depth = depth, .parent = parent, .line = line, .line_end = line};
	b->numbers[depth]++;
	for (int d = depth + 1; d <= DEPTH_MAX; d++)
		b->numbers[d] = 0;
	for (int d = 0; d <= depth && len < sizeof(step->number); d++)
		len += strlen(text_format(step->number + len, sizeof(step->number) - len, "%s%d", d ? "." : "", b->numbers[d]));
	title_from(clean, title);
	step->title = xstrdup(clean[0] ? clean : "Do what the text says");
	step->written = xstrdup(written ? written : "");
	step->section = section_text(b);
	return (int)book->step_count++;
}

struct command *builder_command(struct builder *b, int step, const char *language, const char *text, int from, int to)
{
	struct step *owner = &b->book->steps[step];
	size_t len = strlen(text);

	if (owner->command_count >= STEP_COMMANDS_MAX)
		return NULL;
	while (len && isspace((unsigned char)text[len - 1]))
		len--;
	owner->commands = xreallocarray(owner->commands, owner->command_count + 1, sizeof(*owner->commands));
	struct command *command = &owner->commands[owner->command_count++];
	*command = (struct command){.language = xstrdup(language), .text = xstrndup(text, len), .line = from, .line_end = to};
	return command;
}

void builder_symptom(struct builder *b, const char *text)
{
	struct runbook *book = b->book;

	if (b->path_count && strcasecmp(b->path[b->path_count - 1].text, "symptoms") == 0)
		heading_used(b, &b->path[b->path_count - 1]);
	book->symptoms = xreallocarray(book->symptoms, book->symptom_count + 1, sizeof(char *));
	book->symptoms[book->symptom_count++] = xstrdup(text);
}

/* --- facts ------------------------------------------------------------------------------- */

static void add_cause(struct runbook *book, const char *text)
{
	for (const char *at = text; *at;) {
		at += strspn(at, " ,[]\"'");
		size_t len = strcspn(at, " ,[]\"'");
		if (len == 0)
			break;
		book->causes = xreallocarray(book->causes, book->cause_count + 1, sizeof(char *));
		book->causes[book->cause_count++] = xstrndup(at, len);
		at += len;
	}
}

static void apply_fact(struct runbook *book, const char *key, const char *value)
{
	const struct {
		const char *key;
		char **slot;
	} slots[] = {
		{"title", &book->title},
		{"owner", &book->owner},
		{"updated", &book->updated},
		{"last-updated", &book->updated},
		{"tested", &book->tested},
		{"last-tested", &book->tested},
		{"severity", &book->severity},
		{"typical-severity", &book->severity},
		{"cwd", &book->cwd},
		{"shell", &book->interpreter},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(slots); i++)
		if (strcmp(slots[i].key, key) == 0 && !*slots[i].slot && *value)
			*slots[i].slot = xstrdup(value);
	if (strcmp(key, "causes") == 0 || strcmp(key, "cause") == 0)
		add_cause(book, value);
}

static void strip_quotes(char *value)
{
	size_t len = strlen(value);

	if (len >= 2 && (value[0] == '"' || value[0] == '\'') && value[len - 1] == value[0]) {
		memmove(value, value + 1, len - 2);
		value[len - 2] = '\0';
	}
}

void builder_fact(struct builder *b, const char *key, size_t key_len, const char *value, size_t value_len, int line)
{
	struct runbook *book = b->book;
	char name[64], clean[TITLE_BYTES_MAX];

	text_clean(name, sizeof(name), key, key_len);
	for (char *at = name; *at; at++)
		*at = *at == ' ' || *at == '_' ? '-' : (char)tolower((unsigned char)*at);
	while (value_len && isspace((unsigned char)value[value_len - 1]))
		value_len--;
	text_clean(clean, sizeof(clean), value, value_len);
	strip_quotes(clean);
	book->facts = xreallocarray(book->facts, book->fact_count + 1, sizeof(*book->facts));
	book->facts[book->fact_count++] = (struct runbook_fact){.key = xstrdup(name), .value = xstrdup(clean), .line = line};
	apply_fact(book, name, clean);
}

/* --- the end ----------------------------------------------------------------------------- */

/* The owner's text for one line: its own, without what the list around it indents. */
static void place_line(struct buf *out, const struct source_line *line)
{
	const char *text = line->shown ? line->shown : line->text + strspn(line->text, " \t");

	size_t len = strlen(text);

	if (out->len)
		buf_putc(out, '\n');
	if (text_is_plain(text, len))
		buf_add(out, text, len);
	else
		text_clean_lines(out, text, len); /* tabs become blanks */
}

static char *taken_text(struct buf *text)
{
	while (text->len && isspace((unsigned char)text->data[text->len - 1]))
		text->data[--text->len] = '\0';
	return buf_take(text);
}

void builder_end(struct builder *b)
{
	struct runbook *book = b->book;
	struct buf *texts = xcalloc(book->step_count + 1, sizeof(*texts)); /* the last is the introduction's */

	for (size_t i = 0; i <= book->step_count; i++)
		buf_init(&texts[i], 8 * RUNBOOK_BYTES_MAX);
	for (int i = 0; i < b->line_count; i++) {
		struct source_line *line = &b->lines[i];
		if (line->shown || (!line->taken && !is_blank(line->text)))
			place_line(&texts[line->owner == OWNER_INTRO ? book->step_count : (size_t)line->owner], line);
		if (line->owner != OWNER_INTRO && !is_blank(line->text))
			book->steps[line->owner].line_end = i + 1;
		free(line->text);
		free(line->shown);
	}
	for (size_t i = 0; i < book->step_count; i++)
		book->steps[i].body = taken_text(&texts[i]);
	book->intro = taken_text(&texts[book->step_count]);
	free(texts);
	free(b->lines);
	*b = (struct builder){0};
}
