/* The outbox of the incident: drafts that wait for approval, and every message with what
 * became of it. */
#include "base/mem.h"
#include "base/text.h"
#include "ui/panes.h"
#include "ui/table.h"
#include "ui/updates.h"
#include "ui/words.h"

#include <string.h>

enum {
	ID,
	STATE,
	CHANNEL,
	AGE,
	WHAT,
	COLUMNS,
};

static const struct column columns[COLUMNS] = {
	[ID] = {.head = "message", .width = 7},
	[STATE] = {.head = "state", .width = 9},
	[CHANNEL] = {.head = "by", .width = 8, .most = 16},
	[AGE] = {.head = "for", .width = 9, .drop = 1},
	[WHAT] = {.head = "what", .width = 14, .most = 200},
};

static size_t draft_count(const struct incident *incident)
{
	size_t count = 0;
	for (size_t i = 0; i < incident->update_count; i++)
		count += incident->updates[i].state == UPDATE_DRAFT;
	return count;
}

static const struct update_record *draft_at(const struct incident *incident, size_t i)
{
	for (size_t k = 0; k < incident->update_count; k++)
		if (incident->updates[k].state == UPDATE_DRAFT && i-- == 0)
			return &incident->updates[k];
	return NULL;
}

/* The i-th message, the newest first. */
static const struct message_record *message_at(const struct incident *incident, size_t i)
{
	return &incident->messages[incident->message_count - 1 - i];
}

static size_t count(const struct ui *ui)
{
	const struct incident *incident = ui_incident(ui);
	return incident ? draft_count(incident) + incident->message_count : 0;
}

static void identify(const struct ui *ui, size_t i, char id[PANE_ID], struct buf *text)
{
	const struct incident *incident = ui_incident(ui);
	size_t drafts = draft_count(incident);
	if (i < drafts) {
		const struct update_record *u = draft_at(incident, i);
		text_format(id, PANE_ID, "%s", u->id);
		if (text)
			buf_printf(text, "draft %s %s", u->audience, u->subject);
		return;
	}
	const struct message_record *m = message_at(incident, i - drafts);
	text_format(id, PANE_ID, "%s", m->id);
	if (text)
		buf_printf(text, "%s %s %s %s", message_state_name(m->state), m->channel, m->subject, m->why);
}

static struct word state_word(const struct message_record *m, bool drill)
{
	static const struct word words[] = {
		[MESSAGE_QUEUED] = {"queued", ROLE_ACCENT},
		[MESSAGE_ATTEMPTED] = {"sending", ROLE_ACCENT},
		[MESSAGE_WAITING] = {"waiting", ROLE_WARN},
		[MESSAGE_SENT] = {"sent", ROLE_OK},
		[MESSAGE_FAILED] = {"FAILED", ROLE_CRIT},
		[MESSAGE_UNKNOWN] = {"UNKNOWN", ROLE_CRIT},
		[MESSAGE_WITHDRAWN] = {"withdrawn", ROLE_DIM},
	};
	return drill && m->state == MESSAGE_QUEUED ? (struct word){"drill", ROLE_DIM} : words[m->state];
}

static void heads(const struct ui *ui, struct area area)
{
	struct table table;
	(void)ui;
	table_fit(&table, columns, COLUMNS, area.columns);
	table_heads(&table, area);
}

static void say_message(const struct ui *ui, const struct message_record *m, char *dst, size_t size)
{
	char in[DURATION_TEXT];
	int64_t left_us = m->retry_us - ui_now_us(ui);
	if (m->state == MESSAGE_WAITING)
		text_format(dst, size, "%s; again in %s", m->why, duration_human(in, left_us > 0 ? left_us : 0));
	else if (m->state == MESSAGE_FAILED || m->state == MESSAGE_UNKNOWN)
		text_format(dst, size, "%s", m->why);
	else
		text_format(dst, size, "%s%s%s%s%s", strcmp(m->action, "post") == 0 ? "" : m->action, strcmp(m->action, "post") == 0 ? "" : " ", m->subject, m->answered_by[0] ? "; acknowledged by " : "", m->answered_by);
}

static void row(const struct ui *ui, struct area area, size_t i, bool selected)
{
	const struct incident *incident = ui_incident(ui);
	size_t drafts = draft_count(incident);
	struct table table;
	char age[DURATION_TEXT], what[400];
	table_fit(&table, columns, COLUMNS, area.columns);
	if (i < drafts) {
		const struct update_record *u = draft_at(incident, i);
		table_cell(&table, area, ID, 0, ROLE_DIM, 0, u->id);
		table_cell(&table, area, STATE, 0, ROLE_WARN, role_weight(ROLE_WARN), "draft");
		table_cell(&table, area, CHANNEL, 0, ROLE_DIM, 0, u->audience);
		table_cell(&table, area, AGE, 0, ROLE_DIM, 0, ago_text(age, ui, u->drafted_us));
		table_cell(&table, area, WHAT, 0, selected ? ROLE_TITLE : ROLE_BASE, 0, u->subject);
		return;
	}
	const struct message_record *m = message_at(incident, i - drafts);
	struct word word = state_word(m, fold_is_drill(watch_fold(ui_watch(ui))));
	say_message(ui, m, what, sizeof(what));
	table_cell(&table, area, ID, 0, ROLE_DIM, 0, m->id);
	table_cell(&table, area, STATE, 0, word.role, role_weight(word.role), word.text);
	table_cell(&table, area, CHANNEL, 0, ROLE_BASE, 0, m->channel);
	table_cell(&table, area, AGE, 0, ROLE_DIM, 0, ago_text(age, ui, m->at_us));
	table_cell(&table, area, WHAT, 0, selected ? ROLE_TITLE : ROLE_BASE, 0, what);
}

static void status(const struct ui *ui, struct area area)
{
	const struct incident *incident = ui_incident(ui);
	size_t stuck = incident ? incident_messages_stuck(incident) : 0;
	char text[64];
	if (stuck == 0)
		return;
	text_format(text, sizeof(text), "%zu for you to choose ", stuck);
	const struct part parts[] = {{ROLE_DIM, 0, " "}, {ROLE_CRIT, role_weight(ROLE_CRIT), text}};
	area_parts_right(area, 0, area.columns, 0, parts, ARRAY_LENGTH(parts));
}

static const char *empty(const struct ui *ui)
{
	const char *words = watch_outbox_words(ui_watch(ui));
	return *words ? words : "nothing was sent yet";
}

const struct pane pane_outbox = {
	.name = "outbox",
	.title = "Outbox",
	.count = count,
	.identify = identify,
	.heads = heads,
	.row = row,
	.status = status,
	.empty = empty,
	.min_rows = 2,
	.min_columns = 40,
	.open = open_message,
};
