/* Texts whose markup is partly lost, as copies from a web page are: headings are plain
 * lines, dashes stand alone, a command runs into the next point. Lines are read by their
 * look. What looks like a command is shown as one, and nothing of it runs: where it ends is
 * a guess. */
#include "runbook/builder.h"

#include "base/mem.h"
#include "base/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { HEADING_BYTES_MAX = 60 };

const char stripped_doubt[] = "its markup is lost: where it ends is a guess (mark the text up, or type it by hand)";

struct reader {
	struct builder *b;
	int step;            /* the one that lines belong to, or -1 */
	bool holds_points;   /* points belong to the step, and are no steps of their own */
	bool titled;         /* a lone dash: the next line is a step's title */
	bool wants_command;  /* the title ended with a colon */
	bool symptoms;       /* points name symptoms */
	bool heading_before; /* the line before was a heading: this one stands below it */
	bool continued;      /* the command's line ended with a backslash */
	struct command *command;
};

static const char *line_at(const struct reader *r, int line)
{
	return r->b->lines[line - 1].text;
}

static bool blank(const char *text)
{
	return text[strspn(text, " \t")] == '\0';
}

static bool lone_dash(const char *text)
{
	return (text[0] == '-' || text[0] == '*') && blank(text + 1);
}

static bool is_point(const char *text)
{
	return (text[0] == '-' || text[0] == '*') && text[1] == ' ' && !blank(text + 1);
}

/* Shell text, or a comment as shells and contracts have it. */
static bool looks_like_code(const char *text)
{
	if (strncmp(text, "# ", 2) == 0 || strncmp(text, "// ", 3) == 0)
		return true;
	return strchr(text, ' ') && islower((unsigned char)text[0]) && danger_knows(text);
}

static bool looks_like_heading(const char *text)
{
	size_t len = strlen(text), blanks = 0;

	if (len == 0 || len > HEADING_BYTES_MAX || !isupper((unsigned char)text[0]) || strchr(".,;:!?-", text[len - 1]))
		return false;
	for (const char *at = text; *at; at++)
		blanks += *at == ' ';
	return blanks < 9;
}

/* "# Wait for it" in a glued command is a comment; a heading has air around it. */
static bool is_marked_up(const struct builder *b, int i)
{
	const char *text = b->lines[i].text;
	bool air = i == 0 || i + 1 == b->line_count || blank(b->lines[i - 1].text) || blank(b->lines[i + 1].text);

	if (strchr(text, '`') || strstr(text, "**") || strstr(text, "~~~") || strstr(text, "]("))
		return true;
	return strspn(text, "=") >= 3 || strspn(text, "-") >= 3 || strncmp(text, "##", 2) == 0 || (text[0] == '#' && air);
}

static bool is_numbered(const char *text)
{
	size_t digits = strspn(text, "0123456789");

	return digits && digits <= 3 && (text[digits] == '.' || text[digits] == ')') && text[digits + 1] == ' ';
}

/* No markup survived, and there is what copying leaves where it was: in a list, a line
 * that begins at the left without a dash. */
bool stripped_looks_so(const struct builder *b)
{
	bool point = false, lazy = false;

	for (int i = 0; i < b->line_count; i++) {
		const char *text = b->lines[i].text;
		if (is_marked_up(b, i))
			return false;
		lazy |= point && !blank(text) && text[0] != ' ' && text[0] != '\t' && !is_point(text) && !is_numbered(text);
		point = is_point(text) || lone_dash(text);
	}
	return lazy;
}

static bool lone_bar(const char *text)
{
	return text[strspn(text, " \t|")] == '\0' && strchr(text, '|');
}

/* The line above an underline, past empty ones, becomes "# title"; the words stay. */
static void mark_heading(struct builder *b, int i)
{
	const char *line = b->lines[i].text;
	int title = i - 1;

	while (title >= 0 && blank(b->lines[title].text))
		title--;
	if ((line[0] != '=' && line[0] != '-') || strlen(line) < 4 || strspn(line, line[0] == '=' ? "=" : "-") != strlen(line) || title < 0 || strlen(b->lines[title].text) > HEADING_BYTES_MAX * 2)
		return;
	char *marked = xasprintf("%s %s", line[0] == '=' ? "#" : "##", b->lines[title].text);
	free(b->lines[title].text);
	b->lines[title].text = marked;
	b->lines[i].text[0] = '\0';
}

bool stripped_unbar(struct builder *b)
{
	int bars = 0;

	for (int i = 0; i < b->line_count; i++)
		bars += lone_bar(b->lines[i].text);
	if (bars < 8 || bars * 3 < b->line_count)
		return false;
	for (int i = 0; i < b->line_count; i++)
		if (lone_bar(b->lines[i].text))
			b->lines[i].text[0] = '\0';
	for (int i = 0; i < b->line_count; i++)
		mark_heading(b, i);
	return true;
}

/* --- steps ----------------------------------------------------------------------------- */

static void own_line(struct reader *r, int line)
{
	builder_own(r->b, line, line, r->step < 0 ? OWNER_INTRO : r->step);
}

static void begin_step(struct reader *r, const char *title, const char *written, int line)
{
	size_t len = strlen(title);

	r->step = builder_step(r->b, -1, title, written, line);
	r->command = NULL;
	r->titled = r->continued = r->holds_points = false;
	r->wants_command = len && title[len - 1] == ':';
	if (r->step < 0)
		return;
	own_line(r, line);
}

/* Where " - Check logs:" begins behind a command, and how long the command is. A dash at
 * the very end is the next point's, whose title stands on the next line. */
static size_t command_length(const char *text, const char **next)
{
	size_t len = strlen(text);

	*next = NULL;
	for (const char *at = strstr(text, " - "); at; at = strstr(at + 1, " - ")) {
		if (isupper((unsigned char)at[3])) {
			*next = at + 3;
			return (size_t)(at - text);
		}
	}
	while (len && text[len - 1] == ' ')
		len--;
	if (len >= 2 && text[len - 1] == '-' && text[len - 2] == ' ') {
		*next = text + len;
		return len - 2;
	}
	return len;
}

static void add_code(struct reader *r, const char *text, size_t len, int line)
{
	char *piece = xstrndup(text, len);

	if (r->command && r->command->line_end >= line - 1) {
		text_add_line(&r->command->text, piece);
		r->command->line_end = line;
	} else {
		r->command = builder_command(r->b, r->step, strncmp(piece, "//", 2) == 0 ? "" : "sh", piece, line, line);
		if (r->command)
			mem_set(&r->command->doubt, stripped_doubt);
	}
	r->continued = len && text[len - 1] == '\\';
	free(piece);
}

/* A line of code in a step, with what its end says of the next. */
static void read_code(struct reader *r, int line)
{
	const char *text = line_at(r, line), *next;
	size_t len = command_length(text, &next);

	own_line(r, line);
	add_code(r, text, len, line);
	r->wants_command = false;
	if (!r->command)
		return;
	builder_take(r->b, line, line);
	if (!next)
		return;
	r->command = NULL;
	if (*next == '\0') {
		r->titled = true;
		return;
	}
	/* The rest of the line is a step of its own: its words are its title. */
	char *title = xstrdup(next);
	int before = r->step;
	begin_step(r, title, "", line);
	if (strlen(title) >= TITLE_BYTES_MAX)
		mem_set(&r->b->lines[line - 1].shown, title); /* the title is cut: all of it stands below */
	else if (r->step >= 0 && before >= 0)
		builder_own(r->b, line, line, before);
	free(title);
}

/* --- lines ----------------------------------------------------------------------------- */

static void read_point(struct reader *r, int line)
{
	const char *text = line_at(r, line) + 2;
	enum context context = builder_context(r->b);

	if (r->symptoms) {
		builder_symptom(r->b, text);
		builder_take_if(r->b, line, line, text);
	} else if (r->step >= 0 && r->holds_points) {
		own_line(r, line);
	} else if (context == CONTEXT_STEPS || (context == CONTEXT_OPEN && r->b->book->step_count)) {
		begin_step(r, text, "", line);
		if (r->step >= 0)
			builder_take_if(r->b, line, line, r->b->book->steps[r->step].title);
	}
}

static void read_heading(struct reader *r, int line)
{
	const char *text = line_at(r, line);

	r->step = -1;
	r->command = NULL;
	r->symptoms = false;
	builder_heading(r->b, r->heading_before ? LABEL_LEVEL - 1 : LABEL_LEVEL - 2, text, line, line, heading_context(text));
	r->heading_before = true;
}

/* "Response:" or "Symptoms: the router is down". */
static bool read_label(struct reader *r, int line)
{
	const char *text = line_at(r, line), *colon = strchr(text, ':');
	enum context context = heading_context(text);

	if (!colon || colon - text > 24 || !isupper((unsigned char)text[0]) || (colon[1] && !heading_is_symptoms(text)) || (context == CONTEXT_OPEN && colon[1]))
		return false;
	r->step = -1;
	r->command = NULL;
	r->symptoms = heading_is_symptoms(text);
	if (colon[1]) {
		builder_symptom(r->b, colon + 1 + strspn(colon + 1, " "));
		builder_take(r->b, line, line);
		r->symptoms = false;
	} else {
		builder_heading(r->b, LABEL_LEVEL, text, line, line, context);
	}
	return true;
}

/* "1. Detection" */
static bool read_numbered(struct reader *r, int line)
{
	const char *text = line_at(r, line);
	char written[16];

	if (!is_numbered(text))
		return false;
	size_t digits = strspn(text, "0123456789");
	text_format(written, sizeof(written), "%.*s", (int)digits + 1, text);
	begin_step(r, text + digits + 2, written, line);
	r->holds_points = true;
	if (r->step >= 0)
		builder_take_if(r->b, line, line, r->b->book->steps[r->step].title);
	return true;
}

static void read_line(struct reader *r, int line)
{
	const char *text = line_at(r, line);
	bool heading_before = r->heading_before;

	r->heading_before = false;
	if (lone_dash(text)) {
		r->titled = true;
		r->symptoms = false;
		builder_take(r->b, line, line);
	} else if (r->titled && !is_point(text)) {
		begin_step(r, text, "", line);
		r->holds_points = true;
		if (r->step >= 0)
			builder_take_if(r->b, line, line, r->b->book->steps[r->step].title);
	} else if (r->step >= 0 && (r->continued || looks_like_code(text))) {
		read_code(r, line);
	} else if (is_point(text)) {
		r->titled = false;
		read_point(r, line);
	} else if (read_label(r, line) || read_numbered(r, line)) {
		;
	} else if (looks_like_heading(text)) {
		if (!r->b->book->title) {
			r->b->book->title = xstrdup(text);
			builder_take(r->b, line, line);
			return;
		}
		r->heading_before = heading_before;
		read_heading(r, line);
	} else {
		own_line(r, line);
	}
}

void stripped_read(struct builder *b)
{
	struct reader r = {.b = b, .step = -1};

	for (int line = 1; line <= b->line_count && !b->full; line++)
		if (!blank(line_at(&r, line)))
			read_line(&r, line);
}
