/* The review: seven sections, each marked as written, as filled in from the record, or
 * as unwritten. */
#include "base/mem.h"
#include "base/text.h"
#include "report/report.h"
#include "ui/do.h"
#include "ui/panes.h"
#include "ui/words.h"

#include <stdlib.h>
#include <string.h>

enum { OPEN_ROWS_MOST = 6 };

static const struct word marks[] = {
	[SECTION_STATE_UNWRITTEN] = {"✗", ROLE_WARN},
	[SECTION_STATE_PREFILLED] = {"·", ROLE_INFO},
	[SECTION_STATE_WRITTEN] = {"✓", ROLE_OK},
};
static const char *const state_words[] = {
	[SECTION_STATE_UNWRITTEN] = "unwritten",
	[SECTION_STATE_PREFILLED] = "from the record",
	[SECTION_STATE_WRITTEN] = "written",
};

static size_t count(const struct ui *ui)
{
	return ui_incident(ui) ? SECTION_COUNT : 0;
}

static void identify(const struct ui *ui, size_t i, char id[PANE_ID], struct buf *text)
{
	(void)ui;
	text_format(id, PANE_ID, "%s", section_name((enum section)i));
	if (text)
		buf_puts(text, section_title((enum section)i));
}

static char *text_of(const struct ui *ui, size_t i, enum section_state *state)
{
	return section_text(watch_fold(ui_watch(ui)), ui_incident(ui), (enum section)i, state);
}

static int height(const struct ui *ui, size_t i, bool selected, int columns)
{
	enum section_state state;
	if (!selected)
		return 1;
	char *text = text_of(ui, i, &state);
	int rows = state == SECTION_STATE_UNWRITTEN ? 0 : area_wrap_rows(columns - 2, text);
	free(text);
	return 1 + (rows > OPEN_ROWS_MOST ? OPEN_ROWS_MOST : rows);
}

static void row(const struct ui *ui, struct area area, size_t i, bool selected)
{
	enum { TITLE_COLUMNS = 17 };
	enum section_state state;
	char *text = text_of(ui, i, &state), first[240];
	area_text(area, 0, 0, marks[state].role, ATTR_BOLD, marks[state].text);
	area_fit(area, 2, 0, TITLE_COLUMNS, selected ? ROLE_TITLE : ROLE_BASE, selected ? ATTR_BOLD : 0, section_title((enum section)i));
	bool wants = section_wants_words(ui_incident(ui), (enum section)i) || state == SECTION_STATE_UNWRITTEN;
	const char *words = wants && state == SECTION_STATE_PREFILLED ? "only the record's words" : state_words[state];
	int right = area_right(area, area.columns, 0, wants ? ROLE_WARN : ROLE_DIM, 0, words) - 2;
	if (area.rows == 1) {
		text_clean(first, sizeof(first), text, strcspn(text, "\n"));
		area_fit(area, 2 + TITLE_COLUMNS, 0, right - 2 - TITLE_COLUMNS, ROLE_DIM, 0, first);
	} else {
		area_wrap(area, 2, 1, area.columns - 2, area.rows - 1, ROLE_BASE, 0, text);
		if (area_wrap_rows(area.columns - 2, text) > area.rows - 1)
			area_text(area, area.columns - 1, area.rows - 1, ROLE_DIM, 0, "…");
	}
	free(text);
}

static void status(const struct ui *ui, struct area area)
{
	size_t filled = 0;
	char text[64];
	for (size_t i = 0; i < count(ui); i++) {
		enum section_state state;
		free(text_of(ui, i, &state));
		filled += state != SECTION_STATE_UNWRITTEN && !section_wants_words(ui_incident(ui), (enum section)i);
	}
	text_format(text, sizeof(text), "Enter writes one  %zu of %d filled ", filled, (int)SECTION_COUNT);
	const struct part parts[] = {{ROLE_DIM, 0, " "}, {filled == SECTION_COUNT ? ROLE_OK : ROLE_WARN, 0, text}};
	area_parts_right(area, 0, area.columns, 0, parts, ARRAY_LENGTH(parts));
}

static const char *heading(const struct ui *ui)
{
	static char text[48];
	const struct incident *incident = ui_incident(ui);
	return incident ? text_format(text, sizeof(text), "Review %s", incident->id) : "Review";
}

static const char *empty(const struct ui *ui)
{
	(void)ui;
	return "no incident is chosen (:show INC)";
}

const struct pane pane_sections = {
	.name = "sections",
	.title = "Review",
	.heading = heading,
	.count = count,
	.identify = identify,
	.height = height,
	.row = row,
	.status = status,
	.empty = empty,
	.min_rows = 13,
	.rank = 0,
	.open = edit_section,
};
