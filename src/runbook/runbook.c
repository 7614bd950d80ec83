#include "runbook/runbook.h"

#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"

#include <cmark.h>
#include <ctype.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
	FILE_BYTES_MAX = 1024 * 1024,
	TEXT_BYTES_MAX = 64 * 1024, /* of one piece of prose */
	TITLE_BYTES_MAX = 160,
	STEPS_MAX = 500,
	COMMANDS_MAX = 50, /* of one step */
	DEPTH_MAX = 6,     /* nested lists beyond it become text of their step */
};

/* What the reader knows while it walks the document. */
struct reader {
	struct runbook *book;
	int numbers[DEPTH_MAX + 1];    /* last number given at each depth */
	char section[TITLE_BYTES_MAX]; /* the heading above */
	char said[TITLE_BYTES_MAX];    /* the paragraph before, to name a fence */
	bool symptoms;                 /* a list that follows names symptoms */
	struct buf intro;
	bool full; /* more steps than we take */
};

const char *step_kind_name(enum step_kind kind)
{
	static const char *const names[STEP_KIND_COUNT] = {"manual", "command", "verify", "branch"};

	return names[kind];
}

/* --- text of nodes ------------------------------------------------------------------ */

/* The text below a node in one run; block ends become line ends. What looks like HTML
 * stays as written, because "<validator-pod>" is a placeholder and not markup. */
static void collect_text(cmark_node *node, struct buf *out)
{
	cmark_iter *iter = cmark_iter_new(node);
	cmark_event_type event;

	while ((event = cmark_iter_next(iter)) != CMARK_EVENT_DONE) {
		cmark_node *at = cmark_iter_get_node(iter);
		switch (cmark_node_get_type(at)) {
		case CMARK_NODE_TEXT:
		case CMARK_NODE_CODE:
		case CMARK_NODE_HTML_INLINE:
		case CMARK_NODE_HTML_BLOCK:
		case CMARK_NODE_CODE_BLOCK:
			buf_puts(out, cmark_node_get_literal(at));
			break;
		case CMARK_NODE_SOFTBREAK:
		case CMARK_NODE_LINEBREAK:
			buf_putc(out, ' ');
			break;
		case CMARK_NODE_ITEM:
			buf_puts(out, event == CMARK_EVENT_ENTER ? "- " : "");
			break;
		case CMARK_NODE_PARAGRAPH:
		case CMARK_NODE_HEADING:
			if (event == CMARK_EVENT_EXIT && at != node)
				buf_putc(out, '\n');
			break;
		default:
			break;
		}
	}
	cmark_iter_free(iter);
}

static char *node_text(cmark_node *node)
{
	struct buf raw, clean;

	buf_init(&raw, TEXT_BYTES_MAX);
	buf_init(&clean, 2 * TEXT_BYTES_MAX);
	collect_text(node, &raw);
	text_clean_lines(&clean, buf_text(&raw), raw.len);
	while (clean.len && isspace((unsigned char)clean.data[clean.len - 1]))
		clean.data[--clean.len] = '\0';
	buf_free(&raw);
	return buf_take(&clean);
}

/* One clean line for a title, without a closing colon. */
static void title_from(char dst[TITLE_BYTES_MAX], const char *text)
{
	size_t len = strcspn(text, "\n");

	while (len && strchr(" :\t", text[len - 1]))
		len--;
	text_clean(dst, TITLE_BYTES_MAX, text, len);
}

static bool word_starts(const char *text, const char *word)
{
	return strncasecmp(text, word, strlen(word)) == 0;
}

/* --- steps --------------------------------------------------------------------------- */

static struct step *last_step(const struct reader *r)
{
	return r->book->step_count ? &r->book->steps[r->book->step_count - 1] : NULL;
}

static struct step *add_step(struct reader *r, int depth, const char *title, int line)
{
	struct runbook *book = r->book;
	char clean[TITLE_BYTES_MAX];
	size_t len = 0;

	if (book->step_count >= STEPS_MAX) {
		r->full = true;
		return NULL;
	}
	book->steps = xreallocarray(book->steps, book->step_count + 1, sizeof(*book->steps));
	struct step *step = &book->steps[book->step_count++];
	*step = (struct step){.depth = depth, .parent = -1, .line = line, .line_end = line, .section = xstrdup(r->section), .body = xstrdup("")};
	r->numbers[depth]++;
	for (int d = depth + 1; d <= DEPTH_MAX; d++)
		r->numbers[d] = 0;
	for (int d = 0; d <= depth && len < sizeof(step->number); d++)
		len += strlen(text_format(step->number + len, sizeof(step->number) - len, "%s%d", d ? "." : "", r->numbers[d]));
	title_from(clean, title);
	step->title = xstrdup(clean[0] ? clean : "Do what the text says");
	return step;
}

static void add_line(char **text, const char *more)
{
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): text is the address of a field */
	char *joined = *text && **text ? xasprintf("%s\n%s", *text, more) : xstrdup(more);

	free(*text);
	*text = joined;
}

/* The bold markers of SEAL's templates, and where they go. */
static char **marker_slot(struct step *step, const char *text, const char **rest)
{
	const struct {
		const char *word;
		char **slot;
	} markers[] = {{"when:", &step->when}, {"expected:", &step->expected}, {"verify:", &step->verify}, {"why:", &step->why}, {"impact:", &step->impact}};

	for (size_t i = 0; i < ARRAY_LENGTH(markers); i++) {
		if (word_starts(text, markers[i].word)) {
			*rest = text + strlen(markers[i].word);
			*rest += strspn(*rest, " ");
			return markers[i].slot;
		}
	}
	return NULL;
}

/* --- commands ------------------------------------------------------------------------ */

static bool is_shell(const char *language)
{
	static const char *const shells[] = {"bash", "sh", "shell", "zsh", "dash", "ksh", "console", "shell-session", "terminal"};

	for (size_t i = 0; i < ARRAY_LENGTH(shells); i++)
		if (strcasecmp(language, shells[i]) == 0)
			return true;
	return false;
}

static bool has_prompts(const char *text)
{
	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n')
		if (strncmp(line, "$ ", 2) == 0)
			return true;
	return false;
}

/* The typed part of a session: lines behind "$ " and their continuations. Only dollar
 * and blank is a prompt; "$NAME" and "$(…)" at the start of a line are the command's own. */
static char *typed_lines(const char *text)
{
	struct buf out;
	bool continued = false;

	buf_init(&out, FILE_BYTES_MAX);
	for (const char *line = text; *line;) {
		size_t len = strcspn(line, "\n");
		bool prompt = strncmp(line, "$ ", 2) == 0;
		bool goes_on = prompt || (continued && strncmp(line, "> ", 2) == 0);
		if (prompt || continued) {
			buf_add(&out, line + (goes_on ? 2 : 0), len - (goes_on ? 2 : 0));
			buf_putc(&out, '\n');
			continued = len > 0 && line[len - 1] == '\\';
		}
		line += len + (line[len] == '\n');
	}
	return buf_take(&out);
}

static char *trimmed(char *text)
{
	size_t len = strlen(text);

	while (len && isspace((unsigned char)text[len - 1]))
		text[--len] = '\0';
	return text;
}

/* "bash {name=check-pods}" or "bash {\"name\":\"check-pods\"}": runme's block name. */
static char *info_name(const char *info)
{
	const char *at = strstr(info, "name");

	if (!strchr(info, '{') || !at)
		return NULL;
	at += strlen("name");
	at += strspn(at, "\": =");
	size_t len = strcspn(at, "\" ,}");
	return len ? xstrndup(at, len) : NULL;
}

static void add_command(struct step *step, const char *language, const char *text, const char *info, bool shell, int line)
{
	if (step->command_count >= COMMANDS_MAX)
		return;
	step->commands = xreallocarray(step->commands, step->command_count + 1, sizeof(*step->commands));
	step->commands[step->command_count++] = (struct command){
		.language = xstrdup(language), .text = trimmed(xstrdup(text)), .name = info ? info_name(info) : NULL, .line = line, .line_end = line, .shell = shell};
	if (shell)
		step->kind = STEP_COMMAND;
}

/* A fence or an indented block. A fence without a language is only run when its
 * prompts say that it is a session: nothing ambiguous is runnable. */
static void add_fence(struct reader *r, struct step *step, cmark_node *node)
{
	const char *info = cmark_node_get_fence_info(node);
	const char *literal = cmark_node_get_literal(node);
	char language[32];
	struct buf clean;
	int line = cmark_node_get_start_line(node);

	(void)r;
	text_clean(language, sizeof(language), info ? info : "", strcspn(info ? info : "", " \t{"));
	buf_init(&clean, FILE_BYTES_MAX);
	text_clean_lines(&clean, literal, strlen(literal));
	bool session = has_prompts(buf_text(&clean));
	char *text = session ? typed_lines(buf_text(&clean)) : xstrdup(buf_text(&clean));
	/* Cleaning replaced something: what would run is not what was written. */
	bool altered = strchr(literal, '\033') || (clean.len != strlen(literal) && strchr(literal, '\t') == NULL && strchr(literal, '\r') == NULL);
	bool shell = !altered && !strstr(text, "\xEF\xBF\xBD") && (is_shell(language) || (language[0] == '\0' && session));
	add_command(step, language, text, info, shell, line);
	if (session)
		add_line(&step->body, buf_text(&clean));
	free(text);
	buf_free(&clean);
}

/* Inline code right after a colon: "Check logs: `kubectl logs …`". One word alone is a
 * name and not a command. */
static void add_inline_commands(struct step *step, cmark_node *paragraph)
{
	for (cmark_node *at = cmark_node_first_child(paragraph); at; at = cmark_node_next(at)) {
		cmark_node *before = cmark_node_previous(at);
		if (cmark_node_get_type(at) != CMARK_NODE_CODE || !before || cmark_node_get_type(before) != CMARK_NODE_TEXT)
			continue;
		char *lead = trimmed(xstrdup(cmark_node_get_literal(before)));
		size_t len = strlen(lead);
		const char *code = cmark_node_get_literal(at);
		if (len && lead[len - 1] == ':' && strchr(code, ' ') && text_is_clean(code, strlen(code)))
			add_command(step, "inline", code, NULL, true, cmark_node_get_start_line(paragraph));
		free(lead);
	}
}

/* --- walking ---------------------------------------------------------------------------- */

static void read_blocks(struct reader *r, cmark_node *first, struct step *step, int depth);

static void paragraph_in_step(struct step *step, cmark_node *node)
{
	char *text = node_text(node);
	const char *rest;
	char **slot = marker_slot(step, text, &rest);

	if (slot)
		add_line(slot, rest);
	else
		add_line(&step->body, text);
	add_inline_commands(step, node);
	free(text);
}

/* Where the words before an inline command end: the title of "Check logs: `…`". */
static char *lead_text(cmark_node *paragraph, const char *all)
{
	for (cmark_node *at = cmark_node_first_child(paragraph); at; at = cmark_node_next(at)) {
		const char *literal = cmark_node_get_type(at) == CMARK_NODE_TEXT ? cmark_node_get_literal(at) : NULL;
		cmark_node *next = cmark_node_next(at);
		if (literal && next && cmark_node_get_type(next) == CMARK_NODE_CODE) {
			char *lead = trimmed(xstrdup(literal));
			size_t len = strlen(lead);
			const char *found = len && lead[len - 1] == ':' ? strstr(all, lead) : NULL;
			free(lead);
			if (found)
				return xstrndup(all, (size_t)(found - all) + len);
		}
	}
	return xstrdup(all);
}

/* One item of a numbered list: its first paragraph is the title, the rest its content. */
static void read_item(struct reader *r, cmark_node *item, int depth)
{
	cmark_node *first = cmark_node_first_child(item);
	struct step *step;

	if (first && cmark_node_get_type(first) == CMARK_NODE_PARAGRAPH) {
		char *all = node_text(first);
		char *lead = lead_text(first, all);
		step = add_step(r, depth, lead, cmark_node_get_start_line(item));
		if (step) {
			if (strlen(all) >= TITLE_BYTES_MAX || strchr(all, '\n'))
				add_line(&step->body, all);
			add_inline_commands(step, first);
		}
		free(lead);
		free(all);
		first = cmark_node_next(first);
	} else {
		step = add_step(r, depth, r->said, cmark_node_get_start_line(item));
	}
	if (step)
		read_blocks(r, first, step, depth);
}

static void read_list(struct reader *r, cmark_node *list, struct step *step, int depth)
{
	bool ordered = cmark_node_get_list_type(list) == CMARK_ORDERED_LIST;

	for (cmark_node *item = cmark_node_first_child(list); item; item = cmark_node_next(item)) {
		if (ordered && depth < DEPTH_MAX) {
			read_item(r, item, step ? depth + 1 : depth);
			continue;
		}
		char *text = node_text(item);
		if (step) {
			char *dashed = xasprintf("- %s", strncmp(text, "- ", 2) == 0 ? text + 2 : text);
			add_line(&last_step(r)->body, dashed);
			free(dashed);
		} else if (r->symptoms) {
			r->book->symptoms = xreallocarray(r->book->symptoms, r->book->symptom_count + 1, sizeof(char *));
			r->book->symptoms[r->book->symptom_count++] = xstrdup(strncmp(text, "- ", 2) == 0 ? text + 2 : text);
		} else if (r->book->step_count == 0) {
			buf_printf(&r->intro, "%s\n", text);
		} else {
			add_step(r, 0, strncmp(text, "- ", 2) == 0 ? text + 2 : text, cmark_node_get_start_line(item));
		}
		free(text);
	}
}

/* Content below one step. */
static void read_blocks(struct reader *r, cmark_node *first, struct step *step, int depth)
{
	/* A nested step may move the array: its index stays. */
	size_t index = (size_t)(step - r->book->steps);

	for (cmark_node *node = first; node; node = cmark_node_next(node)) {
		struct step *here = &r->book->steps[index];
		switch (cmark_node_get_type(node)) {
		case CMARK_NODE_LIST:
			read_list(r, node, here, depth);
			break;
		case CMARK_NODE_CODE_BLOCK:
			add_fence(r, here, node);
			break;
		case CMARK_NODE_PARAGRAPH:
			paragraph_in_step(here, node);
			break;
		case CMARK_NODE_THEMATIC_BREAK:
			break;
		default: {
			char *text = node_text(node);
			add_line(&here->body, text);
			free(text);
		}
		}
	}
}

/* "Step 3: Check logs" or "3. Check logs" in a heading: where the title begins. */
static const char *step_heading(const char *text)
{
	const char *at = text;

	if (word_starts(at, "step "))
		at += 5;
	size_t digits = strspn(at, "0123456789");
	if (digits == 0 || (at == text && at[digits] != '.'))
		return NULL;
	at += digits;
	return at + strspn(at, ".:) ");
}

/* The document's own level: headings, and what stands between them. */
static void read_document(struct reader *r, cmark_node *document)
{
	size_t open = SIZE_MAX; /* index of the step that a heading opened */

	for (cmark_node *node = cmark_node_first_child(document); node; node = cmark_node_next(node)) {
		cmark_node_type type = cmark_node_get_type(node);
		struct step *step = open == SIZE_MAX ? NULL : &r->book->steps[open];
		char *text = type == CMARK_NODE_LIST || type == CMARK_NODE_CODE_BLOCK ? NULL : node_text(node);
		int line = cmark_node_get_start_line(node);

		if (type == CMARK_NODE_HEADING) {
			const char *title = step_heading(text);
			char heading[TITLE_BYTES_MAX];
			bool names_book = !r->book->title && cmark_node_get_heading_level(node) == 1;
			open = SIZE_MAX;
			title_from(heading, text);
			text_format(r->section, sizeof(r->section), "%s", names_book ? "" : heading);
			r->symptoms = word_starts(text, "symptom");
			r->said[0] = '\0';
			if (names_book)
				r->book->title = xstrdup(heading);
			else if (title && add_step(r, 0, title, line))
				open = r->book->step_count - 1;
		} else if (type == CMARK_NODE_LIST) {
			read_list(r, node, step, 0);
			r->symptoms = false;
		} else if (type == CMARK_NODE_CODE_BLOCK) {
			if (!step)
				step = add_step(r, 0, r->said[0] ? r->said : (r->section[0] ? r->section : "Run the command"),
						line);
			if (step)
				add_fence(r, step, node);
		} else if (step && type == CMARK_NODE_PARAGRAPH) {
			paragraph_in_step(step, node);
		} else if (step) {
			add_line(&step->body, text);
		} else if (text && text[0]) {
			/* Prose outside steps: before the first it introduces, later it is a manual
			 * step of its own unless it leads to a list or a fence. */
			cmark_node *next = cmark_node_next(node);
			cmark_node_type follows = next ? cmark_node_get_type(next) : CMARK_NODE_NONE;
			title_from(r->said, text);
			if (word_starts(text, "symptom"))
				r->symptoms = true;
			if (r->book->step_count == 0)
				buf_printf(&r->intro, "%s\n", text);
			else if (follows != CMARK_NODE_LIST && follows != CMARK_NODE_CODE_BLOCK) {
				step = add_step(r, 0, r->section[0] ? r->section : text, line);
				if (step)
					add_line(&step->body, text);
			}
		}
		free(text);
	}
}

/* --- front matter ------------------------------------------------------------------------- */

/* "---" lines at the start with `key: value` between them. They are blanked out in place,
 * so that line numbers stay those of the file. */
static void take_front_matter(struct runbook *book, char *text, size_t len)
{
	const struct {
		const char *key;
		char **slot;
	} keys[] = {{"owner", &book->owner}, {"updated", &book->updated}, {"last-updated", &book->updated}, {"tested", &book->tested}, {"last-tested", &book->tested}};
	char *end = len > 4 && strncmp(text, "---\n", 4) == 0 ? strstr(text + 4, "\n---\n") : NULL;

	if (!end)
		return;
	for (char *line = text + 4; line <= end;) {
		size_t line_len = strcspn(line, "\n");
		size_t key_len = strcspn(line, ":\n");
		for (size_t i = 0; i < ARRAY_LENGTH(keys); i++) {
			if (key_len == strlen(keys[i].key) && strncmp(line, keys[i].key, key_len) == 0 && line[key_len] == ':') {
				char value[TITLE_BYTES_MAX];
				size_t skip = key_len + 1 + strspn(line + key_len + 1, " ");
				text_clean(value, sizeof(value), line + skip, skip < line_len ? line_len - skip : 0);
				mem_set(keys[i].slot, value);
			}
		}
		line += line_len + 1;
	}
	for (char *at = text; at < end + 4; at++)
		if (*at != '\n')
			*at = ' ';
}

/* --- the public face ------------------------------------------------------------------------ */

enum status runbook_parse(const char *text, size_t len, const char *name, struct runbook *out, struct error *err)
{
	struct reader r = {.book = out};

	*out = (struct runbook){0};
	if (len > FILE_BYTES_MAX)
		return error_set(err, STATUS_LIMIT, "runbook %s: larger than %d KiB (split it)", name, FILE_BYTES_MAX / 1024);
	if (memchr(text, '\0', len))
		return error_set(err, STATUS_INVALID, "runbook %s: holds a NUL byte (this is not a text file)", name);
	text_format(out->name, sizeof(out->name), "%s", name);
	out->sha256 = sha256(text, len);
	char *copy = xstrndup(text, len);
	take_front_matter(out, copy, len);
	buf_init(&r.intro, TEXT_BYTES_MAX);
	cmark_node *document = cmark_parse_document(copy, len, CMARK_OPT_DEFAULT);
	read_document(&r, document);
	cmark_node_free(document);
	free(copy);
	out->intro = xstrdup(trimmed(r.intro.data ? r.intro.data : (char[1]){0}));
	buf_free(&r.intro);
	if (!out->title)
		out->title = xstrdup(name);
	if (r.full) {
		runbook_free(out);
		return error_set(err, STATUS_LIMIT, "runbook %s: more than %d steps (split it)", name, STEPS_MAX);
	}
	return STATUS_OK;
}

static void name_of_path(char *dst, size_t size, const char *path)
{
	const char *base = strrchr(path, '/');

	base = base ? base + 1 : path;
	const char *dot = strrchr(base, '.');
	char raw[256];
	text_format(raw, sizeof(raw), "%.*s", dot && dot > base ? (int)(dot - base) : (int)strlen(base), base);
	text_clean(dst, size, raw, strlen(raw));
}

enum status runbook_load(const char *path, struct runbook *out, struct error *err)
{
	struct buf text;
	char name[sizeof(out->name)];

	*out = (struct runbook){0};
	buf_init(&text, FILE_BYTES_MAX);
	enum status status = file_read(path, FILE_BYTES_MAX, &text, err);
	if (status == STATUS_OK) {
		name_of_path(name, sizeof(name), path);
		status = runbook_parse(buf_text(&text), text.len, name, out, err);
	}
	if (status == STATUS_OK)
		out->path = xstrdup(path);
	buf_free(&text);
	return status;
}

void runbook_free(struct runbook *book)
{
	for (size_t i = 0; i < book->step_count; i++) {
		struct step *step = &book->steps[i];
		for (size_t j = 0; j < step->command_count; j++) {
			free(step->commands[j].language);
			free(step->commands[j].text);
			free(step->commands[j].name);
		}
		char *owned[] = {step->section, step->title, step->body, step->when, step->expected, step->verify, step->why, step->impact, step->rollback, step->link};
		for (size_t j = 0; j < ARRAY_LENGTH(owned); j++)
			free(owned[j]);
		free(step->commands);
	}
	for (size_t i = 0; i < book->symptom_count; i++)
		free(book->symptoms[i]);
	char *owned[] = {book->path, book->title, book->owner, book->updated, book->tested, book->intro};
	for (size_t j = 0; j < ARRAY_LENGTH(owned); j++)
		free(owned[j]);
	free(book->symptoms);
	free(book->steps);
	*book = (struct runbook){0};
}

const struct step *runbook_step(const struct runbook *book, const char *number)
{
	for (size_t i = 0; i < book->step_count; i++)
		if (strcmp(book->steps[i].number, number) == 0)
			return &book->steps[i];
	return NULL;
}

/* --- the library ------------------------------------------------------------------------------ */

static bool listed(const struct runbook_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->names[i], name) == 0)
			return true;
	return false;
}

static void list_directory(struct runbook_list *list, const char *directory)
{
	struct dirent **entries;
	int count = directory ? scandir(directory, &entries, NULL, alphasort) : -1;

	for (int i = 0; i < count; i++) {
		const char *dot = strrchr(entries[i]->d_name, '.');
		char name[64];
		name_of_path(name, sizeof(name), entries[i]->d_name);
		if (dot && strcmp(dot, ".md") == 0 && !listed(list, name)) {
			list->names = xreallocarray(list->names, list->count + 1, sizeof(char *));
			list->paths = xreallocarray(list->paths, list->count + 1, sizeof(char *));
			list->names[list->count] = xstrdup(name);
			list->paths[list->count++] = xasprintf("%s/%s", directory, entries[i]->d_name);
		}
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

void runbook_list(struct runbook_list *out, const char *extra_directory)
{
	char *own = path_config("runbooks");
	char *shipped = path_shipped("runbooks", ".");

	*out = (struct runbook_list){0};
	list_directory(out, extra_directory);
	list_directory(out, own);
	list_directory(out, shipped);
	free(own);
	free(shipped);
}

void runbook_list_free(struct runbook_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->names[i]);
		free(list->paths[i]);
	}
	free(list->names);
	free(list->paths);
	*list = (struct runbook_list){0};
}

enum status runbook_find(const char *name_or_path, const char *extra_directory, struct runbook *out, struct error *err)
{
	struct runbook_list list;
	enum status status = STATUS_NOT_FOUND;

	if (strchr(name_or_path, '/') || strstr(name_or_path, ".md") || strstr(name_or_path, ".txt"))
		return runbook_load(name_or_path, out, err);
	runbook_list(&list, extra_directory);
	size_t i = 0;
	while (i < list.count && strcmp(list.names[i], name_or_path) != 0)
		i++;
	if (i < list.count)
		status = runbook_load(list.paths[i], out, err);
	else
		error_set(err, status, "runbook %s: not in the library (tocsin runbook list shows what there is)", name_or_path);
	runbook_list_free(&list);
	return status;
}
