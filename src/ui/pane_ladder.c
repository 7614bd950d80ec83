/* The escalation: each step of the ladder, who was told of it, when and how, and who answered. */
#include "base/mem.h"
#include "base/text.h"
#include "ui/panes.h"
#include "ui/room.h"
#include "ui/words.h"

#include <string.h>

/* A step that nobody was told of, or one request. */
struct row {
	const struct rung *rung;
	const struct escalation *told;
	const char *title;
};

/* The i-th row: the steps in their order with what was requested of each, then people
 * outside the ladder. */
static bool row_at(const struct ui *ui, size_t i, struct row *out)
{
	const struct incident *incident = ui_incident(ui);
	const struct people *people = watch_people(ui_watch(ui));
	for (size_t r = 0; incident && r < people->rung_count; r++) {
		const struct rung *rung = &people->rungs[r];
		bool any = false;
		for (size_t k = 0; k < incident->escalation_count; k++) {
			if (strcmp(incident->escalations[k].step, rung->name) != 0)
				continue;
			any = true;
			*out = (struct row){rung, &incident->escalations[k], rung->title};
			if (i-- == 0)
				return true;
		}
		*out = (struct row){rung, NULL, rung->title};
		if (!any && i-- == 0)
			return true;
	}
	for (size_t k = 0; incident && k < incident->escalation_count; k++) {
		const struct escalation *told = &incident->escalations[k];
		*out = (struct row){NULL, told, told->title};
		if (!people_rung(people, told->step) && i-- == 0)
			return true;
	}
	return false;
}

static size_t count(const struct ui *ui)
{
	struct row r;
	size_t total = 0;
	while (row_at(ui, total, &r))
		total++;
	return total;
}

static void identify(const struct ui *ui, size_t i, char id[PANE_ID], struct buf *text)
{
	struct row r;
	id[0] = '\0';
	if (!row_at(ui, i, &r))
		return;
	if (r.told)
		text_format(id, PANE_ID, "%s %llu", r.told->step, (unsigned long long)r.told->seq);
	else
		text_format(id, PANE_ID, "%s", r.rung->name);
	if (text)
		buf_printf(text, "%s %s", r.title, r.told ? r.told->person : "");
}

/* By phone and by hand people tell; everything else has to leave first. */
static bool has_left(const struct escalation *e)
{
	enum contact contact;
	return e->sent_us || (contact_parse(e->channel, &contact) && contact >= CONTACT_PHONE);
}

static void draw_told(const struct ui *ui, struct area area, int x, const struct escalation *e)
{
	char when[MOMENT_TEXT], text[DURATION_TEXT], due[DUE_TEXT];
	x = area_printf(area, x, 0, ROLE_ACCENT, 0, "%s%s", e->person, e->person[0] ? " " : "");
	x = area_printf(area, x, 0, ROLE_DIM, 0, "%s %s %s", has_left(e) ? "by" : "waits for", e->channel, moment_text(when, ui, e->requested_us));
	if (e->lapsed_us)
		area_text(area, x, 0, ROLE_WARN, 0, "  acknowledged, then silent");
	else if (e->acked_us)
		area_printf(area, x, 0, ROLE_OK, 0, "  acknowledged after %s", duration_human(text, e->acked_us - e->requested_us));
	else if (e->failed_us > e->sent_us)
		area_printf(area, x, 0, ROLE_CRIT, ATTR_BOLD, "  not reached: %s", e->detail);
	else
		area_printf(area, x, 0, due_role(ui, e->wait_until_us), 0, "  %s %s", e->wait_until_us > ui_now_us(ui) ? "an answer is due" : "no answer,", due_text(due, ui, e->wait_until_us));
}

static void draw_untold(const struct ui *ui, struct area area, int x, const struct rung *rung)
{
	const struct incident *incident = ui_incident(ui);
	const struct person *person = rung_person(watch_people(ui_watch(ui)), rung, 0);
	int64_t due_us = incident->anchors.declared_us + rung->after_us;
	char due[DUE_TEXT];
	if (!rung_applies(rung, incident)) {
		area_printf(area, x, 0, ROLE_DIM, 0, "not for this one: %s", rung_when(rung));
		return;
	}
	if (!rung_is_owed(watch_people(ui_watch(ui)), rung, incident)) {
		area_printf(area, x, 0, ROLE_OK, 0, "%s took command", incident->owner);
		return;
	}
	x = area_printf(area, x, 0, due_role(ui, due_us), due_us <= ui_now_us(ui) ? ATTR_BOLD : 0, "tell %s", due_text(due, ui, due_us));
	area_printf(area, x, 0, ROLE_DIM, 0, "  %s", person ? person->full_name : "no [person] has this role");
}

static void row(const struct ui *ui, struct area area, size_t i, bool selected)
{
	enum { TITLE_COLUMNS = 21 };
	struct row r;
	if (!row_at(ui, i, &r))
		return;
	area_fit(area, 0, 0, TITLE_COLUMNS - 1, selected ? ROLE_TITLE : ROLE_BASE, 0, r.title);
	if (r.told)
		draw_told(ui, area, TITLE_COLUMNS, r.told);
	else if (r.rung)
		draw_untold(ui, area, TITLE_COLUMNS, r.rung);
}

/* Enter: what can be said of it next. */
static enum status open_step(struct ui *ui, const char *id, struct error *err)
{
	char line[120];
	const struct incident *incident = ui_incident(ui);
	(void)err;
	for (size_t i = 0; incident && i < incident->escalation_count; i++) {
		const struct escalation *e = &incident->escalations[i];
		char told[PANE_ID];
		text_format(told, sizeof(told), "%s %llu", e->step, (unsigned long long)e->seq);
		if (strcmp(told, id) != 0)
			continue;
		ui_prompt(ui, text_format(line, sizeof(line), "acknowledge %s ", e->person[0] ? e->person : e->step));
		return STATUS_OK;
	}
	ui_prompt(ui, text_format(line, sizeof(line), "escalate %s ", id));
	return STATUS_OK;
}

const struct pane pane_ladder = {
	.name = "ladder",
	.title = "Escalation",
	.count = count,
	.identify = identify,
	.row = row,
	.empty = room_no_incident,
	.min_rows = 4,
	.min_columns = 40,
	.rank = 4,
	.open = open_step,
};
