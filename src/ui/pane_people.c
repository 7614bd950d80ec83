/* Who has which role, since when, and what is offered to whom. */
#include "base/mem.h"
#include "base/text.h"
#include "ui/panes.h"
#include "ui/room.h"
#include "ui/words.h"

#include <string.h>

enum { ROWS_MAX = 64 };

struct row {
	const char *role;
	const struct tenure *tenure; /* NULL: nobody has it */
	const struct offer *offer;   /* instead: it is offered */
	bool missed;                 /* while nobody has it */
};

static bool is_standard(const char *role)
{
	for (size_t i = 0; standard_roles[i]; i++) {
		if (strcmp(standard_roles[i], role) == 0)
			return true;
	}
	return false;
}

static bool is_missed(const char *role)
{
	return strcmp(role, "commander") == 0 || strcmp(role, "scribe") == 0;
}

static const struct tenure *holder(const struct incident *incident, const char *role)
{
	for (size_t i = 0; i < incident->tenure_count; i++) {
		if (!incident->tenures[i].until_us && strcmp(incident->tenures[i].role, role) == 0)
			return &incident->tenures[i];
	}
	return NULL;
}

/* The roles that every incident has, a team's own that somebody holds, then offers. */
static size_t list(const struct ui *ui, struct row rows[ROWS_MAX])
{
	const struct incident *incident = ui_incident(ui);
	size_t count = 0;
	if (!incident)
		return 0;
	for (size_t i = 0; standard_roles[i]; i++)
		rows[count++] = (struct row){standard_roles[i], holder(incident, standard_roles[i]), NULL, is_missed(standard_roles[i])};
	for (size_t i = 0; i < incident->tenure_count && count < ROWS_MAX; i++) {
		const struct tenure *tenure = &incident->tenures[i];
		if (!tenure->until_us && !is_standard(tenure->role))
			rows[count++] = (struct row){tenure->role, tenure, NULL, false};
	}
	for (size_t i = 0; i < incident->offer_count && count < ROWS_MAX; i++) {
		const struct offer *offer = &incident->offers[i];
		if (offer_is_open(offer, ui_now_us(ui)))
			rows[count++] = (struct row){offer->role, NULL, offer, false};
	}
	return count;
}

static size_t count(const struct ui *ui)
{
	struct row rows[ROWS_MAX];
	return list(ui, rows);
}

static bool row_at(const struct ui *ui, size_t i, struct row *out)
{
	struct row rows[ROWS_MAX];
	size_t total = list(ui, rows);
	if (i < total)
		*out = rows[i];
	return i < total;
}

static void identify(const struct ui *ui, size_t i, char id[PANE_ID], struct buf *text)
{
	struct row r = {.role = ""};
	(void)row_at(ui, i, &r);
	text_format(id, PANE_ID, "%s%s", r.offer ? "offer " : "", r.role);
	if (text)
		buf_printf(text, "%s %s", r.role, r.tenure ? r.tenure->name : r.offer ? r.offer->to
										      : "nobody");
}

static void draw_offer(const struct ui *ui, struct area area, int x, const struct offer *offer)
{
	char left[DURATION_TEXT], press[PRESS_TEXT];
	bool mine = strcmp(offer->to, watch_actor(ui_watch(ui)).name) == 0;
	duration_human(left, offer->until_us - ui_now_us(ui));
	if (!mine) {
		x = area_printf(area, x, 0, ROLE_INFO, 0, "offered to %s", offer->to);
		area_printf(area, x, 0, ROLE_DIM, 0, ", %s left", left);
		return;
	}
	x = area_text(area, x, 0, ROLE_ACCENT, ATTR_BOLD, "yours? ");
	x = area_text(area, x, 0, ROLE_KEY, ATTR_BOLD, ui_press(press, ui, "accept"));
	area_printf(area, x, 0, ROLE_DIM, 0, " accepts, %s left", left);
}

static void row(const struct ui *ui, struct area area, size_t i, bool selected)
{
	struct row r;
	char since[DURATION_TEXT];
	enum { ROLE_COLUMNS = 15 };
	if (!row_at(ui, i, &r))
		return;
	area_fit(area, 0, 0, ROLE_COLUMNS - 1, selected ? ROLE_TITLE : ROLE_BASE, 0, r.role);
	if (r.offer) {
		draw_offer(ui, area, ROLE_COLUMNS, r.offer);
		return;
	}
	if (!r.tenure) {
		area_text(area, ROLE_COLUMNS, 0, r.missed ? ROLE_WARN : ROLE_DIM, 0, "nobody");
		return;
	}
	int x = area_text(area, ROLE_COLUMNS, 0, ROLE_ACCENT, 0, r.tenure->name);
	area_printf(area, x, 0, ROLE_DIM, 0, "  for %s", ago_text(since, ui, r.tenure->since_us));
}

/* Enter: takes the role, or gives it to somebody. */
static enum status open_role(struct ui *ui, const char *id, struct error *err)
{
	char line[80];
	const struct incident *incident = ui_incident(ui);
	(void)err;
	if (strncmp(id, "offer ", strlen("offer ")) == 0) {
		ui_prompt(ui, text_format(line, sizeof(line), "accept %s", id + strlen("offer ")));
		return STATUS_OK;
	}
	bool mine = incident && strcmp(incident_role(incident, id), watch_actor(ui_watch(ui)).name) == 0;
	ui_prompt(ui, text_format(line, sizeof(line), mine ? "offer %s " : "role %s", id));
	return STATUS_OK;
}

const struct pane pane_people = {
	.name = "people",
	.title = "Roles",
	.count = count,
	.identify = identify,
	.row = row,
	.empty = room_no_incident,
	.min_rows = 4,
	.min_columns = 40,
	.rank = 3,
	.open = open_role,
};
