/* The checks of what is beside the chain: lanes, feeds, pods, probes. Those that the incident
 * names are looked at, or all of the kind when it names none. */
#include "incident/check_private.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"

#include <string.h>

/* So long must nothing suspicious be seen. */
#define QUIET_US (5 * US_PER_MINUTE)

/* So much longer than usual may messages take, and not count as late. */
enum {
	USUAL_FACTOR = 2,
	USUAL_SLACK_S = 10,
	KEEPS_PERCENT = 80, /* of what is sent: the rest may be on its way */
};

static int64_t number_or(const struct component *c, int value, int64_t otherwise)
{
	int64_t number;

	return component_number(c, value, &number) ? number : otherwise;
}

/* The number that the test message is told with first. */
static void test_number(char *dst, size_t size, const char *test)
{
	text_format(dst, size, "%.*s", test ? (int)strcspn(test, " ") : 0, test ? test : "");
}

void checker_remember(struct checker *checker, const struct incident *incident, const struct world *world, int64_t now_us)
{
	checker->entry_us = checker->now_us = now_us;
	checker->affected_count = incident->component_count;
	checker->affected = xcalloc(checker->affected_count ? checker->affected_count : 1, sizeof(*checker->affected));
	for (size_t i = 0; i < checker->affected_count; i++)
		memcpy(checker->affected[i], incident->components[i], sizeof(*checker->affected));
	checker->lane_count = world_count(world, KIND_LANE);
	checker->lanes = xcalloc(checker->lane_count ? checker->lane_count : 1, sizeof(*checker->lanes));
	for (size_t i = 0; i < checker->lane_count; i++) {
		const struct component *c = world_at(world, KIND_LANE, i);
		struct lane_entry *lane = &checker->lanes[i];

		memcpy(lane->id, c->id, sizeof(lane->id));
		lane->sent = number_or(c, LANE_SENT, 0);
		lane->executed = number_or(c, LANE_EXECUTED, 0);
		lane->failed = number_or(c, LANE_FAILED, 0);
		test_number(lane->test, sizeof(lane->test), component_text(c, LANE_TEST));
	}
}

static const struct lane_entry *entry_of(const struct checker *checker, const struct component *c)
{
	static const struct lane_entry none;

	for (size_t i = 0; i < checker->lane_count; i++)
		if (strcmp(checker->lanes[i].id, c->id) == 0)
			return &checker->lanes[i];
	return &none; /* it was added since */
}

/* --- which components ----------------------------------------------------------- */

static bool names_any(const struct checker *checker, enum kind kind)
{
	size_t len = strlen(kind_name(kind));

	for (size_t i = 0; i < checker->affected_count; i++)
		if (strncmp(checker->affected[i], kind_name(kind), len) == 0 && checker->affected[i][len] == '/')
			return true;
	return false;
}

/* How one component does in a check; `why` has room for 120 bytes. */
typedef enum check_state judge_fn(const struct checker *checker, const struct component *c, char *why);

enum { WHY_BYTES = 120 };

/* All of them must pass; the first that fails, else the first that waits, is named. */
static void all_pass(const struct checker *checker, const struct world *world, enum kind kind, judge_fn *judge, const char *passed, struct check *out)
{
	bool only_affected = names_any(checker, kind);
	const struct component *named = NULL;
	enum check_state state = CHECK_PASSING;
	char why[WHY_BYTES], first[WHY_BYTES] = "";
	size_t count = 0;

	for (size_t i = 0; i < world_count(world, kind); i++) {
		const struct component *c = world_at(world, kind, i);
		enum check_state found;

		if (only_affected && !component_listed(checker->affected, checker->affected_count, c->id))
			continue;
		count++;
		text_format(why, sizeof(why), "%s", c->reason);
		/* What cannot be seen proves nothing. */
		found = c->health == HEALTH_UNKNOWN || c->health == HEALTH_STALE ? CHECK_WAITING : judge(checker, c, why);
		if (found == CHECK_PASSING || state == CHECK_FAILING || (state == CHECK_WAITING && found == CHECK_WAITING))
			continue;
		state = found;
		named = c;
		text_format(first, sizeof(first), "%s", why);
	}
	if (named)
		check_set(out, state, "%s: %s", named->name, first);
	else if (count == 0)
		check_set(out, CHECK_PASSING, "does not apply: the incident's %s are gone", kind_def(kind)->plural);
	else
		check_set(out, CHECK_PASSING, "%s on %zu of %zu %s", passed, count, count, kind_def(kind)->plural);
}

/* --- lanes -------------------------------------------------------------------------- */

static enum check_state judge_far_side(const struct checker *checker, const struct component *c, char *why)
{
	(void)checker;
	(void)why;
	return c->symptom == SYMPTOM_FAR_SIDE ? CHECK_FAILING : CHECK_PASSING;
}

static enum check_state judge_open(const struct checker *checker, const struct component *c, char *why)
{
	(void)checker;
	(void)why;
	if (number_or(c, LANE_CURSED, 0) || number_or(c, LANE_PAUSED, 0))
		return CHECK_FAILING;
	return c->symptom == SYMPTOM_CLOSED || c->symptom == SYMPTOM_CURSED || c->symptom == SYMPTOM_PAUSED || c->symptom == SYMPTOM_NO_CONTRACT ? CHECK_FAILING : CHECK_PASSING;
}

static enum check_state judge_fees(const struct checker *checker, const struct component *c, char *why)
{
	const char *quote = component_text(c, LANE_FEE_QUOTE);

	(void)checker;
	if (c->symptom == SYMPTOM_FEE_QUOTE)
		return CHECK_FAILING;
	if (!quote)
		text_format(why, WHY_BYTES, "no quote was asked (quote = yes in its section)");
	return quote ? CHECK_PASSING : CHECK_WAITING;
}

/* What was sent and executed since Resolve began. */
static void moved(const struct checker *checker, const struct component *c, int64_t *sent, int64_t *executed)
{
	const struct lane_entry *entry = entry_of(checker, c);

	*sent = number_or(c, LANE_SENT, 0) - entry->sent;
	*executed = number_or(c, LANE_EXECUTED, 0) - entry->executed;
}

/* Where somebody sends test messages, one of them must come through. */
static enum check_state judge_test(const struct checker *checker, const struct component *c, const char *test, char *why)
{
	const char *state = strrchr(test, ':');
	char number[24];

	test_number(number, sizeof(number), test);
	if (strcmp(number, entry_of(checker, c)->test) == 0) {
		text_format(why, WHY_BYTES, "no test message was sent since Resolve began (send one)");
		return CHECK_WAITING;
	}
	text_format(why, WHY_BYTES, "test message %s%s", number, state ? state : "");
	return state && strcmp(state, ": done") == 0 ? CHECK_PASSING : CHECK_WAITING;
}

static enum check_state judge_arrive(const struct checker *checker, const struct component *c, char *why)
{
	const char *test = component_text(c, LANE_TEST);
	int64_t sent, executed;

	if (test)
		return judge_test(checker, c, test, why);
	moved(checker, c, &sent, &executed);
	if (executed > 0)
		return CHECK_PASSING;
	if (sent > 0)
		text_format(why, WHY_BYTES, "%lld sent since Resolve began, none executed yet", (long long)sent);
	else
		text_format(why, WHY_BYTES, "no message was sent since Resolve began (send a test message)");
	return CHECK_WAITING;
}

static enum check_state judge_throughput(const struct checker *checker, const struct component *c, char *why)
{
	int64_t sent, executed;

	moved(checker, c, &sent, &executed);
	text_format(why, WHY_BYTES, "%lld sent and %lld executed since Resolve began", (long long)sent, (long long)executed);
	return executed > 0 && executed * 100 >= sent * KEEPS_PERCENT ? CHECK_PASSING : CHECK_WAITING;
}

/* Against the lane's own past; without one, against what is expected of it. */
static enum check_state judge_latency(const struct checker *checker, const struct component *c, char *why)
{
	int64_t latency_s, slo_s = 0, usual_s = 0;
	bool has_past = component_number(c, LANE_USUAL_S, &usual_s);
	char took[DURATION_TEXT], bound[DURATION_TEXT];

	(void)checker;
	if (!component_number(c, LANE_LATENCY_S, &latency_s) || (!has_past && !component_number(c, LANE_SLO_S, &slo_s))) {
		text_format(why, WHY_BYTES, "no message has come through yet");
		return CHECK_WAITING;
	}
	text_format(why, WHY_BYTES, "recent messages took %s, %s %s", duration_human(took, latency_s * US_PER_S), has_past ? "usual are" : "expected within",
		    duration_human(bound, (has_past ? usual_s : slo_s) * US_PER_S));
	return latency_s <= (has_past ? USUAL_FACTOR * usual_s + USUAL_SLACK_S : slo_s) ? CHECK_PASSING : CHECK_WAITING;
}

static enum check_state judge_backlog(const struct checker *checker, const struct component *c, char *why)
{
	int64_t oldest_s = number_or(c, LANE_OLDEST_PENDING_S, 0), slo_s = number_or(c, LANE_SLO_S, 0);
	char age[DURATION_TEXT];

	(void)checker;
	if (oldest_s <= slo_s || number_or(c, LANE_PENDING, 0) == 0)
		return CHECK_PASSING;
	text_format(why, WHY_BYTES, "%lld wait, the oldest for %s", (long long)number_or(c, LANE_PENDING, 0), duration_human(age, oldest_s * US_PER_S));
	return CHECK_WAITING;
}

static enum check_state judge_errors(const struct checker *checker, const struct component *c, char *why)
{
	int64_t more = number_or(c, LANE_FAILED, 0) - entry_of(checker, c)->failed;

	if (more <= 0)
		return CHECK_PASSING;
	text_format(why, WHY_BYTES, "%lld more failed since Resolve began", (long long)more);
	return CHECK_FAILING;
}

static enum check_state judge_order(const struct checker *checker, const struct component *c, char *why)
{
	const struct value *corrupt = component_value(c, LANE_CORRUPT);

	/* The sign itself is shown for longer: what was found once is not undone. */
	if (corrupt ? checker->now_us - corrupt->at_us >= QUIET_US : c->symptom != SYMPTOM_CORRUPT)
		return CHECK_PASSING;
	if (corrupt)
		text_format(why, WHY_BYTES, "%.80s (5 minutes without another pass)", corrupt->text);
	else
		text_format(why, WHY_BYTES, "%s", c->reason);
	return CHECK_FAILING;
}

void check_far_side(struct checker *checker, const struct world *world, struct check *out)
{
	all_pass(checker, world, KIND_LANE, judge_far_side, "both sides answer", out);
}

void check_lanes_open(struct checker *checker, const struct world *world, struct check *out)
{
	all_pass(checker, world, KIND_LANE, judge_open, "open", out);
}

void check_fees(struct checker *checker, const struct world *world, struct check *out)
{
	all_pass(checker, world, KIND_LANE, judge_fees, "quoted", out);
}

void check_arrive(struct checker *checker, const struct world *world, struct check *out)
{
	all_pass(checker, world, KIND_LANE, judge_arrive, "executed since Resolve began", out);
}

void check_throughput(struct checker *checker, const struct world *world, struct check *out)
{
	all_pass(checker, world, KIND_LANE, judge_throughput, "keeping up", out);
}

void check_latency(struct checker *checker, const struct world *world, struct check *out)
{
	all_pass(checker, world, KIND_LANE, judge_latency, "within the bound", out);
}

void check_backlog(struct checker *checker, const struct world *world, struct check *out)
{
	all_pass(checker, world, KIND_LANE, judge_backlog, "nothing overdue", out);
}

void check_errors(struct checker *checker, const struct world *world, struct check *out)
{
	all_pass(checker, world, KIND_LANE, judge_errors, "none failed since Resolve began", out);
}

void check_order(struct checker *checker, const struct world *world, struct check *out)
{
	all_pass(checker, world, KIND_LANE, judge_order, "numbers and hashes fit", out);
}

/* --- feeds, pods, probes --------------------------------------------------------------- */

static enum check_state judge_well(const struct checker *checker, const struct component *c, char *why)
{
	(void)checker;
	(void)why;
	if (c->health == HEALTH_OK)
		return CHECK_PASSING;
	return c->health == HEALTH_CRITICAL ? CHECK_FAILING : CHECK_WAITING;
}

void check_feeds(struct checker *checker, const struct world *world, struct check *out)
{
	all_pass(checker, world, KIND_FEED, judge_well, "fresh", out);
}

void check_pods(struct checker *checker, const struct world *world, struct check *out)
{
	all_pass(checker, world, KIND_POD, judge_well, "ready", out);
}

static enum check_state judge_quiet(const struct checker *checker, const struct component *c, char *why)
{
	int64_t quiet_us = checker->now_us - (c->since_us > checker->entry_us ? c->since_us : checker->entry_us);
	char left[DURATION_TEXT];

	if (c->health == HEALTH_CRITICAL)
		return CHECK_FAILING;
	if (c->health != HEALTH_OK)
		return CHECK_WAITING;
	if (quiet_us >= QUIET_US)
		return CHECK_PASSING;
	text_format(why, WHY_BYTES, "quiet, and has to stay so for %s", duration_human(left, QUIET_US - quiet_us));
	return CHECK_WAITING;
}

void check_quiet(struct checker *checker, const struct world *world, struct check *out)
{
	all_pass(checker, world, KIND_PROBE, judge_quiet, "quiet", out);
}

void check_source(struct checker *checker, const struct world *world, struct check *out)
{
	if (names_any(checker, KIND_PROBE))
		all_pass(checker, world, KIND_PROBE, judge_well, "answering", out);
	else
		check_set(out, CHECK_PASSING, "does not apply: the incident names no source beside the nodes");
}
