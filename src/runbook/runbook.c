#include "runbook/runbook.h"

#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "runbook/builder.h"

#include <ctype.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *step_kind_name(enum step_kind kind)
{
	static const char *const names[STEP_KIND_COUNT] = {"manual", "command", "verify", "branch"};

	return names[kind];
}

/* --- what a step is --------------------------------------------------------------------- */

/* "Restart it, if needed" and "If it hangs: restart" say when they are meant. */
static void condition_of_title(struct step *step)
{
	const char *at = step->title;

	if (step->when)
		return;
	if (text_begins(at, "if ")) {
		step->when = xstrndup(at, strcspn(at, ",:"));
		return;
	}
	for (at = strstr(at, "if "); at; at = strstr(at + 1, "if ")) {
		if (at > step->title && strchr(" (", at[-1])) {
			step->when = xstrndup(at, strcspn(at, ")"));
			return;
		}
	}
}

static bool asks_to_verify(const char *title)
{
	return text_begins(title, "verify") || text_begins(title, "confirm") || text_begins(title, "validate");
}

static enum step_kind kind_of(const struct runbook *book, size_t index)
{
	const struct step *step = &book->steps[index];
	bool parent = index + 1 < book->step_count && book->steps[index + 1].parent == (int)index;
	bool runs = false, reads = true;

	for (size_t i = 0; i < step->command_count; i++) {
		const struct command *c = &step->commands[i];
		if (!c->shell || c->verify)
			continue;
		runs = true;
		if (asks_to_verify(step->title))
			reads &= command_danger(c, c->text) == DANGER_READ;
	}
	if (runs)
		return asks_to_verify(step->title) && reads ? STEP_VERIFY : STEP_COMMAND;
	if (text_begins(step->title, "option ") || (text_begins(step->title, "if ") && (parent || step->link)))
		return STEP_BRANCH;
	return STEP_MANUAL;
}

static void finish_steps(struct runbook *book)
{
	for (size_t i = 0; i < book->step_count; i++) {
		condition_of_title(&book->steps[i]);
		if (book->steps[i].verify && !*book->steps[i].verify) /* its commands say it all */
			mem_set(&book->steps[i].verify, NULL);
		for (size_t c = 0; c < book->steps[i].command_count; c++) {
			struct command *command = &book->steps[i].commands[c];
			if (book->stripped && command->shell) {
				command->shell = false;
				mem_set(&command->doubt, stripped_doubt);
			}
			if (!command->interpreter && command->shell && book->interpreter && strcmp(command->language, "inline") == 0)
				command->interpreter = xstrdup(book->interpreter);
		}
		book->steps[i].kind = kind_of(book, i);
	}
}

enum danger command_danger(const struct command *command, const char *script)
{
	enum danger danger = danger_classify(script);

	return danger > command->floor ? danger : command->floor;
}

/* --- reading ------------------------------------------------------------------------------ */

/* True when the book had room for all. An eager reader makes steps of text that a first
 * look took for an introduction. */
static bool read_text(struct runbook *book, const char *text, size_t len, bool eager)
{
	struct builder b;

	builder_begin(&b, book, text, len);
	b.eager = eager;
	bool barred = stripped_unbar(&b), bare = stripped_looks_so(&b);
	book->stripped = barred || bare;
	if (bare) {
		stripped_read(&b);
	} else {
		facts_take(&b);
		char *lines = builder_text(&b);
		markdown_read(&b, lines);
		free(lines);
	}
	bool fits = !b.full;
	builder_end(&b);
	return fits;
}

enum status runbook_parse(const char *text, size_t len, const char *name, struct runbook *out, struct error *err)
{
	*out = (struct runbook){0};
	if (len > RUNBOOK_BYTES_MAX)
		return error_set(err, STATUS_LIMIT, "runbook %s: larger than %d KiB (split it)", name, RUNBOOK_BYTES_MAX / 1024);
	if (memchr(text, '\0', len))
		return error_set(err, STATUS_INVALID, "runbook %s: holds a NUL byte (this is not a text file)", name);
	bool fits = read_text(out, text, len, false);
	if (fits && out->step_count == 0) {
		runbook_free(out);
		fits = read_text(out, text, len, true);
	}
	if (!fits) {
		runbook_free(out);
		return error_set(err, STATUS_LIMIT, "runbook %s: more than %d steps, or nested deeper than %d (split it)", name, RUNBOOK_STEPS_MAX, DEPTH_MAX);
	}
	finish_steps(out);
	text_format(out->name, sizeof(out->name), "%s", name);
	out->sha256 = sha256(text, len);
	if (!out->title)
		out->title = xstrdup(name);
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
	buf_init(&text, RUNBOOK_BYTES_MAX);
	enum status status = file_read(path, RUNBOOK_BYTES_MAX, &text, err);
	if (status == STATUS_OK) {
		name_of_path(name, sizeof(name), path);
		status = runbook_parse(buf_text(&text), text.len, name, out, err);
	}
	if (status == STATUS_OK)
		out->path = xstrdup(path);
	buf_free(&text);
	return status;
}

static void command_free(struct command *c)
{
	char *owned[] = {c->language, c->text, c->output, c->info, c->name, c->cwd, c->interpreter, c->doubt};

	for (size_t i = 0; i < ARRAY_LENGTH(owned); i++)
		free(owned[i]);
}

static void step_free(struct step *step)
{
	char *owned[] = {step->section, step->written, step->title, step->body, step->when, step->expected, step->verify, step->why, step->impact, step->rollback, step->link};

	for (size_t i = 0; i < step->command_count; i++)
		command_free(&step->commands[i]);
	for (size_t i = 0; i < ARRAY_LENGTH(owned); i++)
		free(owned[i]);
	free(step->commands);
}

void runbook_free(struct runbook *book)
{
	char *owned[] = {book->path, book->title, book->owner, book->updated, book->tested, book->severity, book->cwd, book->interpreter, book->intro};

	for (size_t i = 0; i < book->step_count; i++)
		step_free(&book->steps[i]);
	for (size_t i = 0; i < book->symptom_count; i++)
		free(book->symptoms[i]);
	for (size_t i = 0; i < book->cause_count; i++)
		free(book->causes[i]);
	for (size_t i = 0; i < book->fact_count; i++) {
		free(book->facts[i].key);
		free(book->facts[i].value);
	}
	for (size_t i = 0; i < ARRAY_LENGTH(owned); i++)
		free(owned[i]);
	free(book->symptoms);
	free(book->causes);
	free(book->facts);
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

bool runbook_fits(const struct runbook *book, const char *cause)
{
	for (size_t i = 0; i < book->cause_count; i++)
		if (strcmp(book->causes[i], cause) == 0)
			return true;
	return strcmp(book->name, cause) == 0;
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
	else if (access(name_or_path, R_OK) == 0) /* a file of another ending */
		status = runbook_load(name_or_path, out, err);
	else
		error_set(err, status, "runbook %s: not in the library (tocsin runbook list shows what there is)", name_or_path);
	runbook_list_free(&list);
	return status;
}
