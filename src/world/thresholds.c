/* The thresholds: defaults, accepted ranges, and setting one by name. */
#include "world/thresholds.h"

#include "base/clock.h"
#include "base/number.h"

#include <string.h>

#define DAY_MS INT64_C(86400000)

struct thresholds thresholds_default(void)
{
	return (struct thresholds){
		.stall_rounds = 3,
		.stall_slack_ms = 2000,
		.lag_warn_blocks = 2,
		.lag_crit_s = 10,
		.offline_turns = 2,
		.rpc_warn_ms = 1000,
		.rpc_error_percent = 5,
		.peers_warn = 1,
		.missed_warn_percent = 5,
		.stale_after_ms = 10000,
		.skew_warn_ms = 2000,
		.rewound_ms = DAY_MS,
		.dwell_ms = 3000,
		.clear_ms = 3000,
	};
}

#define ROW(field, low, high, help, source)                                         \
	{                                                                           \
#field, offsetof(struct thresholds, field), low, high, help, source \
	}

static const struct threshold_def defs[] = {
	ROW(block_period_ms, 0, DAY_MS, "time between blocks; 0: from node info, else inferred from headers", "the genesis file, blockperiodseconds"),
	ROW(request_timeout_ms, 0, DAY_MS, "QBFT timeout of round 0; 0: from node info, else inferred from failed rounds, else equal to the period", "the genesis file, requesttimeoutseconds"),
	ROW(empty_period_ms, 0, DAY_MS, "time between empty blocks; 0: none is set", "the genesis file, xemptyblockperiodseconds"),
	ROW(stall_rounds, 1, 100, "a chain later than P + this many T + slack is halted", "QBFT's rounds: two failed proposers take T + 2T"),
	ROW(stall_slack_ms, 0, 600000, "slack of the same rule", "delays of network and polling"),
	ROW(lag_warn_blocks, 0, 100000, "a node more blocks behind than this warns", "Besu's /readiness, maxBlocksBehind"),
	ROW(lag_crit_s, 1, 86400, "a node more seconds' worth of blocks behind is critical", "ten seconds of blocks, whatever the period"),
	ROW(offline_turns, 1, 10, "a validator without a proposal in this many rounds of turns is offline", "two full rounds of turns: one missed turn is no outage"),
	ROW(rpc_warn_ms, 1, 600000, "a 95th percentile of answer times above this warns", "what users of an RPC endpoint notice"),
	ROW(rpc_error_percent, 0, 100, "a share of failed requests above this warns", "one request in twenty"),
	ROW(peers_warn, 0, 10000, "fewer peers than this warns", "a node without peers hears of no block"),
	ROW(missed_warn_percent, 0, 100, "a share of missed turns above this warns", "one turn in twenty"),
	ROW(stale_after_ms, 1000, DAY_MS, "what was not sampled for so long is stale", "at least three polls"),
	ROW(skew_warn_ms, 0, DAY_MS, "clocks that differ more than this warn", "beyond what a Date header of whole seconds can hide"),
	ROW(rewound_ms, 1000, 7 * DAY_MS, "a chain that lost final blocks is critical for so long, or until its incident is resolved", "a person has to deal with it: within a day every shift sees it"),
	ROW(dwell_ms, 0, 3600000, "a bad sample must last so long before the state changes", "hysteresis: one bad sample is no incident"),
	ROW(clear_ms, 0, 3600000, "a good sample must last so long before the state changes", "hysteresis: one good sample is no recovery"),
	{NULL, 0, 0, 0, NULL, NULL},
};

const struct threshold_def *threshold_defs(void)
{
	return defs;
}

static const struct threshold_def *def_find(const char *name)
{
	for (const struct threshold_def *def = defs; def->name != NULL; def++)
		if (strcmp(def->name, name) == 0)
			return def;
	return NULL;
}

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

/* A plain number is in the unit of the name; times may say their own unit. */
static bool parse_number(const struct threshold_def *def, const char *text, int64_t *out)
{
	uint64_t number;
	int64_t us;

	if (decimal_u64(text, &number) && number <= INT64_MAX) {
		*out = (int64_t)number;
		return true;
	}
	if (!ends_with(def->name, "_ms") && !ends_with(def->name, "_s"))
		return false;
	if (duration_parse(text, &us, NULL) != STATUS_OK)
		return false;
	*out = ends_with(def->name, "_ms") ? us / US_PER_MS : us / US_PER_S;
	return true;
}

enum status thresholds_set(struct thresholds *t, const char *name, const char *value, struct error *err)
{
	const struct threshold_def *def = def_find(name);
	int64_t number;

	if (def == NULL)
		return error_set(err, STATUS_NOT_FOUND, "%s: no such threshold (see tocsin.conf(5) for their names)", name);
	if (!parse_number(def, value, &number))
		return error_set(err, STATUS_INVALID, "%s: '%s' is not a number (write digits%s)", name, value,
				 ends_with(name, "_ms") || ends_with(name, "_s") ? ", or a time like 2s or 250ms" : "");
	if (number < def->low || number > def->high)
		return error_set(err, STATUS_INVALID, "%s: %lld is out of range (write %lld to %lld)", name, (long long)number,
				 (long long)def->low, (long long)def->high);
	memcpy((char *)t + def->offset, &number, sizeof(number));
	return STATUS_OK;
}
