/* The review as Markdown. Text from people and machines is backslash-escaped where a
 * character could mean something (engineering reference 4.4): always for those that
 * work anywhere in a line, at the start of a line for those that only work there, so
 * that names with dashes and dots stay readable and searchable. */
#include "report/facts.h"

#include "base/mem.h"
#include "base/text.h"
#include "incident/act.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define UNWRITTEN "_Not written yet._\n\n"

/* Where a bare address would become a link: its colon, dot or at-sign is escaped. */
static bool starts_link(const char *line, size_t i)
{
	const char *at = line + i;

	if (strncmp(at, "://", 3) == 0)
		return true;
	if (at[0] == ':' && i >= 6 && strncasecmp(at - 6, "mailto", 6) == 0)
		return true;
	if (at[0] == ':' && i >= 4 && strncasecmp(at - 4, "xmpp", 4) == 0)
		return true;
	if (at[0] == '.' && i >= 3 && strncasecmp(at - 3, "www", 3) == 0)
		return true;
	/* An e-mail address has a dot behind its at-sign. */
	return at[0] == '@' && memchr(at, '.', strcspn(at, " ")) != NULL;
}

/* A marker of a heading, list, rule or quote, which only counts in front. */
static bool starts_block(const char *line, size_t i)
{
	size_t blanks = strspn(line, " ");

	if (i == blanks)
		return strchr("#+-=", line[i]) != NULL;
	/* "1." and "1)" */
	return (line[i] == '.' || line[i] == ')') && strspn(line + blanks, "0123456789") == i - blanks;
}

static void put_escaped(struct buf *out, const char *line, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (strchr("\\`*_[]<>|~&!{}$", line[i]) || starts_block(line, i) || starts_link(line, i))
			buf_putc(out, '\\');
		buf_putc(out, line[i]);
	}
}

void markdown_line(struct buf *out, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");
		char *line = xstrndup(text, len);
		put_escaped(out, line, len);
		free(line);
		text += len;
		if (*text == '\n' && *++text)
			buf_puts(out, " / ");
	}
}

/* Several lines as they stand: empty lines part paragraphs, "- " stays a list, and
 * every other line end is kept as one. */
static void put_lines(struct buf *out, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");
		char *line = xstrndup(text, len);
		/* Four blanks in front would be a code block. */
		const char *start = line + strspn(line, " ");
		if (strncmp(start, "- ", 2) == 0) {
			buf_puts(out, "- ");
			start += 2;
		}
		put_escaped(out, start, strlen(start));
		free(line);
		text += len;
		bool more = text[0] == '\n' && text[1] != '\0' && text[1] != '\n' && len > 0 && strncmp(text + 1, "- ", 2) != 0;
		buf_puts(out, more ? "\\\n" : "\n");
		if (*text == '\n')
			text++;
	}
	buf_putc(out, '\n');
}

/* Machine-made lines as a list. */
static void put_list(struct buf *out, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");
		char *line = xstrndup(text, len);
		const char *start = strncmp(line, "- ", 2) == 0 ? line + 2 : line;
		buf_puts(out, "- ");
		put_escaped(out, start, strlen(start));
		buf_putc(out, '\n');
		free(line);
		text += len;
		text += *text == '\n';
	}
	buf_putc(out, '\n');
}

/* --- sections --------------------------------------------------------------------- */

static void put_spans(const struct fold *fold, const struct incident *incident, struct buf *out)
{
	char text[DURATION_TEXT];
	struct milestones m = milestones_of(fold, incident);
	struct span spans[SPANS];

	spans_of(&m, spans);
	buf_puts(out, "| Measure | Value | From, to |\n| --- | --- | --- |\n");
	for (size_t i = 0; i < SPANS; i++)
		buf_printf(out, "| %s | %s | %s |\n", spans[i].name, spans[i].us < 0 ? "not yet" : duration_human(text, spans[i].us), spans[i].definition);
	buf_putc(out, '\n');
}

/* What people wrote goes into the table whole; of a command's output only the summary. */
static bool shows_body(enum event_kind kind)
{
	return kind == EVENT_NOTE || kind == EVENT_REPORT_RECEIVED || kind == EVENT_DECISION || kind == EVENT_EVIDENCE_ATTACHED;
}

static void put_row(const struct event *event, const struct event_view *view, struct buf *out)
{
	char when[TIME_TEXT];

	buf_printf(out, "| %s | ", time_human(when, view->occurred_us, 0));
	const char *body = shows_body(event->kind) && strchr(view->body, '\n') ? view->body : NULL;
	if (body && event->kind == EVENT_EVIDENCE_ATTACHED) {
		markdown_line(out, view->summary);
		buf_puts(out, " / ");
	}
	markdown_line(out, body ? body : view->summary);
	if (view->amended)
		buf_puts(out, " (corrected)");
	buf_puts(out, " | ");
	markdown_line(out, event->actor ? event->actor : "");
	buf_printf(out, " | %llu |\n", (unsigned long long)event->seq);
}

static void put_timeline(const struct fold *fold, const struct incident *incident, struct buf *out)
{
	buf_puts(out, "| Time (UTC) | Event | Who | Seq |\n| --- | --- | --- | --- |\n");
	for (size_t i = 0; i < incident->timeline_count; i++) {
		const struct event *event = fold_event(fold, incident->timeline[i].seq);
		struct event_view view;
		if (fold_view(fold, event, &view))
			put_row(event, &view, out);
	}
	buf_putc(out, '\n');
}

static void put_cell(struct buf *out, const char *text)
{
	if (text[0])
		markdown_line(out, text);
	else
		buf_puts(out, "_missing_");
	buf_puts(out, " | ");
}

static void put_actions(const struct incident *incident, struct buf *out)
{
	if (incident->action_count == 0)
		return;
	buf_puts(out, "| Action | Owner | Due | Type |\n| --- | --- | --- | --- |\n");
	for (size_t i = 0; i < incident->action_count; i++) {
		const struct action_item *item = &incident->actions[i];
		buf_puts(out, "| ");
		put_cell(out, item->text);
		put_cell(out, item->owner);
		put_cell(out, item->due);
		markdown_line(out, item->type);
		buf_puts(out, " |\n");
	}
	buf_putc(out, '\n');
}

static void put_section(const struct fold *fold, const struct incident *incident, enum section section, struct buf *out)
{
	const char *written = incident->sections[section];
	char *known = section_prefill(fold, incident, section);

	buf_printf(out, "## %s\n\n", section_title(section));
	if (written)
		put_lines(out, written);
	switch (section) {
	case SECTION_INCIDENT:
		put_list(out, known);
		put_spans(fold, incident, out);
		break;
	case SECTION_TIMELINE:
		put_timeline(fold, incident, out);
		break;
	case SECTION_ACTIONS:
		put_actions(incident, out);
		break;
	default:
		if (known[0])
			put_list(out, known);
	}
	/* What the record knows of the cause and the way out is not yet what people say of it. */
	bool prefilled = known[0] && !section_wants_words(incident, section);
	if (!written && !prefilled)
		buf_puts(out, UNWRITTEN);
	free(known);
}

static void put_checkpoint(const struct checkpoint *checkpoint, struct buf *out)
{
	char text[CHECKPOINT_TEXT];

	buf_puts(out, "---\n\nThe record when this was written (origin, events, hash of the last one):\n\n```\n");
	buf_puts(out, checkpoint_text(text, checkpoint));
	buf_puts(out, out->len > 0 && out->data[out->len - 1] == '\n' ? "```\n" : "\n```\n");
}

enum status markdown_write(const struct fold *fold, const struct incident *incident, const struct checkpoint *checkpoint, const char *network, bool drill, struct buf *out, struct error *err)
{
	bool rated = incident->severity != SEVERITY_UNSET;

	buf_printf(out, "# %s %s%s", incident->id, rated ? severity_name(incident->severity) : "", rated ? " " : "");
	markdown_line(out, incident->title);
	buf_puts(out, "\n\n");
	if (drill)
		buf_puts(out, "**DRILL: this incident happened on a simulated network.**\n\n");
	if (network && network[0]) {
		buf_puts(out, "Network: ");
		markdown_line(out, network);
		buf_puts(out, "\n\n");
	}
	for (unsigned i = 0; i < SECTION_COUNT; i++)
		put_section(fold, incident, (enum section)i, out);
	if (checkpoint)
		put_checkpoint(checkpoint, out);
	return buf_check(out, "the export", err);
}
