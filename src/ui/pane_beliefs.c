/* What is believed, known and decided: open hypotheses first, then the newest of all. */
#include "base/mem.h"
#include "base/text.h"
#include "ui/panes.h"
#include "ui/words.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS_MAX = 1200 };

struct row {
	char id[24];
	struct word mark;
	const char *text, *more, *by; /* more: what shows it, or NULL */
	int64_t at_us;
	bool is_open;
};

struct rows {
	struct row items[ROWS_MAX];
	size_t count;
};

static struct row *add(struct rows *rows, struct word mark, const char *text, const char *by, int64_t at_us)
{
	struct row *row = &rows->items[rows->count++];
	*row = (struct row){.mark = mark, .text = text, .by = by, .at_us = at_us};
	return row;
}

static int compare(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	if (x->is_open != y->is_open)
		return x->is_open ? -1 : 1;
	if (x->at_us != y->at_us)
		return x->at_us > y->at_us ? -1 : 1;
	return strcmp(x->id, y->id);
}

static const struct rows *rows_of(const struct ui *ui)
{
	static const struct word believed[] = {[HYPOTHESIS_OPEN] = {"?", ROLE_WARN}, [HYPOTHESIS_CONFIRMED] = {"✓", ROLE_OK}, [HYPOTHESIS_REFUTED] = {"✗", ROLE_DIM}};
	static struct rows rows;
	const struct incident *incident = ui_incident(ui);
	rows.count = 0;
	if (!incident)
		return &rows;
	for (size_t i = 0; i < incident->hypothesis_count; i++) {
		const struct hypothesis *h = &incident->hypotheses[i];
		struct row *row = add(&rows, believed[h->state], h->text, h->by, h->closed_us ? h->closed_us : h->opened_us);
		text_format(row->id, sizeof(row->id), "H%u", h->number);
		row->more = h->evidence;
		row->is_open = h->state == HYPOTHESIS_OPEN;
	}
	for (size_t i = 0; i < incident->finding_count; i++) {
		const struct found *found = &incident->findings[i];
		text_format(add(&rows, (struct word){"!", ROLE_INFO}, found->text, found->by, found->at_us)->id, sizeof(rows.items[0].id), "F %llu", (unsigned long long)found->seq);
	}
	for (size_t i = 0; i < incident->decision_count; i++) {
		const struct decision *decision = &incident->decisions[i];
		text_format(add(&rows, (struct word){"●", ROLE_ACCENT}, decision->text, decision->by, decision->at_us)->id, sizeof(rows.items[0].id), "D %llu", (unsigned long long)decision->seq);
	}
	if (rows.count > 1)
		qsort(rows.items, rows.count, sizeof(rows.items[0]), compare);
	return &rows;
}

static size_t count(const struct ui *ui)
{
	const struct incident *incident = ui_incident(ui);
	return incident ? incident->hypothesis_count + incident->finding_count + incident->decision_count : 0;
}

static void identify(const struct ui *ui, size_t i, char id[PANE_ID], struct buf *text)
{
	const struct row *row = &rows_of(ui)->items[i];
	text_format(id, PANE_ID, "%s", row->id);
	if (text)
		buf_printf(text, "%s %s %s", row->id, row->text, row->by);
}

static void row(const struct ui *ui, struct area area, size_t i, bool selected)
{
	const struct row *r = &rows_of(ui)->items[i];
	char when[MOMENT_TEXT];
	int x = area_text(area, 0, 0, ROLE_DIM, 0, moment_text(when, ui, r->at_us)) + 1;
	x = area_text(area, x, 0, r->mark.role, ATTR_BOLD, r->mark.text) + 1;
	if (r->id[0] == 'H')
		x = area_printf(area, x, 0, r->is_open ? ROLE_WARN : ROLE_DIM, 0, "%s ", r->id);
	x = area_fit(area, x, 0, area.columns - x, selected ? ROLE_TITLE : ROLE_BASE, 0, r->text);
	if (x + 2 < area.columns)
		area_fit(area, x + 2, 0, area.columns - x - 2, ROLE_DIM, 0, r->more ? r->more : r->by);
}

static const char *empty(const struct ui *ui)
{
	(void)ui;
	return "nothing yet (:hypothesis TEXT, :finding TEXT, :decide TEXT)";
}

/* Enter on a hypothesis: the evidence against it, which is the easier one to forget. */
static enum status settle(struct ui *ui, const char *id, struct error *err)
{
	char line[40];
	if (id[0] != 'H')
		return error_set(err, STATUS_REFUSED, "only a hypothesis is confirmed or refuted (the timeline corrects what was written)");
	ui_prompt(ui, text_format(line, sizeof(line), "refute %s ", id));
	return STATUS_OK;
}

const struct pane pane_beliefs = {
	.name = "beliefs",
	.title = "Hypotheses, findings, decisions",
	.count = count,
	.identify = identify,
	.row = row,
	.empty = empty,
	.min_rows = 3,
	.min_columns = 40,
	.rank = 1,
	.open = settle,
};
