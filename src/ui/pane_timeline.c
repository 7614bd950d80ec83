/* The timeline: of the incident on the screen, else of the whole record. */
#include "base/mem.h"
#include "base/text.h"
#include "ui/detail.h"
#include "ui/panes.h"
#include "ui/words.h"

enum { WHO_COLUMNS = 9 };

static const struct incident *shown_incident(const struct ui *ui)
{
	return ui_incident(ui);
}

static size_t count(const struct ui *ui)
{
	const struct incident *incident = shown_incident(ui);
	return incident ? incident->timeline_count : fold_event_count(watch_fold(ui_watch(ui)));
}

static const struct event *event_at(const struct ui *ui, size_t i)
{
	const struct fold *fold = watch_fold(ui_watch(ui));
	const struct incident *incident = shown_incident(ui);
	return incident ? fold_event(fold, incident->timeline[i].seq) : fold_event_at(fold, i);
}

static void identify(const struct ui *ui, size_t i, char id[PANE_ID], struct buf *text)
{
	const struct event *event = event_at(ui, i);
	struct event_view view;
	text_format(id, PANE_ID, "%llu", (unsigned long long)event->seq);
	if (!text)
		return;
	fold_view(watch_fold(ui_watch(ui)), event, &view);
	buf_printf(text, "%s %s %s", event->kind_name, event->actor, view.summary);
}

static const char *heading(const struct ui *ui)
{
	const struct incident *incident = shown_incident(ui);
	static char text[40];
	return incident ? text_format(text, sizeof(text), "Timeline %s", incident->id) : "Timeline of the record";
}

/* Times take more room once the first row is of another day. */
static int time_columns(const struct ui *ui)
{
	size_t rows = count(ui);
	bool today = rows == 0 || (is_today(ui, event_at(ui, 0)->occurred_us) && is_today(ui, event_at(ui, rows - 1)->occurred_us));
	const struct incident *incident = shown_incident(ui);
	if (incident && rows > 0)
		today = is_today(ui, incident->timeline[0].occurred_us) && is_today(ui, incident->timeline[rows - 1].occurred_us);
	return today ? TODAY_COLUMNS : MOMENT_COLUMNS;
}

static bool tells_the_story(enum event_kind kind)
{
	switch (kind) {
	case EVENT_DETECTOR_PROPOSED:
	case EVENT_INCIDENT_DECLARED:
	case EVENT_INCIDENT_STAGE:
	case EVENT_INCIDENT_CLOSED:
	case EVENT_INCIDENT_REOPENED:
	case EVENT_DECISION:
	case EVENT_CHECK_OVERRIDDEN:
		return true;
	default:
		return false;
	}
}

static void row(const struct ui *ui, struct area area, size_t i, bool selected)
{
	const struct event *event = event_at(ui, i);
	struct event_view view;
	bool stands = fold_view(watch_fold(ui_watch(ui)), event, &view);
	struct word mark = event_mark(event);
	char when[MOMENT_TEXT], who[64];
	int x = time_columns(ui);
	area_text(area, 0, 0, ROLE_DIM, 0, moment_text(when, ui, view.occurred_us));
	area_text(area, x + 1, 0, mark.role, ATTR_BOLD, mark.text);
	x += 3;
	if (area.columns > 44) {
		area_fit(area, x, 0, WHO_COLUMNS, ROLE_DIM, 0, actor_name(who, sizeof(who), event->actor));
		x += WHO_COLUMNS + 1;
	}
	if (!stands)
		x = area_text(area, x, 0, ROLE_DIM, 0, "(taken back) ");
	else if (view.amended)
		x = area_text(area, x, 0, ROLE_DIM, 0, "(corrected) ");
	enum role role = !stands ? ROLE_DIM : selected || tells_the_story(event->kind) ? ROLE_TITLE
										       : ROLE_BASE;
	area_fit(area, x, 0, area.columns - x, role, 0, view.summary);
}

static void status(const struct ui *ui, struct area area)
{
	struct head head = watch_head(ui_watch(ui));
	size_t pending = watch_pending(ui_watch(ui)), rows = count(ui);
	char events[40], chain[64] = "", writing[40] = "", hash[SHA256_TEXT];
	text_format(events, sizeof(events), "%zu event%s ", rows, rows == 1 ? "" : "s");
	if (head.seq > 0)
		text_format(chain, sizeof(chain), " chain #%llu %.4s… ", (unsigned long long)head.seq, sha256_text(hash, &head.hash));
	if (watch_read_percent(ui_watch(ui)) < 100)
		text_format(writing, sizeof(writing), " reading the record %d %%  ", watch_read_percent(ui_watch(ui)));
	else if (pending > 0)
		text_format(writing, sizeof(writing), "writing %zu ", pending);
	bool trouble = watch_trouble(ui_watch(ui)) != NULL;
	const struct part parts[] = {
		{ROLE_DIM, 0, " "},
		{ROLE_DIM, 0, events},
		{ROLE_DIM, 0, chain},
		{ROLE_WARN, ATTR_BOLD, writing},
		{ROLE_CRIT, ATTR_BOLD, trouble ? "NOT RECORDED " : ""},
	};
	area_parts_right(area, 0, area.columns, 0, parts, ARRAY_LENGTH(parts));
}

static const char *empty(const struct ui *ui)
{
	return watch_trouble(ui_watch(ui)) ? "the record cannot be read (:messages says why)" : "nothing is on record yet";
}

const struct pane pane_timeline = {
	.name = "timeline",
	.title = "Timeline",
	.heading = heading,
	.count = count,
	.identify = identify,
	.row = row,
	.status = status,
	.empty = empty,
	.min_rows = 3,
	.rank = 2,
	.follows = true,
	.open = detail_event,
};
