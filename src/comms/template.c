#include "comms/template.h"

#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
	FILE_BYTES_MAX = 64 * 1024,
	LINE_BYTES_MAX = 8 * 1024,
	NAME_BYTES_MAX = 24,
};

/* --- files --------------------------------------------------------------------------------- */

static bool is_name(const char *text)
{
	return text[0] && strlen(text) < NAME_BYTES_MAX && !text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-")];
}

/* The places in the order they count; each may be NULL. The caller frees both. */
static void places(const char *directory, char *out[2])
{
	out[0] = directory ? xstrdup(directory) : path_config("updates");
	out[1] = path_shipped("updates", NULL);
}

static void add_names(struct template_list *out, const char *directory)
{
	DIR *dir = directory ? opendir(directory) : NULL;
	struct dirent *entry;
	while (dir && (entry = readdir(dir))) {
		char name[NAME_BYTES_MAX];
		const char *dot = strrchr(entry->d_name, '.');
		bool known = false;
		if (!dot || strcmp(dot, ".md") != 0 || (size_t)(dot - entry->d_name) >= sizeof(name))
			continue;
		text_format(name, sizeof(name), "%.*s", (int)(dot - entry->d_name), entry->d_name);
		for (size_t i = 0; i < out->count; i++)
			known |= strcmp(out->names[i], name) == 0;
		if (known || !is_name(name))
			continue;
		out->names = xreallocarray(out->names, out->count + 1, sizeof(*out->names));
		out->names[out->count++] = xstrdup(name);
	}
	if (dir)
		closedir(dir);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void template_list(struct template_list *out, const char *directory)
{
	char *where[2];
	*out = (struct template_list){0};
	places(directory, where);
	for (size_t i = 0; i < ARRAY_LENGTH(where); i++) {
		add_names(out, where[i]);
		free(where[i]);
	}
	if (out->count > 1)
		qsort(out->names, out->count, sizeof(*out->names), compare_names);
}

void template_list_free(struct template_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->names[i]);
	free(list->names);
	*list = (struct template_list){0};
}

static enum status not_found(const char *audience, const char *directory, struct error *err)
{
	struct template_list list;
	char names[160] = "";
	size_t len = 0;
	template_list(&list, directory);
	for (size_t i = 0; i < list.count && len + NAME_BYTES_MAX + 2 < sizeof(names); i++)
		len += strlen(text_format(names + len, sizeof(names) - len, "%s%s", i ? ", " : "", list.names[i]));
	template_list_free(&list);
	return error_set(err, STATUS_NOT_FOUND, "audience %s: there is no template for it (there are: %s; a file updates/%s.md in the configuration directory adds it)", audience, names[0] ? names : "none", is_name(audience) ? audience : "NAME");
}

enum status template_load(struct template *out, const char *audience, const char *directory, struct error *err)
{
	char *where[2];
	enum status status = STATUS_NOT_FOUND;
	struct buf text;
	*out = (struct template){0};
	if (!is_name(audience))
		return not_found(audience, directory, err);
	places(directory, where);
	buf_init(&text, FILE_BYTES_MAX);
	for (size_t i = 0; i < ARRAY_LENGTH(where); i++) {
		char *path = where[i] ? xasprintf("%s/%s.md", where[i], audience) : NULL;
		struct error why = {0};
		if (path && status == STATUS_NOT_FOUND)
			status = file_read(path, FILE_BYTES_MAX, &text, &why);
		if (status != STATUS_NOT_FOUND && !out->where) {
			out->where = path;
			path = NULL;
			if (status != STATUS_OK)
				error_set(err, status, "%s", why.text);
		}
		free(path);
		free(where[i]);
	}
	if (status == STATUS_OK) {
		out->audience = xstrdup(audience);
		out->text = buf_take(&text);
	} else {
		free(out->where);
		*out = (struct template){0};
	}
	buf_free(&text);
	return status == STATUS_NOT_FOUND ? not_found(audience, directory, err) : status;
}

void template_free(struct template *template)
{
	free(template->audience);
	free(template->where);
	free(template->text);
	*template = (struct template){0};
}

/* --- writing --------------------------------------------------------------------------------- */

struct writing {
	const struct template *template;
	const struct template_value *values;
	size_t count;
	int line;
	struct error *err;
};

static bool names_stage(const char *heading, size_t len, const char *stage)
{
	char line[200], word[24];
	const char *at = text_format(line, sizeof(line), "%.*s", (int)(len < sizeof(line) ? len : sizeof(line) - 1), heading);
	while (text_word(&at, word, sizeof(word)))
		if (strcasecmp(word, stage) == 0)
			return true;
	return false;
}

/* The first line of the part for that stage, NULL when there is none; *line is its number. */
static const char *find_part(const char *text, const char *stage, int *line)
{
	int number = 1;
	for (const char *at = text; *at; number++) {
		size_t len = strcspn(at, "\n");
		bool ends = at[len] == '\0';
		if (at[0] == '#' && at[1] == ' ' && names_stage(at + 2, len - 2, stage)) {
			*line = number + 1;
			return at + len + (ends ? 0 : 1);
		}
		at += len + (ends ? 0 : 1);
	}
	return NULL;
}

static const struct template_value *value_of(const struct writing *w, const char *name, size_t len)
{
	for (size_t i = 0; i < w->count; i++)
		if (strlen(w->values[i].name) == len && strncmp(w->values[i].name, name, len) == 0)
			return &w->values[i];
	return NULL;
}

static void put_value(struct buf *out, const char *text, bool lines)
{
	struct buf clean;
	buf_init(&clean, FILE_BYTES_MAX);
	text_clean_lines(&clean, text, strlen(text));
	size_t len = clean.len;
	while (len > 0 && (clean.data[len - 1] == '\n' || clean.data[len - 1] == ' '))
		len--;
	for (size_t i = 0; i < len; i++)
		buf_putc(out, clean.data[i] == '\n' && !lines ? ' ' : clean.data[i]);
	buf_free(&clean);
}

/* One line with its values; *leave_out when it had placeholders and all of them were empty. */
static enum status put_line(const struct writing *w, const char *line, size_t len, bool lines, struct buf *out, bool *leave_out)
{
	size_t asked = 0, given = 0, at = 0;
	while (at < len) {
		const char *end = at + 1 < len && line[at] == '{' && line[at + 1] == '{' ? strstr(line + at, "}}") : NULL;
		if (!end || end >= line + len) {
			buf_putc(out, line[at++]);
			continue;
		}
		const char *name = line + at + 2;
		size_t size = (size_t)(end - name);
		while (size > 0 && *name == ' ') {
			name++;
			size--;
		}
		while (size > 0 && name[size - 1] == ' ')
			size--;
		const struct template_value *value = value_of(w, name, size);
		if (!value)
			return error_set(w->err, STATUS_INVALID, "%s:%d: {{%.*s}} is not known (tocsin.conf(5) lists what is)", w->template->where, w->line, (int)(size < 40 ? size : 40), name);
		bool alone = lines && at == 0 && (size_t)(end + 2 - line) == len;
		asked++;
		if (value->text && value->text[0]) {
			given++;
			put_value(out, value->text, alone);
		}
		at = (size_t)(end + 2 - line);
	}
	*leave_out = asked > 0 && given == 0;
	return STATUS_OK;
}

static void trim_end(struct buf *text)
{
	while (text->len > 0 && (text->data[text->len - 1] == '\n' || text->data[text->len - 1] == ' '))
		text->data[--text->len] = '\0';
}

enum status template_write(const struct template *template, const char *stage, const struct template_value *values, size_t count, struct buf *subject, struct buf *text, struct error *err)
{
	static const char head[] = "Subject:";
	struct writing w = {.template = template, .values = values, .count = count, .err = err};
	const char *at = find_part(template->text, stage, &w.line);
	if (!at)
		at = find_part(template->text, "any", &w.line);
	if (!at)
		return error_set(err, STATUS_INVALID, "%s: has no part for the stage %s (begin one with a line \"# %s\", or \"# any\")", template->where, stage, stage);
	for (; *at && !(at[0] == '#' && at[1] == ' '); w.line++) {
		size_t len = strcspn(at, "\n");
		bool is_subject = subject->len == 0 && text->len == 0 && strncasecmp(at, head, strlen(head)) == 0;
		size_t skip = is_subject ? strlen(head) + strspn(at + strlen(head), " ") : 0;
		struct buf line;
		bool leave_out = false;
		buf_init(&line, LINE_BYTES_MAX);
		enum status status = put_line(&w, at + skip, len - skip, !is_subject, &line, &leave_out);
		if (status == STATUS_OK && is_subject) {
			buf_puts(subject, buf_text(&line));
		} else if (status == STATUS_OK && !leave_out && (line.len > 0 || text->len > 0)) {
			/* No two empty lines after one another, wherever something was left out. */
			bool doubled = line.len == 0 && text->len > 1 && strcmp(text->data + text->len - 2, "\n\n") == 0;
			if (!doubled)
				buf_printf(text, "%s\n", buf_text(&line));
		}
		buf_free(&line);
		if (status != STATUS_OK)
			return status;
		at += len + (at[len] ? 1 : 0);
	}
	if (text->len > 0)
		trim_end(text);
	if (subject->len == 0)
		return error_set(err, STATUS_INVALID, "%s:%d: this part has no line \"Subject: …\" at its start", template->where, w.line);
	return STATUS_OK;
}
