#include "collect/feed.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "collect/chain.h"
#include "collect/eth.h"
#include "collect/poller.h"
#include "world/feed.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
	STALE_INTERVALS = 4,
	HEAD_AGE_S = 120,  /* of a chain without a section */
	HALT_FACTOR = 4,   /* times that, its chain has halted */
	CONFIG_LOOKS = 40, /* after so many looks, what seldom changes is read again */
	PAGE_TREE = 4 * 1024 * 1024,
	DECIMALS_MAX = 77,
	EARLY_MS = 200, /* until it is judged again, when it was judged too early */
};

const struct settings_def feed_section = {
	.word = "feed",
	.named = true,
	.help = "A feed of an oracle: an aggregator, or the proxy before it.",
	.items = (const struct setting_def[]){
		{.name = "address", .type = SETTING_ADDRESS, .help = "The contract.", .required = true},
		{.name = "chain", .type = SETTING_TEXT, .help = "The chain it is on: network, or the name of a [chain].", .fallback = CHAIN_OWN},
		{.name = "heartbeat", .type = SETTING_DURATION, .help = "It updates at least that often; nothing on the chain says so.", .fallback = "1h", .low = 1000, .high = INT64_C(2592000000)},
		{.name = "grace", .type = SETTING_DURATION, .help = "How late an update may be before it is a warning.", .fallback = "5m"},
		{.name = "deviation", .type = SETTING_TEXT, .help = "The deviation, in percent, at which it updates. Three times that, against a second source, is a failure.", .fallback = "0.5"},
		{.name = "minimum", .type = SETTING_TEXT, .help = "An answer at or below it is a failure, such as 0.95."},
		{.name = "maximum", .type = SETTING_TEXT, .help = "An answer at or above it is a failure."},
		{.name = "signed", .type = SETTING_FLAG, .help = "Whether zero and less are answers as good as others.", .fallback = "no"},
		{.name = "second_feed", .type = SETTING_TEXT, .help = "The name of another [feed] to compare with."},
		{.name = "second_url", .type = SETTING_URL, .help = "A page to compare with, in JSON; token, user and authority below are for it."},
		{.name = "second_path", .type = SETTING_TEXT, .help = "Where the number is in it: names and positions parted by dots, such as data.0.price."},
		{.name = "publisher", .type = SETTING_TEXT, .help = "The pod that publishes it."},
		{.name = "breaker", .type = SETTING_TEXT, .help = "The name of a [probe] that tells whether the publisher's circuit breaker is open."},
		POLLER_SETTINGS,
		{0},
	},
};

/* --- decoding ---------------------------------------------------------------------------- */

bool feed_round_read(struct abi reply, struct feed_round *out)
{
	struct u256 round, answered;
	uint64_t updated;

	if (!abi_word(reply, 0, &round) || !abi_word(reply, 1, &out->answer) || !abi_u64(reply, 3, &updated) || !abi_word(reply, 4, &answered) || updated > INT32_MAX * UINT64_C(64))
		return false;
	out->updated_s = (int64_t)updated;
	out->carried_over = u256_compare(&answered, &round) < 0;
	out->phase = (uint16_t)(round.bytes[22] << 8 | round.bytes[23]);
	memset(round.bytes, 0, ABI_WORD - 8);
	return u256_u64(&round, &out->round);
}

/* Whatever the locale writes between whole and part. */
static bool decimal_of(const char *text, double *out)
{
	enum { DECIMALS = 18 };
	struct u256 number;

	if (!abi_scaled(text, DECIMALS, &number))
		return false;
	*out = abi_double(&number, true) / 1e18;
	return true;
}

/* "3412.55" as well as 3412.55. */
static bool number_of(const struct json *value, double *out)
{
	const char *text = json_string(value);

	return json_double(value, out) || (text && decimal_of(text, out));
}

static const struct json *step_into(const struct json *value, const char *name)
{
	uint64_t position;

	if (!json_is_array(value))
		return json_get(value, name);
	if (!decimal_u64(name, &position))
		return NULL;
	value = json_first(value);
	for (; value && position > 0; position--)
		value = json_next(value);
	return value;
}

bool feed_page_read(const char *text, size_t len, const char *path, double *out)
{
	struct json *root = json_parse(text, len, PAGE_TREE, NULL);
	const struct json *value = root;

	while (value && path && *path) {
		char name[96];
		size_t part = strcspn(path, ".");
		text_format(name, sizeof(name), "%.*s", (int)part, path);
		value = step_into(value, name);
		path += part + (path[part] == '.');
	}
	bool found = value && number_of(value, out);
	json_free(root);
	return found;
}

/* --- the feed ------------------------------------------------------------------------------ */

enum step {
	STEP_ROUND,
	STEP_BOUNDS,
	STEP_OVER,
};
enum question {
	QUESTION_HEAD,
	QUESTION_ROUND,
	QUESTION_PHASE,
	QUESTION_AGGREGATOR,
	QUESTION_DECIMALS,
	QUESTION_DESCRIPTION,
};

struct feed {
	struct source_host host;
	const struct settings *settings;
	struct component *component;
	struct eth *eth;
	struct poller *page;
	struct address address, aggregator;
	bool has_aggregator, configured;
	unsigned decimals;
	enum step step;
	unsigned looks;
	int64_t head_limit_s;
	struct u256 low, high; /* configured bounds, with the feed's decimals */
	bool has_low, has_high;
	struct u256 contract_low, contract_high;
	bool has_contract_low, has_contract_high;
	struct feed_round round;
	bool has_round;
	int64_t head_s;
	char no_contract[160];
	char refusal[120]; /* what the endpoint refused to tell, which is no word of the contract; "" */
	bool no_data;
	double second; /* of the page */
	bool has_second;
	char second_why[120];
	double deviation;
	bool early; /* it was judged before what it is compared with was looked at */
	struct loop_timer *again;
};

static void plan_round(struct feed *feed, struct eth_list *list)
{
	/* In the order of enum question. */
	eth_add_block(list, ETH_LATEST);
	eth_ask(list, &feed->address, "latestRoundData()");
	eth_ask(list, &feed->address, "phaseId()");
	if (feed->configured && feed->looks % CONFIG_LOOKS)
		return;
	eth_ask(list, &feed->address, "aggregator()");
	eth_ask(list, &feed->address, "decimals()");
	eth_ask(list, &feed->address, "description()");
}

static void plan_bounds(struct feed *feed, struct eth_list *list)
{
	const struct address *to = feed->has_aggregator ? &feed->aggregator : &feed->address;

	if (!feed->configured || feed->looks % CONFIG_LOOKS)
		return;
	eth_ask(list, to, "minAnswer()");
	eth_ask(list, to, "maxAnswer()");
}

/* --- judging ---------------------------------------------------------------------------------- */

static double scaled(const struct feed *feed, const struct u256 *answer)
{
	double number = abi_double(answer, true);

	for (unsigned i = 0; i < feed->decimals; i++)
		number /= 10;
	return number;
}

static double differ_percent(double answer, double other)
{
	double difference = answer > other ? answer - other : other - answer;

	return other == 0 ? -1 : difference / (other < 0 ? -other : other) * 100;
}

static int sign_of(const struct u256 *answer)
{
	static const struct u256 zero;

	if (abi_negative(answer))
		return -1;
	return u256_compare(answer, &zero) > 0;
}

/* As int256. */
static int compare(const struct u256 *a, const struct u256 *b)
{
	if (abi_negative(a) != abi_negative(b))
		return abi_negative(a) ? -1 : 1;
	return u256_compare(a, b);
}

static const char *bound_of(const struct feed *feed)
{
	const struct u256 *answer = &feed->round.answer;

	if (feed->has_low && compare(answer, &feed->low) <= 0)
		return "the configured minimum";
	if (feed->has_high && compare(answer, &feed->high) >= 0)
		return "the configured maximum";
	if (feed->has_contract_low && compare(answer, &feed->contract_low) <= 0)
		return "the contract's minimum";
	if (feed->has_contract_high && compare(answer, &feed->contract_high) >= 0)
		return "the contract's maximum";
	return NULL;
}

/* What the second source says, as text too; false when there is none, or it is silent. */
static bool second_of(const struct feed *feed, double *number, char *text, size_t size)
{
	const char *name = settings_text(feed->settings, "second_feed");
	char id[96];

	if (name) {
		const struct component *other = world_find(feed->host.world, text_format(id, sizeof(id), "%s/%s", kind_name(KIND_FEED), name));
		const char *answer = other && other->health != HEALTH_STALE && other->health != HEALTH_UNKNOWN ? component_text(other, FEED_ANSWER) : NULL;
		if (!answer)
			return false;
		text_format(text, size, "%s", answer);
		return decimal_of(answer, number);
	}
	*number = feed->second;
	text_format(text, size, "%.6f", feed->second);
	return feed->has_second;
}

/* A probe that is not well: it has its own bounds. */
static bool breaker_open(const struct feed *feed, char *text, size_t size)
{
	const char *name = settings_text(feed->settings, "breaker");
	char id[96];
	const struct component *probe = name ? world_find(feed->host.world, text_format(id, sizeof(id), "%s/%s", kind_name(KIND_PROBE), name)) : NULL;

	text[0] = '\0';
	if (!probe)
		return false;
	bool open = probe->health == HEALTH_CRITICAL || probe->health == HEALTH_WARNING;
	text_format(text, size, "%s", open ? "open" : probe->health == HEALTH_OK ? "closed"
										 : "not known");
	return open;
}

static bool untried(const struct feed *feed, enum kind kind, const char *name)
{
	char id[96];
	const struct component *c = name ? world_find(feed->host.world, text_format(id, sizeof(id), "%s/%s", kind_name(kind), name)) : NULL;

	return c && c->tried_us == 0;
}

static bool is_early(const struct feed *feed)
{
	return untried(feed, KIND_FEED, settings_text(feed->settings, "second_feed")) || untried(feed, KIND_PROBE, settings_text(feed->settings, "breaker")) ||
		(feed->page && !poller_tried(feed->page));
}

static const struct component *publisher_of(const struct feed *feed)
{
	const char *name = settings_text(feed->settings, "publisher");

	for (size_t i = 0; name && i < world_count(feed->host.world, KIND_POD); i++)
		if (strcmp(world_at(feed->host.world, KIND_POD, i)->name, name) == 0)
			return world_at(feed->host.world, KIND_POD, i);
	return NULL;
}

static void set_text(struct feed *feed, int value, const char *text, int64_t at_us)
{
	if (text && text[0])
		world_set_text(feed->component, value, text, at_us);
	else
		world_unset(feed->component, value);
}

static void show_values(struct feed *feed, const struct feed_facts *facts, int64_t age_s, const char *breaker, int64_t at_us)
{
	struct component *c = feed->component;
	char text[64];

	set_text(feed, FEED_ANSWER, facts->answer, at_us);
	if (age_s >= 0)
		world_set_number(c, FEED_UPDATED_AGE_S, age_s, at_us);
	if (feed->has_round) {
		world_set_text(c, FEED_ROUND, text_format(text, sizeof(text), "%" PRIu64, feed->round.round), at_us);
		world_set_number(c, FEED_PHASE, feed->round.phase, at_us);
	}
	set_text(feed, FEED_SECOND, facts->second, at_us);
	if (facts->second_percent >= 0)
		set_text(feed, FEED_DEVIATION_PERCENT, text_format(text, sizeof(text), "%.2f", facts->second_percent), at_us);
	else
		world_unset(c, FEED_DEVIATION_PERCENT);
	set_text(feed, FEED_BREAKER, breaker, at_us);
}

static void show(struct feed *feed, int64_t at_us)
{
	char answer[160] = "", second[64], breaker[16], publisher[120];
	struct feed_facts facts = {
		.no_contract = feed->no_contract[0] ? feed->no_contract : NULL,
		.no_data = feed->no_data,
		.is_signed = settings_number(feed->settings, "signed") != 0,
		.now_s = at_us / US_PER_S,
		.head_s = feed->head_s,
		.heartbeat_s = settings_number(feed->settings, "heartbeat") / 1000,
		.grace_s = settings_number(feed->settings, "grace") / 1000,
		.second_percent = -1,
		.second_why = feed->second_why[0] ? feed->second_why : NULL,
		.deviation = feed->deviation,
	};
	const struct component *pod = publisher_of(feed);
	double other;
	int64_t age_s;

	facts.head_age_s = feed->head_s && facts.now_s > feed->head_s ? facts.now_s - feed->head_s : 0;
	facts.chain_halted = facts.head_age_s > HALT_FACTOR * feed->head_limit_s;
	if (feed->has_round) {
		facts.answer = abi_decimal(answer, sizeof(answer), &feed->round.answer, true, feed->decimals);
		facts.sign = sign_of(&feed->round.answer);
		facts.bound = bound_of(feed);
		facts.updated_s = feed->round.updated_s;
		facts.carried_over = feed->round.carried_over;
		if (second_of(feed, &other, second, sizeof(second))) {
			facts.second = second;
			facts.second_percent = differ_percent(scaled(feed, &feed->round.answer), other);
		}
	}
	facts.breaker_open = breaker_open(feed, breaker, sizeof(breaker));
	if (pod && pod->health != HEALTH_OK)
		facts.publisher = text_format(publisher, sizeof(publisher), "%s: %.60s", pod->name, pod->reason);
	if (pod)
		world_relate(feed->component, 1, pod->id);
	struct sighting sighting = {.at_us = at_us, .verdict = judge_feed(&facts, &age_s)};
	/* Rests on a long time already. */
	sighting.certain = sighting.verdict.symptom == SYMPTOM_OVERDUE;
	if (sighting.certain && facts.updated_s)
		sighting.since_us = (facts.updated_s + facts.heartbeat_s) * US_PER_S;
	show_values(feed, &facts, age_s, breaker, at_us);
	world_sight(feed->host.world, feed->component, &sighting);
	feed->early = is_early(feed);
	if (feed->early)
		loop_timer_again(feed->again, EARLY_MS);
}

static void look_again(void *arg)
{
	struct feed *feed = arg;

	eth_refresh(feed->eth);
}

/* --- looks -------------------------------------------------------------------------------------- */

/* Whether the endpoint refused what the feed cannot be judged without: it is not seen then. */
static bool lacks(struct feed *feed, const struct eth_list *list, size_t index)
{
	if (eth_refused(list, index))
		text_format(feed->refusal, sizeof(feed->refusal), "%s", eth_answer(list, index)->why);
	return eth_refused(list, index);
}

static void read_aggregator(struct feed *feed, const struct eth_list *list, int64_t at_us)
{
	static const struct address zero;
	struct address aggregator;
	char text[ADDRESS_TEXT];
	struct abi view;

	if (eth_refused(list, QUESTION_AGGREGATOR)) {
		feed->configured = false;
		return;
	}
	feed->has_aggregator = eth_view(list, QUESTION_AGGREGATOR, &view) && abi_address(view, 0, &aggregator) && !address_equal(&aggregator, &zero);
	if (feed->has_aggregator) {
		feed->aggregator = aggregator;
		world_set_text(feed->component, FEED_AGGREGATOR, address_text(text, &aggregator), at_us);
	}
}

static void read_config(struct feed *feed, const struct eth_list *list, int64_t at_us)
{
	char text[80];
	struct abi view;
	uint64_t decimals;

	if (lacks(feed, list, QUESTION_DECIMALS)) {
		feed->configured = false;
		return;
	}
	if (eth_view(list, QUESTION_DECIMALS, &view) && abi_u64(view, 0, &decimals) && decimals <= DECIMALS_MAX) {
		feed->decimals = (unsigned)decimals;
		feed->configured = true;
		feed->has_low = settings_text(feed->settings, "minimum") && abi_scaled(settings_text(feed->settings, "minimum"), feed->decimals, &feed->low);
		feed->has_high = settings_text(feed->settings, "maximum") && abi_scaled(settings_text(feed->settings, "maximum"), feed->decimals, &feed->high);
	}
	read_aggregator(feed, list, at_us);
	if (eth_view(list, QUESTION_DESCRIPTION, &view) && abi_text(view, 0, text, sizeof(text)))
		set_text(feed, FEED_DESCRIPTION, text, at_us);
}

static void note_phase(struct feed *feed, uint16_t before)
{
	char text[200];

	if (!feed->has_round || before == 0 || before == feed->round.phase)
		return;
	/* Another aggregator answers from now on: its bounds and decimals are its own. */
	feed->looks = 0;
	feed->configured = false;
	text_format(text, sizeof(text), "feed %s: its aggregator was changed, phase %u follows %u", feed->component->name, feed->round.phase, before);
	feed->host.message(feed->host.arg, 0, text);
}

static void read_round(struct feed *feed, const struct eth_list *list, int64_t at_us)
{
	const struct eth_answer *head = eth_answer(list, QUESTION_HEAD), *answer = eth_answer(list, QUESTION_ROUND);
	uint16_t phase = feed->has_round ? feed->round.phase : 0;
	char why[160], hex[ADDRESS_TEXT];
	struct abi view;

	feed->refusal[0] = '\0';
	if (lacks(feed, list, QUESTION_HEAD) || lacks(feed, list, QUESTION_ROUND))
		return;
	feed->no_contract[0] = '\0';
	feed->no_data = feed->has_round = false;
	feed->head_s = head->outcome == ETH_GOOD ? head->time_s : 0;
	if (eth_list_count(list) > QUESTION_DECIMALS)
		read_config(feed, list, at_us);
	if (answer->outcome == ETH_NOTHING) {
		text_format(feed->no_contract, sizeof(feed->no_contract), "no contract at %s", address_text(hex, &feed->address));
	} else if (answer->outcome == ETH_REVERTED) {
		abi_revert(why, sizeof(why), (struct abi){answer->bytes, answer->len});
		feed->no_data = strcmp(why, "No data present") == 0 || text_contains(answer->why, "No data present");
		if (!feed->no_data)
			text_format(feed->no_contract, sizeof(feed->no_contract), "latestRoundData reverts: %.120s", why);
	} else if (!eth_view(list, QUESTION_ROUND, &view) || !feed_round_read(view, &feed->round)) {
		text_format(feed->no_contract, sizeof(feed->no_contract), "latestRoundData does not decode: %.100s", answer->why);
	} else {
		feed->has_round = true;
	}
	note_phase(feed, phase);
}

static void read_bound(struct feed *feed, const struct eth_list *list, size_t index, struct u256 *out, bool *has)
{
	struct abi view;

	if (eth_refused(list, index))
		feed->configured = false;
	else
		*has = eth_view(list, index, &view) && abi_word(view, 0, out);
}

static bool plan(void *arg, struct eth_list *list)
{
	struct feed *feed = arg;

	if (feed->step == STEP_ROUND)
		plan_round(feed, list);
	else if (feed->step == STEP_BOUNDS)
		plan_bounds(feed, list);
	if (eth_list_count(list) > 0)
		return true;
	feed->step = STEP_ROUND;
	if (feed->refusal[0]) {
		world_miss(feed->host.world, feed->component, clock_wall_us(feed->host.clock), REACH_REFUSING, feed->refusal);
		return false;
	}
	feed->looks++;
	show(feed, clock_wall_us(feed->host.clock));
	return false;
}

static void done(void *arg, struct eth_list *list, int64_t at_us)
{
	struct feed *feed = arg;

	if (feed->step == STEP_ROUND) {
		read_round(feed, list, at_us);
	} else {
		read_bound(feed, list, 0, &feed->contract_low, &feed->has_contract_low);
		read_bound(feed, list, 1, &feed->contract_high, &feed->has_contract_high);
	}
	feed->step++;
}

static void lost(void *arg, enum reach reach, const char *why, int64_t at_us)
{
	struct feed *feed = arg;

	feed->step = STEP_ROUND;
	world_miss(feed->host.world, feed->component, at_us, reach, why);
}

/* --- the second source ------------------------------------------------------------------------------ */

static bool page_done(void *arg, const struct http_reply *reply, int64_t at_us)
{
	struct feed *feed = arg;
	char why[160];

	(void)at_us;
	feed->has_second = false;
	if (poller_reach(reply, why, sizeof(why)) != REACH_OK)
		text_format(feed->second_why, sizeof(feed->second_why), "%s", why);
	else if (!feed_page_read(reply->body, reply->body_len, settings_text(feed->settings, "second_path"), &feed->second))
		text_format(feed->second_why, sizeof(feed->second_why), "no number at %.80s", settings_text(feed->settings, "second_path"));
	else
		feed->has_second = true;
	if (feed->has_second)
		feed->second_why[0] = '\0';
	return false;
}

static enum status open_page(struct feed *feed, struct error *err)
{
	const struct settings *s = feed->settings;
	struct poller_spec spec = {.url = settings_text(s, "second_url"), .done = page_done, .arg = feed};
	char **headers;

	if (!spec.url)
		return STATUS_OK;
	if (!settings_text(s, "second_path"))
		return error_set(err, STATUS_INVALID, "[feed %s] second_url: nothing says where the number is (write second_path)", s->name);
	feed->host.hide(feed->host.arg, spec.url);
	enum status status = poller_settings(&feed->host, s, &spec, &headers, err);
	if (status != STATUS_OK)
		return status;
	feed->page = poller_new(&feed->host, &spec);
	poller_headers_free(headers);
	return STATUS_OK;
}

/* --- start -------------------------------------------------------------------------------------------- */

static enum status read_settings(struct feed *feed, struct error *err)
{
	static const char *const decimals[] = {"deviation", "minimum", "maximum"};
	const struct settings *s = feed->settings;
	struct u256 number;

	for (size_t i = 0; i < ARRAY_LENGTH(decimals); i++) {
		const char *text = settings_text(s, decimals[i]);
		if (text && !abi_scaled(text, 18, &number))
			return error_set(err, STATUS_INVALID, "[feed %s] %s: %s is no decimal number (write one such as 0.5)", s->name, decimals[i], text);
	}
	if (!decimal_of(settings_text(s, "deviation"), &feed->deviation))
		return STATUS_INVALID;
	return settings_address(s, "address", &feed->address) ? STATUS_OK : STATUS_INVALID;
}

static void stop(void *state)
{
	struct feed *feed = state;

	loop_timer_stop(feed->again);
	poller_free(feed->page);
	eth_free(feed->eth);
	free(feed);
}

static enum status start(const struct source_host *host, const struct settings *settings, void **state, struct error *err)
{
	struct feed *feed = xcalloc(1, sizeof(*feed));
	struct eth_user user = {plan, done, lost, feed};
	const char *chain = settings_text(settings, "chain");
	const struct settings *section = chain_section_of(host, chain);
	char id[96];

	feed->host = *host;
	feed->settings = settings;
	feed->head_limit_s = section ? settings_number(section, "head_age") / 1000 : HEAD_AGE_S;
	enum status status = read_settings(feed, err);
	if (status == STATUS_OK)
		status = open_page(feed, err);
	if (status == STATUS_OK) {
		feed->eth = eth_new(host, chain, settings_number(settings, "interval"), &user, err);
		if (!feed->eth) {
			error_prefix(err, "[feed %s]", settings->name);
			status = err && err->status ? err->status : STATUS_INVALID;
		}
	}
	if (status != STATUS_OK) {
		stop(feed);
		return status;
	}
	feed->again = loop_timer(host->loop, -1, 0, look_again, feed);
	feed->component = world_add(host->world, KIND_FEED, settings->name, eth_source(feed->eth), STALE_INTERVALS * settings_number(settings, "interval") * US_PER_MS);
	world_set_number(feed->component, FEED_HEARTBEAT_S, settings_number(settings, "heartbeat") / 1000, 0);
	if (settings_text(settings, "publisher"))
		world_set_text(feed->component, FEED_PUBLISHER, settings_text(settings, "publisher"), 0);
	world_relate(feed->component, 0, chain_component(host, chain, id, sizeof(id)));
	*state = feed;
	return STATUS_OK;
}

static void refresh(void *state)
{
	struct feed *feed = state;

	eth_refresh(feed->eth);
	if (feed->page)
		poller_refresh(feed->page);
}

static bool tried(const void *state)
{
	const struct feed *feed = state;

	return eth_tried(feed->eth) && !feed->early;
}

const struct source_def feed_source = {&feed_section, start, refresh, tried, stop};
