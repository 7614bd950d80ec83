/* Why Tocsin thinks so: the evidence with its times, and what it ruled out. Live while
 * the fault lasts, afterwards as it was recorded. */
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "ui/overlay.h"
#include "ui/panes.h"
#include "ui/words.h"

#include <string.h>

enum {
	LINES_MAX = 40,
	TREE_BYTES = 1 << 20,
};

struct thought {
	int64_t at_us; /* 0: ruled out */
	char text[200];
};
struct thoughts {
	struct thought lines[LINES_MAX];
	size_t count;
};

static void add(struct thoughts *thoughts, int64_t at_us, const char *text)
{
	if (thoughts->count == LINES_MAX || !text)
		return;
	thoughts->lines[thoughts->count].at_us = at_us;
	text_clean(thoughts->lines[thoughts->count].text, sizeof(thoughts->lines[0].text), text, strlen(text));
	thoughts->count++;
}

static void read_live(struct thoughts *thoughts, const struct proposal *p)
{
	for (size_t i = 0; i < p->evidence_count; i++)
		add(thoughts, p->evidence[i].at_us, p->evidence[i].text);
	for (size_t i = 0; i < p->refuted_count; i++)
		add(thoughts, 0, p->refuted[i]);
}

/* Reads what an event of the detector said, if it spoke of this proposal. */
static bool read_event(struct thoughts *thoughts, const struct event *event, const char *key)
{
	struct json *data = json_parse(event->data, strlen(event->data), TREE_BYTES, NULL);
	const char *its_key = json_string(json_get(data, "key"));
	bool fits = its_key && strcmp(its_key, key) == 0;
	for (const struct json *line = json_first(json_get(data, "evidence")); fits && line; line = json_next(line)) {
		int64_t at_us;
		if (json_i64(json_get(line, "at_us"), &at_us))
			add(thoughts, at_us, json_string(json_get(line, "text")));
	}
	for (const struct json *line = json_first(json_get(data, "refuted")); fits && line; line = json_next(line))
		add(thoughts, 0, json_string(line));
	json_free(data);
	return fits;
}

/* The last that the detector said of the fault; nothing when it was declared by hand. */
static void read_record(struct thoughts *thoughts, const struct fold *fold, const struct incident *incident)
{
	for (size_t i = incident->timeline_count; i-- > 0;) {
		const struct event *event = fold_event(fold, incident->timeline[i].seq);
		bool spoke = event && event->data && (event->kind == EVENT_DETECTOR_PROPOSED || event->kind == EVENT_DETECTOR_CHANGED);
		if (spoke && read_event(thoughts, event, incident->proposal_key))
			return;
	}
}

static const struct thoughts *thoughts_of(const struct ui *ui)
{
	static struct thoughts thoughts;
	const struct incident *incident = ui_incident(ui);
	const struct proposal *p = incident_proposal(ui, incident);
	thoughts.count = 0;
	if (p)
		read_live(&thoughts, p);
	else if (incident)
		read_record(&thoughts, watch_fold(ui_watch(ui)), incident);
	return &thoughts;
}

static size_t count(const struct ui *ui)
{
	return thoughts_of(ui)->count;
}

static void identify(const struct ui *ui, size_t i, char id[PANE_ID], struct buf *text)
{
	text_format(id, PANE_ID, "%zu", i);
	if (text)
		buf_puts(text, thoughts_of(ui)->lines[i].text);
}

/* The left column of a thought: when, or that it is ruled out. Returns its width. */
static int when_columns(const struct ui *ui, const struct thought *thought, char when[MOMENT_TEXT])
{
	if (thought->at_us == 0)
		text_format(when, MOMENT_TEXT, "ruled out");
	else
		moment_text(when, ui, thought->at_us);
	int columns = text_width(when);
	return 1 + (columns < TODAY_COLUMNS ? TODAY_COLUMNS : columns);
}

static int wrapped_rows(const struct ui *ui, size_t i, int columns)
{
	const struct thought *thought = &thoughts_of(ui)->lines[i];
	char when[MOMENT_TEXT];
	return area_wrap_rows(columns - when_columns(ui, thought, when), thought->text);
}

/* Whole sentences convince better than halves, but many better than few: they are whole
 * while all of them have room, and otherwise the one that somebody looks at. */
static int height(const struct ui *ui, size_t i, bool selected, int columns)
{
	int rows = 0, room = ui_pane_room(ui, pane_evidence.name);
	if (selected && ui_focused(ui) == &pane_evidence)
		return wrapped_rows(ui, i, columns);
	for (size_t n = 0; n < thoughts_of(ui)->count && rows <= room; n++)
		rows += wrapped_rows(ui, n, columns);
	return rows <= room ? wrapped_rows(ui, i, columns) : 1;
}

static void row(const struct ui *ui, struct area area, size_t i, bool selected)
{
	const struct thought *thought = &thoughts_of(ui)->lines[i];
	char when[MOMENT_TEXT];
	bool ruled_out = thought->at_us == 0;
	int x = when_columns(ui, thought, when);
	enum role role = ruled_out ? ROLE_DIM : selected ? ROLE_TITLE
							 : ROLE_BASE;
	area_text(area, 0, 0, ROLE_DIM, 0, when);
	if (area_wrap_rows(area.columns - x, thought->text) <= area.rows)
		area_wrap(area, x, 0, area.columns - x, area.rows, role, 0, thought->text);
	else
		area_fit(area, x, 0, area.columns - x, role, 0, thought->text);
}

static void status(const struct ui *ui, struct area area)
{
	const struct incident *incident = ui_incident(ui);
	bool live = incident_proposal(ui, incident) != NULL;
	const struct incident *taker;
	if (count(ui) == 0)
		return;
	const char *recorded = fold_proposal(watch_fold(ui_watch(ui)), incident->proposal_key, &taker) ? "as recorded; it cannot be seen now " : "as recorded; the fault is over ";
	const struct part parts[] = {{ROLE_DIM, 0, " "}, {live ? ROLE_OK : ROLE_DIM, 0, live ? "live " : recorded}};
	area_parts_right(area, 0, area.columns, 0, parts, ARRAY_LENGTH(parts));
}

static enum status open_all(struct ui *ui, const char *id, struct error *err)
{
	const struct thoughts *thoughts = thoughts_of(ui);
	(void)id;
	(void)err;
	ui_pager_open(ui, pane_evidence.title);
	for (size_t i = 0; i < thoughts->count; i++) {
		char when[MOMENT_TEXT];
		(void)when_columns(ui, &thoughts->lines[i], when);
		ui_pager_line(ui, thoughts->lines[i].at_us ? ROLE_BASE : ROLE_DIM, 0, when, thoughts->lines[i].text);
	}
	return STATUS_OK;
}

static const char *empty(const struct ui *ui)
{
	return ui_incident(ui) ? "it was declared by hand: no detector spoke of it" : "no incident is open";
}

const struct pane pane_evidence = {
	.name = "evidence",
	.title = "Why Tocsin thinks so",
	.count = count,
	.identify = identify,
	.height = height,
	.row = row,
	.status = status,
	.empty = empty,
	.open = open_all,
	.min_rows = 2,
	.rank = 4,
};
