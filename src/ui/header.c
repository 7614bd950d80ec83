#include "ui/header.h"

#include "base/mem.h"
#include "base/text.h"
#include "ui/room.h"
#include "ui/words.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
	NAME_LEAST = 10,
	NAME_NONE = 0,
	TITLE_LEAST = 30,
	TITLE_CUT = 14,
	PARTS_MAX = 24,
	PART_BYTES = 80,
};

/* Parts under construction, with the memory of their texts. */
struct line {
	struct part parts[PARTS_MAX];
	char texts[PARTS_MAX][PART_BYTES];
	size_t count;
};

static void add(struct line *line, enum role role, unsigned attr, const char *fmt, ...) TOCSIN_PRINTF(4, 5);

static void add(struct line *line, enum role role, unsigned attr, const char *fmt, ...)
{
	va_list args;
	if (line->count == PARTS_MAX)
		return;
	va_start(args, fmt);
	vsnprintf(line->texts[line->count], PART_BYTES, fmt, args);
	va_end(args);
	line->parts[line->count] = (struct part){role, attr, line->texts[line->count]};
	line->count++;
}

static int width(const struct line *line)
{
	int sum = 0;
	for (size_t i = 0; i < line->count; i++)
		sum += text_width(line->parts[i].text);
	return sum;
}

/* --- the first line: the network ------------------------------------------------- */

static void add_head(struct line *line, const struct ui *ui, const struct component *chain)
{
	char head[32], age[DURATION_TEXT];
	int64_t age_ms, number;
	if (!component_number(chain, CHAIN_HEAD, &number)) {
		add(line, ROLE_DIM, 0, "  head ");
		add(line, ROLE_UNKNOWN, ATTR_BOLD, "unknown");
		return;
	}
	add(line, ROLE_DIM, 0, "  head ");
	add(line, ROLE_BASE, 0, "%s", text_thousands(head, sizeof(head), number));
	if (chain->health == HEALTH_UNKNOWN || chain->health == HEALTH_STALE) {
		add(line, ROLE_STALE, ATTR_BOLD, "  %s", chain->health == HEALTH_STALE ? "STALE" : "UNKNOWN");
		add(line, ROLE_DIM, 0, ", seen %s ago", ago_text(age, ui, chain->seen_us));
		return;
	}
	if (!component_number(chain, CHAIN_HEAD_AGE_MS, &age_ms))
		return;
	enum role role = chain->health == HEALTH_OK ? ROLE_BASE : health_role(chain->health);
	add(line, ROLE_DIM, 0, "  age ");
	add(line, role, role_weight(role), "%s", duration_human(age, age_ms < 0 ? 0 : age_ms * US_PER_MS));
	if (chain->symptom == SYMPTOM_STALLED)
		add(line, ROLE_CRIT, ATTR_BOLD, " HALTED");
}

/* While the chain is silent: which round runs, and when the next one begins. */
static void add_round(struct line *line, const struct component *chain)
{
	int64_t round, next_ms;
	char next[DURATION_TEXT];
	bool silent = chain->symptom == SYMPTOM_STALLED || chain->symptom == SYMPTOM_SILENT;
	if (!silent || !component_number(chain, CHAIN_ROUND, &round))
		return;
	add(line, ROLE_DIM, 0, "  round ");
	add(line, ROLE_WARN, ATTR_BOLD, "%lld", (long long)round);
	if (!component_number(chain, CHAIN_NEXT_ROUND_MS, &next_ms))
		return;
	add(line, ROLE_DIM, 0, ", next in ");
	add(line, ROLE_WARN, 0, "%s", duration_human(next, next_ms * US_PER_MS));
}

/* The mode as a plain word, whatever else has to go (TUI conventions, 19). */
static void add_mode(struct line *line, const struct ui *ui, bool wide)
{
	enum mode mode = watch_mode(ui_watch(ui));
	char left[DURATION_TEXT];
	if (watch_config(ui_watch(ui))->demo) {
		add(line, ROLE_ACCENT, ATTR_BOLD | ATTR_REVERSE, " DRILL ");
		add(line, ROLE_DIM, 0, "  ");
	}
	if (mode == MODE_ARMED)
		add(line, ROLE_WARN, ATTR_BOLD | ATTR_REVERSE, " ARMED %s ", duration_human(left, watch_armed_until_us(ui_watch(ui)) - ui_now_us(ui)));
	else
		add(line, mode == MODE_OBSERVER ? ROLE_INFO : ROLE_OK, ATTR_BOLD, "%s", mode_name(mode));
	if (wide && mode == MODE_UNARMED)
		add(line, ROLE_DIM, 0, "  :arm to act");
	if (wide && mode == MODE_OBSERVER)
		add(line, ROLE_DIM, 0, "  writes nothing, runs nothing");
}

static void add_clock(struct line *line, const struct ui *ui)
{
	char now[TIME_TEXT];
	int64_t now_us = ui_now_us(ui);
	int zone = ui_zone_minutes(ui, now_us), hours = (zone < 0 ? -zone : zone) / 60, minutes = (zone < 0 ? -zone : zone) % 60;
	time_of_day(now, now_us, zone);
	if (zone == 0)
		add(line, ROLE_BASE, 0, "  %sZ", now);
	else
		add(line, ROLE_BASE, 0, "  %s%c%02d:%02d", now, zone < 0 ? '-' : '+', hours, minutes);
}

/* The chain's number beside the name, unless the name ends with it, as one that init made. */
static void add_chain_id(struct line *line, const char *name, int64_t number)
{
	char digits[24];
	size_t len = strlen(name), tail = strlen(text_format(digits, sizeof(digits), " %" PRId64, number));
	if (len < tail || strcmp(name + len - tail, digits) != 0)
		add(line, ROLE_DIM, 0, "%s", digits);
}

static void draw_network(const struct ui *ui, struct area area)
{
	const struct world *world = watch_world(ui_watch(ui));
	const struct component *chain = world_chain(world);
	struct line left, round = {.count = 0}, right;
	int64_t number;
	bool wide = area.columns >= 120;
	int x = 1, end = 0, least = 0;
	/* What goes first when there is no room: the chain's number, the clock, the name. That
	 * the chain is halted, and that this console is armed, stay to the last. */
	static const struct {
		bool number, clock;
		int least;
	} forms[] = {{true, true, NAME_LEAST}, {false, true, NAME_LEAST}, {false, false, NAME_LEAST}, {false, false, NAME_NONE}};
	for (size_t i = 0; i < ARRAY_LENGTH(forms); i++) {
		left.count = right.count = 0;
		least = forms[i].least;
		if (forms[i].number && component_number(chain, CHAIN_CHAIN_ID, &number))
			add_chain_id(&left, world_network(world), number);
		add_head(&left, ui, chain);
		add_mode(&right, ui, wide);
		if (forms[i].clock)
			add_clock(&right, ui);
		end = area.columns - 1 - width(&right);
		if (x + least + width(&left) + 1 <= end)
			break;
	}
	add_round(&round, chain);
	area_parts_right(area, 0, area.columns - 1, 0, right.parts, right.count);
	int name = text_width(world_network(world)), rest = width(&left) + 2;
	if (x + 8 + (name < 24 ? name : 24) + rest <= end)
		x = area_text(area, x, 0, ROLE_ACCENT, ATTR_BOLD, "tocsin") + 2;
	bool rounds = x + NAME_LEAST + rest + width(&round) <= end;
	int room = end - x - rest - (rounds ? width(&round) : 0);
	room = room < least ? least : room;
	if (room > 1)
		x = area_fit(area, x, 0, room, ROLE_TITLE, ATTR_BOLD, world_network(world));
	x = area_parts(area_inside(area, 0, 0, end, 1), x, 0, left.parts, left.count);
	if (rounds)
		area_parts(area, x, 0, round.parts, round.count);
}

/* --- the second line: what is wrong ------------------------------------------------ */

enum bar {
	BAR_NAME,  /* "Respond" */
	BAR_SHORT, /* "Respond 3 of 5" */
	BAR_FULL,
};

static void add_stages(struct line *line, const struct incident *incident, enum bar bar)
{
	if (bar != BAR_FULL) {
		add(line, ROLE_ACCENT, ATTR_BOLD | ATTR_UNDERLINE, "%s", stage_title(incident->stage));
		if (bar == BAR_SHORT && incident->stage <= STAGE_REVIEW)
			add(line, ROLE_DIM, 0, " %d of %d", (int)incident->stage + 1, (int)STAGE_REVIEW + 1);
		return;
	}
	for (int stage = STAGE_DETECT; stage <= STAGE_REVIEW; stage++) {
		bool passed = stage < (int)incident->stage, current = stage == (int)incident->stage;
		if (passed)
			add(line, ROLE_OK, 0, "✓ %s", stage_title((enum stage)stage));
		else
			add(line, current ? ROLE_ACCENT : ROLE_DIM, current ? ATTR_BOLD | ATTR_UNDERLINE : 0, "%s", stage_title((enum stage)stage));
		if (stage < STAGE_REVIEW)
			add(line, ROLE_DIM, 0, " › ");
	}
	if (incident->stage == STAGE_CLOSED)
		add(line, ROLE_OK, ATTR_BOLD, "  closed");
}

static void add_people(struct line *line, const struct incident *incident, bool scribe)
{
	add(line, ROLE_DIM, 0, "   commander ");
	add(line, incident->owner[0] ? ROLE_BASE : ROLE_WARN, 0, "%s", incident->owner[0] ? incident->owner : "nobody");
	if (scribe && incident->scribe[0]) {
		add(line, ROLE_DIM, 0, "  scribe ");
		add(line, ROLE_BASE, 0, "%s", incident->scribe);
	}
}

/* What is due next, and when; overdue in words. */
static void add_due(struct line *line, const struct ui *ui, bool more)
{
	size_t overdue;
	char text[RUNNING_TEXT];
	const struct running *next = clocks_next(room_clocks(ui), ui_now_us(ui), &overdue);
	if (!next)
		return;
	enum role role = due_role(ui, next->due_us);
	add(line, role, role_weight(role), "   %s", running_text(text, next, ui_now_us(ui)));
	if (more && overdue > 1)
		add(line, ROLE_DIM, 0, " and %zu more", overdue - 1);
}

/* The worst thing that waits for an answer; what is only detected counts too. */
static bool worst_proposal(const struct ui *ui, enum severity *severity, const char **title, size_t *count)
{
	const struct fold *fold = watch_fold(ui_watch(ui));
	const struct proposals *detected = watch_proposals(ui_watch(ui));
	*count = fold_proposal_count(fold);
	if (*count > 0) {
		*severity = fold_proposal_at(fold, 0)->severity;
		*title = fold_proposal_at(fold, 0)->title;
		return true;
	}
	for (size_t i = 0; i < detected->count; i++) {
		if (fold_proposal(fold, detected->items[i].key, NULL))
			continue;
		*severity = detected->items[i].severity;
		*title = detected->items[i].title;
		*count = 1;
		return true;
	}
	return false;
}

/* What waits for an answer while an incident is worked on, however small the screen. */
static void add_waiting(struct line *line, const struct ui *ui)
{
	enum severity severity;
	const char *title;
	size_t count;
	if (!worst_proposal(ui, &severity, &title, &count))
		return;
	add(line, severity_role(severity), ATTR_BOLD | ATTR_REVERSE, " %s ", severity_name(severity));
	add(line, ROLE_BASE, 0, " %zu proposed   ", count);
}

static void draw_incident(const struct ui *ui, const struct incident *incident, struct area area)
{
	struct line right;
	char age[DURATION_TEXT];
	int title = text_width(incident->title), left = 1 + text_width(incident->id) + 1 + 4 + 1;
	/* What goes first when there is no room: the scribe, the bar, how many more are overdue,
	 * the commander, most of the title, the clock. */
	static const struct {
		enum bar bar;
		bool people, scribe, due, more;
		int title;
	} forms[] = {
		{BAR_FULL, true, true, true, true, TITLE_LEAST},
		{BAR_FULL, true, false, true, true, TITLE_LEAST},
		{BAR_SHORT, true, false, true, true, TITLE_LEAST},
		{BAR_SHORT, true, false, true, false, TITLE_LEAST},
		{BAR_SHORT, false, false, true, false, TITLE_LEAST},
		{BAR_NAME, false, false, true, false, TITLE_CUT},
		{BAR_SHORT, false, false, false, false, TITLE_LEAST},
	};
	for (size_t i = 0; i < ARRAY_LENGTH(forms); i++) {
		right.count = 0;
		add_waiting(&right, ui);
		add(&right, ROLE_TITLE, ATTR_BOLD, "%s   ", ago_text(age, ui, incident->declared_us));
		add_stages(&right, incident, forms[i].bar);
		if (forms[i].people)
			add_people(&right, incident, forms[i].scribe);
		if (forms[i].due)
			add_due(&right, ui, forms[i].more);
		int least = title < forms[i].title ? title : forms[i].title;
		if (left + least + 1 + width(&right) + 2 <= area.columns)
			break;
	}
	int end = area.columns - 1 - width(&right);
	int x = area_text(area, 1, 0, ROLE_TITLE, ATTR_BOLD, incident->id) + 1;
	x = area_printf(area, x, 0, severity_role(incident->severity), ATTR_BOLD | ATTR_REVERSE, " %s ", incident->severity == SEVERITY_UNSET ? "P?" : severity_name(incident->severity)) + 1;
	area_fit(area, x, 0, end - x - 1, ROLE_TITLE, 0, incident->title);
	area_parts(area, end, 0, right.parts, right.count);
}

static void draw_proposal(const struct ui *ui, struct area area)
{
	enum severity severity;
	const char *title;
	size_t count;
	if (!worst_proposal(ui, &severity, &title, &count)) {
		bool seen = world_chain(watch_world(ui_watch(ui)))->seen_us != 0;
		area_text(area, 1, 0, ROLE_DIM, 0, seen ? "no open incident" : "no open incident; no node answered yet");
		return;
	}
	bool observer = watch_mode(ui_watch(ui)) == MODE_OBSERVER;
	struct line right = {.count = 0};
	char press[PRESS_TEXT];
	if (count > 1)
		add(&right, ROLE_DIM, 0, "and %zu more   ", count - 1);
	if (!observer) {
		add(&right, ROLE_KEY, ATTR_BOLD, "%s", ui_press(press, ui, "declare"));
		add(&right, ROLE_DIM, 0, " declare  ");
		add(&right, ROLE_KEY, ATTR_BOLD, "%s", ui_press(press, ui, "dismiss"));
		add(&right, ROLE_DIM, 0, " dismiss");
	}
	int end = area_parts_right(area, area.columns / 2, area.columns - 1, 0, right.parts, right.count);
	int x = area_printf(area, 1, 0, severity_role(severity), ATTR_BOLD | ATTR_REVERSE, " %s ", severity_name(severity)) + 1;
	x = area_text(area, x, 0, ROLE_DIM, 0, "proposed: ");
	area_fit(area, x, 0, end - x - 1, ROLE_TITLE, ATTR_BOLD, title);
}

void draw_header(const struct ui *ui, struct area area)
{
	const struct incident *incident = ui_incident(ui);
	const char *trouble = watch_trouble(ui_watch(ui));
	struct area first = area_inside(area, 0, 0, area.columns, 1), second = area_inside(area, 0, 1, area.columns, 1);
	area_fill(area, ROLE_BAR);
	draw_network(ui, first);
	if (trouble) {
		int x = area_text(second, 1, 0, ROLE_CRIT, ATTR_BOLD | ATTR_REVERSE, " NOT RECORDED ") + 1;
		area_fit(second, x, 0, area.columns - x - 1, ROLE_CRIT, 0, trouble);
	} else if (incident) {
		draw_incident(ui, incident, second);
	} else {
		draw_proposal(ui, second);
	}
	for (int y = 0; y < HEADER_ROWS; y++)
		area_back(area, 0, y, area.columns, ROLE_BAR);
}
