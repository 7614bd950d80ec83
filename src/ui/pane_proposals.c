/* What waits for a decision: open incidents, then proposals, then reports. */
#include "base/mem.h"
#include "base/text.h"
#include "ui/detail.h"
#include "ui/panes.h"
#include "ui/words.h"

#include <string.h>

/* The rows are of four sorts, one after the other. */
enum sort {
	SORT_INCIDENT,
	SORT_PROPOSAL,
	SORT_DETECTED,
	SORT_REPORT,
};
struct entry {
	enum sort sort;
	const struct incident *incident;
	const struct open_proposal *proposal;
	const struct proposal *detected; /* as it is now; NULL for a proposal that another console sees */
	const struct report_row *report;
};

static bool in_record(const struct fold *fold, const struct proposal *detected)
{
	return fold_proposal(fold, detected->key, NULL) != NULL;
}

/* The i-th row; false past the end. */
static bool entry_at(const struct ui *ui, size_t i, struct entry *out)
{
	const struct fold *fold = watch_fold(ui_watch(ui));
	const struct proposals *detected = watch_proposals(ui_watch(ui));
	*out = (struct entry){0};
	for (int severity = SEVERITY_P0; severity <= SEVERITY_UNSET; severity++) {
		for (size_t n = 0; n < fold_incident_count(fold); n++) {
			const struct incident *incident = fold_incident_at(fold, n);
			if ((int)incident->severity != severity || !incident_is_open(incident) || i-- > 0)
				continue;
			*out = (struct entry){.sort = SORT_INCIDENT, .incident = incident};
			return true;
		}
	}
	if (i < fold_proposal_count(fold)) {
		*out = (struct entry){.sort = SORT_PROPOSAL, .proposal = fold_proposal_at(fold, i)};
		out->detected = proposals_find(detected, out->proposal->key);
		return true;
	}
	i -= fold_proposal_count(fold);
	/* What is seen but not on record: in an observer's console, or before the disk answered. */
	for (size_t n = 0; n < detected->count; n++) {
		if (in_record(fold, &detected->items[n]) || i-- > 0)
			continue;
		*out = (struct entry){.sort = SORT_DETECTED, .detected = &detected->items[n]};
		return true;
	}
	if (i >= fold_report_count(fold))
		return false;
	*out = (struct entry){.sort = SORT_REPORT, .report = fold_report_at(fold, i)};
	return true;
}

static size_t count(const struct ui *ui)
{
	struct entry entry;
	size_t rows = 0;
	while (entry_at(ui, rows, &entry))
		rows++;
	return rows;
}

static const char *title_of(const struct entry *entry)
{
	switch (entry->sort) {
	case SORT_INCIDENT:
		return entry->incident->title;
	case SORT_PROPOSAL:
		return entry->proposal->title;
	case SORT_DETECTED:
		return entry->detected->title;
	case SORT_REPORT:
		break;
	}
	return entry->report->text;
}

static void identify(const struct ui *ui, size_t i, char id[PANE_ID], struct buf *text)
{
	struct entry entry;
	*id = '\0';
	if (!entry_at(ui, i, &entry))
		return;
	if (entry.sort == SORT_INCIDENT)
		text_format(id, PANE_ID, "%s", entry.incident->id);
	else if (entry.sort == SORT_REPORT)
		text_format(id, PANE_ID, "report %llu", (unsigned long long)entry.report->seq);
	else
		text_format(id, PANE_ID, "%s", entry.proposal ? entry.proposal->key : entry.detected->key);
	if (text)
		buf_printf(text, "%s %s", id, title_of(&entry));
}

/* --- drawing -------------------------------------------------------------------- */

/* "follows: besu-rpc-0, besu-rpc-1 and 3 more" */
static void put_names(const struct ui *ui, struct buf *out, const char *label, char (*const ids)[96], size_t count_ids)
{
	enum { NAMED = 3 };
	if (count_ids == 0)
		return;
	buf_printf(out, "%s%s", out->len ? "; " : "", label);
	for (size_t i = 0; i < count_ids && i < NAMED; i++) {
		char name[CALLED_TEXT];
		buf_printf(out, "%s%s", i ? ", " : " ", component_called(name, ui, ids[i]));
	}
	if (count_ids > NAMED)
		buf_printf(out, " and %zu more", count_ids - NAMED);
}

/* The dim line below: why, or what merely follows from it. */
static void second_line(const struct ui *ui, const struct entry *entry, struct buf *out)
{
	const struct proposal *detected = entry->detected;
	const struct incident *incident = entry->incident;
	if (incident) {
		buf_printf(out, "%s, %s%s", stage_title(incident->stage), incident->owner[0] ? "commander " : "nobody in command", incident->owner);
		detected = incident_proposal(ui, incident);
	} else if (detected) {
		buf_puts(out, detected->reason);
	} else if (entry->proposal) {
		buf_puts(out, entry->proposal->reason);
	}
	if (detected)
		put_names(ui, out, "consequences:", detected->consequences, detected->consequence_count);
}

static int height(const struct ui *ui, size_t i, bool selected, int columns)
{
	struct entry entry;
	(void)selected;
	(void)columns;
	return entry_at(ui, i, &entry) && entry.sort != SORT_REPORT ? 2 : 1;
}

static void first_line(const struct ui *ui, const struct entry *entry, struct area area, bool selected)
{
	char age[DURATION_TEXT], label[48] = "";
	enum severity severity = SEVERITY_UNSET;
	int64_t since_us = 0;
	if (entry->incident) {
		severity = entry->incident->severity;
		since_us = entry->incident->declared_us;
		text_format(label, sizeof(label), "%s ", entry->incident->id);
	} else if (entry->report) {
		since_us = entry->report->occurred_us;
		text_format(label, sizeof(label), "report by %.30s: ", entry->report->who);
	} else {
		severity = entry->proposal ? entry->proposal->severity : entry->detected->severity;
		since_us = entry->proposal ? entry->proposal->since_us : entry->detected->since_us;
		text_format(label, sizeof(label), entry->proposal && entry->proposal->times > 1 ? "proposed %u times: " : "proposed: ", entry->proposal ? entry->proposal->times : 1);
	}
	enum role role = severity_role(severity);
	int right = area_right(area, area.columns, 0, ROLE_DIM, 0, ago_text(age, ui, since_us)) - 2;
	int x = area_text(area, 0, 0, role, ATTR_BOLD | (entry->incident && severity != SEVERITY_UNSET ? ATTR_REVERSE : 0), severity == SEVERITY_UNSET ? (entry->report ? "--" : "P?") : severity_name(severity)) + 1;
	x = area_fit(area, x, 0, right - x, entry->incident ? ROLE_TITLE : ROLE_DIM, entry->incident ? ATTR_BOLD : 0, label);
	area_fit(area, x, 0, right - x, selected || entry->incident ? ROLE_TITLE : ROLE_BASE, 0, title_of(entry));
}

static void row(const struct ui *ui, struct area area, size_t i, bool selected)
{
	struct entry entry;
	struct buf text;
	if (!entry_at(ui, i, &entry))
		return;
	first_line(ui, &entry, area, selected);
	if (entry.sort == SORT_REPORT)
		return;
	buf_init(&text, 1024);
	second_line(ui, &entry, &text);
	area_fit(area, 3, 1, area.columns - 3, ROLE_DIM, 0, buf_text(&text));
	buf_free(&text);
}

static void status(const struct ui *ui, struct area area)
{
	struct entry entry;
	size_t numbers[SORT_REPORT + 1] = {0};
	for (size_t i = 0; entry_at(ui, i, &entry); i++)
		numbers[entry.sort]++;
	size_t proposed = numbers[SORT_PROPOSAL] + numbers[SORT_DETECTED];
	char incidents[32] = "", proposals[32] = "", reports[32] = "";
	if (numbers[SORT_INCIDENT])
		text_format(incidents, sizeof(incidents), "%zu open ", numbers[SORT_INCIDENT]);
	if (proposed)
		text_format(proposals, sizeof(proposals), "%zu proposed ", proposed);
	if (numbers[SORT_REPORT])
		text_format(reports, sizeof(reports), "%zu reported ", numbers[SORT_REPORT]);
	if (numbers[SORT_INCIDENT] + proposed + numbers[SORT_REPORT] == 0)
		return;
	const struct part parts[] = {{ROLE_DIM, 0, " "}, {ROLE_DIM, 0, reports}, {ROLE_TITLE, 0, incidents}, {ROLE_WARN, ATTR_BOLD, proposals}};
	area_parts_right(area, 0, area.columns, 0, parts, ARRAY_LENGTH(parts));
}

static const char *empty(const struct ui *ui)
{
	if (world_chain(watch_world(ui_watch(ui)))->seen_us == 0)
		return "nothing is proposed: no node answered yet";
	return "nothing is proposed, no incident is open (:declare TITLE opens one by hand)";
}

static enum status open_row(struct ui *ui, const char *id, struct error *err)
{
	if (strncmp(id, "report ", strlen("report ")) == 0)
		return detail_event(ui, id + strlen("report "), err);
	if (!fold_incident(watch_fold(ui_watch(ui)), id))
		return detail_proposal(ui, id, err);
	ui_choose_incident(ui, id);
	ui_show(ui, SCREEN_INCIDENT);
	return STATUS_OK;
}

const struct pane pane_proposals = {
	.name = "proposals",
	.title = "Proposals and incidents",
	.count = count,
	.identify = identify,
	.height = height,
	.row = row,
	.status = status,
	.empty = empty,
	.min_rows = 2,
	.min_columns = 40,
	.rank = 1,
	.open = open_row,
};
