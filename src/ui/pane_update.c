/* The update that is being written: its fields, and below them what they make. */
#include "base/mem.h"
#include "base/text.h"
#include "ui/panes.h"
#include "ui/updates.h"
#include "ui/words.h"

#include <string.h>

enum {
	FIELD_AUDIENCE,
	FIELD_SUBJECT,
	FIELD_CONDITIONS,
	FIELD_ACTIONS,
	FIELD_NEEDS,
	FIELD_NEXT,
	FIELD_TEXT,
	FIELD_COUNT,
	LABEL_COLUMNS = 11,
};

static const char *const names[FIELD_COUNT] = {
	[FIELD_AUDIENCE] = "audience",
	[FIELD_SUBJECT] = "subject",
	[FIELD_CONDITIONS] = "conditions",
	[FIELD_ACTIONS] = "actions",
	[FIELD_NEEDS] = "needs",
	[FIELD_NEXT] = "next",
	[FIELD_TEXT] = "text",
};

/* What a field says; the text is shown by the pane beside. */
static const char *says(const struct ui *ui, size_t i)
{
	static char next[64];
	const struct writing *writing = ui_writing(ui);
	const struct composition *c = writing ? &writing->c : NULL;
	char when[TIME_TEXT], in[DURATION_TEXT];
	if (!c)
		return "";
	switch (i) {
	case FIELD_AUDIENCE:
		return c->audience;
	case FIELD_SUBJECT:
		return c->subject;
	case FIELD_CONDITIONS:
		return c->conditions;
	case FIELD_ACTIONS:
		return c->actions;
	case FIELD_NEEDS:
		return c->needs;
	case FIELD_NEXT:
		if (c->next_us == 0)
			return "none is promised";
		return text_format(next, sizeof(next), "%s, in %s", time_of_day(when, c->next_us, ui_zone_minutes(ui, c->next_us)), duration_human(in, c->next_us - ui_now_us(ui)));
	default:
		return c->own_text ? "somebody's own words" : "made of the above by the template";
	}
}

static size_t count(const struct ui *ui)
{
	return ui_writing(ui) ? FIELD_COUNT : 0;
}

static void identify(const struct ui *ui, size_t i, char id[PANE_ID], struct buf *text)
{
	text_format(id, PANE_ID, "%s", names[i]);
	if (text)
		buf_printf(text, "%s %s", names[i], says(ui, i));
}

static int height(const struct ui *ui, size_t i, bool selected, int columns)
{
	(void)selected;
	int rows = area_wrap_rows(columns - LABEL_COLUMNS, says(ui, i));
	return rows < 1 ? 1 : rows > 3 ? 3
				       : rows;
}

static void row(const struct ui *ui, struct area area, size_t i, bool selected)
{
	area_text(area, 0, 0, ROLE_DIM, 0, names[i]);
	area_wrap(area, LABEL_COLUMNS, 0, area.columns - LABEL_COLUMNS, area.rows, i == FIELD_TEXT ? ROLE_DIM : selected ? ROLE_TITLE
															 : ROLE_BASE,
		  0, says(ui, i));
}

static const char *heading(const struct ui *ui)
{
	static char text[64];
	const struct writing *writing = ui_writing(ui);
	return writing ? text_format(text, sizeof(text), "Update of %s%s", writing->incident, writing->revises[0] ? ", a draft of the record" : "") : "Update";
}

static const char *empty(const struct ui *ui)
{
	static char text[120];
	char press[PRESS_TEXT];
	if (!ui_incident(ui))
		return "no incident is open";
	return text_format(text, sizeof(text), "none is being written (%s drafts one from what the record says)", ui_press(press, ui, "update"));
}

const struct pane pane_update = {
	.name = "update",
	.title = "Update",
	.heading = heading,
	.count = count,
	.identify = identify,
	.height = height,
	.row = row,
	.empty = empty,
	.min_rows = 3,
	.rank = 1,
	.open = edit_field,
};
