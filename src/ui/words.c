#include "ui/words.h"

#include "base/mem.h"
#include "base/text.h"

#include <string.h>

/* --- states -------------------------------------------------------------------- */

/* Symptoms that have a better word than their health. */
static const char *const symptom_words[] = {
	[SYMPTOM_UNREACHABLE] = "DOWN",
	[SYMPTOM_REFUSING] = "REFUSES",
	[SYMPTOM_STALLED] = "HALTED",
	[SYMPTOM_FORK] = "FORK",
	[SYMPTOM_OFFLINE] = "OFFLINE",
	[SYMPTOM_MISSED] = "MISSES",
	[SYMPTOM_WAITING] = "WAITS",
	[SYMPTOM_LEFT] = "LEFT",
	[SYMPTOM_CUT_OFF] = "CUT OFF",
	[SYMPTOM_APART] = "APART",
	[SYMPTOM_REWOUND] = "REWOUND",
	[SYMPTOM_PARTED] = "PARTED",
	[SYMPTOM_SEALS] = "NO SEALS",
	[SYMPTOM_FLAPPING] = "FLAPS",
	[SYMPTOM_NO_CONTRACT] = "NO CODE",
	[SYMPTOM_CURSED] = "CURSED",
	[SYMPTOM_PAUSED] = "PAUSED",
	[SYMPTOM_CLOSED] = "CLOSED",
	[SYMPTOM_UNCOMMITTED] = "STUCK",
	[SYMPTOM_UNEXECUTED] = "STUCK",
	[SYMPTOM_BACKLOG] = "LATE",
	[SYMPTOM_FAILED] = "FAILED",
	[SYMPTOM_CORRUPT] = "CORRUPT",
	[SYMPTOM_FAR_SIDE] = "PARTED",
	[SYMPTOM_OVERDUE] = "OVERDUE",
	[SYMPTOM_ANSWER] = "WRONG",
	[SYMPTOM_DEVIATES] = "DEVIATES",
	[SYMPTOM_BREAKER] = "BREAKER",
	[SYMPTOM_CRASH_LOOP] = "CRASHES",
	[SYMPTOM_NOT_READY] = "UNREADY",
	[SYMPTOM_UNSCHEDULED] = "PENDING",
	[SYMPTOM_RESTARTED] = "RESTARTED",
	[SYMPTOM_REPLICAS] = "SHORT",
	[SYMPTOM_ROLLOUT] = "ROLLS",
	[SYMPTOM_FIRING] = "FIRES",
	[SYMPTOM_SILENCED] = "SILENCED",
	[SYMPTOM_SECURITY] = "ATTACK?",
};

static const struct word health_words[] = {
	[HEALTH_UNKNOWN] = {"??", ROLE_UNKNOWN},
	[HEALTH_OK] = {"OK", ROLE_OK},
	[HEALTH_WARNING] = {"WARN", ROLE_WARN},
	[HEALTH_CRITICAL] = {"CRIT", ROLE_CRIT},
	[HEALTH_STALE] = {"STALE", ROLE_STALE},
};

enum role health_role(enum health health)
{
	return health_words[health].role;
}

struct word component_word(const struct component *c)
{
	struct word word = health_words[c->health];
	bool judged = c->health == HEALTH_WARNING || c->health == HEALTH_CRITICAL;
	if (judged && (size_t)c->symptom < ARRAY_LENGTH(symptom_words) && symptom_words[c->symptom])
		word.text = symptom_words[c->symptom];
	return word;
}

void component_identify(const struct component *c, char id[PANE_ID], struct buf *text)
{
	text_format(id, PANE_ID, "%s", c->id);
	if (text)
		buf_printf(text, "%s %s %s", component_word(c).text, c->name, c->reason);
}

enum role severity_role(enum severity severity)
{
	static const enum role roles[] = {
		[SEVERITY_P0] = ROLE_CRIT,
		[SEVERITY_P1] = ROLE_CRIT,
		[SEVERITY_P2] = ROLE_WARN,
		[SEVERITY_P3] = ROLE_INFO,
		[SEVERITY_UNSET] = ROLE_UNKNOWN,
	};
	return roles[severity];
}

unsigned role_weight(enum role role)
{
	return role == ROLE_CRIT || role == ROLE_WARN || role == ROLE_UNKNOWN || role == ROLE_STALE ? ATTR_BOLD : 0;
}

/* How many of a kind are in each health, and their widest words and names: looked at once
 * for all frames until a state changes, because it takes thousands of nodes. */
struct measures {
	uint64_t generation;
	int state, name;
	size_t numbers[HEALTH_STALE + 1];
};

static const struct measures *measure_kind(const struct world *world, enum kind kind)
{
	static struct measures kinds[KIND_COUNT];
	struct measures *measures = &kinds[kind];
	size_t count = world_count(world, kind);
	if (measures->generation == world_generation(world))
		return measures;
	*measures = (struct measures){.generation = world_generation(world), .state = 5, .name = 8};
	for (size_t i = 0; i < count; i++) {
		const struct component *c = world_at(world, kind, i);
		int state = text_width(component_word(c).text), name = text_width(c->name);
		measures->state = state > measures->state ? state : measures->state;
		measures->name = name > measures->name ? name : measures->name;
		measures->numbers[c->health]++;
	}
	return measures;
}

int state_columns(const struct ui *ui, enum kind kind)
{
	return measure_kind(watch_world(ui_watch(ui)), kind)->state;
}

int name_columns(const struct ui *ui, enum kind kind, int most)
{
	int columns = measure_kind(watch_world(ui_watch(ui)), kind)->name;
	return columns < most ? columns : most;
}

/* --- ages and counts ------------------------------------------------------------- */

/* How old the newest sample may be and still be called live: nodes are asked each second,
 * what is beside the chain a few times a minute. */
#define LIVE_US (10 * US_PER_S)
#define LIVE_OUTER_US (90 * US_PER_S)

/* Alerts that do not fire leave nothing behind but the answer of their source. */
static int64_t alerts_asked(const struct world *world)
{
	static const char *const sources[] = {"alertmanager", "prometheus"};
	int64_t newest = 0;
	for (size_t i = 0; i < world_count(world, KIND_PROBE); i++) {
		const struct component *c = world_at(world, KIND_PROBE, i);
		for (size_t s = 0; s < ARRAY_LENGTH(sources); s++) {
			if (strncmp(c->name, sources[s], strlen(sources[s])) == 0 && c->reach == REACH_OK && c->seen_us > newest)
				newest = c->seen_us;
		}
	}
	return newest;
}

int64_t kind_heard_us(const struct ui *ui, enum kind kind)
{
	int64_t heard_us = world_heard_us(watch_world(ui_watch(ui)), kind);
	return heard_us == 0 && kind == KIND_ALERT ? alerts_asked(watch_world(ui_watch(ui))) : heard_us;
}

static bool any_answers(const struct world *world, enum kind kind)
{
	for (size_t i = 0; i < world_count(world, kind); i++) {
		if (world_at(world, kind, i)->reach == REACH_OK)
			return true;
	}
	return false;
}

static struct part source_part(const struct ui *ui, enum kind kind, char *text, size_t size)
{
	char age[DURATION_TEXT];
	/* The age of the oldest thing a pane shows would call one lost node stale for all, so
	 * a pane is as old as its newest sample; a lost row says so itself. While the chain is
	 * halted nothing new is said of validators, and it is still the truth of this second. */
	int64_t seen_us = kind_heard_us(ui, kind);
	if (seen_us == 0)
		return (struct part){ROLE_UNKNOWN, ATTR_BOLD, "no data"};
	int64_t age_us = ui_now_us(ui) - seen_us;
	bool live = age_us < (kind < KIND_LANE ? LIVE_US : LIVE_OUTER_US);
	duration_human(age, age_us < 0 ? 0 : age_us);
	/* An answer of a moment ago is no life sign once nobody answers any more. */
	if (live && world_count(watch_world(ui_watch(ui)), kind) > 0 && !any_answers(watch_world(ui_watch(ui)), kind))
		return (struct part){ROLE_STALE, ATTR_BOLD, text_format(text, size, "last answer %s ago", age)};
	return (struct part){live ? ROLE_OK : ROLE_STALE, live ? 0 : ATTR_BOLD, text_format(text, size, "%s %s", live ? "live" : "STALE", age)};
}

const struct counted counted_healths[COUNTED] = {
	{HEALTH_OK, "ok", ROLE_DIM},
	{HEALTH_WARNING, "warn", ROLE_WARN},
	{HEALTH_UNKNOWN, "unknown", ROLE_UNKNOWN},
	{HEALTH_STALE, "stale", ROLE_STALE},
	{HEALTH_CRITICAL, "critical", ROLE_CRIT},
};

void draw_kind_status(const struct ui *ui, enum kind kind, struct area area)
{
	const size_t *numbers = measure_kind(watch_world(ui_watch(ui)), kind)->numbers;
	struct part parts[COUNTED + 3];
	char source[48], texts[COUNTED][32];
	size_t count = 0;
	parts[count++] = (struct part){ROLE_BASE, 0, " "};
	for (size_t i = 0; i < COUNTED; i++) {
		const struct counted *counted = &counted_healths[i];
		/* The first parts go first when there is no room: how many are well, then the age. */
		if (i == 1)
			parts[count++] = source_part(ui, kind, source, sizeof(source));
		if (numbers[counted->health] == 0)
			continue;
		parts[count++] = (struct part){counted->role, role_weight(counted->role), text_format(texts[i], sizeof(texts[i]), i == 0 ? "%zu %s  " : "  %zu %s", numbers[counted->health], counted->word)};
	}
	parts[count++] = (struct part){ROLE_BASE, 0, " "};
	area_parts_right(area, 0, area.columns, 0, parts, count);
}

/* --- pictures ---------------------------------------------------------------------- */

enum { SPOKEN_COLUMNS = 60 };

int picture_columns(struct area area, int most)
{
	return area.canvas->spoken ? SPOKEN_COLUMNS : most;
}

/* "lately 12 ok, 3 critical" */
static void say_band(struct area area, const struct trail *trail)
{
	size_t numbers[HEALTH_STALE + 1] = {0};
	int x = 0;
	for (size_t i = 0; i < trail->count; i++)
		numbers[trail_at(trail, i)->health]++;
	for (size_t i = 0; i < COUNTED; i++) {
		const struct counted *counted = &counted_healths[i];
		if (numbers[counted->health] > 0)
			x = area_printf(area, x, 0, counted->role, 0, "%s%zu %s", x > 0 ? ", " : "lately ", numbers[counted->health], counted->word);
	}
}

/* "lately 8 to 12 ms, 2 without an answer" */
static void say_trail(struct area area, enum role role, const struct trail *trail)
{
	int64_t least = INT64_MAX, most = -1;
	size_t missed = 0;
	int x = 0;
	for (size_t i = 0; i < trail->count; i++) {
		int64_t number = trail_at(trail, i)->number;
		missed += number < 0;
		least = number >= 0 && number < least ? number : least;
		most = number > most ? number : most;
	}
	if (most >= 0 && least < most)
		x = area_printf(area, x, 0, role, 0, "lately %lld to %lld ms", (long long)least, (long long)most);
	else if (most >= 0)
		x = area_printf(area, x, 0, role, 0, "lately %lld ms", (long long)most);
	if (missed > 0)
		area_printf(area, x, 0, role, 0, "%s%zu without an answer", x > 0 ? ", " : "lately ", missed);
}

void draw_health_band(struct area area, int x, int y, int columns, const struct trail *trail)
{
	if (area.canvas->spoken) {
		say_band(area_inside(area, x, y, columns, 1), trail);
		return;
	}
	static const char *const marks[] = {[HEALTH_UNKNOWN] = "?", [HEALTH_OK] = "▇", [HEALTH_WARNING] = "▄", [HEALTH_CRITICAL] = "▁", [HEALTH_STALE] = "?"};
	size_t shown = trail->count < (size_t)columns ? trail->count : (size_t)columns;
	x += columns - (int)shown;
	for (size_t i = 0; i < shown; i++) {
		enum health health = trail_at(trail, trail->count - shown + i)->health;
		x = area_text(area, x, y, health_role(health), 0, marks[health]);
	}
}

void draw_trail(struct area area, enum role role, const struct trail *trail, int64_t full)
{
	if (area.canvas->spoken) {
		say_trail(area, role, trail);
		return;
	}
	int64_t numbers[TRAIL_LENGTH + 1] = {full};
	size_t columns = area.columns < TRAIL_LENGTH ? (size_t)area.columns : TRAIL_LENGTH;
	size_t shown = trail->count < columns ? trail->count : columns, gap = columns - shown;
	for (size_t i = 0; i < columns; i++)
		numbers[i + 1] = i < gap ? -1 : trail_at(trail, trail->count - shown + i - gap)->number;
	/* The first number only sets the scale: it stands left of the area, and is cut off. */
	area_spark(area, -1, 0, (int)columns + 1, role, numbers, columns + 1);
}

/* --- times ------------------------------------------------------------------------- */

static int64_t local_day(const struct ui *ui, int64_t us)
{
	return (us + ui_zone_minutes(ui, us) * US_PER_MINUTE) / US_PER_DAY;
}

bool is_today(const struct ui *ui, int64_t us)
{
	return local_day(ui, us) == local_day(ui, ui_now_us(ui));
}

char *moment_text(char dst[MOMENT_TEXT], const struct ui *ui, int64_t us)
{
	char full[TIME_TEXT];
	if (is_today(ui, us)) {
		time_of_day(full, us, ui_zone_minutes(ui, us));
		return text_format(dst, MOMENT_TEXT, "%s", full);
	}
	/* "2026-01-31 14:03:22Z" without its year and seconds. */
	time_human(full, us, ui_zone_minutes(ui, us));
	return text_format(dst, MOMENT_TEXT, "%.11s", full + 5);
}

char *ago_text(char dst[DURATION_TEXT], const struct ui *ui, int64_t us)
{
	int64_t age_us = ui_now_us(ui) - us;
	if (us == 0)
		return text_format(dst, DURATION_TEXT, "?");
	return duration_human(dst, age_us < 0 ? 0 : age_us);
}

/* --- events ---------------------------------------------------------------------- */

/* Data is canonical JSON, in which a quote inside a string is escaped: the text of a
 * member can stand nowhere but where it is one. */
static struct word change_mark(const struct event *event)
{
	static const struct {
		const char *member;
		struct word mark;
	} marks[] = {
		{"\"to\":\"ok\"", {"▲", ROLE_OK}},
		{"\"to\":\"warning\"", {"▼", ROLE_WARN}},
		{"\"to\":\"critical\"", {"▼", ROLE_CRIT}},
	};
	for (size_t i = 0; i < ARRAY_LENGTH(marks); i++) {
		if (event->data && strstr(event->data, marks[i].member))
			return marks[i].mark;
	}
	return (struct word){"▼", ROLE_UNKNOWN};
}

struct word event_mark(const struct event *event)
{
	static const struct word marks[EVENT_KIND_COUNT] = {
		[EVENT_DETECTOR_PROPOSED] = {"■", ROLE_CRIT},
		[EVENT_DETECTOR_CHANGED] = {"■", ROLE_WARN},
		[EVENT_DETECTOR_CLEARED] = {"□", ROLE_OK},
		[EVENT_REPORT_RECEIVED] = {"◇", ROLE_ACCENT},
		[EVENT_INCIDENT_DECLARED] = {"◆", ROLE_ACCENT},
		[EVENT_INCIDENT_STAGE] = {"◆", ROLE_ACCENT},
		[EVENT_INCIDENT_CLOSED] = {"◆", ROLE_OK},
		[EVENT_INCIDENT_REOPENED] = {"◆", ROLE_WARN},
		[EVENT_INCIDENT_MERGED] = {"◆", ROLE_ACCENT},
		[EVENT_INCIDENT_SEVERITY] = {"●", ROLE_BASE},
		[EVENT_INCIDENT_TITLE] = {"●", ROLE_BASE},
		[EVENT_INCIDENT_COMPONENTS] = {"●", ROLE_BASE},
		[EVENT_INCIDENT_IMPACT] = {"●", ROLE_BASE},
		[EVENT_INCIDENT_RUNBOOK] = {"●", ROLE_BASE},
		[EVENT_ROLE_ASSUMED] = {"●", ROLE_BASE},
		[EVENT_ROLE_RENOUNCED] = {"●", ROLE_BASE},
		[EVENT_ROLE_OFFERED] = {"●", ROLE_ACCENT},
		[EVENT_ROLE_DECLINED] = {"●", ROLE_WARN},
		[EVENT_DECISION] = {"●", ROLE_WARN},
		[EVENT_FINDING] = {"◇", ROLE_INFO},
		[EVENT_HYPOTHESIS_OPENED] = {"?", ROLE_WARN},
		[EVENT_HYPOTHESIS_CONFIRMED] = {"✓", ROLE_OK},
		[EVENT_HYPOTHESIS_REFUTED] = {"✗", ROLE_DIM},
		[EVENT_TASK_OPENED] = {"○", ROLE_BASE},
		[EVENT_TASK_ASSIGNED] = {"○", ROLE_BASE},
		[EVENT_TASK_DONE] = {"✓", ROLE_OK},
		[EVENT_TASK_CANCELLED] = {"×", ROLE_DIM},
		[EVENT_ESCALATION_REQUESTED] = {"!", ROLE_ACCENT},
		[EVENT_ESCALATION_SENT] = {"→", ROLE_OK},
		[EVENT_ESCALATION_FAILED] = {"!", ROLE_CRIT},
		[EVENT_ESCALATION_ACKNOWLEDGED] = {"✓", ROLE_OK},
		[EVENT_ESCALATION_LAPSED] = {"!", ROLE_WARN},
		[EVENT_CLOCK_DUE] = {"!", ROLE_WARN},
		[EVENT_STEP_DONE] = {"✓", ROLE_OK},
		[EVENT_STEP_SKIPPED] = {"×", ROLE_DIM},
		[EVENT_STEP_STARTED] = {"$", ROLE_DIM},
		[EVENT_STEP_RAN] = {"$", ROLE_WARN},
		[EVENT_STEP_DEVIATED] = {"×", ROLE_WARN},
		[EVENT_STEP_OBSERVED] = {"$", ROLE_DIM},
		[EVENT_STEP_VERIFIED] = {"✓", ROLE_DIM},
		[EVENT_APPROVAL_ASKED] = {"!", ROLE_ACCENT},
		[EVENT_APPROVAL_GIVEN] = {"!", ROLE_OK},
		[EVENT_APPROVAL_REFUSED] = {"!", ROLE_WARN},
		[EVENT_GLASS_BROKEN] = {"!", ROLE_CRIT},
		[EVENT_CHECK_PASSED] = {"✓", ROLE_OK},
		[EVENT_CHECK_FAILED] = {"✗", ROLE_CRIT},
		[EVENT_CHECK_OVERRIDDEN] = {"!", ROLE_WARN},
		[EVENT_MODE_ARMED] = {"!", ROLE_WARN},
		[EVENT_SILENCE_ASKED] = {"!", ROLE_WARN},
		[EVENT_SILENCE_SET] = {"✓", ROLE_OK},
		[EVENT_SILENCE_FAILED] = {"!", ROLE_CRIT},
		[EVENT_SILENCE_FOUND] = {"!", ROLE_WARN},
		[EVENT_CLOCK_STEP] = {"!", ROLE_WARN},
		[EVENT_EXPORTED] = {"→", ROLE_OK},
	};
	if (event->kind == EVENT_PROBE_CHANGE)
		return change_mark(event);
	return marks[event->kind].text ? marks[event->kind] : (struct word){"·", ROLE_DIM};
}

char *actor_name(char *dst, size_t size, const char *actor)
{
	return text_format(dst, size, "%.*s", (int)strcspn(actor, "@ "), actor);
}

char *component_called(char dst[CALLED_TEXT], const struct ui *ui, const char *id)
{
	const struct component *c = world_find(watch_world(ui_watch(ui)), id);
	/* A chain has the network's name, which every screen shows anyway. */
	if (c && c->kind == KIND_CHAIN && strncmp(id, "chain/", strlen("chain/")) == 0)
		return text_format(dst, CALLED_TEXT, "chain %s", id + strlen("chain/"));
	return text_format(dst, CALLED_TEXT, "%s", c ? c->name : id);
}

const char *component_reason(const struct component *c)
{
	static const char *const said[] = {"unreachable: ", "refuses: ", "halted: ", "offline: "};
	for (size_t i = 0; i < ARRAY_LENGTH(said); i++) {
		if (strncmp(c->reason, said[i], strlen(said[i])) == 0)
			return c->reason + strlen(said[i]);
	}
	return c->reason;
}

const struct proposal *incident_proposal(const struct ui *ui, const struct incident *incident)
{
	if (!incident || !incident->proposal_key[0])
		return NULL;
	return proposals_find(watch_proposals(ui_watch(ui)), incident->proposal_key);
}
